"""All files of a move become one file of people, a list of addresses to block and a list of companies.

The file of people goes the way of every import: checked, brought in and taken back by the same code. A
later export of the same system brings only what changed since the one before: each person's cells are
kept as checksums, and a cell that is as it was is left out.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import IO, Any

import orjson
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import purposes
from consent.claims import FORMER
from consent.import_columns import Keys
from consent.models import Move, MoveFile, Suppression
from consent.moving import bringing, companies, history, shaping, sheets, work
from consent.moving.gathering import Gathering, Person
from consent.moving.shaping import Choices
from consent.moving.sheets import PEOPLE_KINDS
from contacts.fields import defining, prefixed
from contacts.imports import fields, services
from contacts.imports.fields import Field
from contacts.imports.services import KEPT_DAYS, Options
from contacts.imports.values import day_comes_first, looks_like_date
from contacts.models import CustomField, ImportRun
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.jobs import services as jobs
from ecrm.keys import address_hash
from ecrm.mail.addresses import normalise
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.roles import Capability

Kind = MoveFile.Kind
ADVANCE = 5_000
FLUSHED = 64 * 1024
DATES = 200
# For so long a later export is compared with this one.
COMPARED_DAYS = 365
_IDENTITY = ("email", "external_id")


def prepare(move_id: int, job_id: int) -> None:
    """Restartable: nothing is kept before all is put together."""
    work.run(move_id, job_id, Move.State.PREPARING, _prepare)


def _prepare(move: Move, job_id: int) -> None:
    with tenant_transaction():
        found = [file for file in move.files.order_by("pk").select_related("file") if file.file and file.dialect]
        former = _former(move)
        choices = Choices.of(move)
    if not jobs.begin(job_id, total=sum(file.rows for file in found)):
        raise jobs.Cancelled
    with Gathering() as gathering:
        dates = _gather(move, found, choices, gathering, job_id)
        if former is not None and former.digests is not None:
            _read_digests(former.digests, gathering)
        _write(move, choices, gathering, dates, job_id, is_delta=former is not None)


def _former(move: Move) -> Move | None:
    """The last move from the same system that came in and was not taken back."""
    came_in = Move.objects.filter(system=move.system, pk__lt=move.pk, run__state=ImportRun.State.DONE)
    return came_in.exclude(digests=None).select_related("digests").order_by("-pk").first()


def _gather(move: Move, found: Sequence[MoveFile], choices: Choices, gathering: Gathering, job_id: int) -> list[str]:
    """Companies first, then people, then what happened to them; answers some dates as they are written."""
    order = {Kind.COMPANIES: 0, Kind.NOTES: 2, Kind.ACTIVITY: 2}
    dates: list[str] = []
    for file in sorted(found, key=lambda each: (order.get(Kind(each.kind), 1), each.pk)):
        if file.kind in (Kind.UNKNOWN, Kind.ARCHIVE):
            continue
        with sheets.opened(file) as (headers, rows):
            with tenant_transaction():
                sheet = sheets.look_at(move, file, headers)
            shaper = shaping.PeopleShaper(move, file, sheet, choices)
            for count, row in enumerate(rows, 1):
                if len(dates) < DATES:
                    dates += [cell for cell in row.cells if looks_like_date(cell)]
                if file.kind == Kind.COMPANIES:
                    _take_company(gathering, shaping.company_of(headers, row))
                elif file.kind in PEOPLE_KINDS:
                    person, keys = shaper.shape(row)
                    gathering.put(person, *keys)
                else:
                    for person, keys in shaping.happenings(file, sheet, row):
                        gathering.put(person, *keys)
                if count % ADVANCE == 0:
                    jobs.advance(job_id, done=ADVANCE)
    return dates


def _take_company(gathering: Gathering, company: dict[str, Any]) -> None:
    if company["name"]:
        gathering.put_company(company["id"] or company["name"], company["name"])
        gathering.companies.append(company)


def _read_digests(file: File, gathering: Gathering) -> None:
    with file.open() as stream:
        for line in stream:
            key, _tab, said = line.rstrip(b"\n").partition(b"\t")
            gathering.put_digest(key, said)


def _write(
    move: Move, choices: Choices, gathering: Gathering, dates: Sequence[str], job_id: int, *, is_delta: bool
) -> None:
    with tenant_transaction():
        own = _own_fields(move, choices)
        columns = _Columns(choices, own, work.known_fields(move), gathering.filled)
    with (
        TemporaryUploadedFile(_name(move), "text/csv", 0, "utf-8") as people,
        tempfile.TemporaryFile() as digests,
    ):
        outcome = _Outcome(columns, choices, digests, is_delta=is_delta)
        people.size = _spool(people, outcome.lines(gathering))
        with tenant_transaction():
            kept = _kept(move, outcome, gathering)
            planned = {
                "companies": companies.count_new(gathering.companies),
                "blocked": bringing.count_new(outcome.blocked),
                "unchanged": outcome.unchanged,
                "is_delta": is_delta,
                "left_out": outcome.left_out,
                "cut_people": outcome.cut_people,
            }
            run = _checked(move, people, columns, choices, dates, is_delta=is_delta) if outcome.rows else None
            work.move_on(move, Move.State.PREPARED, run=run, planned=planned, applied={}, **kept)
            jobs.finish(job_id)


def _name(move: Move) -> str:
    return _("%(product)s export") % {"product": move.get_system_display()} + ".csv"


def _spool(target: Any, lines: Iterator[bytes]) -> int:
    size = 0
    for block in lines:
        size += len(block)
        target.write(block)
    target.seek(0)
    return size


def _own_fields(move: Move, choices: Choices) -> dict[str, str]:
    """Fields of one's own for columns that were to become one: that of the same name, else a new one."""
    labels = {column["name"]: column["label"] for column in move.found.get("columns", ())}
    seen = fields.seen_by(work.asker(move)).values()
    known = {str(field.label).lower(): field.key for field in seen if field.is_custom}
    found: dict[str, str] = {}
    for name in choices.own_fields:
        label = labels.get(name, name)[:80]
        if label.lower() not in known:
            made = defining.create(entity="contact", kind=CustomField.Kind.TEXT, label=label, by=work.asker(move))
            known[label.lower()] = prefixed(made)
        found[f"own:{name}"] = known[label.lower()]
    return found


