"""Answering what nobody has makes it one's own; taking the answer back gives it away again."""

from __future__ import annotations

from cases import services
from cases.models import Case
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import send_due
from tests.cases.test_answer import answer, page
from tests.cast import Member
from tests.mail.catching import RunningCatcher


def assignee(acme: Tenant, case: Case) -> object:
    with tenant_context(acme):
        return case.refreshed().assignee


def test_an_answer_takes_what_nobody_has(
    acme: Tenant, alice: Member, bob: Member, case: Case, catcher: RunningCatcher
) -> None:
    answer(bob, case)
    assert assignee(acme, case) == bob.user
    send_due(acme)
    assert "Assigned to Bob" in page(alice, case)
    assert "given to Bob" in alice.get("contact_page", case.contact_id).content.decode()


def test_it_takes_nothing_from_anybody(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    with tenant_context(acme):
        services.assign_case(case=case, to=alice.user, by=alice.user)
    answer(bob, case)
    assert assignee(acme, case) == alice.user


def test_a_note_takes_nothing(acme: Tenant, bob: Member, case: Case) -> None:
    bob.post("answer_case", case.pk, form={"text": "Third lid this week", "kind": "note"})
    assert assignee(acme, case) is None


def test_taken_back_in_time_it_is_nobodys_again(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    answer(bob, case)
    with tenant_context(acme):
        said = case.messages.latest("pk")
    bob.post("take_back_answer", said.pk)
    assert assignee(acme, case) is None
    assert "Assigned to Bob" not in page(alice, case)


def test_what_was_given_on_meanwhile_stays_given(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    answer(bob, case)
    with tenant_context(acme):
        said = case.messages.latest("pk")
        services.assign_case(case=case.refreshed(), to=alice.user, by=bob.user)
    bob.post("take_back_answer", said.pk)
    assert assignee(acme, case) == alice.user


def test_a_second_answer_taken_back_leaves_the_first_ones_writer(
    acme: Tenant, bob: Member, case: Case, catcher: RunningCatcher
) -> None:
    answer(bob, case)
    send_due(acme)
    answer(bob, case, text="And a spare one.")
    with tenant_context(acme):
        said = case.messages.latest("pk")
    bob.post("take_back_answer", said.pk)
    assert assignee(acme, case) == bob.user
