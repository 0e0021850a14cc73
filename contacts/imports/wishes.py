"""What a run wants done: which fields its file feeds, and how each meets what is known already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contacts.models import ImportRun

FILL, OVERWRITE, APPEND, SKIP = "fill", "overwrite", "append", "skip"
# One value: it is filled, replaced or left. Several: what is new is added, or only where there is none.
ONE_POLICIES = (FILL, OVERWRITE, SKIP)
MANY_POLICIES = (APPEND, FILL, SKIP)
MANY = frozenset({"emails", "phones", "tags", "identities", "more_addresses"})
PLACE = ("street", "postcode", "city", "region", "country")
_PARTS = {
    "email": "emails",
    "email2": "emails",
    "more_emails": "emails",
    "email_details": "emails",
    "phone": "phones",
    "phone_details": "phones",
    "phones_written": "phones",
    "identities": "identities",
    "mobile": "phones",
    "external_id": "identities",
    "tags": "tags",
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """``fields`` are keys of ``contacts.imports.fields``. ``policies`` go by field, over ``known`` for all.

    ``match`` recognises people: by ``email``, by ``external`` id, by ``phone`` or by the ``number`` that
    an export of this workspace gave them; who is not found by the latter three is looked for by address.
    ``system`` names where the external ids are from.
    """

    fields: frozenset[str]
    known: str = FILL
    policies: Mapping[str, str] = field(default_factory=dict)
    match: str = "email"
    system: str = "import"
    makes_companies: bool = True
    makes_tags: bool = True

    @classmethod
    def of(cls, run: ImportRun) -> Wishes:
        options: dict[str, Any] = run.options
        fields = set(run.mapping.values())
        if options.get("tag"):
            fields.add("tags")
        return cls(
            fields=frozenset(fields),
            known=options.get("known", FILL),
            policies=options.get("policies", {}),
            match=options.get("match", "email"),
            system=options.get("system") or "import",
            makes_companies=not options.get("only_known_companies"),
            makes_tags=not options.get("only_known_tags"),
        )

    def has(self, *keys: str) -> bool:
        return not self.fields.isdisjoint(keys)

    def policy(self, key: str) -> str:
        """How this field meets what is known of a person: one of the policies above."""
        part = part_of(key)
        chosen = self.policies.get(key) or self.policies.get(part)
        if part not in MANY:
            return chosen or self.known
        return chosen or (SKIP if self.known == SKIP else APPEND)


def part_of(key: str) -> str:
    """The part of a person that a field of the file feeds, as the history calls it."""
    return _PARTS.get(key, key)
