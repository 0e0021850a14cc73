"""Where the values of a person or company came from, and what moves their stage by itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.companies import Company
from contacts.models.people import Contact, Stage
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel


class ContactChange(TenantModel):
    """One act that changed a person: ``changes`` holds ``{key: [old, new]}``, plain JSON values.

    Keys are the own field names ("name", "stage", "owner", "company" by id), "emails", "phones",
    "addresses", "tags", "identities" (lists), and "f:<key>" for custom fields. Written only through
    ``contacts.provenance``. What has no row came with the person (``contact.created``).
    ``source_type`` is one of ``contacts.provenance.SOURCES``, ``source_id`` its row there.
    """

    tenant = TenantField(db_constraint=False)
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    source_type = models.CharField(max_length=40)
    source_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "contact", "-at", "-id"], name="contact_change_newest"),
            models.Index(
                fields=["tenant", "source_type", "source_id", "contact"],
                condition=Q(source_id__isnull=False),
                name="contact_change_source",
            ),
        ]


class CompanyChange(TenantModel):
    """The same for a company: one act, ``{key: [old, new]}``.

    Keys are the own field names ("owner" by id), "domains" (a list) and "f:<key>". The act that made
    the company is one too, its old values empty; what has no row came when a person named the company.
    """

    company = TenantForeignKey(Company, models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    source_type = models.CharField(max_length=40)
    source_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["tenant", "company", "-at", "-id"], name="company_change_newest")]


class StageRule(TenantModel):
    """What moves people to ``stage`` by itself: an event, or so many days without activity.

    ``from_stage`` keeps a rule to people of one stage. Without it an event moves whoever has not come
    that far yet (the lapsed included), and silence moves everybody but visitors.
    """

    class Kind(models.TextChoices):
        EVENT = "event", _("When something happens")
        SILENCE = "silence", _("After days without activity")

    kind = models.CharField(_("when"), max_length=10, choices=Kind.choices)
    event_name = models.CharField(_("event"), max_length=60, blank=True)
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    from_stage = models.CharField(_("only from stage"), max_length=10, choices=Stage.choices, blank=True)
    stage = models.CharField(_("to stage"), max_length=10, choices=Stage.choices)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "event_name", "from_stage", "stage"], name="stage_rule_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="event", days=None) & ~Q(event_name="")
                | Q(kind="silence", days__gte=1, event_name=""),
                name="stage_rule_trigger",
            ),
        ]
