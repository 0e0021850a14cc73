"""Conditions about the history: what people did or did not do, how often, when, and with which details.

Every condition is read as one span of time (``spans``), a least number of times, and what an event must
say (``details``). Denials are the exact opposite, so that nobody is in neither or in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts import criteria, events
from contacts.criteria import Criterion, Having, Scope, Window
from contacts.events import EventKind
from contacts.models import Contact, Event
from contacts.segments import details, spans
from contacts.segments.spans import DENIALS, Span
from ecrm.tenancy.context import require_tenant_id
from ecrm.ui import formats

PREFIX = "event:"
# What staff did to the record and what segments did are no conduct of the person.
_NOT_ASKED = frozenset({"profile", "segment"})
_CRITERIA_GROUP = {"order": "orders", "consent": "consent", "case": "cases", "email": "email"}
_COUNTED = 100


def register() -> None:
    criteria.register_source(conduct)
    criteria.register_provider(custom, prefix=PREFIX, find=_find)


def conduct() -> Iterable[Criterion]:
    """One criterion for each kind of event that a person causes."""
    for kind in events.kinds():
        if kind.group not in _NOT_ASKED:
            yield _about(kind)


def custom() -> Iterable[Criterion]:
    """One for each name that other systems made up, as far as it happened. One query along the index."""
    for name in _names():
        if not events.is_registered(name):
            yield _about(events.shown_as(name))


def _find(key: str) -> Criterion | None:
    """Of any name, whether or not it has happened yet."""
    name = key.removeprefix(PREFIX)
    return None if not name or events.is_registered(name) else _about(events.shown_as(name))


def _names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {"tenant": require_tenant_id()})
        return [row[0] for row in cursor.fetchall()]


# From one name to the next by the index, however many events each has.
_NAMES = f"""
WITH RECURSIVE known (name) AS (
    SELECT min(name) FROM {Event.table()} WHERE tenant_id = %(tenant)s
    UNION ALL
    SELECT (SELECT min(event.name) FROM {Event.table()} event WHERE event.tenant_id = %(tenant)s
               AND event.name > known.name) FROM known WHERE known.name IS NOT NULL
)
SELECT name FROM known WHERE name IS NOT NULL
"""


def _about(kind: EventKind) -> Criterion:
    name = kind.name
    return Criterion(
        PREFIX + name,
        kind.title,
        _CRITERIA_GROUP.get(kind.group, "activity"),
        spans.OPERATORS,
        lambda operator, value, scope: _did(name, operator, value, scope),
        lambda contact, operator, value, scope: _explain(name, contact, operator, value, scope),
        Window(
            lambda operator, value, since, until, scope: crossed(
                name, spans.windows(operator, value), since, until, scope
            ),
            lambda operator, value, scope: next_at(name, spans.windows(operator, value), scope),
        ),
        capability=kind.capability,
        moved_by=(name,),
    )


def _did(name: str, operator: str, value: Any, scope: Scope) -> Q:
    bare, more = criteria.split(value)
    span = spans.of(operator, bare, scope)
    about = details.condition(more, scope)
    if operator == "last_between":
        return _last_in(scope.events(name).filter(about), span)
    times = spans.times(operator, bare, more)
    found = _at_least(name, span, about, times, scope)
    return ~found if operator in DENIALS else found


def _at_least(name: str, span: Span, about: Q, times: int, scope: Scope) -> Q:
    facts = scope.events(name).filter(about, _within(span))
    if span.after_joining is not None:
        # Each person has a span of their own: nothing to group.
        theirs = facts.filter(contact_id=OuterRef("pk"))
        return Q(Exists(theirs.order_by("occurred_at")[times - 1 : times] if times > 1 else theirs))
    if times == 1:
        return Q(Having(facts))
    facts = scope.events_to_group(name).filter(about, _within(span))
    often = facts.values("contact_id").annotate(times=Count("*")).filter(times__gte=times)
    return Q(pk__in=often.values("contact_id"))


def _last_in(facts: Any, span: Span) -> Q:
    return Q(Having(facts.filter(_within(span)))) & ~Q(Having(facts.filter(occurred_at__gte=span.until)))


def _within(span: Span) -> Q:
    found = Q()
    if span.after_joining is not None:
        joined = OuterRef("created_at")
        found &= Q(occurred_at__gte=joined, occurred_at__lt=joined + timedelta(days=span.after_joining))
    if span.since is not None:
        found &= Q(occurred_at__gte=span.since)
    if span.until is not None:
        found &= Q(occurred_at__lt=span.until)
    return found


def _explain(name: str, contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    """How often and when last, as the condition asks; what lies outside of it is named as such."""
    bare, more = criteria.split(value)
    theirs = scope.events(name).filter(contact_id=contact.pk)
    span = spans.of(operator, bare, scope).for_person(contact)
    counted = _instants(theirs.filter(details.condition(more, scope), _within(span)))
    if counted:
        return _times(counted)
    others = _instants(theirs)
    if not others:
        return _("Never")
    return _("Not as asked; %(others)s in all") % {"others": _times(others)}


def _instants(theirs: Any) -> list[datetime]:
    return list(theirs.order_by("-occurred_at").values_list("occurred_at", flat=True)[:_COUNTED])


def _times(instants: Sequence[datetime]) -> str:
    return ngettext("%(count)s time, last on %(when)s", "%(count)s times, last on %(when)s", len(instants)) % {
        "count": f"{len(instants)}+" if len(instants) == _COUNTED else len(instants),
        "when": formats.full(instants[0]),
    }


def crossed(name: str, windows: Sequence[int], since: datetime, until: datetime, scope: Scope) -> Q | None:
    """People with an event that began or ceased to lie within any of the windows (in days)."""
    found = None
    for window in (timedelta(days=length) for length in windows):
        crossing = scope.events(name).filter(occurred_at__gte=since - window, occurred_at__lte=until - window)
        found = Q(Having(crossing)) if found is None else found | Q(Having(crossing))
    return found


def next_at(name: str, windows: Sequence[int], scope: Scope) -> datetime | None:
    """When the oldest event within any of the windows leaves it."""
    instants = []
    for length in windows:
        recent = scope.events(name).filter(occurred_at__gte=scope.ago(length)).order_by("occurred_at")
        oldest = recent.values_list("occurred_at", flat=True).first()
        if oldest:
            instants.append(oldest + timedelta(days=length))
    return min(instants, default=None)
