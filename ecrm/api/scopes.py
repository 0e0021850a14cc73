"""What a token may be given, and which capability its maker needs for it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.roles import Capability


class Scope(models.TextChoices):
    CONTACTS_READ = "contacts:read", _("Read contacts and their history")
    CONTACTS_WRITE = "contacts:write", _("Create, change, tag and bin contacts")
    FIELDS_WRITE = "fields:write", _("Create, change and delete custom fields")
    IMPORTS_READ = "imports:read", _("Read imports and what was wrong with their files")
    IMPORTS_WRITE = "imports:write", _("Import contacts and undo imports")
    EXPORTS_READ = "exports:read", _("Download exports of contacts")
    EXPORTS_WRITE = "exports:write", _("Export contacts")
    EVENTS_WRITE = "events:write", _("Send events")
    VISITORS_WRITE = "visitors:write", _("Tell whose browser it is")
    SEGMENTS_READ = "segments:read", _("Read segments and their members")
    SEGMENTS_WRITE = "segments:write", _("Create, change and archive segments")
    CONSENT_READ = "consent:read", _("Read consent and its evidence")
    CONSENT_WRITE = "consent:write", _("Record consent and withdrawals")
    CAMPAIGNS_READ = "campaigns:read", _("Read campaigns and their results")
    CAMPAIGNS_WRITE = "campaigns:write", _("Change and delete drafts of campaigns")
    CASES_READ = "cases:read", _("Read cases")
    CASES_WRITE = "cases:write", _("Open and answer cases")


NEEDS: dict[Scope, Capability] = {
    Scope.CONTACTS_READ: Capability.CONTACTS_VIEW,
    Scope.CONTACTS_WRITE: Capability.CONTACTS_EDIT,
    Scope.FIELDS_WRITE: Capability.SETTINGS_MANAGE,
    Scope.IMPORTS_READ: Capability.CONTACTS_IMPORT,
    Scope.IMPORTS_WRITE: Capability.CONTACTS_IMPORT,
    Scope.EXPORTS_READ: Capability.CONTACTS_EXPORT,
    Scope.EXPORTS_WRITE: Capability.CONTACTS_EXPORT,
    Scope.EVENTS_WRITE: Capability.CONTACTS_EDIT,
    Scope.VISITORS_WRITE: Capability.CONTACTS_EDIT,
    Scope.SEGMENTS_READ: Capability.SEGMENTS_VIEW,
    Scope.SEGMENTS_WRITE: Capability.SEGMENTS_EDIT,
    Scope.CONSENT_READ: Capability.CONSENT_VIEW,
    Scope.CONSENT_WRITE: Capability.CONSENT_RECORD,
    Scope.CAMPAIGNS_READ: Capability.CAMPAIGNS_VIEW,
    Scope.CAMPAIGNS_WRITE: Capability.CAMPAIGNS_EDIT,
    Scope.CASES_READ: Capability.CASES_VIEW,
    Scope.CASES_WRITE: Capability.CASES_ANSWER,
}
