from __future__ import annotations

from django.urls import path

from analytics.tracking import views

urlpatterns = [
    path("", views.site_list, name="sites"),
    path("new/", views.create_site, name="create_site"),
    path("<int:site_id>/", views.site, name="site"),
    path("<int:site_id>/close/", views.close_site, name="close_site"),
    path("<int:site_id>/reopen/", views.reopen_site, name="reopen_site"),
]
