"""What came in from elsewhere: a list from a fair, which can be taken back, and the people of a former mailer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from analytics.sample.trades import Trade
from consent import purposes
from consent.models import Move
from consent.moving import services as moving
from consent.moving.shaping import Choices
from contacts.imports import services as imports
from contacts.models import ImportRun
from ecrm.jobs import outbox
from ecrm.tenancy.models import User

FROM_FAIR, MOVED, SAID_NO, DEAD = 18, 16, 3, 2
# Places in the files below where something is wrong or missing, counted from the first row.
BAD_ADDRESS, NO_PROOF = 5, (3, 7, 8, 12)
FAIR = {"verdelume": ("green-fair-porto.csv", "Green fair Porto"), "bystra": ("targi-rowerowe.csv", "Targi rowerowe")}
_FAIR_COLUMNS = (
    "Email",
    "First name",
    "Last name",
    "City",
    "Country",
    "Tags",
    "Newsletter",
    "Opt-in date",
    "Opt-in origin",
)
_MAILER_COLUMNS = (
    "Email Address",
    "First Name",
    "Last Name",
    "MEMBER_RATING",
    "OPTIN_TIME",
    "OPTIN_IP",
    "LEID",
    "TAGS",
)


def make(trade: Trade, *, now: datetime, by: User) -> str:
    """Through the same doors as anybody's files; the workers' part is done here."""
    run = _import(trade, now=now, by=by)
    move = _move(trade, now=now, by=by) if trade.slug == "verdelume" else None
    landed = run.applied_counts.get("new", 0) + (move.run.applied_counts.get("new", 0) if move and move.run else 0)
    return f"{landed} people from files"


def _import(trade: Trade, *, now: datetime, by: User) -> ImportRun:
    name, origin = FAIR[trade.slug]
    upload = _file(name, [_FAIR_COLUMNS, *_from_fair(trade, origin, now)])
    run = imports.begin_import(upload=upload, by=by)
    mapping = {int(place): key for place, key in run.mapping.items()}
    imports.check(run=run, mapping=mapping, options=imports.Options(tag=origin), by=by)
    outbox.drain()
    imports.start(run=_fresh(run), by=by)
    outbox.drain()
    return _fresh(run)


def _from_fair(trade: Trade, origin: str, now: datetime) -> Iterable[Sequence[str]]:
    """One address is none, some have a yes without its day."""
    agreed = (now - timedelta(days=12)).date().isoformat()
    locale = trade.locales[0]
    for number in range(FROM_FAIR):
        given, family = locale.given[number % len(locale.given)], locale.family[-1 - number % len(locale.family)]
        address = f"fair{number}.{trade.slug}@example.org" if number != BAD_ADDRESS else f"{given.lower()} at example"
        said = ("yes", "", "") if number in NO_PROOF else ("yes", agreed, origin)
        city = locale.cities[number % len(locale.cities)]
        yield (address, given, family, city, locale.country, trade.tags[-1], *(said if number % 3 else ("", "", "")))


def _move(trade: Trade, *, now: datetime, by: User) -> Move:
    move = moving.begin_move(system="mailchimp", uploads=list(_mailers(trade, now)), by=by)
    outbox.drain()
    moving.choose(
        move=_fresh_move(move), choices=Choices(purpose=purposes.NEWSLETTER, list_name="From Mailchimp"), by=by
    )
    outbox.drain()
    moving.start(move=_fresh_move(move), by=by)
    outbox.drain()
    return _fresh_move(move)


def _mailers(trade: Trade, now: datetime) -> Iterable[SimpleUploadedFile]:
    """Half of the subscribers have the day and the address of their yes, half have not: that needs evidence."""
    rows = [_mailed(trade, number, now) for number in range(MOVED + SAID_NO + DEAD)]
    gone = (now - timedelta(days=300)).strftime("%Y-%m-%d %H:%M:%S")
    yield _file("subscribed_members_export_5e1.csv", [_MAILER_COLUMNS, *rows[:MOVED]])
    unsubscribed = [(*row, gone, "NORMAL") for row in rows[MOVED : MOVED + SAID_NO]]
    yield _file(
        "unsubscribed_members_export_5e1.csv", [(*_MAILER_COLUMNS, "UNSUB_TIME", "UNSUB_REASON"), *unsubscribed]
    )
    cleaned = [(*row, gone) for row in rows[MOVED + SAID_NO :]]
    yield _file("cleaned_members_export_5e1.csv", [(*_MAILER_COLUMNS, "CLEAN_TIME"), *cleaned])


def _mailed(trade: Trade, number: int, now: datetime) -> tuple[str, ...]:
    locale = trade.locales[number % len(trade.locales)]
    given, family = locale.given[number % len(locale.given)], locale.family[number % len(locale.family)]
    said = (now - timedelta(days=900 - 7 * number)).strftime("%Y-%m-%d %H:%M:%S")
    proof = (said, "198.51.100.7") if number % 2 else ("", "")
    return (f"moved{number}.{trade.slug}@example.org", given, family, "3", *proof, str(100_000 + number), '"2024 list"')


def _file(name: str, rows: Iterable[Sequence[str]]) -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile(name, text.getvalue().encode(), "text/csv")


def _fresh(run: ImportRun) -> ImportRun:
    return ImportRun.objects.get(pk=run.pk)


def _fresh_move(move: Move) -> Move:
    return Move.objects.select_related("run").get(pk=move.pk)
