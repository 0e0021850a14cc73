from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.files.models import File
from ecrm.jobs.models import Job
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class ImportRun(TenantModel):
    """One file on its way in.

    ``dialect`` is what was detected (encoding, delimiter, header), ``mapping`` says which field
    each column goes to, ``options`` what to do with people we know already. ``counts`` are the
    dry run's, by verdict; ``applied_counts`` the real run's, with ``line``, the last one landed.
    ``attempt`` grows each time the file is read anew, so that a worker thought dead stops.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("Map the columns")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Ready to import")
        IMPORTING = "importing", _("Importing")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    file = TenantForeignKey(File, models.SET_NULL, null=True)
    name = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MAPPING)
    dialect = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    applied_counts = models.JSONField(default=dict)
    job = TenantForeignKey(Job, models.SET_NULL, null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    problem_file = TenantForeignKey(File, models.SET_NULL, null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return self.name


class ImportRow(TenantModel):
    """One row read and not yet landed; it goes in the transaction that lands it.

    ``line`` counts from 1 as an editor shows it. A repeated row has the address of an earlier one:
    only what it says about consent is heard.
    """

    run = TenantForeignKey(ImportRun, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    address_norm = models.CharField(max_length=254, default="")
    is_repeated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "run", "line"], name="import_row_line")]
        indexes = [models.Index(fields=["tenant", "run", "address_norm"], name="import_row_address")]


class ImportProblem(TenantModel):
    """Why a row (or one of its values) did not come in, in the user's words."""

    run = TenantForeignKey(ImportRun, models.CASCADE, related_name="problems", db_index=False)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    is_fatal = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "run", "line"], name="import_problem_line")]
