"""What there is to put right, of every kind in one list: what matters most first.

Duplicates are pairs and the rest are issues of one person; two indexes in the same order are read
and merged, each no further than a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from contacts.models import Contact, DuplicatePair, EmailAddress, Merge, QualityIssue
from contacts.quality import kinds
from contacts.quality.kinds import DUPLICATES, IssueKind
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.teams import visible_owner_ids
from ecrm.ui.pages import Page, cursor_after, keyset_page, place_after

SIZE = 25
ORDER = ("-worth", "rank", "-id")
LEFT_ORDER = ("-left_at", "rank", "-id")
NOBODY = "none"
LEFT, MERGED = "left", "merged"
_ROW = re.compile(r"[imp][0-9]{1,18}")
_PAIRS_FIRST = 0
_ISSUES_NEXT = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader wants to see. ``owner`` is an id, ``NOBODY`` or empty for anybody's; ``kind`` empty for all.

    ``show`` asks for what was ``LEFT`` as it is or ``MERGED`` instead. ``cursor`` is the page of the list and
    ``at`` the key of the row that comes next: a form carries both, so that the reader goes on where they are.
    """

    kind: str = ""
    owner: str = ""
    source: str = ""
    show: str = ""
    cursor: str = ""
    at: str = ""

    @classmethod
    def read(cls, query: QueryDict, kind: str = "") -> Asked:
        owner = query.get("owner", "")
        is_owner = owner == NOBODY or (owner.isdecimal() and len(owner) < 19)
        source = query.get("source", "").replace("\x00", "")[:60]
        show, cursor = query.get("show", ""), query.get("cursor", "").replace("\x00", "")
        return cls(kind, owner if is_owner else "", source, show if show in (LEFT, MERGED) else "", cursor)

    @classmethod
    def read_back(cls, text: str) -> Asked:
        """From ``back``, which a form has carried."""
        query = QueryDict(text[:1000])
        at = query.get("at", "")
        return replace(cls.read(query, query.get("kind", "")), at=at if _ROW.fullmatch(at) else "")

    @property
    def is_closed(self) -> bool:
        return self.show == LEFT

    @property
    def is_merged(self) -> bool:
        return self.show == MERGED

    @property
    def back(self) -> str:
        """As a form carries it."""
        place = {"cursor": self.cursor, "at": self.at}
        return urlencode(
            {"kind": self.kind, **self._further, **{name: value for name, value in place.items() if value}}
        )

    @property
    def url(self) -> str:
        url = self.of_kind(self.kind)
        if self.cursor:
            url += f"{'&' if '?' in url else '?'}{urlencode({'cursor': self.cursor})}"
        return at_row(url, self.at) if self.at else url

    def of_kind(self, key: str) -> str:
        """The address of the list of a kind, the rest unchanged."""
        page = reverse("quality_kind", args=[key]) if kinds.find(key) else reverse("quality_inbox")
        return f"{page}?{urlencode(self._further)}" if self._further else page

    @property
    def _further(self) -> dict[str, str]:
        shown = {"owner": self.owner, "source": self.source, "show": self.show}
        return {name: value for name, value in shown.items() if value}


def at_row(url: str, key: str) -> str:
    """The same list at another row: a link in it, browsers put the focus there."""
    return f"{url.partition('#')[0]}#{key}-who"


def page(asked: Asked, membership: Membership, *, cursor: str | None) -> Page[Any]:
    """Pairs and issues together, two queries at most; what was left as it is with the latest first.

    Leads on, and not back: what is done is gone.
    """
    if asked.is_merged:
        return _merges(asked, membership, cursor)
    order, columns = (LEFT_ORDER, ("decided_at", "closed_at")) if asked.is_closed else (ORDER, ("worth", "worth"))
    place = place_after(cursor, order=order)
    both = (_pairs(asked, membership), _issues(asked, membership))
    found = [_read(rows, rank, columns[rank], place) for rank, rows in enumerate(both)]
    ordered = merge(*found, key=lambda each: (each[0], -each[1], each[2]), reverse=True)
    taken = list(islice(ordered, SIZE + 1))
    last = taken[SIZE - 1] if len(taken) > SIZE else None
    shown = [row for _first, _rank, _id, row in taken[:SIZE]]
    return Page(
        shown, cursor_after(last[:3], order=order) if last else None, None, is_reset=bool(cursor) and place is None
    )


