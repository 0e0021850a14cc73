"""What the tenants' sites ask for, under /p/. The snippet in their pages names these: they never change."""

from __future__ import annotations

from django.urls import path

from analytics.tracking import public_views as views

urlpatterns = [
    path("t.js", views.visit_script, name="visit_script"),
    path("t/<str:key>", views.visit_question, name="visit_question"),
    path("e", views.collect, name="collect"),
]
