"""Two people become one: the stricter side of their consents stands, and the ledger only grows."""

from __future__ import annotations

from django.utils import timezone

from consent import rules, services
from consent.models import Action, ConsentAsk, ConsentClaim, ConsentRecord, ConsentState
from contacts import merging
from contacts.merging import Moved, Parting, Things

# Where one of two never answered, whatever the other one answered stands.
_STRICTER = (Action.GRANTED, Action.EXPIRED, Action.WITHDRAWN, Action.OBJECTED)


def register() -> None:
    merging.register(ConsentRecord, move=move, undo=undo)
    merging.leave(ConsentState, why="It follows the ledger.")
    merging.register_rows(ConsentClaim, unique_with=("purpose",))
    merging.register_rows(ConsentAsk, unique_with=("purpose",))
    merging.register_return(give_back)


def move(loser_id: int, winner_id: int) -> Moved:
    """Appends the loser's answers to the winner where they are stricter or the winner has none.

    Answers what it appended: the new row, the winner, and the winner's row before (or None).
    The loser's own rows stay: they are proof of what was true.
    """
    theirs = _states(loser_id)
    ours = _states(winner_id)
    moved: Moved = []
    for pair, state in theirs.items():
        standing = ours.get(pair)
        if standing is None or _is_stricter(state, standing):
            copy = _append(state.record, winner_id, "merged_from", is_later=standing is not None)
            moved.append([copy.pk, winner_id, standing.record_id if standing else None])
    return moved


def undo(moved: Moved, loser_id: int) -> None:
    """Appends what stood before; where nothing did, the copied answer expires."""
    rows = ConsentRecord.objects.in_bulk([key for row in moved for key in (row[0], row[2]) if key])
    for copy_id, winner_id, former_id in moved:
        former = rows.get(former_id) if former_id else None
        action = former.action if former else Action.EXPIRED
        _append(former or rows[copy_id], winner_id, "merge_undone", is_later=True, action=action)


def give_back(parting: Parting) -> Things:
    """What was answered while they were one.

    The loser's own answers (evidence names them) go to the loser, and the winner's former ones stand
    again. A refusal of the winner holds for both: nobody can know which of the two meant it.
    """
    since = ConsentRecord.objects.filter(contact=parting.winner_id, recorded_at__gte=parting.merged_at)
    ours = list(since.exclude(evidence__has_any_keys=["merged_from", "merge_undone"]).order_by("given_at", "pk"))
    told_of = f"evidence__{services.MERGED_CONTACT}"
    theirs = {record.pk for record in since.filter(**{told_of: parting.loser_id})}
    for record in ours:
        if record.pk in theirs or record.action in rules.OBJECTIONS:
            _append(record, parting.loser_id, "merged_from", is_later=record.pk not in theirs)
    for record in {(each.purpose_id, each.channel): each for each in ours if each.pk in theirs}.values():
        _stand_again(record, parting.winner_id, theirs)
    return {}


def _stand_again(record: ConsentRecord, winner_id: int, theirs: set[int]) -> None:
    """The winner's last answer apart from those of the loser; where there is none, the answer expires."""
    own = ConsentRecord.objects.filter(contact=winner_id, purpose=record.purpose_id, channel=record.channel)
    former = own.exclude(pk__in=theirs).order_by("-given_at", "-pk").first()
    _append(former or record, winner_id, "merge_undone", is_later=True, action=None if former else Action.EXPIRED)


def _append(
    record: ConsentRecord, contact_id: int, note: str, *, is_later: bool, action: str | None = None
) -> ConsentRecord:
    """A copy of an answer for another person; ``is_later`` dates it now, so that it decides."""
    return ConsentRecord.objects.create(
        contact_id=contact_id,
        purpose_id=record.purpose_id,
        channel=record.channel,
        action=action or record.action,
        source=record.source,
        notice_id=record.notice_id,
        evidence={**record.evidence, note: record.pk},
        given_at=timezone.now() if is_later else record.given_at,
    )


def _states(contact_id: int) -> dict[tuple[int, str], ConsentState]:
    states = ConsentState.objects.filter(contact=contact_id).select_related("record")
    return {(state.purpose_id, state.channel): state for state in states}


def _is_stricter(state: ConsentState, than: ConsentState) -> bool:
    return _strictness(state) > _strictness(than)


def _strictness(state: ConsentState) -> int:
    """That the undo of a former merge left somebody without an answer is less than any answer."""
    is_left = state.state == Action.EXPIRED and "merge_undone" in state.record.evidence
    return -1 if is_left else _STRICTER.index(Action(state.state))
