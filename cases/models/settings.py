from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.scoping import TenantForeignKey
from ecrm.tenancy.settings_rows import TenantSettings


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
