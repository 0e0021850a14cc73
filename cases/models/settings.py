from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel
from ecrm.tenancy.settings_rows import TenantSettings


class Told(models.TextChoices):
    """Who hears of a new case that nobody has."""

    EVERYBODY = "everybody", _("Everybody who may answer it")
    MANAGERS = "managers", _("Those who manage cases")
    NOBODY = "nobody", _("Nobody")


class CaseSettings(TenantSettings):
    """How this workspace answers. Without an ``identity`` it writes as its first sender."""

    identity = TenantForeignKey(
        SendingIdentity, models.SET_NULL, null=True, blank=True, verbose_name=_("answers come from")
    )
    signature = models.TextField(_("signature"), blank=True, max_length=2000)
    reply_goal_hours = models.PositiveSmallIntegerField(
        _("hours until an answer is due"), default=24, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    reopen_days = models.PositiveSmallIntegerField(
        _("days in which an answer reopens a solved case"), default=14, validators=[MaxValueValidator(365)]
    )
    told_of_new = models.CharField(
        _("who hears of a new case nobody has"), max_length=10, choices=Told.choices, default=Told.EVERYBODY
    )
    is_acknowledging = models.BooleanField(_("confirm at once that a mail has arrived"), default=False)


class Acknowledgement(TenantModel):
    """What the workspace says at once to somebody whose mail opened a case: one text for each language."""

    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    text = models.TextField(max_length=5000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "language"], name="acknowledgement_once")]

    def __str__(self) -> str:
        return self.text[:80]
