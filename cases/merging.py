"""Two people become one: their cases and what they wrote go with them, and come back on undo."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Lower

from cases.models import Case, CaseMessage
from cases.models.conversation import Direction
from cases.notices import path_of
from contacts import merging
from contacts.merging import Parting, Things
from ecrm.notices.services import hand_over


def register() -> None:
    merging.register_rows(Case)
    merging.register_rows(CaseMessage)
    merging.register_return(give_back)


def give_back(parting: Parting) -> Things:
    """Cases that the loser opened meanwhile: the first message came from one of their addresses."""
    messages = CaseMessage.objects.filter(contact=parting.winner_id, direction=Direction.IN)
    written = messages.annotate(sender=Lower("sender_address")).filter(at__gte=parting.merged_at)
    written.filter(sender__in=parting.addresses).update(contact=parting.loser_id)
    first = CaseMessage.objects.filter(case=OuterRef("pk"), direction=Direction.IN).order_by("at", "id")
    opened = Case.objects.filter(contact=parting.winner_id, opened_at__gte=parting.merged_at)
    theirs = opened.annotate(by=Lower(Subquery(first.values("sender_address")[:1]))).filter(by__in=parting.addresses)
    ids = list(theirs.values_list("pk", flat=True))
    Case.objects.filter(pk__in=ids).update(contact=parting.loser_id)
    hand_over(
        from_contact_id=parting.winner_id,
        to_contact_id=parting.loser_id,
        pages=[path_of(Case(pk=pk)) for pk in ids],
        since=parting.merged_at,
    )
    return {Case._meta.label_lower: ids}
