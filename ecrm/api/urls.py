"""The API's addresses, below ``/<slug>/``. No pages, no sessions: see middleware."""

from django.urls import path

from ecrm.api.root import api

urlpatterns = [path("api/v1/", api.urls)]
