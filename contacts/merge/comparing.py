"""Two people side by side, as the merge page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import places
from contacts.event_kinds import FIELD_NAMES
from contacts.fields import reading
from contacts.merge.choices import FIELDS, Choices
from contacts.models import Contact, CustomField
from contacts.models.people import Stage
from ecrm.tenancy.models import Membership

_LISTS = {
    "emails": gettext_lazy("Emails"),
    "phones": gettext_lazy("Phones"),
    "addresses": gettext_lazy("Postal addresses"),
    "identities": gettext_lazy("Identities"),
    "tags": gettext_lazy("Tags"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both; ``takes_other`` says whose value is ticked."""

    name: str
    label: str
    mine: str
    theirs: str
    takes_other: bool

    @property
    def differs(self) -> bool:
        return self.mine != self.theirs


@dataclass(frozen=True, slots=True)
class Union:
    """A list of which both sides are kept."""

    label: str | Promise
    mine: Sequence[str]
    theirs: Sequence[str]


def people(ids: Iterable[int], visible: Any) -> dict[int, Any]:
    """Both, with their lists, in six queries."""
    wanted = visible.unbinned().filter(pk__in=ids).select_related("owner", "company")
    lists = wanted.prefetch_related("emails", "phones", "addresses", "identities", "taggings__tag")
    return {person.pk: person for person in lists}


def lines(mine: Any, theirs: Any, choices: Choices, membership: Membership) -> list[Line]:
    """Fields that at least one of them has; the primary address and phone where both have one; custom fields
    that this member sees."""
    own = [_line(name, _shown(mine, name), _shown(theirs, name), choices.get(name), theirs) for name in FIELDS]
    first = [
        _line(key, _primary(mine, key), _primary(theirs, key), choices.get(key), theirs) for key in ("email", "phone")
    ]
    has_any = [line for line in (*own, *_custom(mine, theirs, choices, membership)) if line.mine or line.theirs]
    return has_any + [line for line in first if line.mine and line.theirs]


def unions(mine: Any, theirs: Any) -> list[Union]:
    found = [Union(label, _items(mine, name), _items(theirs, name)) for name, label in _LISTS.items()]
    return [union for union in found if union.mine or union.theirs]


def _custom(mine: Any, theirs: Any, choices: Choices, membership: Membership) -> list[Line]:
    fields = reading.of(CustomField.Entity.CONTACT, membership)
    words = reading.texts(CustomField.Entity.CONTACT, [mine.pk, theirs.pk], fields, membership)
    found = []
    for field in fields:
        key = reading.prefixed(field)
        own, others = (words.get(each.pk, {}).get(field.key, "") for each in (mine, theirs))
        found.append(_line(key, own, others, choices.get(key), theirs, field))
    return found


def _line(
    name: str, mine: str, theirs: str, chosen: int | None, other: Contact, field: CustomField | None = None
) -> Line:
    own = {"email": _("first email"), "phone": _("first phone")}
    label = field.label if field else own.get(name) or str(FIELD_NAMES[name])
    takes_other = chosen == other.pk if chosen is not None else not mine and bool(theirs)
    return Line(name, label[:1].upper() + label[1:], mine, theirs, takes_other)


def _shown(person: Any, name: str) -> str:
    value = getattr(person, name)
    if not value:
        return ""
    if name == "stage":
        return str(Stage(value).label)
    if name == "country":
        return places.country_name(value)
    if name == "language":
        return places.language_name(value)
    return date_format(value, "DATE_FORMAT") if name == "birthday" else str(value)


def _primary(person: Any, key: str) -> str:
    rows = person.emails.all() if key == "email" else person.phones.all()
    return next((str(row) for row in rows if row.is_primary), "")


def _items(person: Any, name: str) -> list[str]:
    if name == "tags":
        return sorted(tagging.tag.name for tagging in person.taggings.all())
    rows = sorted(getattr(person, name).all(), key=lambda row: (not getattr(row, "is_primary", True), row.pk))
    if name == "addresses":
        return [
            ", ".join(filter(None, (row.street, f"{row.postcode} {row.city}".strip(), row.country))) for row in rows
        ]
    if name == "identities":
        return [f"{row.namespace}: {row.external_id}" for row in rows]
    return [str(row) for row in rows]
