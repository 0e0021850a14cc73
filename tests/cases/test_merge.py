"""Two cases become one, and two again."""

from __future__ import annotations

import pytest

from cases import services
from cases.models import Case, CaseMerge, State
from contacts.models import Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import arrive, back_address, mail, send_due
from tests.cases.test_answer import answer, page
from tests.cast import Member
from tests.mail.catching import RunningCatcher


@pytest.fixture
def twin(acme: Tenant, case: Case) -> Case:
    """Rita wrote about the same lid again."""
    arrive(acme, mail("I wrote about the lid yesterday.", subject="The lid again"))
    with tenant_context(acme):
        return Case.objects.exclude(pk=case.pk).select_related("contact").get()


def merged(member: Member, case: Case, into: Case) -> None:
    assert member.post("merge_case", case.pk, form={"chosen": into.pk}).status_code == 302


def test_everything_said_is_in_one_place(acme: Tenant, bob: Member, case: Case, twin: Case) -> None:
    assert "The lid again" in bob.get("merge_case", case.pk).content.decode()
    response = bob.post("merge_case", twin.pk, form={"number": case.number})
    assert response["Location"].startswith(f"/acme/cases/{case.pk}/")
    shown = page(bob, case)
    assert "I wrote about the lid yesterday." in shown
    assert f"Case {twin.number} merged into this one" in shown
    assert bob.get("case_page", twin.pk)["Location"].startswith(f"/acme/cases/{case.pk}/")
    with tenant_context(acme):
        assert twin.refreshed().state == State.CLOSED
        assert case.refreshed().waiting_since == case.opened_at
    assert "The lid again" not in bob.get("cases", query={"view": "solved"}).content.decode()


def test_replies_to_the_merged_one_join_the_other(acme: Tenant, bob: Member, case: Case, twin: Case) -> None:
    merged(bob, twin, case)
    arrive(acme, mail("Any news?"), to=back_address(twin))
    with tenant_context(acme):
        assert case.messages.latest("pk").text == "Any news?"
        assert Case.objects.count() == 2


def test_undone_each_has_its_own_again(acme: Tenant, bob: Member, case: Case, twin: Case) -> None:
    with tenant_context(acme):
        before = {each.pk: (each.state, each.waiting_since, each.messages.count()) for each in Case.objects.all()}
    merged(bob, twin, case)
    with tenant_context(acme):
        merge = CaseMerge.objects.get()
    assert f"{twin.number}, The lid again" in bob.get("merge_case", case.pk).content.decode()
    for _click in range(2):
        assert bob.post("undo_case_merge", merge.pk).status_code == 302
    with tenant_context(acme):
        after = {each.pk: (each.state, each.waiting_since, each.messages.count()) for each in Case.objects.all()}
        assert after == before
        assert Event.objects.filter(name="case.parted").count() == 1


def test_what_was_answered_since_stays_answered(
    acme: Tenant, bob: Member, case: Case, twin: Case, catcher: RunningCatcher
) -> None:
    merged(bob, twin, case)
    answer(bob, case)
    send_due(acme)
    with tenant_context(acme):
        services.undo_merge(merge=CaseMerge.objects.get(), by=bob.user)
        assert (case.refreshed().state, case.waiting_since) == (State.ON_CUSTOMER, None)
        assert case.messages.filter(direction="out").exists()
        assert twin.refreshed().state == State.NEW


def test_a_chain_of_merges_is_undone_from_its_end(acme: Tenant, bob: Member, case: Case, twin: Case) -> None:
    arrive(acme, mail("Third time.", subject="Lid, third"))
    with tenant_context(acme):
        third = Case.objects.latest("pk")
        first = services.merge_cases(case=third, into=twin, by=bob.user)
        second = services.merge_cases(case=twin, into=case, by=bob.user)
        assert case.messages.count() == 3
    assert bob.get("case_page", third.pk)["Location"].startswith(f"/acme/cases/{case.pk}/")
    with tenant_context(acme):
        assert not services.undo_merge(merge=first, by=bob.user)
        assert services.undo_merge(merge=second, by=bob.user)
        assert services.undo_merge(merge=first, by=bob.user)
        assert [each.messages.count() for each in (case, twin, third)] == [1, 1, 1]


@pytest.mark.parametrize("number", ["", "x", "999999999", "0"])
def test_what_is_no_case_is_said_so(bob: Member, case: Case, number: str) -> None:
    assert bob.post("merge_case", case.pk, form={"number": number}).status_code == 422


def test_never_with_itself_a_solved_one_or_an_answer_on_its_way(
    acme: Tenant, bob: Member, case: Case, twin: Case
) -> None:
    assert bob.post("merge_case", case.pk, form={"number": case.number}).status_code == 422
    with tenant_context(acme):
        services.solve_case(case=twin, by=bob.user)
    refused = bob.post("merge_case", case.pk, form={"number": twin.number})
    assert "is solved" in refused.content.decode()
    answer(bob, case)
    with tenant_context(acme):
        services.reopen_case(case=twin.refreshed(), by=bob.user)
    refused = bob.post("merge_case", case.pk, form={"number": twin.number})
    assert "just leaving" in refused.content.decode()


def test_who_may(vera: Member, outsider: Member, acme: Tenant, bob: Member, case: Case, twin: Case) -> None:
    form = {"number": twin.number}
    assert vera.post("merge_case", case.pk, form=form).status_code == 403
    assert outsider.post("merge_case", case.pk, form=form).status_code == 404
    merged(bob, twin, case)
    with tenant_context(acme):
        merge = CaseMerge.objects.get()
    assert vera.post("undo_case_merge", merge.pk).status_code == 403
    assert outsider.post("undo_case_merge", merge.pk).status_code == 404
