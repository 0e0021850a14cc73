"""A message as its person got it, for reading in the browser."""

from __future__ import annotations

from campaigns.content.plan import Preview
from campaigns.content.problems import ContentError
from campaigns.engagement import hits
from campaigns.models import Delivery
from campaigns.sending import letters
from campaigns.sending.proofs import Reader


def reread(delivery: Delivery) -> Preview:
    """The same words and links, without the pixel: looking at it here is no second open.

    Raises ``LookupError`` when the message can no longer be made, as after an erasure.
    """
    try:
        letter = letters.letter(delivery.campaign, delivery.content_id)
    except ContentError as error:
        raise LookupError(delivery.pk) from error
    is_tracked = hits.allows_tracking(delivery.contact_id)
    links = letter.links(delivery.pk, delivery.contact_id, is_tracked=is_tracked)
    person = Reader.of(delivery.contact, address=delivery.address)
    return letter.untracked.preview(letter.values(person.facing(letter), links))
