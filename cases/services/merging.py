"""Two cases about the same matter become one, and two again when somebody was mistaken."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import history, search
from cases.models import Case, CaseMerge, CaseMessage, Handover, HandoverState, MovedMessage, State
from cases.services.answering import mark_read
from ecrm.tenancy.models import User

MOST_STEPS = 20


@transaction.atomic
def merge_cases(*, case: Case, into: Case, by: User) -> CaseMerge:
    """Moves everything said in ``case`` to ``into`` and closes ``case``; its address leads to ``into``.

    ``into`` waits as long as the older of the two questions. Raises ``ValidationError`` when ``into``
    is solved or closed, when ``case`` has gone elsewhere already, and while an answer is on its way.
    """
    case, into = _locked(case, into)
    _refuse(case, into)
    merge = CaseMerge.objects.create(
        kept=into,
        merged=case,
        by=by,
        former_state=case.state,
        former_solved_at=case.solved_at,
        former_waiting_since=case.waiting_since,
        former_snoozed_until=case.snoozed_until,
        kept_state=into.state,
        kept_waiting_since=into.waiting_since,
        kept_first_reply_at=into.first_reply_at,
    )
    said = CaseMessage.objects.filter(case=case)
    MovedMessage.objects.bulk_create(
        [MovedMessage(merge=merge, message_id=pk) for pk in said.order_by("pk").values_list("pk", flat=True)]
    )
    said.update(case=into)
    _close(case, into)
    _join_clocks(into, case, merge)
    history.tell(history.MERGED, into, by=by, at=merge.at, other=case.number)
    history.note(history.MERGED, into, by=by)
    history.note(history.MERGED, case, by=by)
    mark_read(case=into, by=by)
    return merge


@transaction.atomic
def undo_merge(*, merge: CaseMerge, by: User) -> bool:
    """Gives the merged case its messages and its state back. What was said since stays where it is.

    False when that was done already, or when the kept case itself has become part of another.
    """
    kept, merged = _locked(merge.kept, merge.merged)
    undone = CaseMerge.objects.filter(pk=merge.pk, undone_at=None, kept__merged_into=None)
    if not undone.exists():
        return False
    CaseMerge.objects.filter(pk=merge.pk).update(undone_at=timezone.now())
    moved = MovedMessage.objects.filter(merge=merge).values("message")
    CaseMessage.objects.filter(pk__in=moved, case=kept).update(case=merged)
    _reopen_as_it_was(merged, merge)
    _part_clocks(kept, merged, merge)
    history.tell(history.PARTED, kept, by=by, at=timezone.now(), other=merged.number)
    history.note(history.PARTED, kept, by=by)
    history.note(history.PARTED, merged, by=by)
    return True


def whole_of(case: Case) -> Case:
    """The case that has this one's messages now: itself unless it was merged. One query for each step."""
    for _step in range(MOST_STEPS):
        if case.merged_into_id is None:
            break
        case = Case.objects.select_related("contact").get(pk=case.merged_into_id)
    return case


def _locked(*cases: Case) -> list[Case]:
    """In the order of their ids, so that two merges at once wait for each other."""
    rows = Case.objects.select_for_update(of=("self",)).filter(pk__in=[case.pk for case in cases])
    by_id = {row.pk: row for row in rows.select_related("contact").order_by("pk")}
    return [by_id[case.pk] for case in cases]


def _refuse(case: Case, into: Case) -> None:
    if case.pk == into.pk:
        raise ValidationError(_("A case cannot be merged with itself."))
    if case.merged_into_id is not None or into.merged_into_id is not None:
        raise ValidationError(_("One of the two is part of another case already."))
    if into.is_ended:
        raise ValidationError(
            _("Case %(number)s is solved. Reopen it first, or choose an open one.") % {"number": into.number}
        )
    under_way = (HandoverState.WAITING, HandoverState.SENDING)
    leaving = Handover.objects.filter(message__case__in=[case, into], state__in=under_way, attempts=0)
    if leaving.exclude(message__is_automatic=True).exists():
        raise ValidationError(_("An answer is just leaving. Try again in a few seconds."))


def _close(case: Case, into: Case) -> None:
    """The one way to Closed that has a way back: ``undo_merge``."""
    case.state, case.solved_at = State.CLOSED, case.solved_at or timezone.now()
    case.merged_into, case.waiting_since, case.snoozed_until = into, None, None
    case.save(update_fields=["state", "solved_at", "merged_into", "waiting_since", "snoozed_until"])
    search.refresh(case.pk)


def _join_clocks(into: Case, case: Case, merge: CaseMerge) -> None:
    waiting = [since for since in (into.waiting_since, merge.former_waiting_since) if since]
    replied = [at for at in (into.first_reply_at, case.first_reply_at) if at]
    into.waiting_since = min(waiting, default=None)
    into.first_reply_at = min(replied, default=None)
    into.last_message_at = max(into.last_message_at, case.last_message_at)
    if into.waiting_since and into.state == State.ON_CUSTOMER:
        into.state = State.ON_US
    into.save(update_fields=["waiting_since", "first_reply_at", "last_message_at", "state"])
    search.refresh(into.pk)


def _reopen_as_it_was(merged: Case, merge: CaseMerge) -> None:
    merged.state, merged.solved_at = merge.former_state, merge.former_solved_at
    merged.waiting_since, merged.snoozed_until = merge.former_waiting_since, merge.former_snoozed_until
    merged.merged_into = None
    merged.save(update_fields=["state", "solved_at", "waiting_since", "snoozed_until", "merged_into"])
    search.refresh(merged.pk)


def _part_clocks(kept: Case, merged: Case, merge: CaseMerge) -> None:
    """Back to what the kept case had, unless somebody has answered or been heard in it since."""
    newest = kept.messages.order_by("-at", "-pk").first()
    kept.last_message_at = newest.at if newest else kept.opened_at
    if newest is None or newest.at <= merge.at:
        kept.first_reply_at = merge.kept_first_reply_at
        if not kept.is_ended:
            kept.state, kept.waiting_since = merge.kept_state, merge.kept_waiting_since
    kept.save(update_fields=["state", "waiting_since", "first_reply_at", "last_message_at"])
    search.refresh(kept.pk)
