"""Addresses given to providers, under /p/. They never change."""

from __future__ import annotations

from django.urls import path

from ecrm.webhooks import public_views

urlpatterns = [path("hooks/<str:provider>/<str:secret>", public_views.receive, name="webhook")]
