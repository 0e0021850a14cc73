"""Two people become one, and two again (docs/adr/0014)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty, events, merging, provenance
from contacts.merge import choices as choosing
from contacts.merge import fields, snapshots
from contacts.merge.choices import Choices
from contacts.models import Contact, DuplicatePair, EmailAddress, Merge, PhoneNumber
from contacts.services import refresh_search
from ecrm.audit import services as audit
from ecrm.jobs.outbox import enqueue
from ecrm.tenancy.models import User

MERGED, SEPARATED = "contact.merged", "contact.separated"


@transaction.atomic
def merge_contacts(
    *,
    winner: Contact,
    loser: Contact,
    by: User | None,
    choices: Choices | None = None,
    rule: str = "",
    at: datetime | None = None,
) -> Merge:
    """Makes the loser part of the winner: every room's rows move, the loser is hidden until an undo.

    ``choices`` says whose value a field has (field by id; "email" and "phone" are the primary ones,
    "f:<key>" custom fields); otherwise the winner's, or the loser's where that is empty. Raises
    ``ValidationError`` for the same person twice, one in the bin, and while a reference to people has no
    handler.
    """
    at = at or timezone.now()
    kept, goes = _locked(winner, loser)
    before, primaries = snapshots.values_of(kept), snapshots.primaries(kept)
    theirs = snapshots.primaries(goes)
    custom, held = fields.values_of(kept.pk), fields.rows_by_field(kept.pk, goes.pk)
    moved = {
        f"{handler.model._meta.label}/{handler.field}": handler.move(goes.pk, kept.pk)
        for handler in merging.handlers()
        if handler.move
    }
    exchanged = fields.exchange(kept.pk, goes.pk, held, choices or {})
    taken = choosing.apply(kept, goes, choices or {})
    _prefer(kept, theirs, choosing.prefer(goes, choices or {}))
    kept.updated_at = at
    kept.last_active_at = max(filter(None, (kept.last_active_at, goes.last_active_at)), default=None)
    kept.save(update_fields=[*choosing.FIELDS, "updated_at", "last_active_at"])
    _call("reassign_events", goes.pk, kept.pk)
    _hide(goes, at)
    snapshot = {
        "moved": {key: rows for key, rows in moved.items() if rows},
        "before": before,
        "after": snapshots.values_of(kept),
        "primary": primaries,
        "fields": exchanged,
        "last_active_at": before["last_active_at"],
        "loser_last_active_at": snapshots.values_of(goes)["last_active_at"],
        "since": _transaction_began().isoformat(),
    }
    merge = _note(kept, goes, snapshot, rule=rule, at=at, by=by)
    came = fields.changes(custom, fields.values_of(kept.pk))
    _tell_merged(merge, kept, goes, taken, came, by=by, at=at)
    _copy(kept, winner)
    loser.binned_at = at
    return merge


@transaction.atomic
def undo_merge(*, merge: Merge, by: User | None, at: datetime | None = None) -> bool:
    """Both people are there again; what came for the loser meanwhile is theirs. False when that was done before.

    Values somebody changed since the merge stay with the winner. Raises ``ValidationError`` when the
    winner was merged into somebody else since: that has to be taken back first.
    """
    at = at or timezone.now()
    # The people first, as a merge has it: the two never wait for each other.
    people = {person.pk: person for person in _lock(merge.winner_id, merge.loser_id)}
    if not Merge.objects.select_for_update().filter(pk=merge.pk, undone_at=None).exists():
        return False
    merge.refresh_from_db()
    _refuse_covered(merge)
    winner, loser = people[merge.winner_id], people[merge.loser_id]
    merged_custom = fields.values_of(winner.pk)
    fields.exchange_back(winner.pk, loser.pk, merge.snapshot.get("fields", {}))
    _move_back(merge)
    Merge.objects.filter(pk=merge.pk).update(undone_at=at, undone_by=by)
    origins = _stand_alone(merge)
    _show(loser)
    _give_back(merge, winner, loser, origins)
    merged_values = snapshots.values_of(winner)
    _restore_values(merge, winner, loser, at)
    went = fields.changes(merged_custom, fields.values_of(winner.pk))
    _keep_origins(merge, merged_values, snapshots.values_of(winner), went, "undo", by=by, at=at)
    pair = _pair(winner.pk, loser.pk).filter(state=DuplicatePair.State.MERGED)
    pair.update(state=DuplicatePair.State.OPEN, decided_at=None, decided_by=None)
    _tell_separated(merge, winner, loser, by=by, at=at)
    return True


def _locked(winner: Contact, loser: Contact) -> tuple[Contact, Contact]:
    if missing := merging.unregistered():
        raise ValidationError(_("Nobody has said what a merge does with %(rows)s.") % {"rows": ", ".join(missing)})
    if winner.pk == loser.pk:
        raise ValidationError(_("This is the same contact twice. Choose another one."))
    people = {person.pk: person for person in _lock(winner.pk, loser.pk)}
    if len(people) < 2 or any(person.binned_at for person in people.values()):
        raise ValidationError(_("One of these contacts is in the bin, or was merged already. Restore it first."))
    return people[winner.pk], people[loser.pk]


def _lock(*contact_ids: int) -> list[Contact]:
    """In the order of ids, so that two merges of the same people wait for each other."""
    return list(Contact.objects.filter(pk__in=contact_ids).order_by("pk").select_for_update())


def _prefer(kept: Contact, theirs: dict[str, int], keys: list[str]) -> None:
    for key in keys:
        model = choosing.PRIMARY[key]
        if (pk := theirs.get(model._meta.label)) is not None and model.objects.filter(pk=pk, contact=kept).exists():
            model.objects.filter(contact=kept, is_primary=True).update(is_primary=False)
            model.objects.filter(pk=pk).update(is_primary=True)


def _hide(goes: Contact, at: datetime) -> None:
    """As in the bin: what the winner had as well stays here, and must not count twice."""
    Contact.objects.filter(pk=goes.pk).update(binned_at=at)
    EmailAddress.objects.filter(contact=goes).update(binned_at=at)
    PhoneNumber.objects.filter(contact=goes).update(binned_at=at)


def _show(loser: Contact) -> None:
    try:
        with transaction.atomic():
            EmailAddress.objects.filter(contact=loser).update(binned_at=None)
            PhoneNumber.objects.filter(contact=loser).update(binned_at=None)
    except IntegrityError as error:
        words = _("An address of the other contact belongs to somebody else now. Change it there, then undo the merge.")
        raise ValidationError(words, code="taken") from error
    Contact.objects.filter(pk=loser.pk).update(binned_at=None)
    loser.binned_at = None


def _note(kept: Contact, goes: Contact, snapshot: dict[str, Any], *, rule: str, at: datetime, by: User | None) -> Merge:
    merge = Merge.objects.create(
        winner=kept, loser=goes, survivor=kept, snapshot=snapshot, rule=rule, merged_at=at, merged_by=by
    )
    Merge.objects.filter(survivor=goes, undone_at=None).update(survivor=kept)
    _pair(kept.pk, goes.pk).update(state=DuplicatePair.State.MERGED, decided_at=at, decided_by=by)
    return merge


def _tell_merged(
    merge: Merge,
    kept: Contact,
    goes: Contact,
    taken: list[str],
    came: dict[str, tuple[Any, Any]],
    *,
    by: User | None,
    at: datetime,
) -> None:
    refresh_search([kept.pk])
    before, after = merge.snapshot["before"], merge.snapshot["after"]
    _keep_origins(merge, before, after, came, "merge", by=by, at=at)
    events.record(
        MERGED,
        contact=kept,
        by=by,
        at=at,
        subject=merge,
        properties={"name": str(goes), "fields": sorted(taken), "rule": merge.rule},
    )
    audit.record(MERGED, by=by, subject=kept, fields=taken, count=2, at=at)
    dirty.mark([goes.pk])
    # What was being written to the loser at this very moment is fetched once everybody is done.
    enqueue("merges.gather", merge_id=merge.pk)


def _keep_origins(
    merge: Merge,
    old: snapshots.Values,
    new: snapshots.Values,
    custom: dict[str, tuple[Any, Any]],
    source: str,
    *,
    by: User | None,
    at: datetime,
) -> None:
    """Where the winner's values come from now."""
    names = [(column.removesuffix("_id"), column) for column in snapshots.COLUMNS if not column.endswith("_at")]
    changes = {name: (old[column], new[column]) for name, column in names if old[column] != new[column]} | custom
    if changes:
        change = provenance.NewChange(merge.winner_id, changes, source, merge.pk, by.pk if by else None, at)
        provenance.record([change])


