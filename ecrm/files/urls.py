from django.urls import path

from ecrm.files import views

urlpatterns = [path("<int:file_id>/", views.download, name="file")]
