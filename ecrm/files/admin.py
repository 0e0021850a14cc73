from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ecrm.administration.rows import EditableRows
from ecrm.administration.tenant_site import site
from ecrm.files import services
from ecrm.files.models import File


@admin.register(File, site=site)
class FileRows(EditableRows):
    """Made by uploads and exports; here they are looked at and removed with their content."""

    one, many = _("file"), _("files")
    can_add = can_change = False
    noun = "file"
    list_display = ["id", "name", "content_type", "size", "created_by", "created_at", "expires_at"]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.remove(obj)

    def view_on_site(self, obj: File) -> str:
        return reverse("file", args=[obj.pk])
