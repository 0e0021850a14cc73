"""The five rules by hand: what somebody would write who knew this tenant, these tables and nothing else.

It leaves the same rows as the product: stays with their cause and the condition that decided, events
of entering and leaving, and the segment's figures with its next hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contacts.models.segments import Cause
from contacts.segments import causes

LEAST_SPENT = 20_000
LIVE = "c.tenant_id = %(tenant)s AND c.binned_at IS NULL"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule as the product has it, and the same by hand (``c`` is the contact).

    ``crossed`` says that the clock moved the person in the last days, ``conditions`` are asked of those
    who left when there are several, ``next_at`` is when the clock moves somebody next.
    """

    name: str
    tree: dict[str, Any]
    sql: str
    crossed: str | None = None
    conditions: tuple[str, ...] = ()
    next_at: str = "NULL::timestamptz"

    def statement(self, *, has_causes: bool) -> str:
        """Everything at once. ``has_causes`` says that few move: then each is asked why, one by one."""
        blame = self._blame() if has_causes else None
        if blame is None:
            place = "'0'" if has_causes else "NULL"
            came, left = _CAME.format(place=place), f"({Cause.CHANGE:d}, {place})"
        else:
            came = _CAME_BLAMED.format(blame=blame.replace("<is_in>", "true"))
            left = f"({blame.replace('<is_in>', 'false')} AND c.id = o.contact_id)"
        return _TWIN.format(rule=self.sql, came=came, left=left, next_at=self.next_at)

    def _blame(self) -> str | None:
        """A SELECT of cause and place for the contact ``c``; None where they are the same for everybody."""
        if self.crossed is None:
            return None
        answers = "".join(f", ({sql}) AS h{number}" for number, sql in enumerate(self.conditions))
        is_clocks = "has_crossed AND (<is_in> OR NOT h0)" if self.conditions else "has_crossed"
        return _BLAMED.format(
            asked=f"({self.crossed}) AS has_crossed{answers}", is_clocks=is_clocks, place=self._place()
        )

    def _place(self) -> str:
        """Which condition moved somebody whom the clock did not, if one alone did."""
        if not self.conditions:
            return "'0'"
        failing = [f"NOT h{number}" for number in range(len(self.conditions))]
        alone = " + ".join(f"({each})::int" for each in failing)
        places = " ".join(f"WHEN {each} THEN '{number}'" for number, each in enumerate(failing))
        return f"CASE WHEN <is_in> OR {alone} <> 1 THEN NULL {places} END"


def rules(tag: int, purpose: int) -> list[Rule]:
    """``tag`` and ``purpose`` are known by their numbers, as the product looks them up before it asks."""
    opened, quiet, granted = _did("email.opened"), _did("page.viewed"), _GRANTED.format(purpose)
    spent = {"amount": {"minor": LEAST_SPENT, "currency": "EUR"}, "days": 90}
    asked = (f"NOT EXISTS ({quiet} AND {_SINCE.format(60)})", f"EXISTS ({granted})", "c.stage <> 'lapsed'")
    return [
        Rule("country", _is("country", "any_of", ["PL"]), "c.country = 'PL'"),
        Rule("tag", _is("tag", "any_of", [tag]), _TAGGED.format(tag)),
        Rule(
            "opened",
            _is("event:email.opened", "in_last", 30),
            f"EXISTS ({opened} AND {_SINCE.format(30)})",
            crossed=_crossed("email.opened", 30),
            next_at=_next_at("email.opened", 30),
        ),
        Rule(
            "spent",
            _is("spent", "spent", spent),
            _SPENT,
            crossed=_crossed("order.placed", 90),
            next_at=_next_at("order.placed", 90),
        ),
        Rule(
            "quiet",
            {
                "all": [
                    _is("event:page.viewed", "not_in_last", 60),
                    _is("consent", "granted", "newsletter"),
                    _is("stage", "none_of", ["lapsed"]),
                ]
            },
            " AND ".join(asked),
            crossed=_crossed("page.viewed", 60),
            # Asked of few people one by one: a subquery with a limit is never hashed.
            conditions=(
                f"({quiet} AND {_SINCE.format(60)} LIMIT 1) IS NULL",
                f"({granted} LIMIT 1) IS NOT NULL",
                asked[2],
            ),
            next_at=_next_at("page.viewed", 60),
        ),
    ]


def _is(criterion: str, operator: str, value: Any) -> dict[str, Any]:
    return {"criterion": criterion, "operator": operator, "value": value}


