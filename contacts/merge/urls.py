from django.urls import path

from contacts.merge import views

urlpatterns = [
    path("contacts/<int:contact_id>/merge/", views.choose_merge, name="choose_merge"),
    path("contacts/<int:contact_id>/merge/<int:other_id>/", views.merge_contact, name="merge_contact"),
    path("contacts/merges/<int:merge_id>/undo/", views.undo_merge, name="undo_merge"),
]