def _merges(asked: Asked, membership: Membership, cursor: str | None) -> Page[Any]:
    """Which two became one, the latest first, while that can be taken back."""
    if asked.kind not in ("", DUPLICATES):
        return Page([], None, None)
    merges: Any = Merge.objects.filter(seen(membership, "winner"), undone_at=None, winner__binned_at=None)
    if asked.owner:
        merges = merges.filter(winner__owner=None if asked.owner == NOBODY else int(asked.owner))
    if asked.source:
        merges = merges.filter(winner__source=asked.source)
    merges = merges.select_related("winner", "loser", "merged_by").defer("snapshot")
    return keyset_page(merges, order=("-id",), cursor=cursor, size=SIZE)


def _read(rows: Any, rank: int, column: str, place: list[Any] | None) -> list[tuple[Any, int, int, Any]]:
    """The next of one table after a place in both, by ``column``."""
    if rows is None:
        return []
    if place is not None:
        value, of_rank, last_id = place
        if rank == of_rank:
            rows = rows.filter(TupleLessThan(Tuple(F(column), F("id")), (value, last_id)))
        else:
            rows = rows.filter(**{f"{column}__{'lte' if rank > of_rank else 'lt'}": value})
    return [(getattr(row, column), rank, row.pk, row) for row in rows.order_by(f"-{column}", "-id")[: SIZE + 1]]


def _pairs(asked: Asked, membership: Membership) -> Any:
    if asked.kind not in ("", DUPLICATES):
        return None
    state = DuplicatePair.State.APART if asked.is_closed else DuplicatePair.State.OPEN
    pairs: Any = DuplicatePair.objects.filter(state=state, first__binned_at=None, second__binned_at=None)
    if asked.is_closed:
        pairs = pairs.filter(decided_at__isnull=False)
    for side in ("first", "second"):
        pairs = pairs.filter(seen(membership, side))
    if asked.owner:
        owner = None if asked.owner == NOBODY else int(asked.owner)
        pairs = pairs.filter(Q(first__owner=owner) | Q(second__owner=owner))
    if asked.source:
        pairs = pairs.filter(Q(first__source=asked.source) | Q(second__source=asked.source))
    return pairs.select_related("first", "second", "decided_by")


def _issues(asked: Asked, membership: Membership) -> Any:
    if asked.kind == DUPLICATES:
        return None
    issues: Any = QualityIssue.objects.filter(
        seen(membership, "contact"), closed_at__isnull=not asked.is_closed, contact__binned_at=None
    )
    if asked.kind:
        issues = issues.filter(kind=asked.kind)
    if asked.owner:
        issues = issues.filter(owner_id=None if asked.owner == NOBODY else int(asked.owner))
    if asked.source:
        issues = issues.filter(source=asked.source)
    return issues.select_related("contact", "closed_by")


def seen(membership: Membership, side: str) -> Q:
    """As ``visible_to``, for a person beside the row."""
    owner_ids = visible_owner_ids(membership)
    return Q() if owner_ids is None else Q(**{f"{side}__owner": None}) | Q(**{f"{side}__owner__in": owner_ids})


@dataclass(frozen=True, slots=True)
class About:
    """What the list says of a person besides their name: an address, and all that is wrong with them."""

    reach: str
    wrong: list[IssueKind]

    @property
    def score(self) -> int:
        return 100 - sum(kind.weight for kind in self.wrong)


def about(contact_ids: Iterable[int]) -> Mapping[int, About]:
    """One query."""
    ids = sorted(set(contact_ids))
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ABOUT, {"tenant": require_tenant_id(), "ids": ids})
        rows = cursor.fetchall()
    return {pk: About(reach or "", _kinds(json.loads(found), is_twin)) for pk, reach, found, is_twin in rows}


def _kinds(keys: Iterable[str], is_twin: bool) -> list[IssueKind]:
    found = {*keys, *([DUPLICATES] if is_twin else [])}
    return [kind for kind in kinds.all_kinds() if kind.key in found]


_OPEN_PAIR = f"SELECT FROM {DuplicatePair.table()} pair WHERE pair.tenant_id = person.tenant_id AND pair.state = 'open'"
_ABOUT = f"""
    SELECT person.id,
           (SELECT address FROM {EmailAddress.table()} row
             WHERE row.tenant_id = person.tenant_id AND row.contact_id = person.id
             ORDER BY row.is_primary DESC, row.id LIMIT 1),
           (SELECT coalesce(jsonb_agg(issue.kind), '[]')::text FROM {QualityIssue.table()} issue
             WHERE issue.tenant_id = person.tenant_id AND issue.contact_id = person.id AND issue.closed_at IS NULL),
           EXISTS ({_OPEN_PAIR} AND pair.first_id = person.id) OR EXISTS ({_OPEN_PAIR} AND pair.second_id = person.id)
      FROM {Contact.table()} person
     WHERE person.tenant_id = %(tenant)s AND person.id = ANY (%(ids)s)"""
