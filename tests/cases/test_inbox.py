"""The list: what each view holds, search, unread, live parts, and who sees which case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import figures, services
from cases.models import Case, CaseMessage
from contacts.models import Contact
from contacts.services import create_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests import factories as make
from tests.cases.mails import arrive, back_address, mail
from tests.cast import Member, join, make_user


def listed(member: Member, **query: str) -> str:
    """The list alone, without what stands around it."""
    return member.get("cases", query=query, htmx=True).content.decode().split("case-views")[0]


def test_views_hold_what_they_say(acme: Tenant, alice: Member, bob: Member, rita: Contact) -> None:
    with tenant_context(acme):
        now = timezone.now()
        for words in ("Mine", "Nobody’s", "Answered", "Late", "Over"):
            services.open_case(contact=rita, subject=words, channel="phone", by=alice.user)
        by = {case.subject: case for case in Case.objects.all()}
        services.assign_case(case=by["Mine"], to=bob.user, by=alice.user)
        services.answer_case(case=by["Answered"], text="Yes.", by=alice.user, at=now)
        services.solve_case(case=by["Over"], by=alice.user)
        Case.objects.filter(subject="Late").update(waiting_since=now - timedelta(days=3))
    words = {view: listed(bob, view=view) for view in ("mine", "unassigned", "overdue", "waiting", "open", "solved")}
    held = {view: {subject for subject in by if subject.replace("’", "’") in text} for view, text in words.items()}
    assert held == {
        "mine": {"Mine"},
        "unassigned": {"Nobody’s", "Late"},
        "overdue": {"Late"},
        "waiting": {"Answered"},
        "open": {"Mine", "Nobody’s", "Answered", "Late"},
        "solved": {"Over"},
    }


@pytest.mark.parametrize("term", ["1001", "chipped", "lid jug", "rita", "rita@example.org", "CHIPPED"])
def test_search_finds_by_number_words_and_person(bob: Member, case: Case, term: str) -> None:
    assert "Lid arrived chipped" in listed(bob, q=term)


@pytest.mark.parametrize("term", ["1002", "teapot", "%", "_", "\x00", "'; drop"])
def test_search_finds_nothing_else(bob: Member, case: Case, term: str) -> None:
    found = listed(bob, q=term)
    assert ("Lid arrived chipped" in found) == (not term.strip("\x00"))


def test_search_stays_inside_the_workspace(charlie: Member, globex: Tenant, case: Case) -> None:
    assert "Lid arrived chipped" not in listed(charlie, q="chipped")


def test_unread_until_each_member_has_looked(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    assert "unread" in listed(bob)
    bob.get("case_page", case.pk)
    assert "unread" not in listed(bob)
    assert "unread" in listed(alice)
    arrive(acme, mail("Hello?"), to=back_address(case))
    assert "unread" in listed(bob)


def test_the_list_is_sent_again_only_when_it_changed(acme: Tenant, bob: Member, case: Case) -> None:
    first = bob.get("cases", htmx=True)
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    second = bob.client.get(bob.url("cases"), headers=headers)
    if second.status_code == 200:  # a minute has just passed
        headers["If-None-Match"] = second["ETag"]
        second = bob.client.get(bob.url("cases"), headers=headers)
    assert second.status_code == 304
    arrive(acme, mail(sender="leo@example.org"), sender="leo@example.org")
    assert bob.client.get(bob.url("cases"), headers=headers).status_code == 200


def test_the_conversation_is_sent_again_only_when_it_changed(acme: Tenant, bob: Member, case: Case) -> None:
    first = bob.get("case_conversation", case.pk, htmx=True)
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    address = bob.url("case_conversation", case.pk)
    assert bob.client.get(address, headers=headers).status_code == 304
    arrive(acme, mail("Are you there?"), to=back_address(case))
    again = bob.client.get(address, headers=headers)
    assert "Are you there?" in again.content.decode()


def test_who_else_is_looking(alice: Member, bob: Member, case: Case) -> None:
    bob.get("case_page", case.pk)
    assert "Bob is looking at this too" in alice.get("case_conversation", case.pk).content.decode()
    assert "looking at this" not in bob.get("case_conversation", case.pk).content.decode().replace(
        "Alice is looking", ""
    )


def test_pages_follow_each_other_without_gaps(acme: Tenant, bob: Member) -> None:
    with tenant_context(acme):
        for number in range(65):
            make.CaseFactory(subject=f"Question {number:02}", last_message_at=timezone.now() - timedelta(hours=number))
    seen: list[str] = []
    response = bob.get("cases")
    for _page in range(3):
        inbox = response.context["inbox"]
        seen += [row.subject for row in inbox.page.rows]
        if inbox.page.next:
            response = bob.get("cases", query={"cursor": inbox.page.next})
    assert seen == [f"Question {number:02}" for number in range(65)]


@pytest.mark.parametrize("sort", ["newest", "longest", "priority", "nonsense"])
def test_orders(acme: Tenant, bob: Member, sort: str) -> None:
    now = timezone.now()
    with tenant_context(acme):
        make.CaseFactory(subject="Old and low", waiting_since=now - timedelta(days=2), last_message_at=now, priority=1)
        make.CaseFactory(
            subject="New and urgent", waiting_since=now, last_message_at=now - timedelta(hours=1), priority=4
        )
    found = listed(bob, sort=sort)
    is_urgent_first = found.index("New and urgent") < found.index("Old and low")
    assert is_urgent_first == (sort == "priority")


def test_sales_see_cases_of_their_people_and_their_own(acme: Tenant, alice: Member) -> None:
    seller = join(make_user("Sam"), acme, Role.SALES)
    with tenant_context(acme):
        hers = create_contact(by=None, name="Hers", emails=["a@example.org"], owner=alice.user)
        his = create_contact(by=None, name="His", emails=["b@example.org"], owner=seller.user)
        for contact in (hers, his):
            services.open_case(contact=contact, subject=f"Of {contact.name}", channel="phone", by=alice.user)
        foreign = Case.objects.get(subject="Of Hers")
    assert "Of His" in listed(seller)
    assert "Of Hers" not in listed(seller)
    assert seller.get("case_page", foreign.pk).status_code == 404
    with tenant_context(acme):
        services.assign_case(case=foreign, to=seller.user, by=alice.user)
    assert seller.get("case_page", foreign.pk).status_code == 200


def test_an_empty_inbox_says_what_it_is(bob: Member) -> None:
    assert "Mail to support.acme@in.localhost opens a case" in bob.get("cases").content.decode()


def test_a_member_takes_down_a_call(acme: Tenant, bob: Member, rita: Contact, vera: Member) -> None:
    form = {"subject": "Gift wrap?", "text": "She asks whether we wrap.", "channel": "phone", "priority": "3"}
    assert vera.get("create_case").status_code == 403
    assert bob.post("create_case", form=form).status_code == 422, "nobody is named"
    bob.post("create_case", form={**form, "email": "rita@example.org", "is_mine": "on"})
    with tenant_context(acme):
        case = Case.objects.get()
        assert (case.contact, case.assignee, case.channel, case.priority) == (rita, bob.user, "phone", 3)
    bob.client.post(f"{bob.url('create_case')}?contact={rita.pk}", form)
    with tenant_context(acme):
        assert Case.objects.filter(contact=rita).count() == 2
    assert "Gift wrap?" in bob.get("contact_page", rita.pk).content.decode()


def test_what_waits_is_counted(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    with tenant_context(acme):
        Case.objects.update(waiting_since=timezone.now() - timedelta(days=2))
        assert figures.attention(bob.user) == figures.Attention(waiting=1, overdue=1)
        services.assign_case(case=case, to=alice.user, by=alice.user)
        assert figures.attention(bob.user) == figures.Attention(waiting=0, overdue=0)
        assert list(figures.due_for(alice.user)) == [case]


def test_first_reply_times(acme: Tenant, bob: Member, rita: Contact) -> None:
    now = timezone.now()
    with tenant_context(acme):
        for hours in (1, 2, 30):
            case = services.open_case(
                contact=rita, subject="Q", channel="phone", by=bob.user, at=now - timedelta(hours=40)
            )
            services.answer_case(case=case, text="A", by=bob.user, at=now - timedelta(hours=40 - hours))
        found = figures.first_reply_times(now - timedelta(days=7), now)
    assert (found.count, found.median, found.slowest_tenth) == (3, timedelta(hours=2), timedelta(hours=30))


def test_long_conversations_begin_with_the_newest(acme: Tenant, bob: Member, case: Case) -> None:
    with tenant_context(acme):
        start = timezone.now()
        CaseMessage.objects.bulk_create(
            [
                CaseMessage(case=case, direction="in", text=f"Line {number:03}", at=start + timedelta(seconds=number))
                for number in range(150)
            ]
        )
    words = bob.get("case_page", case.pk).content.decode()
    assert "Line 149" in words
    assert "Line 010" not in words
    assert "Line 010" in bob.get("case_page", case.pk, query={"all": "1"}).content.decode()
