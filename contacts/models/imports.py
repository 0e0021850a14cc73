from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.files.models import File
from ecrm.jobs.models import Job
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel


class ImportRun(TenantModel):
    """One file on its way in.

    ``dialect`` is what was detected (format, encoding, delimiter, header), ``mapping`` says which
    field each column goes to, ``options`` what to do with people we know already. ``counts`` are
    the dry run's, by verdict; ``applied_counts`` the real run's, with ``line``, the last one landed.
    ``attempt`` grows each time the file is read anew, so that a worker thought dead stops.
    ``undo_counts`` says what an undo took back and what it had to leave.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", _("Map the columns")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Ready to import")
        IMPORTING = "importing", _("Importing")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

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
    undo_counts = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return self.name


class ImportRow(TenantModel):
    """One row read and not yet landed; it goes in the transaction that lands it.

    ``line`` counts from 1 as an editor shows it. ``match_key`` is what people are recognised by when
    that is not the address: ``x:`` and an external id, ``p:`` and a phone number, ``n:`` and their number
    here. A row with ``repeats_line`` is of the same person as that line: only what it says about consent is heard.
    """

    tenant = TenantField(db_constraint=False)
    run = TenantForeignKey(ImportRun, models.CASCADE, related_name="rows", db_index=False, has_reference=False)
    line = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    address_norm = models.CharField(max_length=254, default="")
    match_key = models.CharField(max_length=210, default="")
    repeats_line = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "run", "line"], name="import_row_line")]
        indexes = [
            models.Index(
                fields=["tenant", "run", "repeats_line"],
                condition=models.Q(repeats_line__isnull=False),
                name="import_row_repeats",
            )
        ]


class ImportChunk(TenantModel):
    """A stretch of lines that lands in one transaction, by whichever worker takes it.

    ``made`` holds the ids of what it made, so that an undo finds them: ``people`` and, of people
    known before, ``emails``, ``phones``, ``identities``, ``addresses`` and ``taggings``;
    ``companies`` and ``tags`` whoever they are for. ``places`` are addresses changed in place.
    ``kept`` are the people an undo left as they are here and in no stretch before.
    """

    run = TenantForeignKey(ImportRun, models.CASCADE, related_name="chunks", db_index=False)
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField()
    landed_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    made = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "run", "first_line"], name="import_chunk_line")]


class ImportMapping(TenantModel):
    """What somebody made of a file's columns, for the next file with the same ones.

    ``headers_sha256`` is of the folded headers in their order; ``mapping`` goes by column number.
    """

    headers_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "headers_sha256"], name="import_mapping_headers")]


class ImportProblem(TenantModel):
    """Why a row (or one of its values) did not come in, in the user's words."""

    run = TenantForeignKey(ImportRun, models.CASCADE, related_name="problems", db_index=False)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    is_fatal = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "run", "line"], name="import_problem_line")]