_SINCE = "e.occurred_at >= now() - interval '{} days'"
_TAGGED = (
    "EXISTS (SELECT FROM contacts_tagging t WHERE t.tenant_id = c.tenant_id AND t.contact_id = c.id AND t.tag_id = {})"
)
_GRANTED = """SELECT 1 FROM consent_consentstate s WHERE s.tenant_id = c.tenant_id AND s.contact_id = c.id
    AND s.purpose_id = {} AND s.channel = 'email' AND s.state = 'granted'"""
_SPENT = f"""c.id IN (SELECT e.contact_id FROM contacts_event e WHERE e.tenant_id = %(tenant)s
    AND e.name = 'order.placed' AND e.currency = 'EUR' AND {_SINCE.format(90)}
    GROUP BY e.contact_id HAVING sum(e.amount) >= {LEAST_SPENT})"""


def _did(name: str) -> str:
    return (
        f"SELECT 1 FROM contacts_event e WHERE e.tenant_id = c.tenant_id AND e.contact_id = c.id AND e.name = '{name}'"
    )


def _crossed(name: str, days: int) -> str:
    back = causes.LOOKS_BACK.days
    return (
        f"({_did(name)} AND {_SINCE.format(days + back)} AND e.occurred_at <= now() - interval '{days} days' LIMIT 1)"
        " IS NOT NULL"
    )


def _next_at(name: str, days: int) -> str:
    return (
        f"(SELECT greatest(min(e.occurred_at) + interval '{days} days', now() + interval '1 minute')"
        f" FROM contacts_event e WHERE e.tenant_id = %(tenant)s AND e.name = '{name}' AND {_SINCE.format(days)})"
    )


_ABSENT = """NOT EXISTS (SELECT FROM contacts_segmentmembership o WHERE o.tenant_id = %(tenant)s
       AND o.segment_id = %(segment)s AND o.contact_id = m.id AND o.left_at IS NULL)"""
_CAME = f"SELECT m.id, {Cause.CHANGE:d} AS cause, {{place}} AS place FROM matching m WHERE {_ABSENT}"
# OFFSET 0 keeps the planner from hashing the history for a handful of people.
_CAME_BLAMED = f"""SELECT m.id, blamed.cause, blamed.place
      FROM (SELECT m.id FROM matching m WHERE {_ABSENT} OFFSET 0) m
     CROSS JOIN LATERAL ({{blame}} AND c.id = m.id OFFSET 0) blamed"""
_BLAMED = f"""SELECT CASE WHEN {{is_clocks}} THEN {Cause.CLOCK:d} ELSE {Cause.CHANGE:d} END AS cause,
           CASE WHEN {{is_clocks}} THEN '0' ELSE {{place}} END AS place
      FROM contacts_contact c CROSS JOIN LATERAL (SELECT {{asked}} OFFSET 0) asked WHERE c.tenant_id = %(tenant)s"""
_TWIN = f"""
WITH matching AS MATERIALIZED (SELECT c.id FROM contacts_contact c WHERE {LIVE} AND {{rule}}),
entered AS (
    INSERT INTO contacts_segmentmembership
           (tenant_id, segment_id, contact_id, entered_at, entered_cause, entered_place)
    SELECT %(tenant)s, %(segment)s, came.id, now(), came.cause, came.place FROM ({{came}}) came
    RETURNING contact_id),
gone AS (
    UPDATE contacts_segmentmembership o SET left_at = now(), (left_cause, left_place) = {{left}}
     WHERE o.tenant_id = %(tenant)s AND o.segment_id = %(segment)s AND o.left_at IS NULL
       AND NOT EXISTS (SELECT FROM matching m WHERE m.id = o.contact_id)
    RETURNING o.contact_id),
noted AS (
    UPDATE contacts_segment SET member_count = (SELECT count(*) FROM matching), calculated_version = rule_version,
           calculated_at = now(), reconciled_at = now(), broken_reason = '', next_boundary_at = {{next_at}}
     WHERE tenant_id = %(tenant)s AND id = %(segment)s)
INSERT INTO contacts_event (tenant_id, contact_id, name, occurred_at, object_type, object_id, properties)
SELECT %(tenant)s, contact_id, 'segment.entered', now(), 'contacts.segment', %(segment)s,
       jsonb_build_object('segment', %(name)s::text) FROM entered
UNION ALL
SELECT %(tenant)s, contact_id, 'segment.left', now(), 'contacts.segment', %(segment)s,
       jsonb_build_object('segment', %(name)s::text) FROM gone
"""