def _refuse_covered(merge: Merge) -> None:
    covering = Merge.objects.filter(loser=merge.winner_id, undone_at=None).select_related("winner").first()
    if covering is not None:
        words = _("Both were merged into %(name)s since. Undo that merge first.")
        raise ValidationError(words, params={"name": str(covering.winner)})


def _move_back(merge: Merge) -> None:
    moved = merge.snapshot["moved"]
    for handler in merging.handlers():
        rows = moved.get(f"{handler.model._meta.label}/{handler.field}")
        if rows and handler.undo:
            handler.undo(rows, merge.loser_id)


def _stand_alone(merge: Merge) -> list[int]:
    """The loser stands for themselves again, and for everybody merged into them. Answers all their ids."""
    origins = {merge.loser_id}
    live = list(
        Merge.objects.filter(survivor=merge.winner_id, undone_at=None).values_list("pk", "winner_id", "loser_id")
    )
    follow: set[int] = set()
    while found := {pk: loser for pk, winner, loser in live if winner in origins and pk not in follow}:
        follow.update(found)
        origins.update(found.values())
    Merge.objects.filter(pk__in=follow).update(survivor=merge.loser_id)
    return sorted(origins)


def _give_back(merge: Merge, winner: Contact, loser: Contact, origins: list[int]) -> None:
    since = snapshots.instant(merge.snapshot["since"]) or merge.merged_at
    addresses = EmailAddress.objects.filter(contact=loser).values_list("address_norm", flat=True)
    parting = merging.Parting(winner.pk, loser.pk, merge.merged_at, since, frozenset(addresses))
    things = merging.give_back(parting)
    browsers = things.pop(merging.BROWSERS, [])
    pairs = [(label, pk) for label, ids in things.items() for pk in ids]
    _call(
        "return_events",
        *(winner.pk, loser.pk, origins, since, browsers),
        *([label for label, _pk in pairs], [pk for _label, pk in pairs]),
    )


