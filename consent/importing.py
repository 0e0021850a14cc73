"""An import's answers into the ledger, set-based: judged in one statement, written in two.

The rules are those of ``consent.services``: a yes needs its day and its origin, no import turns a no
into a yes, a no beside a yes in the same batch wins, and what stands already is not written again.
A test compares the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent import claims, ledger, rules
from consent.models import ConsentRecord, ConsentState, Purpose, Source
from consent.purposes import Wording
from consent.services import CLOCK_SKEW, refusal
from contacts import event_sets
from contacts.import_columns import TABLE, Heard, Problem
from contacts.models import ImportRun
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User


@dataclass(frozen=True, slots=True)
class Said:
    """What one column says of one purpose: its own key and where its row has the other three.

    ``is_refusing`` columns say no with their yes (opt-outs).
    """

    wording: Wording
    key: str
    opt_out: str
    at: str
    origin: str
    is_refusing: bool = False

    @property
    def purpose(self) -> Purpose:
        return self.wording.purpose


def foresee(said: Said, *, run: ImportRun) -> Heard:
    """What ``apply`` would answer, writing nothing."""
    _judge(said, run, run.created_at)
    return Heard(_problems(), _words(said))


def apply(said: Said, *, run: ImportRun, by: User | None, at: datetime) -> Heard:
    _judge(said, run, at)
    written = _write(said, by, at)
    claims.keep(said.purpose, run=run, at=at)
    if by is not None and written:
        audit.record("consent.recorded", by=by, count=written)
    return Heard(_problems(), _words(said))


def _judge(said: Said, run: ImportRun, at: datetime) -> None:
    """Fills ``import_judged``. A no is dated by the import, so that it stands over every yes known so far;
    the file's date is evidence."""
    own, out = "answers->>%(key)s", "answers->>%(out)s"
    action = (
        f"CASE WHEN {own} = 'yes' THEN %(refusal)s END"
        if said.is_refusing
        else f"CASE WHEN {own} = 'no' THEN %(refusal)s WHEN {out} = 'yes' THEN NULL ELSE 'granted' END"
    )
    objections = ", ".join(f"'{each}'" for each in sorted(rules.OBJECTIONS))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_judged")
        cursor.execute(
            "CREATE TEMP TABLE import_judged ON COMMIT DROP AS WITH said AS MATERIALIZED ("
            "  SELECT *, CASE WHEN action = 'granted' THEN dated::timestamptz ELSE %(at)s::timestamptz END AS given_at"
            f"   FROM (SELECT contact_id, line, {action} AS action, answers->>%(dated)s AS dated,"
            f"     answers->>%(origin)s AS origin, answers->>'{claims.FORMER}' AS former"
            f"    FROM {TABLE} WHERE answers ? %(key)s) AS spoken"
            "   WHERE action IS NOT NULL)"
            ", weighed AS MATERIALIZED (SELECT said.*, standing.state AS stood, standing.since,"
            f"   count(*) FILTER (WHERE action IN ({objections})) OVER (PARTITION BY said.contact_id) AS refusals"
            f"   FROM said LEFT JOIN {ConsentState.table()} standing ON standing.tenant_id = %(tenant)s"
            "    AND standing.contact_id = said.contact_id AND standing.purpose_id = %(purpose)s"
            "    AND standing.channel = %(channel)s)"
            ", judged AS MATERIALIZED (SELECT *, CASE WHEN given_at > %(latest)s THEN 'future'"
            "   WHEN action <> 'granted' THEN NULL"
            "   WHEN given_at IS NULL AND coalesce(btrim(origin), '') = '' THEN 'bare'"
            "   WHEN given_at IS NULL THEN 'undated'"
            "   WHEN coalesce(btrim(origin), '') = '' THEN 'unknown'"
            f"  WHEN stood IN ({objections}) THEN 'said_no' WHEN refusals > 0 THEN 'beside' END AS objection,"
            "   CASE WHEN action = 'granted' THEN stood = 'granted' AND given_at <= since"
            f"   ELSE stood IN ({objections}) END IS TRUE AS stands FROM weighed)"
            " SELECT contact_id, line, action, given_at, objection, since, stands, origin, former, stood,"
            "   jsonb_strip_nulls(jsonb_build_object('origin', nullif(origin, ''), 'dated', dated,"
            "    'file', %(file)s::text, 'line', line, 'import', %(run)s::bigint, 'former', former)) AS evidence"
            "  FROM judged ORDER BY line",
            _parameters(said, run, at),
        )


def _parameters(said: Said, run: ImportRun, at: datetime) -> Mapping[str, Any]:
    return {
        "tenant": require_tenant_id(),
        "purpose": said.purpose.pk,
        "channel": said.purpose.channel,
        "key": said.key,
        "out": said.opt_out,
        "dated": said.at,
        "origin": said.origin,
        "refusal": refusal(said.purpose).value,
        "at": at,
        "latest": timezone.now() + CLOCK_SKEW,
        "file": run.name or None,
        "run": run.pk,
    }


