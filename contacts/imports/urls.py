from django.urls import path

from contacts.imports import views

urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("new/", views.begin_import, name="begin_import"),
    path("<int:run_id>/", views.import_run, name="import_run"),
    path("<int:run_id>/columns/", views.check_import, name="check_import"),
    path("<int:run_id>/reread/", views.reread_import, name="reread_import"),
    path("<int:run_id>/start/", views.start_import, name="start_import"),
    path("<int:run_id>/entries/", views.add_import_entries, name="add_import_entries"),
    path("<int:run_id>/cancel/", views.cancel_import, name="cancel_import"),
    path("<int:run_id>/undo/", views.undo_import, name="undo_import"),
    path("<int:run_id>/discard/", views.discard_import, name="discard_import"),
    path("<int:run_id>/problems/", views.import_problems, name="import_problems"),
    path("<int:run_id>/alike/", views.import_alike, name="import_alike"),
]
