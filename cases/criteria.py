"""What segments can ask about cases. That somebody opened or answered one at some time is asked of
the history (``event:case.opened``); here is how their cases stand now."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Priority, State
from contacts import criteria
from contacts.criteria import Criterion, Having, Operator, Options
from contacts.models import Contact
from contacts.segments.attributes import any_or_none
from contacts.segments.inputs import listed
from ecrm.tenancy.roles import Capability


def register() -> None:
    criteria.register(_open())
    criteria.register(_state())
    criteria.register(_priority())


def states() -> Options:
    return State.choices


def priorities() -> Options:
    return Priority.choices


def _open() -> Criterion:
    return Criterion(
        "case_open",
        gettext_lazy("Open case"),
        "cases",
        (
            Operator("yes", gettext_lazy("has one"), gettext_lazy("%(field)s: has one")),
            Operator("no", gettext_lazy("has none"), gettext_lazy("%(field)s: has none")),
        ),
        lambda operator, _value, _scope: _has(Case.objects.open(), is_wanted=operator == "yes"),
        lambda contact, _operator, _value, _scope: _listed(Case.objects.open(), contact),
        capability=Capability.CASES_VIEW,
        moved_by=("case.",),
    )


def _state() -> Criterion:
    return Criterion(
        "case_state",
        gettext_lazy("State of a case"),
        "cases",
        any_or_none(states, gettext_lazy("State of a case")),
        lambda operator, value, _scope: _has(Case.objects.filter(state__in=value), is_wanted=operator == "any_of"),
        lambda contact, _operator, _value, _scope: _listed(Case.objects.all(), contact),
        capability=Capability.CASES_VIEW,
        moved_by=("case.",),
    )


def _priority() -> Criterion:
    return Criterion(
        "case_priority",
        gettext_lazy("Priority of an open case"),
        "cases",
        any_or_none(priorities, gettext_lazy("Priority of an open case"), of=int),
        lambda operator, value, _scope: _has(
            Case.objects.open().filter(priority__in=value), is_wanted=operator == "any_of"
        ),
        lambda contact, _operator, _value, _scope: _listed(Case.objects.open(), contact),
        capability=Capability.CASES_VIEW,
        moved_by=("case.",),
    )


def _has(cases: Any, *, is_wanted: bool) -> Q:
    theirs = Q(Having(cases))
    return theirs if is_wanted else ~theirs


def _listed(cases: Any, contact: Contact) -> str:
    """ "1042 Open, 988 Solved" """
    newest = cases.filter(contact=contact).order_by("-opened_at", "-pk")[:5]
    return listed([f"{case.number} {case.get_state_display()}" for case in newest]) or str(gettext_lazy("none"))