def _restore_values(merge: Merge, winner: Contact, loser: Contact, at: datetime) -> None:
    """Both count as changed now: whoever asks what changed since the merge hears of them."""
    snapshot = merge.snapshot
    snapshots.rewrite_later(merge)
    snapshots.put_back(winner, snapshot["before"], snapshot["after"])
    snapshots.put_primaries_back(winner, snapshot["primary"])
    since = snapshots.instant(snapshot["since"]) or merge.merged_at
    for person, key in ((winner, "last_active_at"), (loser, "loser_last_active_at")):
        known = snapshots.instant(snapshot[key])
        person.last_active_at = snapshots.last_activity(person, known=known, since=since)
        person.updated_at = at
        person.save(update_fields=[*choosing.FIELDS, "updated_at", "last_active_at"])


def _tell_separated(merge: Merge, winner: Contact, loser: Contact, *, by: User | None, at: datetime) -> None:
    refresh_search([winner.pk, loser.pk])
    for person, other in ((winner, loser), (loser, winner)):
        events.record(
            SEPARATED,
            contact=person,
            by=by,
            at=at,
            subject=merge,
            properties={"name": str(other), "other_id": other.pk},
        )
    audit.record(SEPARATED, by=by, subject=winner, count=2, at=at)


def _pair(one: int, other: int) -> Any:
    return DuplicatePair.objects.filter(Q(first=one, second=other) | Q(first=other, second=one))


def _copy(source: Contact, target: Contact) -> None:
    for name in (*choosing.FIELDS, "updated_at", "last_active_at"):
        setattr(target, name, getattr(source, name))


def _call(function: str, *arguments: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(arguments))})", list(arguments))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _transaction_began() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        row = cursor.fetchone()
    assert row is not None
    began: datetime = row[0]
    return began
