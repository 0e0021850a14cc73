"""Addresses of the look, on the platform at ``/ui/``."""

from django.urls import path

from ecrm.ui import views
from ecrm.ui.gallery import views as gallery

app_name = "ui"
urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("app-<str:version>.css", views.stylesheet, name="stylesheet"),
    path("brand/<int:hue>.css", views.brand, name="brand"),
    path("theme/", views.set_theme, name="set_theme"),
    path("workspaces/", views.workspaces, name="workspaces"),
]
