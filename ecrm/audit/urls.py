from django.urls import path

from ecrm.audit import views

urlpatterns = [
    path("settings/audit/", views.audit_entries, name="audit"),
    path("settings/audit/export/", views.export_audit, name="export_audit"),
]
