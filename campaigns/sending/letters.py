"""A campaign's contents, compiled, and one person's copy of them.

Compiling is deterministic, so every worker process does it for itself and keeps the result. The
preview and the real message are the same function of the same values.
"""

from __future__ import annotations

from collections import OrderedDict
from colorsys import hls_to_rgb
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Protocol

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content.blocks import Content
from campaigns.content.brand import Brand, Sender
from campaigns.content.compiler import CompiledMessage, Tracking, compile_message
from campaigns.content.links import LinkRegistry
from campaigns.models import Campaign, CampaignContent, Link
from campaigns.sending import addresses
from campaigns.sending.journal import Pending
from consent import purposes
from contacts.texts import own_fields
from contacts.texts.own_fields import Pairs
from ecrm.mail import message_ids
from ecrm.mail.handover import Outgoing
from ecrm.mail.inbound.addresses import BOUNCE, support_address
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

KEPT = 16


class Person(Protocol):
    """What a message may say of somebody: a ``Pending``, or a ``Reader`` made from a contact."""

    @property
    def address(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def given_name(self) -> str: ...
    @property
    def family_name(self) -> str: ...
    @property
    def company(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def custom(self) -> Pairs: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """One content, ready for any number of people.

    ``untracked`` is for those who do not allow tracking: no pixel, and links that name only the campaign.
    """

    tenant_name: str
    campaign_id: int
    click_base: str
    identity: SendingIdentity
    language: str
    untracked: CompiledMessage
    tracked: CompiledMessage
    has_view_link: bool
    custom_keys: frozenset[str] = frozenset()

    def filled(self, todo: list[Pending]) -> list[Pending]:
        """With the custom fields this letter speaks of; no query when it speaks of none."""
        found = own_fields.pairs([each.contact_id for each in todo], self.custom_keys, self.language)
        return [each._replace(custom=found.get(each.contact_id, ())) for each in todo] if found else todo

    def outgoing(self, pending: Pending, *, date: str) -> Outgoing:
        """This delivery's message. Raises ``ValueError`` for an address no header can carry."""
        token = message_ids.token_of(pending.delivery_id)
        message_id = f"<{token}@{self.identity.domain}>"
        links = self.links(pending.delivery_id, pending.contact_id, is_tracked=pending.is_tracked)
        values = self.values(pending, links) | {"message_id": message_id, "date": date}
        compiled = self.tracked if pending.is_tracked else self.untracked
        return Outgoing(self._return_path(token), pending.address, compiled.render(values), message_id)

    def _return_path(self, token: str) -> str:
        """Where a bounce goes: to ourselves, with the delivery in the address, once the operator has named a domain."""
        domain = settings.RETURN_PATH_DOMAIN
        return f"{BOUNCE}+{token}@{domain}" if domain else self.identity.email

    def links(self, delivery_id: int, contact_id: int, *, is_tracked: bool) -> dict[str, str]:
        """This person's own addresses; only the ones their copy can hold, since each costs microseconds."""
        found = addresses.of_delivery(delivery_id, contact_id)
        if self.has_view_link:
            found["view_url"] = addresses.view_in_browser(delivery_id)
        return found | (addresses.following(delivery_id) if is_tracked else {"click_base": self.click_base})

    def message_id(self, delivery_id: int) -> str:
        return message_ids.message_id(delivery_id=delivery_id, domain=self.identity.domain)

    def values(self, person: Person, links: dict[str, str]) -> dict[str, str]:
        return links | {
            "to_email": person.address,
            "to_name": person.name,
            "contact.given_name": person.given_name,
            "contact.family_name": person.family_name,
            "contact.email": person.address,
            "contact.company": person.company,
            "contact.city": person.city,
            "contact.country": person.country,
            "contact.language": person.language or self.language,
            "tenant.name": self.tenant_name,
            **dict(person.custom),
        }


def letter(campaign: Campaign, content_id: int) -> Letter:
    """Compiled once per process and version. Raises ``content.problems.ContentError``."""
    key = (require_tenant_id(), campaign.pk, campaign.content_version, content_id)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    found = compiled(campaign, CampaignContent.objects.get(pk=content_id), links=stored_links(campaign))
    _kept[key] = found
    if len(_kept) > KEPT:
        _kept.popitem(last=False)
    return found


def compiled(
    campaign: Campaign,
    content: CampaignContent,
    *,
    links: LinkRegistry,
    is_test: bool = False,
    counts_clicks: bool = True,
) -> Letter:
    """Compiled afresh, as drafts need it. ``links`` is filled with what was met.

    Without ``counts_clicks`` links lead straight to their targets, as a preview's must.
    """
    tenant = Tenant.objects.get(pk=require_tenant_id())
    parsed = Content.from_json(content.subject, content.blocks, content.preheader)
    if is_test:
        with translation.override(content.language):
            parsed = replace(parsed, subject=_("[Test] %(subject)s") % {"subject": parsed.subject})
    brand, sender = brand_of(tenant, campaign, content.language), sender_of(tenant, campaign)
    plain, tracked = (
        compile_message(parsed, language=content.language, brand=brand, sender=sender, links=links, tracking=tracking)
        for tracking in (Tracking.CLICKS if counts_clicks else Tracking.NONE, Tracking.CLICKS | Tracking.OPENS)
    )
    assert campaign.identity is not None
    click_base = addresses.click_base_of_campaign(campaign.pk)
    source = f"{content.subject}{content.preheader}{content.blocks}"
    return Letter(
        tenant.name,
        campaign.pk,
        click_base,
        campaign.identity,
        content.language,
        plain,
        tracked,
        has_view_link="view_url" in source,
        custom_keys=own_fields.used_in(source),
    )


def stored_links(campaign: Campaign) -> LinkRegistry:
    links = LinkRegistry()
    for position, url, label in Link.objects.filter(campaign=campaign).values_list("position", "url", "label"):
        links.positions[url] = position
        links.labels[position] = label
    return links


def store_links(campaign: Campaign, links: LinkRegistry) -> None:
    """Keeps the targets, so that every process counts them by the same numbers."""
    Link.objects.bulk_create(
        [
            Link(campaign=campaign, position=position, url=url, label=links.labels.get(position, "")[:200])
            for url, position in links.positions.items()
        ],
        ignore_conflicts=True,
    )


def today() -> str:
    """The Date header of what is sent now (RFC 5322, 3.3)."""
    return formatdate(usegmt=False)


def brand_of(tenant: Tenant, campaign: Campaign, language: str) -> Brand:
    assert campaign.purpose is not None
    reason = ""
    if campaign.purpose.is_marketing:
        with translation.override(language):
            name = purposes.wording(campaign.purpose, [language, *tenant.languages]).name
            reason = _("You get this because you agreed to: %(purpose)s.") % {"purpose": name}
    return Brand(tenant.name, tenant.postal_address, colour=_colour(tenant.hue), reason=reason)


def sender_of(tenant: Tenant, campaign: Campaign) -> Sender:
    assert campaign.identity is not None
    assert campaign.purpose is not None
    identity, key = campaign.identity, campaign.purpose.key
    return Sender(
        identity.name,
        identity.email,
        reply_to=identity.reply_to or _inbox(),
        list_id=f"{key}.{identity.domain}",
        feedback_id=f"{campaign.pk}:{key}:{tenant.slug}:ecrm",
    )


def _inbox() -> str:
    """Answers come to the tenant's own mailbox here unless they are wanted elsewhere."""
    return support_address() if settings.RETURN_PATH_DOMAIN else ""


def _colour(hue: int) -> str:
    """The brand's hue as a colour dark enough for white words on it."""
    red, green, blue = (round(part * 255) for part in hls_to_rgb(hue / 360, 0.3, 0.55))
    return f"#{red:02x}{green:02x}{blue:02x}"


_kept: OrderedDict[tuple[int, int, int, int], Letter] = OrderedDict()
