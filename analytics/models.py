"""Where visits come from: the tenant's sites, the browsers that said yes, and what they answered."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.models import Notice
from contacts.models import Contact
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class Site(TenantModel):
    """A web site of the tenant. ``key`` is public: it stands in the page, and opens nothing by itself.

    Visits are taken from ``origins`` only (scheme, host and port, as browsers write them).
    ``last_visit_at`` is when the last one came in, to the second or so.
    """

    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=24, editable=False)
    origins = ArrayField(models.CharField(max_length=200), verbose_name=_("addresses"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_visit_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="site_key")]

    def __str__(self) -> str:
        return self.name


class Visitor(TenantModel):
    """A browser that said yes. ``key_hash`` recognises the random identifier it keeps.

    After a withdrawal the row stays for a month, tied to nobody, so that a late request of another
    tab does not bring it back.
    """

    site = TenantForeignKey(Site, models.CASCADE, db_index=False)
    contact = TenantForeignKey(Contact, models.SET_NULL, null=True, db_index=False)
    key_hash = models.BinaryField(max_length=32)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key_hash"], name="visitor_key"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(contact=None), name="visitor_withdrawn_is_nobody"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "contact"], condition=Q(contact__isnull=False), name="visitor_contact")
        ]


class VisitorAnswer(TenantModel):
    """What a browser answered, with its evidence; copied to the person's ledger once they are known.

    ``page`` is without its query, ``agent`` a rough class ("Firefox, computer"), ``notice`` None where
    the site asked in its own words. ``has_signal``: the browser sends a general no (GPC), and the
    person said yes here all the same.
    """

    class Action(models.TextChoices):
        GRANTED = "granted", _("Granted")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    visitor = TenantForeignKey(Visitor, models.SET_NULL, null=True)
    site = TenantForeignKey(Site, models.PROTECT, db_index=False)
    action = models.CharField(max_length=10, choices=Action.choices)
    notice = TenantForeignKey(Notice, models.PROTECT, null=True, db_index=False)
    page = models.CharField(max_length=500, blank=True)
    agent = models.CharField(max_length=60, blank=True)
    has_signal = models.BooleanField(default=False)
    given_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
