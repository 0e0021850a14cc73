"""The columns of a flat export. Their names are those an import knows, so that a file can come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contacts import export_columns, fields, flat_people
from contacts.export_columns import ExportColumns
from contacts.exports import custom
from contacts.exports.people import Record
from contacts.imports import our_own
from ecrm.tenancy.models import Membership


class Layout:
    """The columns of one export, for one member: own ones, custom fields, and those of the rooms above."""

    def __init__(self, membership: Membership) -> None:
        self._custom = fields.of("contact", membership)
        self._rooms: list[ExportColumns] = export_columns.columns(membership)
        self._membership = membership
        self._entries = custom.Entries()
        self._workspace = our_own.mark(membership.tenant)

    @property
    def headers(self) -> list[str]:
        own = [str(column.label) for column in flat_people.COLUMNS]
        rooms = [str(label) for room in self._rooms for label in room.labels.values()]
        return [*own, *(field.label for field in self._custom), *rooms]

    def complete(self, records: Sequence[Record]) -> None:
        """Adds ``ecrm_workspace``, ``custom_fields``, ``custom_entries`` and ``more`` (what the rooms above say)
        to each, in a query a source."""
        ids = [int(record["id"]) for record in records]
        values = custom.read(ids, self._custom, self._membership)
        loaded = [room.load(ids) for room in self._rooms if room.labels]
        for record, pk in zip(records, ids, strict=True):
            record["ecrm_workspace"] = self._workspace
            record["custom_fields"] = values.get(pk, {})
            record["custom_entries"] = self._entries.named(self._custom, record["custom_fields"])
            record["more"] = {key: cell for cells in loaded for key, cell in cells.get(pk, {}).items() if cell}

    def cells(self, record: Record) -> list[str]:
        """A completed record in the order of ``headers``."""
        own = [column.read(record) for column in flat_people.COLUMNS]
        given: Mapping[str, Any] = record["custom_fields"]
        customs = [self._entries.text(field, given.get(field.key)) for field in self._custom]
        return [*own, *customs, *(record["more"].get(key, "") for room in self._rooms for key in room.labels)]
