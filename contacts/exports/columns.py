"""The columns of a flat export. Their names are those an import knows, so that a file can come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts import export_columns, fields
from contacts.export_columns import ExportColumns
from contacts.exports import custom
from contacts.exports.people import Record
from ecrm.tenancy.models import Membership

MANY = ":::"  # between several numbers of one cell, as address books write it
LEAST_TOWN = ("city", "country")


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str | Promise
    read: Callable[[Record], str]


def _own(key: str) -> Callable[[Record], str]:
    return lambda record: str(record[key])


def _nth(listed: str, key: str, place: int) -> Callable[[Record], str]:
    return lambda record: record[listed][place][key] if len(record[listed]) > place else ""


def _place(key: str) -> Callable[[Record], str]:
    """Of the first postal address, else what is known of the place without one."""

    def read(record: Record) -> str:
        if record["addresses"]:
            return record["addresses"][0][key] or ""
        return str(record[key]) if key in LEAST_TOWN else ""

    return read


def _rest(listed: str, key: str, start: int) -> Callable[[Record], str]:
    return lambda record: MANY.join(one[key] for one in record[listed][start:])


OWN = (
    Column("id", _("eCRM number"), _own("id")),
    Column("email", _("Email"), _nth("emails", "address", 0)),
    Column("email2", _("Second email"), _nth("emails", "address", 1)),
    Column("more_emails", _("More emails"), _rest("emails", "address", 2)),
    Column("given_name", _("Given name"), _own("given_name")),
    Column("family_name", _("Family name"), _own("family_name")),
    Column("name", _("Full name"), _own("name")),
    Column("phone", _("Phone"), _rest("phones", "number", 0)),
    Column("company", _("Company"), _own("company")),
    Column("job_title", _("Job title"), _own("job_title")),
    Column("stage", _("Stage"), _own("stage")),
    Column("tags", _("Tags"), lambda record: ", ".join(record["tags"])),
    Column("language", _("Language"), _own("language")),
    Column("birthday", _("Birthday"), _own("birthday")),
    Column("street", _("Street"), _place("street")),
    Column("postcode", _("Postcode"), _place("postcode")),
    Column("city", _("City"), _place("city")),
    Column("region", _("Region"), _place("region")),
    Column("country", _("Country"), _place("country")),
    Column("source", _("Source"), _own("source")),
    Column("created_at", _("Customer since"), _own("created_at")),
    Column("last_active_at", _("Last active"), _own("last_active_at")),
    Column("owner", _("Owner"), _own("owner")),
)


class Layout:
    """The columns of one export, for one member: own ones, custom fields, and those of the rooms above."""

    def __init__(self, membership: Membership) -> None:
        self._custom = fields.of("contact", membership)
        self._rooms: list[ExportColumns] = export_columns.columns(membership)
        self._membership = membership

    @property
    def headers(self) -> list[str]:
        own = [str(column.label) for column in OWN]
        rooms = [str(label) for room in self._rooms for label in room.labels.values()]
        return [*own, *(field.label for field in self._custom), *rooms]

    def complete(self, records: Sequence[Record]) -> None:
        """Adds ``custom_fields`` and ``more`` (what the rooms above say) to each, in a query a source."""
        ids = [int(record["id"]) for record in records]
        values = custom.read(ids, self._custom, self._membership)
        loaded = [room.load(ids) for room in self._rooms if room.labels]
        for record, pk in zip(records, ids, strict=True):
            record["custom_fields"] = values.get(pk, {})
            record["more"] = {key: cell for cells in loaded for key, cell in cells.get(pk, {}).items() if cell}

    def cells(self, record: Record) -> list[str]:
        """A completed record in the order of ``headers``."""
        own = [column.read(record) for column in OWN]
        given: Mapping[str, Any] = record["custom_fields"]
        customs = [custom.text(field, given.get(field.key)) for field in self._custom]
        return [*own, *customs, *(record["more"].get(key, "") for room in self._rooms for key in room.labels)]
