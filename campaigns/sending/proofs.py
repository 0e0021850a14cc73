"""Looking at a message before it leaves: as a chosen person, on the screen or in one's own mailbox."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.content.compiler import preview as readable
from campaigns.content.links import LinkRegistry
from campaigns.content.plan import Preview
from campaigns.models import Campaign, CampaignContent
from campaigns.sending import letters, people
from campaigns.sending.addresses import of_nobody
from contacts.models import Contact
from contacts.texts import own_fields
from contacts.texts.own_fields import Pairs
from ecrm.audit import services as audit
from ecrm.keys import keyed_hash
from ecrm.mail.addresses import normalise
from ecrm.mail.handover import Outcome, Outgoing
from ecrm.mail.relays import Relay, default_relay
from ecrm.mail.transports import send_now
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User


@dataclass(frozen=True, slots=True)
class Reader:
    """A contact as a message speaks of them."""

    address: str
    name: str
    given_name: str
    family_name: str
    company: str
    city: str
    country: str
    language: str
    contact_id: int = 0
    custom: Pairs = ()

    def facing(self, letter: letters.Letter) -> Reader:
        """With what this letter says of the person beyond the usual."""
        found = own_fields.pairs([self.contact_id], letter.custom_keys, letter.language)
        return replace(self, custom=found.get(self.contact_id, ()))

    @classmethod
    def of(cls, contact: Contact, *, address: str | None = None) -> Reader:
        """Two queries. ``address`` is the person's main one unless it is given."""
        if address is None:
            primary = contact.emails.filter(is_primary=True, binned_at=None).first()
            address = primary.address if primary else ""
        return cls(
            address=address,
            name=contact.name,
            given_name=contact.given_name,
            family_name=contact.family_name,
            company=contact.company.name if contact.company else "",
            city=contact.city,
            country=contact.country,
            language=contact.language,
            contact_id=contact.pk,
        )


def preview(campaign: Campaign, *, contact: Contact, language: str | None = None, variant: str = "A") -> Preview:
    """What this person would get, as it stands. Its links act for nobody.

    Raises ``content.problems.ContentError`` when the content cannot become a message yet, and
    ``readiness.NotReady`` when sender or purpose are still to be chosen.
    """
    letter = _letter(campaign, contact, language, variant)
    return readable(letter.untracked, letter.values(Reader.of(contact).facing(letter), of_nobody()))


def send_test(
    campaign: Campaign, *, contact: Contact, to: str, by: User, language: str | None = None, variant: str = "A"
) -> Outcome:
    """Sends one copy, written as for ``contact``, to a member of the tenant, at once.

    Only to members: nobody else is written to without the engine's checks. Raises ``ValidationError``.
    """
    address = normalise(to)
    if not Membership.objects.filter(tenant_id=require_tenant_id(), user__email=address).exists():
        raise ValidationError({"to": _("Test messages go to members of this workspace only.")})
    letter = _letter(campaign, contact, language, variant, is_test=True)
    values = letter.values(Reader.of(contact).facing(letter), of_nobody())
    message_id = _test_message_id(campaign, letter)
    values |= {"to_email": address, "to_name": str(by), "message_id": message_id, "date": letters.today()}
    relay = Relay.parse(letter.identity.relay_url) if letter.identity.relay_url else default_relay()
    message = Outgoing(letter.identity.email, address, letter.untracked.render(values), message_id)
    audit.record("campaign.tested", by=by, subject=campaign)
    return send_now(message, relay=relay)


def _letter(
    campaign: Campaign, contact: Contact, language: str | None, variant: str, *, is_test: bool = False
) -> letters.Letter:
    if campaign.identity is None or campaign.purpose is None:
        raise ValidationError({"identity": _("Choose a purpose and who it comes from first.")})
    return letters.compiled(
        campaign,
        _content(campaign, language or contact.language, variant),
        links=LinkRegistry(),
        is_test=is_test,
        counts_clicks=False,
    )


def _content(campaign: Campaign, language: str, variant: str) -> CampaignContent:
    contents = list(CampaignContent.objects.filter(campaign=campaign, variant=variant).order_by("id"))
    if not contents:
        raise ValidationError({"content": _("Write the message.")})
    wanted = language.lower()
    by_language = {content.language.lower(): content for content in contents}
    return by_language.get(wanted) or by_language.get(wanted.partition("-")[0]) or people.fallback(contents)


def _test_message_id(campaign: Campaign, letter: letters.Letter) -> str:
    token = keyed_hash("test-message", f"{campaign.pk}:{letters.today()}".encode()).hex()[:32]
    return f"<{token}@{letter.identity.domain}>"
