"""What keeps the base clean: merges that can be taken back, duplicates found, what is wrong with whom."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.companies import Company
from contacts.models.people import Contact
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel
from ecrm.tenancy.settings_rows import TenantSettings


class Merge(TenantModel):
    """One person found to be another. The loser's row stays, hidden, so that it can come back.

    ``survivor`` is who stands for the loser now: the winner, or whoever the winner was merged into
    later. ``snapshot`` is what the undo needs (``contacts.merge.snapshots`` gives its shape).
    ``rule`` names the safe rule that merged them by itself.
    """

    winner = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    loser = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    survivor = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    snapshot = models.JSONField(default=dict)
    rule = models.CharField(max_length=20, blank=True)
    merged_at = models.DateTimeField(default=timezone.now)
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "loser"], condition=Q(undone_at=None), name="merge_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "winner", "-id"], name="merge_winner"),
            models.Index(fields=["tenant", "survivor"], name="merge_survivor"),
            models.Index(fields=["tenant", "loser"], name="merge_loser"),
        ]


class CompanyMerge(TenantModel):
    """One company found to be another, as ``Merge`` is of people.

    ``name_norm`` is the one of both names that nobody bears while the merge stands: whoever names it means
    the survivor. ``snapshot`` is what the undo needs (``contacts.companies.merge.services`` gives its shape).
    """

    winner = TenantForeignKey(Company, models.CASCADE, db_index=False)
    loser = TenantForeignKey(Company, models.CASCADE, db_index=False)
    survivor = TenantForeignKey(Company, models.CASCADE, db_index=False)
    name_norm = models.CharField(max_length=200)
    snapshot = models.JSONField(default=dict)
    merged_at = models.DateTimeField(default=timezone.now)
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "loser"], condition=Q(undone_at=None), name="company_merge_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "winner", "-id"], name="company_merge_winner"),
            models.Index(fields=["tenant", "survivor"], name="company_merge_survivor"),
            models.Index(fields=["tenant", "name_norm"], name="company_merge_name"),
            models.Index(fields=["tenant", "loser"], name="company_merge_loser"),
        ]


class MatchKey(TenantModel):
    """Something two people may share: 64 bits of a hash, by kind (contacts/sql/matching.sql).

    The table is hand-written: its key serves the search for shared keys, and there are millions.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField()
    key = models.BigIntegerField()
    contact_id = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "contacts_matchkey"


class MatchCard(TenantModel):
    """What is compared of a person, made with the keys (contacts/sql/matching.sql): the words of the name and
    their sounds; columns of hashes that only SQL reads. Hand-written, as ``MatchKey``."""

    id = models.BigAutoField(primary_key=True)
    contact_id = models.BigIntegerField()
    words = ArrayField(models.TextField(), default=list)
    sounds = ArrayField(models.TextField(), default=list)

    class Meta:
        managed = False
        db_table = "contacts_matchcard"


class MatchCount(TenantModel):
    """How many people have a word in their name, or a city, by its hash; key 0 is everybody. Counted every night."""

    id = models.BigAutoField(primary_key=True)
    key = models.BigIntegerField()
    people = models.IntegerField()

    class Meta:
        managed = False
        db_table = "contacts_matchcount"


class UnmatchedContact(TenantModel):
    """People who changed since their match keys were made. A queue without order, as ``DirtyContact``."""

    tenant = TenantField(db_constraint=False)
    contact_id = models.BigIntegerField()
    marked_at = models.DateTimeField(default=timezone.now)


class DuplicatePair(TenantModel):
    """Two people who may be one; ``first`` has the smaller id. ``score`` is 0 to 100.

    ``reasons`` are codes (``contacts.duplicates.reasons``), the weightiest first. "Not a duplicate"
    stays, with ``decided_as`` saying why, until they share something more telling: then it is open
    again, and ``decided_as`` keeps it from the rules. ``worth`` orders what there is to do (``contacts.worth``).
    """

    class State(models.TextChoices):
        OPEN = "open", _("To look at")
        MERGED = "merged", _("Merged")
        APART = "apart", _("Not a duplicate")

    first = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    second = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    score = models.SmallIntegerField()
    reasons = models.JSONField(default=list)
    worth = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_as = models.CharField(max_length=12, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "first", "second"], name="duplicate_pair_once")]
        indexes = [
            models.Index(fields=["tenant", "state", "-score", "-id"], name="duplicate_pair_best"),
            models.Index(fields=["tenant", "state", "-worth", "-id"], name="duplicate_pair_worth"),
            models.Index(fields=["tenant", "second"], name="duplicate_pair_second"),
        ]


def _of_open(name: str, *first: str) -> models.Index:
    fields = ["tenant", *first, "-worth", "-id"]
    return models.Index(fields=fields, condition=Q(closed_at=None), name=f"quality_issue_{name}")


class QualityIssue(TenantModel):
    """One thing that is wrong with one person. ``facts`` are codes: which fields are missing, which differ.

    Closed by hand, ``closed_as`` says why, it stays closed until the facts are others; put right, the
    row goes. ``worth`` orders what there is to do (``contacts.worth``); ``owner_id`` and ``source`` are
    the person's as of the last check, for the filter.
    """

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    kind = models.CharField(max_length=12)
    facts = models.CharField(max_length=200, blank=True)
    worth = models.SmallIntegerField(default=0)
    owner_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=60, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    closed_as = models.CharField(max_length=12, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "contact", "kind"], name="quality_issue_once")]
        indexes = [
            _of_open("worth"),
            _of_open("kind", "kind"),
            _of_open("owner", "owner_id"),
            _of_open("source", "source"),
            models.Index(
                fields=["tenant", "-closed_at", "-id"], condition=~Q(closed_at=None), name="quality_issue_closed"
            ),
        ]


class QualityCount(TenantModel):
    """How a day stood, for everybody and for each owner and source. ``counts`` are people by kind of issue."""

    day = models.DateField()
    dimension = models.CharField(max_length=6)  # "all", "owner", "source"
    value = models.CharField(max_length=60, blank=True)  # the owner's id, the source
    people = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "dimension", "value", "day"], name="quality_count_once")
        ]


class CleaningSettings(TenantSettings):
    """What a complete person has here, when a record is stale, and which merges need nobody."""

    required_fields = models.JSONField(default=list)
    stale_months = models.PositiveSmallIntegerField(default=24)
    safe_rules = models.JSONField(default=list)
