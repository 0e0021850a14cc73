"""Which letter a mail answers: by the reply address it was sent to, else by the message it names.

A reply address proves that its sender was given it; a Message-ID proves less, so there the sender
must be the person the letter went to.
"""

from __future__ import annotations

from django.http import Http404

from contacts.models import EmailAddress, Letter
from ecrm.mail.inbound import letter as inbound
from ecrm.tenancy import tokens
from ecrm.tenancy.context import require_tenant_id

TOKEN_KIND = "letter"
MOST_REFERENCES = 50


def reply_token(letter: Letter) -> str:
    """What stands in the reply address of a letter; ``answered`` reads it."""
    return tokens.make(TOKEN_KIND, letter.pk, tenant_id=letter.tenant_id)


def answered(mail: inbound.Letter) -> Letter | None:
    """At most three queries; None when it answers no letter of ours."""
    ours = Letter.objects.filter(direction=Letter.Direction.OUT).select_related("contact", "author", "root")
    if mail.token:
        letter_id = _named(mail.token)
        return ours.filter(pk=letter_id).first() if letter_id else None
    ids = mail.answered_ids[:MOST_REFERENCES]
    found = ours.filter(message_id__in=ids).order_by("-pk").first() if ids else None
    return found if found is not None and _is_of(found, mail) else None


def _named(token: str) -> int | None:
    """None for a token that is altered, of another kind, or of another tenant."""
    try:
        named = tokens.read(TOKEN_KIND, token)
    except Http404:
        return None
    return named.object_id if named.tenant.pk == require_tenant_id() else None


def _is_of(letter: Letter, mail: inbound.Letter) -> bool:
    """One that failed DMARC is nobody."""
    sender = mail.sender.norm
    if not sender or mail.authentication.get("dmarc") == "fail":
        return False
    return EmailAddress.objects.filter(contact=letter.contact_id, address_norm=sender, binned_at=None).exists()
