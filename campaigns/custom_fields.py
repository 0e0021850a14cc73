"""Where campaigns speak of the tenant's own fields."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy

from campaigns.models import CampaignContent
from campaigns.models.campaign import State
from contacts.fields import uses
from contacts.fields.uses import Use
from contacts.models import CustomField
from contacts.texts.own_fields import used_in


def register() -> None:
    uses.register(in_campaigns)


def in_campaigns(field: CustomField) -> Iterator[Use]:
    """Campaigns still to go out whose texts speak of a field."""
    going = CampaignContent.objects.exclude(campaign__state__in=(State.SENT, State.CANCELLED))
    rows = going.order_by("campaign__name").values_list(
        "campaign_id", "campaign__name", "subject", "preheader", "blocks"
    )
    seen: set[int] = set()
    for pk, name, *texts in rows:
        is_used = field.entity == CustomField.Entity.CONTACT and field.key in used_in(" ".join(map(str, texts)))
        if is_used and pk not in seen:
            seen.add(pk)
            yield Use(gettext_lazy("Campaign"), name, reverse("campaign", args=[pk]))
