from __future__ import annotations

from django.urls import path

from ecrm.webhooks import views

urlpatterns = [
    path("", views.mail_providers, name="mail_providers"),
    path("new/", views.new_webhook_endpoint, name="new_webhook_endpoint"),
    path("<int:endpoint_id>/close/", views.close_webhook_endpoint, name="close_webhook_endpoint"),
    path("requests/<int:receipt_id>/retry/", views.retry_webhook_receipt, name="retry_webhook_receipt"),
]
