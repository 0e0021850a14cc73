"""What a move does beside its import, before it: companies, and addresses that nobody may write to.

Both can be repeated: a worker that dies is followed by one that finds what is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import orjson

from consent import suppression
from consent.models import Channel, Move, Suppression
from consent.moving import companies, work
from contacts import import_columns
from contacts.imports import services
from contacts.models import ImportRun
from contacts.segments import lists
from ecrm.files.models import File
from ecrm.jobs import services as jobs
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.models import User

BLOCKS, COMPANIES = 5_000, 200


def register() -> None:
    import_columns.register_undo(take_back)


def bring(move_id: int, job_id: int) -> None:
    work.run(move_id, job_id, Move.State.BRINGING, _bring)


def _bring(move: Move, job_id: int) -> None:
    with tenant_transaction():
        files = Move.objects.select_related("blocks", "companies").get(pk=move.pk)
    if not jobs.begin(job_id):
        raise jobs.Cancelled
    _make_companies(move, files.companies)
    _block(move, files.blocks)
    with tenant_transaction():
        _note(move, "is_done", 1)
        work.move_on(move, Move.State.PREPARED)
        if move.run is not None and move.created_by is not None:
            services.start(run=move.run, by=move.created_by)
        # With it: whoever comes after a worker that died between the two would find nothing to do.
        jobs.finish(job_id)


def _make_companies(move: Move, file: File | None) -> None:
    for batch in _batches(file, COMPANIES):
        with tenant_transaction():
            made = companies.make(
                [orjson.loads(line) for line in batch], by=move.created_by, country=move.tenant.country
            )
            _note(move, "companies", len(made), companies=made)


def _block(move: Move, file: File | None) -> None:
    for batch in _batches(file, BLOCKS):
        given = dict(line.decode().strip().split(",") for line in batch)
        with tenant_transaction():
            new = count_new(given)
            for reason in sorted(set(given.values())):
                hashes = [bytes.fromhex(digest) for digest, why in given.items() if why == reason]
                suppression.suppress_many(hashes, reason=reason, by=move.created_by, note=move.get_system_display())
            _note(move, "blocked", new)


def _batches(file: File | None, size: int) -> Iterator[list[bytes]]:
    if file is None:
        return
    with file.open() as stream:
        lines = iter(stream)
        while batch := list(islice(lines, size)):
            yield batch


def _note(move: Move, name: str, count: int, **made: list[int]) -> None:
    """Counts and ids so far; inside the transaction that made them."""
    current = Move.objects.select_for_update(of=("self",)).get(pk=move.pk)
    current.applied[name] = current.applied.get(name, 0) + count
    for key, ids in made.items():
        current.made[key] = [*current.made.get(key, []), *ids]
    current.save(update_fields=["applied", "made"])


def count_new(given: Mapping[str, str]) -> int:
    """How many of these hashes (hexadecimal) nothing blocks yet."""
    digests = [bytes.fromhex(digest) for digest in given]
    blocked = Suppression.objects.filter(channel=Channel.EMAIL, lifted_at=None)
    known = sum(
        blocked.filter(address_hash__in=digests[start : start + BLOCKS]).count()
        for start in range(0, len(digests), BLOCKS)
    )
    return len(digests) - known


def list_of(name: str) -> int | None:
    """The list with this name, if there is one."""
    found = lists.open_lists().filter(name__iexact=name).first() if name else None
    return found.pk if found else None


def take_back(*, run: ImportRun, landed: Sequence[datetime], by: User | None, at: datetime) -> int:
    """With the import of its people, a move gives back its companies. Blocked addresses stay blocked."""
    for move in Move.objects.filter(run=run):
        made: Any = move.made.get("companies", [])
        companies.put_away(made, by=by, at=at)
    return 0
