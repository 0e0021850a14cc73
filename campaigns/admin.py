"""Campaigns in a tenant's admin. The engine's journal is to read: the database owns its state."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns import models
from ecrm.administration.rows import Rows
from ecrm.administration.tenant_site import show, site


@admin.register(models.Campaign, site=site)
class CampaignRows(Rows):
    one, many = _("campaign"), _("campaigns")
    is_small = True
    list_display = ["name", "state", "segment", "identity", "created_by", "created_at", "started_at", "finished_at"]
    list_filter = ["state"]
    search_fields = ["name__icontains"]

    def view_on_site(self, obj: models.Campaign) -> str:
        return reverse("campaign", args=[obj.pk])


show(models.CampaignContent, _("campaign content"), _("campaign contents"), is_small=True)
show(models.Link, _("link"), _("links"), list_display=["id", "campaign", "position", "label", "url"])
show(models.Chunk, _("chunk"), _("chunks"))
show(
    models.Delivery,
    _("delivery"),
    _("deliveries"),
    list_display=["id", "campaign", "contact", "address", "is_marketing", "created_at"],
)
show(models.Exclusion, _("exclusion"), _("exclusions"))
show(models.Intent, _("intent"), _("intents"))
show(models.Outcome, _("outcome"), _("outcomes"))
show(models.Throttle, _("throttle"), _("throttles"), is_small=True)
show(models.Hit, _("hit"), _("hits"))
