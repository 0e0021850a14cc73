"""Who may be the person somebody is just writing down: by the keys of what was typed, in one statement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.duplicates.kinds import Kind
from contacts.duplicates.reasons import in_words
from contacts.models import Contact, MatchCard, MatchKey
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership

SHOWN = 5
# A name that more people have says nothing on its own.
_MANY = 10
_WEIGHT = {"mail": 6, "phone": 4, "name": 3, "name_alike": 2, "mail_name": 2}
# Their order is that of the words.
_CODES = {Kind.MAIL: "mail", Kind.PHONE: "phone", Kind.SOUND: "name_alike", Kind.MAIL_NAME: "mail_name"}


@dataclass(frozen=True, slots=True)
class Likeness:
    person: Contact
    reasons: str


def like(
    *, name: str, emails: Sequence[str], phones: Sequence[str], membership: Membership | None = None
) -> list[Likeness]:
    """People whom this member may see and who share something telling with what is given, the likeliest first."""
    shared = _shared(name, emails, phones)
    if not shared:
        return []
    people: Any = (
        Contact.objects.unbinned() if membership is None else Contact.objects.visible_to(membership).unbinned()
    )
    found = people.prefetch_related("emails").in_bulk(list(shared))
    ranked = sorted(found, key=lambda pk: (-sum(_WEIGHT[code] for code in shared[pk]), pk))
    return [Likeness(found[pk], ", ".join(in_words(shared[pk]))) for pk in ranked[:SHOWN]]


def _shared(name: str, emails: Sequence[str], phones: Sequence[str]) -> Mapping[int, list[str]]:
    """What each shares with the given, as codes of ``reasons``."""
    given: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "name": name,
        "emails": [email.strip().lower() for email in emails],
        "phones": [re.sub(r"\D", "", phone) for phone in phones],
        "many": _MANY,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, given)
        return {pk: _said({Kind(kind) for kind in kinds}, is_same) for pk, kinds, is_same in cursor.fetchall()}


def _said(kinds: Set[Kind], is_same_name: bool) -> list[str]:
    codes = [code for kind, code in _CODES.items() if kind in kinds]
    return ["name" if code == "name_alike" and is_same_name else code for code in codes]


_SHARED = f"""
    WITH given AS (
        SELECT ROW(NULL, %(tenant)s, 0, made.*, NULL, NULL)::{MatchCard.table()} AS card
          FROM search.match_card(%(name)s, %(emails)s, %(phones)s, '{{}}', '{{}}', '{{}}') AS made
    )
    SELECT found.contact_id, array_agg(DISTINCT found.kind),
           bool_or(EXISTS (SELECT FROM {MatchCard.table()} theirs
                            WHERE theirs.tenant_id = %(tenant)s AND theirs.contact_id = found.contact_id
                              AND theirs.words = (given.card).words))
      FROM given CROSS JOIN LATERAL (
        SELECT shared.kind, contact_id, count(*) OVER (PARTITION BY shared.kind, shared.key) AS size
          FROM search.match_keys(given.card) AS shared CROSS JOIN LATERAL (
            SELECT contact_id FROM {MatchKey.table()}
             WHERE tenant_id = %(tenant)s AND kind = shared.kind AND key = shared.key
             LIMIT %(many)s + 1) AS block
         WHERE shared.kind IN ({", ".join(str(int(kind)) for kind in _CODES)})) AS found
     WHERE size <= %(many)s GROUP BY found.contact_id"""
