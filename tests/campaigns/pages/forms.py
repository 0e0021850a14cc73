"""What the editor's form sends."""

from __future__ import annotations

from typing import Any

from campaigns.editing.plain_form import from_html
from campaigns.models import Campaign, CampaignContent


def form_of(campaign: Campaign, language: str = "en", **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it when nothing was touched, with ``changes`` over it."""
    content = CampaignContent.objects.get(campaign=campaign, language=language)
    form: dict[str, Any] = {
        "version": Campaign.objects.values_list("content_version", flat=True).get(pk=campaign.pk),
        "subject": content.subject,
        "preheader": content.preheader,
        "order": [block["id"] for block in content.blocks],
    }
    for block in content.blocks:
        for name, value in block.items():
            if name != "id":
                form[f"{block['id']}-{name}"] = from_html(value) if name == "html" else value
    return form | {name.replace("__", "-"): value for name, value in changes.items()}


def words(campaign: Campaign, language: str = "en") -> CampaignContent:
    return CampaignContent.objects.get(campaign=campaign, language=language)