class _Columns:
    """The columns of the file of people: key of a field by place. Of one's own those only that are filled: a hidden
    one among them keeps colleagues out."""

    def __init__(
        self, choices: Choices, own: dict[str, str], known: Mapping[str, Field], filled: Collection[str]
    ) -> None:
        self.own = own
        plain = [key for key, each in known.items() if not each.is_registered and not each.is_custom]
        custom = [key for key, each in known.items() if each.is_custom and key in filled]
        by_key = {each.purpose.key: each for each in purposes.catalogue()}
        self.purposes = {key: Keys.of(by_key[key]) for key in choices.purposes if key in by_key}
        said = [
            column for keys in self.purposes.values() for column in (keys.opt_in, keys.opt_out, keys.at, keys.origin)
        ]
        self.keys = list(dict.fromkeys([*plain, *custom, *own.values(), *said, *history.HISTORIES, FORMER]))
        # What is wrong with a row names its column as people know it.
        self.labels = [str(known[key].label) if key in known else key for key in self.keys]

    def cells(self, person: Person, company: str) -> dict[str, str]:
        """What the file says of a person, by field."""
        found = {self.own.get(key, key): cell for key, cell in person.cells.items()}
        if company:
            found["company"] = company
        if person.tags:
            found["tags"] = ", ".join(dict.fromkeys(person.tags))
        refused = set(self.purposes) if "*" in person.no else set(person.no)
        for key, columns in self.purposes.items():
            if key in refused:
                found |= {columns.opt_out: "yes", columns.at: person.no_at}
            elif key in person.yes:
                at, origin = (*person.yes[key], "", "")[:2]
                found |= {columns.opt_in: "yes", columns.at: at, columns.origin: origin}
        if person.history:
            who = person.cells.get("email", "").lower() or person.cells.get("external_id", "")
            held, left_out = history.cells_of([{**what, "who": who} for what in person.history])
            found |= held
            person.left_out += left_out
        return {key: cell for key, cell in found.items() if cell}


