from django.urls import path

urlpatterns = [path("<int:run_id>/", lambda r, run_id: None, name="import_run")]
