"""What happened in the old system, as events of the one history; and the columns that carry a move along.

The columns are offered to nobody: only the file that a move writes has them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.claims import FORMER
from contacts import events, import_columns
from contacts.events import EventKind, NewEvent
from contacts.import_columns import TABLE, Heard, ImportColumn
from contacts.imports.values import Reader, instant
from contacts.models import Event, EventKey, ImportRun
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

# A cell of a table holds so much and no more: the history of one person may take several.
HISTORIES = ("moving.history", *(f"moving.history.{number}" for number in range(2, 17)))
HISTORY = HISTORIES[0]
LONGEST_CELL = 120_000
SOURCE = "former"
AT_ONCE = 5_000


def register() -> None:
    for kind in _KINDS.values():
        events.register(kind)
    import_columns.register_source(_columns)


def _columns() -> Sequence[ImportColumn]:
    return (
        ImportColumn(
            HISTORY, gettext_lazy("History in the old system"), parse=orjson.loads, apply=_apply, foresee=_foresee,
            is_offered=False,
        ),
        *(
            ImportColumn(key, gettext_lazy("History in the old system"), parse=orjson.loads, is_offered=False)
            for key in HISTORIES[1:]
        ),
        ImportColumn(FORMER, gettext_lazy("Place in the export"), is_offered=False),
    )  # fmt: skip


def cells_of(history: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], int]:
    """The cells that hold a history, by column, and how many happenings had no place in them."""
    parts: list[list[bytes]] = [[]]
    room = LONGEST_CELL
    for what in history:
        told = orjson.dumps(what)
        if len(told) + 1 > room and parts[-1]:
            parts.append([])
            room = LONGEST_CELL
        parts[-1].append(told)
        room -= len(told) + 1
    held = {key: f"[{b','.join(part).decode()}]" for key, part in zip(HISTORIES, parts, strict=False) if part}
    return held, sum(len(part) for part in parts[len(HISTORIES) :])


def _apply(*, run: ImportRun, by: User | None, at: datetime) -> Heard:
    """Writes what is new; what an earlier move told is not told again."""
    written = 0
    for batch in _told(run, at):
        written += events.record_many(batch)
    return Heard(words=_words(written))


def _foresee(*, run: ImportRun) -> Heard:
    return Heard(words=_words(sum(_count_new(batch) for batch in _told(run, timezone.now()))))


def _words(count: int) -> Counter[str]:
    return Counter({_("Notes and activity for the history"): count}) if count else Counter()


def _told(run: ImportRun, at: datetime) -> Iterator[list[NewEvent]]:
    """Each happening of the chunk once, some thousand at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT contact_id, told.value::text FROM {TABLE}, jsonb_each(answers) told WHERE told.key = ANY (%s)",
            [list(HISTORIES)],
        )
        rows = cursor.fetchall()
    reader = _reader(run)
    batch: dict[str, NewEvent] = {}
    for contact_id, told in rows:
        for what in orjson.loads(told):
            event = _event(contact_id, what, reader, run, at)
            batch.setdefault(event.key, event)
        if len(batch) >= AT_ONCE:
            yield list(batch.values())
            batch = {}
    if batch:
        yield list(batch.values())


def _event(contact_id: int, what: dict[str, str], reader: Reader, run: ImportRun, at: datetime) -> NewEvent:
    """Without a day that can be read it happened at the latest when it came in."""
    written = what.get("at", "")
    try:
        day = datetime.fromisoformat(instant(written, reader)) if written else at
    except ValidationError:
        day = at
    own = {name: text for name, text in what.items() if name not in ("what", "at", "who")}
    key = hashlib.sha256(orjson.dumps([what], option=orjson.OPT_SORT_KEYS)).hexdigest()
    system = str(run.options.get("system", ""))
    return NewEvent(
        f"former.{what['what']}",
        contact_id,
        at=day,
        source=SOURCE,
        source_id=run.pk,
        key=f"{system}:{key}"[:200],
        properties={**own, "system": system},
    )


def _reader(run: ImportRun) -> Reader:
    return Reader(
        country=run.tenant.country,
        zone=ZoneInfo(run.tenant.time_zone),
        day_first=bool(run.options.get("day_first", True)),
        now=timezone.now(),
    )


def _count_new(batch: Sequence[NewEvent]) -> int:
    keys = [event.key for event in batch]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {EventKey.table()} WHERE tenant_id = %s AND source = %s AND key = ANY (%s)",
            [require_tenant_id(), SOURCE, keys],
        )
        return len(keys) - int(cursor.fetchone()[0])


def _noted(event: Event) -> str:
    return _("Note: %(text)s") % {"text": event.properties.get("body", "")}


def _opened(event: Event) -> str:
    return _("Opened “%(title)s” in the old system") % _title(event)


def _clicked(event: Event) -> str:
    link = event.properties.get("link", "")
    words = _("Clicked a link in “%(title)s” in the old system") % _title(event)
    return f"{words} ({link})" if link else words


def _sent(event: Event) -> str:
    return _("Got “%(title)s” from the old system") % _title(event)


def _bounced(event: Event) -> str:
    return _("“%(title)s” came back in the old system") % _title(event)


def _unsubscribed(event: Event) -> str:
    return _("Unsubscribed in the old system")


def _acted(event: Event) -> str:
    return _("In the old system: %(what)s") % {"what": event.properties.get("words") or _title(event)["title"]}


def _title(event: Event) -> dict[str, Any]:
    return {"title": event.properties.get("title") or _("a mail")}


# None is an activity: "last active" is of what happened here, and an undo leaves it as it was.
_KINDS = {
    kind.name: kind
    for kind in (
        EventKind("former.noted", gettext_lazy("Note of the old system"), "file-text", _noted),
        EventKind("former.opened", gettext_lazy("Opened before the move"), "eye", _opened, group="email"),
        EventKind("former.clicked", gettext_lazy("Clicked before the move"), "mouse-pointer-click", _clicked,
                  group="email"),
        EventKind("former.sent", gettext_lazy("Mailed before the move"), "send", _sent, group="email"),
        EventKind("former.bounced", gettext_lazy("Came back before the move"), "ban", _bounced, group="email"),
        EventKind("former.unsubscribed", gettext_lazy("Unsubscribed before the move"), "ban", _unsubscribed,
                  group="email", tone="warn"),
        EventKind("former.acted", gettext_lazy("Happened before the move"), "clock", _acted, group="custom"),
    )
}  # fmt: skip
