"""The pages of a tenant's tokens."""

from django.urls import path

from ecrm.api import views

urlpatterns = [
    path("settings/api/", views.api_tokens, name="api_tokens"),
    path("settings/api/new/", views.new_api_token, name="new_api_token"),
    path("settings/api/<int:token_id>/revoke/", views.revoke_api_token, name="revoke_api_token"),
]
