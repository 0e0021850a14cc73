"""One batch of the visit script, read from its parcel and bounded in every part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from contacts.events import is_registered
from contacts.ingest.raw import check_name
from contacts.ingest.refusals import Refusal
from contacts.ingest.stream import Parcel
from ecrm.keys import keyed_hash

VIEWED, SUBMITTED = "page.viewed", "form.submitted"
OLDEST_EVENT = timedelta(days=1)
CONSENT_LASTS = timedelta(days=395)
LARGEST_FACTS = 4_096
# Of a page view and a form these are kept, the rest is nobody's business.
_FACTS = {
    VIEWED: {"path": 500, "title": 200, "referrer": 200, "utm_source": 100, "utm_medium": 100, "utm_campaign": 100},
    SUBMITTED: {"form": 200, "path": 500},
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the page told it."""

    name: str
    at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """``granted_at`` None: it tells nothing of consent. ``version`` 0: the site asked in its own words."""

    site_id: int
    key_hash: bytes
    received_at: datetime
    page: str
    agent: str
    has_signal: bool
    granted_at: datetime | None
    version: int
    language: str
    is_withdrawal: bool
    token: str
    events: tuple[Any, ...]

    def told(self) -> Iterator[Told | Refusal]:
        """Its events, and what was no event."""
        for row in self.events:
            try:
                yield self._read(row)
            except (ValueError, TypeError, KeyError) as error:
                yield Refusal("site", str(error)[:300] or "event: [name, age in ms, facts]", row, self.received_at)

    def _read(self, row: Any) -> Told:
        name, age, facts = row
        at = self.received_at - min(timedelta(milliseconds=max(0, int(age))), OLDEST_EVENT)
        if known := _FACTS.get(name):
            kept = {key: value[: known[key]] for key, value in facts.items() if key in known and isinstance(value, str)}
            if "path" in kept:
                kept["path"] = _bare(kept["path"])
            return Told(name, at, kept)
        reason = check_name(name) or ("name: a browser may not report this" if is_registered(name) else "")
        if reason or not isinstance(facts, dict) or len(orjson.dumps(facts)) > LARGEST_FACTS:
            raise ValueError(reason or "facts: an object of at most 4 KiB")
        return Told(name, at, facts)


def read(parcel: Parcel) -> Batch:
    """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for what no script of ours has sent."""
    head, _, body = parcel.body.partition(b"\n")
    site_id, signal, agent, origin = head.decode().split("|", 3)
    told = orjson.loads(body)
    version, since, language = told.get("c") or (0, 0, "")
    received_at = parcel.received_at
    return Batch(
        site_id=int(site_id),
        key_hash=keyed_hash("visitor", told["v"].encode()),
        received_at=received_at,
        page=origin + _bare(str(told.get("p") or ""))[:400],
        agent=agent,
        has_signal=signal == "1",
        granted_at=_granted(since, received_at),
        version=int(version),
        language=str(language)[:10],
        is_withdrawal=told.get("x") == 1,
        token=str(told.get("i") or "")[:300],
        events=tuple(told["e"]),
    )


def _granted(since: Any, received_at: datetime) -> datetime | None:
    """A clock that runs ahead cannot give an answer before it was asked; a yes is good for 13 months."""
    if not isinstance(since, int) or isinstance(since, bool) or since <= 0:
        return None
    given = datetime.fromtimestamp(min(since, received_at.timestamp()), UTC)
    return given if given > received_at - CONSENT_LASTS else None


def _bare(path: str) -> str:
    """Without what stands behind ``?`` and ``#``: names and addresses hide there."""
    return path.partition("?")[0].partition("#")[0]
