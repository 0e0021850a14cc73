"""One thing to put right as a row of the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from contacts import fields, worth
from contacts.duplicates import reasons
from contacts.models import Contact, CustomField, DuplicatePair, Merge, QualityIssue
from contacts.provenance import wording
from contacts.quality import kinds, queue
from contacts.quality.kinds import DUPLICATES, IssueKind, Remedy
from contacts.quality.queue import About, Asked
from ecrm.tenancy.models import Membership

_NOTHING = About("", [])


@dataclass(frozen=True, slots=True)
class Row:
    """``key`` names it in a form: "i" or "p" and its id. ``people`` have their address, and their score in words.

    ``fix_url`` leads to what puts it right; ``leave_url`` closes it with one of ``dismissals``, ``again_url``
    takes that back. ``left`` says why it was closed, and by whom. ``back`` leads to where the list goes on after it.
    """

    key: str
    kind: IssueKind
    people: Sequence[tuple[Contact, str, str]]
    words: str
    worth: int
    worth_words: str
    found_at: datetime
    fix_url: str
    leave_url: str
    again_url: str
    dismissals: Mapping[str, str | Promise]
    compare_url: str = ""
    left: str = ""
    back: str = ""

    @property
    def fix_query(self) -> str:
        return urlencode({"back": self.back})

    @property
    def remedy(self) -> str:
        return self.kind.remedy.value


def rows(found: Sequence[Any], membership: Membership, asked: Asked) -> list[Row]:
    """Of a page of the queue: one query, and one where fields of the workspace's own disagree."""
    told = queue.about(pk for row in found for pk in _people(row))
    if asked.is_merged:
        return [_merge(row, told, asked) for row in found]
    has_own = any(f"{fields.PREFIX}" in row.facts for row in found if isinstance(row, QualityIssue))
    custom = fields.by_key("contact", membership) if has_own else {}
    listed = [
        _pair(row, told) if isinstance(row, DuplicatePair) else _issue(row, told, custom)
        for row in found
        if isinstance(row, DuplicatePair) or kinds.find(row.kind)
    ]
    return [_leading_on(row, asked, following) for row, following in zip(listed, _following(listed), strict=True)]


def _following(listed: Sequence[Row]) -> list[str]:
    """For each row the key of the one after it, for the last of the one before."""
    keys = [row.key for row in listed]
    return [*keys[1:], *(keys[-2:-1] or [""])][: len(keys)]


def _leading_on(row: Row, asked: Asked, following: str) -> Row:
    back = replace(asked, at=following)
    compare_url = f"{row.compare_url}?{urlencode({'next': back.url})}" if row.compare_url else ""
    return replace(row, back=back.back, compare_url=compare_url)


def names_of(kind: IssueKind, facts: str, custom: Mapping[str, CustomField]) -> list[str]:
    """The facts of an issue in words. A field that this reader may not see is not named."""
    return [
        str(kind.facts.get(code) or _field(code, custom))
        for code in kinds.codes_of(facts)
        if not code.startswith(fields.PREFIX) or code.removeprefix(fields.PREFIX) in custom
    ]


def _field(code: str, custom: Mapping[str, CustomField]) -> str:
    return wording.label_of(code, custom)


def _people(row: Any) -> list[int]:
    if isinstance(row, Merge):
        return [row.winner_id]
    return [row.first_id, row.second_id] if isinstance(row, DuplicatePair) else [row.contact_id]


def _pair(pair: Any, told: Mapping[int, About]) -> Row:
    older, newer = by_age(pair)
    kind = kinds.find(DUPLICATES)
    assert kind is not None
    likeness = pair.worth - kind.weight
    return Row(
        key=f"p{pair.pk}",
        kind=kind,
        people=[_person(person, told) for person in (older, newer)],
        words=", ".join([*([_("told apart before")] if pair.decided_as else []), *reasons.with_score(pair)]),
        worth=pair.worth,
        worth_words=_added([(str(kind.label), kind.weight), (_("how sure, and who they are"), likeness)]),
        found_at=pair.found_at,
        fix_url=reverse("merge_pair", args=[pair.pk]),
        leave_url=reverse("dismiss_pair", args=[pair.pk]),
        again_url=reverse("reopen_pair", args=[pair.pk]),
        dismissals=reasons.DISMISSALS,
        compare_url=reverse("merge_contact", args=[older.pk, newer.pk]),
        left=_left(reasons.DISMISSALS.get(pair.decided_as or reasons.APART, ""), pair.decided_by),
    )


def _merge(merge: Any, told: Mapping[int, About], asked: Asked) -> Row:
    kind = kinds.find(DUPLICATES)
    assert kind is not None
    onward = urlencode({"next": asked.url})
    return Row(
        key=f"m{merge.pk}",
        kind=kind,
        people=[_person(merge.winner, told), (merge.loser, "", "")],
        words=_("one contact now"),
        worth=0,
        worth_words="",
        found_at=merge.merged_at,
        fix_url="",
        leave_url="",
        again_url=f"{reverse('undo_merge', args=[merge.pk])}?{onward}",
        dismissals={},
        left=reasons.merged_in_words(merge),
    )


def by_age(pair: Any) -> tuple[Contact, Contact]:
    """The older contact, which is kept, and the newer one."""
    older, newer = sorted((pair.first, pair.second), key=lambda person: (person.created_at, person.pk))
    return older, newer


def _issue(issue: Any, told: Mapping[int, About], custom: Mapping[str, CustomField]) -> Row:
    kind = kinds.find(issue.kind)
    assert kind is not None
    words = ", ".join(names_of(kind, issue.facts, custom))
    leave_url = reverse("close_issue", args=[issue.pk])
    confirms = kind.remedy is Remedy.CONFIRM
    return Row(
        key=f"i{issue.pk}",
        kind=kind,
        people=[_person(issue.contact, told)],
        words=_("missing: %(fields)s") % {"fields": words} if words and kind.key == "incomplete" else words,
        worth=issue.worth,
        worth_words=_added([(str(kind.label), kind.weight), *worth.parts(issue.contact)]),
        found_at=issue.found_at,
        fix_url=leave_url if confirms else reverse("fix_issue", args=[issue.pk]),
        leave_url=leave_url,
        again_url=reverse("reopen_issue", args=[issue.pk]),
        dismissals=kinds.DISMISSALS,
        left=_left(kinds.DISMISSALS.get(issue.closed_as or kinds.RIGHT, ""), issue.closed_by),
    )


def _person(person: Contact, told: Mapping[int, About]) -> tuple[Contact, str, str]:
    about = told.get(person.pk, _NOTHING)
    lost = ", ".join(f"{kind.label} −{kind.weight}" for kind in about.wrong)
    score = _("%(score)s of 100") % {"score": about.score}
    return person, about.reach, f"{score}: {lost}" if lost else score


def _added(parts: Sequence[tuple[str, int]]) -> str:
    return " + ".join(f"{label} {points}" for label, points in parts if points)


def _left(reason: str | Promise, by: Any) -> str:
    return f"{reason} ({by.name or by.email})" if by else str(reason)
