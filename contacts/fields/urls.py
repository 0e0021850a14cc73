from django.urls import path

from contacts.fields import names, views

urlpatterns = [
    path("", views.field_list, name="field_list"),
    path("names/", names.suggest_names, name="suggest_names"),
    path("new/", views.create_field, name="create_field"),
    path("<int:field_id>/", views.edit_field, name="edit_field"),
    path("<int:field_id>/move/", views.move_field, name="move_field"),
    path("<int:field_id>/delete/", views.delete_field, name="delete_field"),
    path("<int:field_id>/restore/", views.restore_field, name="restore_field"),
]
