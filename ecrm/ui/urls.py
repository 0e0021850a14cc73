"""Addresses of the look, on the platform at ``/ui/``."""

from django.urls import path

from ecrm.ui import views

app_name = "ui"
urlpatterns = [
    path("app-<str:version>.css", views.stylesheet, name="stylesheet"),
    path("brand/<int:hue>.css", views.brand, name="brand"),
    path("theme/", views.set_theme, name="set_theme"),
    path("workspaces/", views.workspaces, name="workspaces"),
]
