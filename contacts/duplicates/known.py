"""Who may be the person somebody is just writing down: by the keys of what was typed, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.duplicates.kinds import Kind
from contacts.duplicates.reasons import in_words
from contacts.models import Contact, MatchKey
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership

SHOWN = 5
# A name that more people have says nothing on its own.
_MANY = 10
_CODES = {
    Kind.MAIL: "mail", Kind.PHONE: "phone", Kind.NAME: "name", Kind.SOUND: "name_alike", Kind.MAIL_NAME: "mail_name",
}  # fmt: skip
_WEIGHT = {Kind.MAIL: 6, Kind.PHONE: 4, Kind.NAME: 3, Kind.SOUND: 2, Kind.MAIL_NAME: 2}


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
    ranked = sorted(found, key=lambda pk: (-sum(_WEIGHT[kind] for kind in shared[pk]), pk))
    return [Likeness(found[pk], _words(shared[pk])) for pk in ranked[:SHOWN]]


def _shared(name: str, emails: Sequence[str], phones: Sequence[str]) -> Mapping[int, set[Kind]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARED,
            {
                "tenant": require_tenant_id(),
                "name": name,
                "emails": [email.strip().lower() for email in emails],
                "phones": list(phones),
                "many": _MANY,
            },
        )
        return {pk: {Kind(kind) for kind in kinds} for pk, kinds in cursor.fetchall()}


def _words(kinds: Iterable[Kind]) -> str:
    codes = [code for kind, code in _CODES.items() if kind in kinds]
    if "name" in codes and "name_alike" in codes:
        codes.remove("name_alike")
    return ", ".join(in_words(codes))


# The same keys as contacts/sql/match_keys.sql makes of people who are there.
_SHARED = f"""
    WITH given AS (
        SELECT search.name_words(%(name)s) AS words
    ), shared (kind, value) AS (
        SELECT {Kind.MAIL}, search.mail_local(email) || '@' || split_part(email, '@', 2)
          FROM unnest(%(emails)s::text[]) AS email WHERE strpos(email, '@') > 1
         UNION ALL SELECT {Kind.MAIL_NAME}, search.mail_local(email)
          FROM unnest(%(emails)s::text[]) AS email WHERE length(search.mail_local(email)) > 4
         UNION ALL SELECT {Kind.PHONE}, right(digits, 9)
          FROM (SELECT regexp_replace(phone, '\\D', '', 'g') AS digits FROM unnest(%(phones)s::text[]) AS phone) AS p
         WHERE length(digits) >= 9
         UNION ALL SELECT {Kind.NAME}, array_to_string(words, ' ') FROM given WHERE cardinality(words) > 1
         UNION ALL SELECT {Kind.SOUND}, array_to_string(search.sounds(words), ' ')
          FROM given WHERE cardinality(words) > 1
    )
    SELECT found.contact_id, array_agg(DISTINCT found.kind) FROM (
        SELECT shared.kind, contact_id, count(*) OVER (PARTITION BY shared.kind, shared.value) AS size
          FROM shared CROSS JOIN LATERAL (
            SELECT contact_id FROM {MatchKey.table()}
             WHERE tenant_id = %(tenant)s AND kind = shared.kind AND key = hashtextextended(shared.value, 0)
             LIMIT %(many)s + 1) AS block) AS found
     WHERE size <= %(many)s GROUP BY found.contact_id"""
