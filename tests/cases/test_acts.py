"""Solving, assigning and the rest: works for Bob, 403 for Vera, 404 for the outsider, harmless twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases import services
from cases.models import TRANSITIONS, Case, Priority, State
from cases.services.states import move, solve_case
from contacts.models import Event
from ecrm.audit.models import AuditEntry
from ecrm.notices.models import Notification
from ecrm.tenancy import teams
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.cases.mails import arrive, mail
from tests.cast import Member

ACTS: dict[str, dict[str, Any]] = {
    "solve_case": {},
    "reopen_case": {},
    "close_case": {},
    "assign_case": {"assignee": ""},
    "change_case": {"priority": "4"},
    "keep_case_draft": {"text": "x"},
}


@pytest.mark.parametrize("act", ACTS)
def test_who_may_act(act: str, bob: Member, vera: Member, outsider: Member, case: Case) -> None:
    assert vera.post(act, case.pk, form=ACTS[act]).status_code == 403
    assert outsider.post(act, case.pk, form=ACTS[act]).status_code == 404
    assert bob.post(act, case.pk, form=ACTS[act]).status_code == 302
    assert bob.post(act, case.pk, form=ACTS[act]).status_code == 302


def test_solving_goes_on_to_the_next_and_can_be_undone(acme: Tenant, bob: Member, case: Case) -> None:
    arrive(acme, mail(sender="leo@example.org"), sender="leo@example.org")
    with tenant_context(acme):
        other = Case.objects.exclude(pk=case.pk).get()
    response = bob.client.post(bob.url("solve_case", other.pk) + "?view=open")
    assert response["Location"] == f"/acme/cases/{case.pk}/?view=open"
    undo = next(iter(response.wsgi_request._messages)).extra_tags
    assert "to%3Dnew" in undo or "to=new" in undo
    with tenant_context(acme):
        assert other.refreshed().state == State.SOLVED
    bob.client.post(bob.url("reopen_case", other.pk) + "?to=new")
    with tenant_context(acme):
        assert (other.refreshed().state, other.solved_at) == (State.NEW, None)


def test_solving_twice_is_told_once(acme: Tenant, bob: Member, case: Case) -> None:
    for _click in range(2):
        bob.post("solve_case", case.pk)
    with tenant_context(acme):
        assert Event.objects.filter(name="case.solved").count() == 1
        assert AuditEntry.objects.filter(action="case.solved").count() == 1


def test_the_last_case_leads_back_to_the_list(bob: Member, case: Case) -> None:
    assert bob.post("solve_case", case.pk)["Location"] == "/acme/cases/?"


def test_taking_a_case_opens_it(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    alice.post("assign_case", case.pk, form={"assignee": bob.user.pk})
    with tenant_context(acme):
        assert (case.refreshed().state, case.assignee) == (State.OPEN, bob.user)
        assert Notification.objects.get(kind="case.assigned").user == bob.user
    alice.post("assign_case", case.pk, form={"assignee": ""})
    with tenant_context(acme):
        assert case.refreshed().assignee is None


def test_a_viewer_cannot_be_given_a_case(acme: Tenant, bob: Member, vera: Member, case: Case) -> None:
    response = bob.post("assign_case", case.pk, form={"assignee": vera.user.pk})
    assert response.status_code == 422
    with tenant_context(acme):
        assert case.refreshed().assignee is None


def test_a_team_is_told_of_replies_nobody_has_taken(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    from tests.cases.mails import back_address

    with tenant_context(acme):
        desk = teams.create_team(name="Desk", by=alice.user)
        teams.set_members(team=desk, users=[bob.user], by=alice.user)
    alice.post("assign_case", case.pk, form={"assignee": "", "team": desk.pk})
    arrive(acme, mail("Hello?"), to=back_address(case))
    with tenant_context(acme):
        assert Notification.objects.get(kind="case.replied").user == bob.user
    assert "Desk" in alice.get("cases").content.decode()


def test_whose_turn_it_is_can_be_said_by_hand(acme: Tenant, bob: Member, case: Case) -> None:
    bob.post("change_case", case.pk, form={"state": "on_customer"})
    with tenant_context(acme):
        assert (case.refreshed().state, case.waiting_since) == (State.ON_CUSTOMER, None)
    bob.post("change_case", case.pk, form={"state": "on_us"})
    with tenant_context(acme):
        assert case.refreshed().state == State.ON_US
        assert case.waiting_since is not None
    bob.post("change_case", case.pk, form={"state": "solved"})
    with tenant_context(acme):
        assert case.refreshed().state == State.ON_US, "solving has a verb of its own"


def test_put_off_until_tomorrow(acme: Tenant, bob: Member, case: Case) -> None:
    bob.post("change_case", case.pk, form={"snooze": "tomorrow"})
    with tenant_context(acme):
        assert case.refreshed().snoozed_until > timezone.now()
    assert str(case) not in bob.get("cases", query={"view": "unassigned"}).content.decode()
    assert str(case) in bob.get("cases", query={"view": "snoozed"}).content.decode()
    bob.post("change_case", case.pk, form={"snooze": "now"})
    with tenant_context(acme):
        assert case.refreshed().snoozed_until is None


def test_several_at_once_and_back(acme: Tenant, bob: Member, case: Case) -> None:
    arrive(acme, mail(sender="leo@example.org"), sender="leo@example.org")
    with tenant_context(acme):
        ids = list(Case.objects.order_by("pk").values_list("pk", flat=True))
    response = bob.post("act_on_cases", form={"case": ids, "act": "solve"})
    with tenant_context(acme):
        assert set(Case.objects.values_list("state", flat=True)) == {State.SOLVED}
    from urllib.parse import unquote

    undo = unquote(next(iter(response.wsgi_request._messages)).extra_tags.removeprefix("undo="))
    bob.client.post(undo)
    with tenant_context(acme):
        assert set(Case.objects.values_list("state", flat=True)) == {State.NEW}
    bob.post("act_on_cases", form={"case": ids, "act": "take"})
    with tenant_context(acme):
        assert set(Case.objects.values_list("assignee", flat=True)) == {bob.user.pk}


@pytest.mark.parametrize("form", [{}, {"act": "solve"}, {"case": ["x", "9" * 30], "act": "solve"}, {"case": ["1"]}])
def test_odd_ticks_do_no_harm(bob: Member, case: Case, form: dict[str, Any]) -> None:
    assert bob.post("act_on_cases", form=form).status_code == 302


def test_nobody_acts_on_cases_of_others(acme: Tenant, outsider: Member, vera: Member, case: Case) -> None:
    assert vera.post("act_on_cases", form={"case": [case.pk], "act": "solve"}).status_code == 403
    assert outsider.post("act_on_cases", form={"case": [case.pk], "act": "solve"}).status_code == 404


@pytest.mark.parametrize("source", State)
@pytest.mark.parametrize("target", State)
def test_states_move_as_the_table_says(source: State, target: State, in_acme: Tenant) -> None:
    ended = {State.SOLVED, State.CLOSED}
    case = make.CaseFactory(state=source, solved_at=timezone.now() if source in ended else None)
    moved = move(case, to=target, solved_at=timezone.now() if target in ended else None)
    assert moved == (target in TRANSITIONS[source])
    assert case.refreshed().state == (target if moved else source)


def test_what_was_solved_long_ago_is_closed_by_night(acme: Tenant, globex: Tenant, solved: Case) -> None:
    from cases import tasks

    tasks.nightly()
    with tenant_context(acme):
        assert solved.refreshed().state == State.SOLVED
        Case.objects.update(solved_at=timezone.now() - timedelta(days=15))
    tasks.nightly()
    with tenant_context(acme):
        assert solved.refreshed().state == State.CLOSED
        assert not services.reopen_case(case=solved, by=None)  # type: ignore[arg-type]


def test_solving_writes_one_event_under_two_hands(in_acme: Tenant, alice: Member) -> None:
    case = make.CaseFactory()
    stale = Case.objects.get(pk=case.pk)
    assert solve_case(case=case, by=alice.user)
    assert not solve_case(case=stale, by=alice.user)


def test_priority(acme: Tenant, bob: Member, case: Case) -> None:
    bob.post("change_case", case.pk, form={"priority": str(Priority.URGENT.value)})
    assert "Urgent" in bob.get("case_page", case.pk).content.decode()
    with tenant_context(acme):
        entry = AuditEntry.objects.filter(action="case.changed").get()
        assert entry.fields == ["priority"]