def _write(said: Said, by: User | None, at: datetime) -> int:
    """Into the ledger, and what the history hears of it. The state follows by trigger."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE import_judged ADD COLUMN record_id bigint")
        cursor.execute(
            "UPDATE import_judged SET record_id = nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass))"
            " WHERE objection IS NULL AND NOT stands",
            [ConsentRecord.table()],
        )
        cursor.execute(
            f"INSERT INTO {ConsentRecord.table()} (tenant_id, id, contact_id, purpose_id, channel, action, source,"
            "  evidence, recorded_by_id, given_at, recorded_at)"
            " SELECT %s, record_id, contact_id, %s, %s, action, %s, evidence, %s::bigint, given_at, %s::timestamptz"
            "  FROM import_judged WHERE record_id IS NOT NULL ORDER BY record_id",
            [
                require_tenant_id(),
                said.purpose.pk,
                said.purpose.channel,
                Source.IMPORT.value,
                by.pk if by else None,
                at,
            ],
        )
        written = int(cursor.rowcount)
    if written:
        _tell_history(said, by)
    return written


def _tell_history(said: Said, by: User | None) -> None:
    withdrawn = ledger.EVENTS[refusal(said.purpose).value]
    event_sets.record_sql(
        "SELECT CASE WHEN action = 'granted' THEN %s ELSE %s END, contact_id, given_at, %s::bigint, 'consent',"
        " record_id, %s, record_id, jsonb_build_object('purpose', %s::text, 'purpose_name', %s::text,"
        " 'source', %s::text)"
        " FROM import_judged WHERE record_id IS NOT NULL ORDER BY record_id",
        [
            ledger.GRANTED,
            withdrawn,
            by.pk if by else None,
            ConsentRecord._meta.label_lower,
            said.purpose.key,
            str(said.wording.name),
            Source.IMPORT.value,
        ],
        names={ledger.GRANTED, withdrawn},
    )


def _problems() -> list[Problem]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, objection, since FROM import_judged WHERE objection IS NOT NULL ORDER BY line")
        return [Problem(line, _reason(objection, since)) for line, objection, since in cursor.fetchall()]


def _reason(objection: str, since: datetime | None) -> str:
    match objection:
        case "future":
            return _("The date of this answer lies in the future.")
        case "bare":
            return _("Consent needs the date it was given on, and an origin: where and how the person agreed.")
        case "undated":
            return _("Consent needs the date it was given on.")
        case "unknown":
            return _("Consent needs an origin: where and how the person agreed.")
        case "beside":
            return _("The same file holds an opt-out of this person, which wins.")
    assert since is not None
    day = date_format(timezone.localtime(since), "DATE_FORMAT")
    return _("This person said no on %(day)s. An import never turns that into consent.") % {"day": day}


def _words(said: Said) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action = 'granted', stands, count(*) FROM import_judged WHERE objection IS NULL GROUP BY 1, 2"
        )
        words = Counter({_word(said, is_yes, stands): count for is_yes, stands, count in cursor.fetchall()})
    unproven = claims.count()
    if unproven:
        words[_("%(purpose)s: yes without evidence, kept and not used") % {"purpose": said.wording.name}] = unproven
    return words


def _word(said: Said, is_yes: bool, stands: bool) -> str:
    answer = _("yes") if is_yes else _("no")
    word = _("%(purpose)s: %(answer)s") % {"purpose": said.wording.name, "answer": answer}
    return _("%(answer)s, as known already") % {"answer": word} if stands else word


def take_back(*, run: ImportRun, landed: Sequence[datetime], by: User | None, at: datetime) -> int:
    """Ends the yeses this import recorded, where they still stand. The ledger appends; a no stays a no."""
    claims.forget(run)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_ended")
        cursor.execute(
            "CREATE TEMP TABLE import_ended ON COMMIT DROP AS SELECT standing.contact_id, standing.purpose_id,"
            "  standing.channel, nextval((SELECT pg_get_serial_sequence(%(ledger)s, 'id')::regclass)) AS record_id"
            f" FROM {ConsentState.table()} standing JOIN {ConsentRecord.table()} given"
            "   ON given.tenant_id = %(tenant)s AND given.id = standing.record_id"
            " WHERE standing.tenant_id = %(tenant)s AND standing.state = 'granted' AND given.source = %(source)s"
            "  AND given.recorded_at = ANY (%(landed)s)",
            {
                "tenant": require_tenant_id(),
                "ledger": ConsentRecord.table(),
                "source": Source.IMPORT.value,
                "landed": list(landed),
            },
        )
        cursor.execute(
            f"INSERT INTO {ConsentRecord.table()} (tenant_id, id, contact_id, purpose_id, channel, action, source,"
            "  evidence, recorded_by_id, given_at, recorded_at)"
            " SELECT %s, record_id, contact_id, purpose_id, channel, 'expired', %s,"
            "  jsonb_build_object('undone_import', %s::bigint), %s::bigint, %s::timestamptz, %s::timestamptz"
            "  FROM import_ended ORDER BY record_id",
            [require_tenant_id(), Source.IMPORT.value, run.pk, by.pk if by else None, at, at],
        )
        ended = int(cursor.rowcount)
    if ended:
        _tell_of_ends(by, at)
    return ended


def _tell_of_ends(by: User | None, at: datetime) -> None:
    event_sets.record_sql(
        "SELECT %s, contact_id, %s::timestamptz, %s::bigint, 'consent', record_id, %s, record_id,"
        " jsonb_build_object('purpose', purpose.key, 'source', %s::text) FROM import_ended"
        f" JOIN {Purpose.table()} purpose ON purpose.tenant_id = %s AND purpose.id = purpose_id ORDER BY record_id",
        [
            ledger.EXPIRED,
            at,
            by.pk if by else None,
            ConsentRecord._meta.label_lower,
            Source.IMPORT.value,
            require_tenant_id(),
        ],
        names=[ledger.EXPIRED],
    )
