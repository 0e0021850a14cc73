"""The first look at the files of a move: archives opened, kinds told, choices and traces found."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from consent.models import Move, MoveFile
from consent.moving import recognising, sheets, traces, work
from consent.moving.sheets import PEOPLE_KINDS
from contacts.imports.dialect import detect
from contacts.imports.services import KEPT_DAYS
from contacts.imports.source import LONGEST_HEADER
from ecrm.files import services as files
from ecrm.jobs import services as jobs
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.roles import Capability

Kind = MoveFile.Kind
# An account with years of mailings exports one table for each.
MOST_MEMBERS = 3_000
MOST_BYTES = 2 * 1024**3
# A column with so few different values is a choice people made; with more it is a text.
MOST_VALUES = 40
ADVANCE = 20_000
_TABLES = (".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson", ".zip")
# Archives of an account hold the text of every mailing as well.
_MAYBE_TABLES = (".txt",)
ENCRYPTED = 0x1
# An archive in an archive, and no deeper.
DEEPEST = 2
_CHUNK = 1024 * 1024


def read(move_id: int, job_id: int) -> None:
    """Restartable: files that were looked at are looked at again, archives that were opened stay so."""
    work.run(move_id, job_id, Move.State.READING, _read)


def _read(move: Move, job_id: int) -> None:
    for _depth in range(DEEPEST):
        with tenant_transaction():
            archives = list(move.files.filter(kind=Kind.UNKNOWN, dialect={}).select_related("file"))
        for archive in archives:
            _open_archive(move, archive)
    with tenant_transaction():
        looked = [file for file in move.files.exclude(kind=Kind.ARCHIVE).select_related("file") if file.file]
    for file in looked:
        _recognise(file)
    if not jobs.begin(job_id, total=sum(file.dialect.get("line_count", 0) for file in looked)):
        raise jobs.Cancelled
    found = Survey(move)
    for file in looked:
        found.read(file, job_id)
    with tenant_transaction():
        traces.keep(move.system, found.traces)
        work.move_on(move, Move.State.READ, found=found.as_json())
        jobs.finish(job_id)


def _open_archive(move: Move, archive: MoveFile) -> None:
    """Puts the tables of a ZIP beside it. A spreadsheet is a ZIP too, and stays what it is.

    Raises ``ValidationError`` for one that cannot be opened; nothing of it stays then.
    """
    try:
        _unpack(move, archive)
    # zipfile says NotImplementedError of a compression it does not know.
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError) as error:
        raise ValidationError(
            _("“%(name)s” is damaged. Export it again, or unpack it and upload its files.") % {"name": archive.name}
        ) from error


def _unpack(move: Move, archive: MoveFile) -> None:
    assert archive.file is not None
    with archive.file.open() as stream:
        members = _members(stream, archive.name, _already(move, archive))
        if members is None:
            return
        with tenant_transaction():
            for name, content in members:
                stored = files.store(
                    content,
                    name=name.rsplit("/", 1)[-1],
                    content_type="application/octet-stream",
                    capability=Capability.CONTACTS_IMPORT,
                    by=move.created_by,
                    expires_at=timezone.now() + timedelta(days=KEPT_DAYS),
                )
                MoveFile.objects.create(move=move, file=stored, name=name[:255], sha256=stored.sha256)
            MoveFile.objects.filter(pk=archive.pk).update(kind=Kind.ARCHIVE)


def _already(move: Move, archive: MoveFile) -> tuple[int, int]:
    """How many files and bytes the move has beside this archive."""
    with tenant_transaction():
        beside = move.files.exclude(pk=archive.pk).aggregate(count=Count("pk"), size=Sum("file__size"))
    return beside["count"], beside["size"] or 0


def _members(stream: IO[bytes], name: str, already: tuple[int, int]) -> Iterator[tuple[str, Iterator[bytes]]] | None:
    """Name and content of the tables inside; None when it is no archive of files."""
    if not zipfile.is_zipfile(stream):
        return None
    stream.seek(0)
    archive = zipfile.ZipFile(stream)
    names = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.filename == "[Content_Types].xml" for member in names):
        return None
    ours = [member for member in names if "__MACOSX" not in member.filename]
    tables = [member for member in ours if member.filename.lower().endswith(_TABLES)] or [
        member for member in ours if member.filename.lower().endswith(_MAYBE_TABLES)
    ]
    if any(member.flag_bits & ENCRYPTED for member in tables):
        raise ValidationError(
            _("“%(name)s” is protected by a password. Unpack it and upload its files.") % {"name": name}
        )
    count, size = already
    if count + len(tables) > MOST_MEMBERS or size + sum(member.file_size for member in tables) > MOST_BYTES:
        raise ValidationError(_("The archive is too large to be opened. Upload its files in several moves."))
    return ((member.filename, _content(archive, member)) for member in tables)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as stream:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _recognise(file: MoveFile) -> None:
    """Keeps what somebody corrected: a file that has rows was recognised before."""
    assert file.file is not None
    try:
        with file.file.open() as stream:
            dialect = detect(stream)
        with file.file.open() as stream:
            headers = sheets.headers_of(stream, dialect)
    except (ValidationError, zipfile.BadZipFile, io.UnsupportedOperation):
        with tenant_transaction():
            MoveFile.objects.filter(pk=file.pk).update(kind=Kind.UNKNOWN)
        file.dialect = {}
        return
    file.dialect = {**dialect.as_json(), "has_header": True}
    if not file.rows:
        file.kind = recognising.kind_of(file.name, headers)
    with tenant_transaction():
        file.save(update_fields=["dialect", "kind"])


class Survey:
    """What the files hold: people by file, choices by column and value, traces of the old system."""

    def __init__(self, move: Move) -> None:
        self.move = move
        self.values: dict[str, Counter[str]] = {}
        self.labels: dict[str, str] = {}
        self.headers: set[str] = set()
        self.filled: Counter[str] = Counter()
        self.out_of: dict[str, str] = {}
        self.traces: dict[tuple[str, str], tuple[int, str]] = {}

    def read(self, file: MoveFile, job_id: int) -> None:
        if not file.dialect:
            return
        with sheets.opened(file) as (headers, rows):
            self.headers.update(header[:LONGEST_HEADER] for header in headers)
            with tenant_transaction():
                sheet = sheets.look_at(self.move, file, headers)
            unknown = sheet.unknown if file.kind in PEOPLE_KINDS else {}
            self.labels |= {name: headers[index] for name, index in unknown.items()}
            self._note_refusals(sheet, file)
            count = 0
            for row in rows:
                count += 1
                self._see(row.cells, unknown)
                self._trace(file, row.cells, row.line)
                if count % ADVANCE == 0:
                    jobs.advance(job_id, done=ADVANCE)
        jobs.advance(job_id, done=count % ADVANCE)
        with tenant_transaction():
            MoveFile.objects.filter(pk=file.pk).update(rows=count, left=[headers[i] for i in unknown.values()])

    def _note_refusals(self, sheet: sheets.Sheet, file: MoveFile) -> None:
        if file.kind in PEOPLE_KINDS:
            for name, index in sheet.reading.out_of.items():
                self.out_of[name.removeprefix("opted out of email ")] = sheet.headers[index].partition(":")[2].strip()

    def _see(self, cells: list[str], unknown: Mapping[str, int]) -> None:
        for name, index in unknown.items():
            cell = cells[index].strip() if index < len(cells) else ""
            if not cell:
                continue
            self.filled[name] += 1
            counted = self.values.setdefault(name, Counter())
            if len(counted) <= MOST_VALUES:
                counted.update(split(cell))

    def _trace(self, file: MoveFile, cells: list[str], line: int) -> None:
        for kind, host, _address in traces.found_in(self.move.system, cells):
            count, example = self.traces.get((kind, host), (0, ""))
            self.traces[kind, host] = (count + 1, example or _place(file.name, line))

    def as_json(self) -> dict[str, Any]:
        columns = [
            {
                "name": name,
                "label": self.labels[name],
                "filled": filled,
                "values": self._chosen(name),
            }
            for name, filled in sorted(self.filled.items())
        ]
        return {"columns": columns, "out_of": self.out_of, "headers": sorted(self.headers)}

    def _chosen(self, name: str) -> list[list[Any]]:
        """Values worth a choice each; none where nearly every person has another."""
        counted = self.values.get(name, Counter())
        if len(counted) > MOST_VALUES or (sum(counted.values()) < 2 * len(counted) - 1 and len(counted) > 8):
            return []
        return [[value, count] for value, count in counted.most_common(MOST_VALUES)]


def _place(name: str, line: int) -> str:
    return _("%(file)s, line %(line)s") % {"file": name, "line": line}


def split(cell: str) -> list[str]:
    """Values of a cell that may hold several, as the products write them."""
    parts = cell.replace("|", ",").replace(";", ",").split(",")
    return list(dict.fromkeys(part.strip().strip('"')[:60] for part in parts if part.strip().strip('"')))
