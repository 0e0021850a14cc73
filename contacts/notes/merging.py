"""Two people become one: what was written to and about them goes along, and comes back on undo."""

from __future__ import annotations

from django.db.models.functions import Lower

from contacts import merging
from contacts.letters.notices import path_of
from contacts.merging import Parting, Things
from contacts.models import ComposeDraft, ContactNote, FollowUp, Letter, LetterHandover
from ecrm.notices.services import hand_over


def register() -> None:
    merging.register_rows(Letter)
    merging.register_rows(ContactNote)
    merging.register_rows(FollowUp)
    merging.register_rows(ComposeDraft, unique_with=("user_id",))
    merging.register_return(give_back)


def give_back(parting: Parting) -> Things:
    """Letters to and from the loser's addresses since the merge. Notes stay: they were written of the winner."""
    since = Letter.objects.filter(contact=parting.winner_id, at__gte=parting.merged_at)
    heard = since.annotate(sender=Lower("sender_address")).filter(sender__in=parting.addresses)
    travelled = LetterHandover.objects.annotate(to=Lower("recipient")).filter(to__in=parting.addresses)
    sent = since.filter(pk__in=travelled.values("letter"))
    ids = sorted({*heard.values_list("pk", flat=True), *sent.values_list("pk", flat=True)})
    Letter.objects.filter(pk__in=ids).update(contact=parting.loser_id)
    hand_over(
        from_contact_id=parting.winner_id,
        to_contact_id=parting.loser_id,
        pages=[path_of(pk) for pk in ids],
        since=parting.merged_at,
    )
    return {Letter._meta.label_lower: ids}
