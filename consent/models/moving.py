"""Moving here from another system: its whole export, and what still points to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import ImportRun
from ecrm.files.models import File
from ecrm.jobs.models import Job
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class System(models.TextChoices):
    MAILCHIMP = "mailchimp", "Mailchimp"
    HUBSPOT = "hubspot", "HubSpot"
    BREVO = "brevo", "Brevo"
    MAUTIC = "mautic", "Mautic"


class Move(TenantModel):
    """One export on its way in. Until its files are read together it has no ``run``; from then on the
    run (of one file made of all) says where it stands.

    ``found`` is what the files hold, ``options`` what was chosen, ``planned`` and ``applied`` what is
    done beside the run: companies and blocked addresses. ``made`` holds ids for the undo. ``blocks``,
    ``companies`` and ``digests`` are files of our own: addresses to block (hashed), rows of companies,
    and what each person looked like, so that a later export of the same brings only what changed.
    """

    class State(models.TextChoices):
        READING = "reading", _("Reading the files")
        READ = "read", _("Choose what becomes what")
        PREPARING = "preparing", _("Putting the files together")
        PREPARED = "prepared", _("Checked")
        BRINGING = "bringing", _("Companies and blocked addresses")
        FAILED = "failed", _("Failed")

    system = models.CharField(max_length=20, choices=System.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    run = TenantForeignKey(ImportRun, models.SET_NULL, null=True)
    job = TenantForeignKey(Job, models.SET_NULL, null=True, db_index=False)
    found = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    planned = models.JSONField(default=dict)
    applied = models.JSONField(default=dict)
    made = models.JSONField(default=dict)
    blocks = TenantForeignKey(File, models.SET_NULL, null=True, db_index=False)
    companies = TenantForeignKey(File, models.SET_NULL, null=True, db_index=False)
    digests = TenantForeignKey(File, models.SET_NULL, null=True, db_index=False)
    error = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="move_newest")]

    def __str__(self) -> str:
        return self.get_system_display()


class MoveFile(TenantModel):
    """One file of an export. ``dialect`` as in an import, ``rows`` without the header; ``left`` are
    columns that nothing here has a place for."""

    class Kind(models.TextChoices):
        SUBSCRIBED = "subscribed", _("Subscribed people")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed people")
        CLEANED = "cleaned", _("Addresses that do not work")
        PEOPLE = "people", _("People")
        COMPANIES = "companies", _("Companies")
        NOTES = "notes", _("Notes")
        ACTIVITY = "activity", _("Opens, clicks and other activity")
        ARCHIVE = "archive", _("Archive, opened")
        UNKNOWN = "unknown", _("Not recognised, left out")

    move = TenantForeignKey(Move, models.CASCADE, related_name="files")
    file = TenantForeignKey(File, models.SET_NULL, null=True, db_index=False)
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.UNKNOWN)
    dialect = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0)
    left = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["tenant", "move", "name"], name="move_file_name")]


class FormerTrace(TenantModel):
    """Something that still points to the old system, until somebody says it does no more.

    ``target`` is a host found in the files (``count`` times, first in ``example``), or the key of a
    step that everybody has to take (``consent.moving.traces``).
    """

    system = models.CharField(max_length=20, choices=System.choices)
    kind = models.CharField(max_length=12)
    target = models.CharField(max_length=200)
    count = models.PositiveIntegerField(default=0)
    example = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "system", "kind", "target"], name="former_trace_once")]
