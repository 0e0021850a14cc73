"""Views of the contact list that somebody saved, and acts on many people at once."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.jobs.models import Job
from ecrm.tenancy.roles import Role
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class SavedView(TenantModel):
    """Filters, columns, order and the rest of the contact list under a name.

    ``query`` is the query string of the list, in the form ``contacts.lists.views.canonical`` gives it.
    """

    class Audience(models.TextChoices):
        MINE = "mine", _("Only me")
        TEAM = "team", _("My team")
        EVERYONE = "everyone", _("Everyone")

    name = models.CharField(_("name"), max_length=80)
    audience = models.CharField(_("who sees it"), max_length=8, choices=Audience.choices, default=Audience.MINE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    query = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "name", "id"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class ViewDefault(TenantModel):
    """The view a member (``user``) or everybody of a ``role`` begins with; one's own comes before the role's."""

    view = TenantForeignKey(SavedView, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=Role.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user"], condition=Q(user__isnull=False), name="view_default_own"
            ),
            models.UniqueConstraint(fields=["tenant", "role"], condition=Q(user=None), name="view_default_role"),
            models.CheckConstraint(
                condition=Q(user=None) & ~Q(role="") | Q(user__isnull=False, role=""), name="view_default_whose"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "view"], name="view_default_view")]


class BulkRun(TenantModel):
    """One act on many people (``contacts.bulk_actions``). Whom it is about stands in its chunks.

    ``query`` is the list it was started from, ``arguments`` what its form was given. ``total`` people
    were meant, ``changed`` of them by it; ``restored`` and ``kept`` tell of its undo: whose value came
    back, and who had been changed again since.
    """

    action = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    query = models.TextField(blank=True)
    job = TenantForeignKey(Job, models.SET_NULL, null=True, db_index=False)
    total = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    frozen_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-started_at", "-id"], name="bulk_run_newest")]

    def __str__(self) -> str:
        return self.title


class BulkChunk(TenantModel):
    """Some thousand people of a run: those meant, and those the act changed."""

    run = TenantForeignKey(BulkRun, models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    contact_ids = ArrayField(models.BigIntegerField())
    changed_ids = ArrayField(models.BigIntegerField(), default=list)
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "run", "number"], name="bulk_chunk_number")]


class NameKey(TenantModel):
    """A word of a name by how it is written, roughly (contacts/sql/name_keys.sql). Hand-written, as ``MatchKey``."""

    id = models.BigAutoField(primary_key=True)
    key = models.BigIntegerField()
    contact_id = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "contacts_namekey"
