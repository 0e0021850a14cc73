"""Whom a tenant writes as."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.scoping import TenantModel


class SendingIdentity(TenantModel):
    """A sender: the From line, where answers go, and how fast its domain may send.

    ``per_second`` 0 means no limit of our own. ``relay_url`` empty means the installation's relay.
    """

    name = models.CharField(_("sender name"), max_length=120)
    email = models.EmailField(_("sender address"))
    reply_to = models.EmailField(_("reply-to address"), blank=True)
    relay_url = models.CharField(max_length=300, blank=True)
    per_second = models.PositiveIntegerField(_("messages a second"), default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "email"], name="identity_email")]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].lower()
