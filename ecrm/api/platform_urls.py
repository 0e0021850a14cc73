"""The API's reference, the same for every tenant."""

from django.urls import path

from ecrm.api import reference

urlpatterns = [
    path("api/v1/", reference.api_reference, name="api_reference"),
    path("api/v1/openapi.json", reference.api_description, name="api_description"),
]