class _Outcome:
    """Goes through the people once: rows for the import, hashes to block, checksums to keep."""

    def __init__(self, columns: _Columns, choices: Choices, digests: IO[bytes], *, is_delta: bool) -> None:
        self.columns, self.choices, self.is_delta = columns, choices, is_delta
        self.blocked: dict[str, str] = {}
        self.digests = digests
        self.rows = self.unchanged = 0
        # Happenings that had no place, and of how many people.
        self.left_out = self.cut_people = 0

    def lines(self, gathering: Gathering) -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, self.columns.keys, restval="", extrasaction="ignore")
        writer.writer.writerow(self.columns.labels)
        for person in gathering.people():
            cells = self._cells(person, gathering)
            if cells:
                self.rows += 1
                self.left_out += person.left_out
                self.cut_people += bool(person.left_out)
                writer.writerow({**cells, FORMER: person.former})
            if buffer.tell() > FLUSHED:
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue().encode()

    def _cells(self, person: Person, gathering: Gathering) -> dict[str, str]:
        """Nothing for who is only blocked, for whom no file names as a person, and for whom nothing changed."""
        email = person.cells.get("email", "")
        is_refused = (bool(person.no) and self.choices.purpose in person.no) or "*" in person.no
        if person.is_dead and email:
            self._block(email, Suppression.Reason.HARD_BOUNCE)
        if not person.is_person:
            if is_refused and email:
                self._block(email, Suppression.Reason.UNSUBSCRIBED)
            return {}
        if is_refused and not self.choices.brings_unsubscribed:
            if email:
                self._block(email, Suppression.Reason.UNSUBSCRIBED)
            return {}
        cells = self.columns.cells(person, gathering.company(person.company_id))
        return self._changed(cells, gathering)

    def _block(self, email: str, reason: str) -> None:
        self.blocked.setdefault(address_hash(normalise(email)).hex(), reason)

    def _changed(self, cells: dict[str, str], gathering: Gathering) -> dict[str, str]:
        identity = cells.get("email", "").lower() or cells.get("external_id", "")
        key = address_hash(identity).hex().encode()
        sums = {name: zlib.crc32(cell.encode()) for name, cell in cells.items() if name not in _IDENTITY}
        self.digests.write(key + b"\t" + orjson.dumps(sums) + b"\n")
        former = gathering.digest(key) if self.is_delta else None
        if former is None:
            return cells
        moved = {name for name, found in sums.items() if former.get(name) != found}
        if not moved:
            self.unchanged += 1
            return {}
        # An answer is one thing: its day and its origin go with it.
        stems = {name.rpartition(".")[0] for name in moved if name.startswith("consent.")}
        together = {name for name in cells if name.startswith("consent.") and name.rpartition(".")[0] in stems}
        return {name: cell for name, cell in cells.items() if name in moved | together | set(_IDENTITY)}


def _kept(move: Move, outcome: _Outcome, gathering: Gathering) -> dict[str, File | None]:
    outcome.digests.seek(0)
    companies_told = (orjson.dumps(each) + b"\n" for each in gathering.companies)
    blocks = (f"{digest},{reason}\n".encode() for digest, reason in sorted(outcome.blocked.items()))
    return {
        "blocks": _store(move, "blocks", blocks) if outcome.blocked else None,
        "companies": _store(move, "companies", companies_told) if gathering.companies else None,
        "digests": _store(move, "digests", outcome.digests, days=COMPARED_DAYS),
    }


def _store(move: Move, name: str, lines: Any, *, days: int = KEPT_DAYS) -> File:
    return files.store(
        lines,
        name=f"{move.system}-{name}",
        content_type="application/octet-stream",
        capability=Capability.CONTACTS_IMPORT,
        by=move.created_by,
        expires_at=timezone.now() + timedelta(days=days),
    )


def _checked(
    move: Move, people: Any, columns: _Columns, choices: Choices, dates: Sequence[str], *, is_delta: bool
) -> ImportRun:
    """The import of the file of people, its dry run under way."""
    assert move.created_by is not None
    run = services.begin_import(upload=people, by=move.created_by, is_ours=True)
    services.reread(run=run, by=move.created_by, encoding="utf-8", delimiter=",", has_header=True)
    options = Options(
        # What changed there since the last export is newer than what came with it.
        known="overwrite" if is_delta else "fill",
        without_email=True,
        day_first=day_comes_first(list(dates), default=run.tenant.country != "US"),
        match="external" if "external_id" in columns.keys else "email",
        system=move.system,
        list_id=bringing.list_of(choices.list_name),
        list_name="" if bringing.list_of(choices.list_name) else choices.list_name,
        page=("move", move.pk),
    )
    services.check(run=run, mapping=dict(enumerate(columns.keys)), options=options, by=move.created_by)
    return run
