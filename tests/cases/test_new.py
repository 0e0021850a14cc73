"""Who hears of a new case that nobody has, and how often."""

from __future__ import annotations

import pytest

from cases import services
from cases.models import Case, CaseSettings
from contacts.models import Contact
from ecrm.notices.models import NoticeHabits, Notification
from ecrm.tenancy import teams
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cases.mails import accept_all, arrive, mail
from tests.cast import Member, join, make_user


@pytest.fixture
def sam(acme: Tenant) -> Member:
    """May answer, may not manage, and sees what his teams own."""
    return join(make_user("Sam"), acme, Role.SALES)


def told(acme: Tenant) -> dict[str, int]:
    """How many new cases each member is told of."""
    with tenant_context(acme):
        notices = Notification.objects.filter(kind="case.opened").select_related("user")
        return {str(each.user): each.times for each in notices}


def test_those_who_may_answer_hear_of_it(acme: Tenant, alice: Member, bob: Member, vera: Member) -> None:
    arrive(acme, mail())
    assert told(acme) == {"Alice": 1, "Bob": 1}
    with tenant_context(acme):
        assert not NoticeHabits.objects.filter(mail_due_at__isnull=False).exists(), "nobody is mailed unasked"


def test_until_it_is_read_one_notice_tells_of_all(acme: Tenant, bob: Member) -> None:
    arrive(acme, mail())
    accept_all(acme, [mail(sender=f"Person {n} <p{n}@example.org>") for n in range(3)])
    assert told(acme)["Bob"] == 4
    shown = bob.get("notifications").content.decode()
    assert "4 new cases that nobody has yet" in shown
    with tenant_context(acme):
        newest = Case.objects.latest("pk")
        notice = Notification.objects.get(user=bob.user)
    assert bob.get("notification", notice.pk)["Location"] == f"/acme/cases/{newest.pk}/?view=unassigned"
    arrive(acme, mail(sender="Last <last@example.org>"))
    with tenant_context(acme):
        fresh = Notification.objects.get(user=bob.user, read_at=None)
        assert (fresh.times, fresh.sentence) == (1, "A new case that nobody has yet")


def test_who_takes_it_down_is_not_told(acme: Tenant, alice: Member, bob: Member) -> None:
    form = {"name": "A caller", "channel": "phone", "subject": "Wants a lid", "text": "", "priority": "2"}
    bob.post("create_case", form=form)
    assert told(acme) == {"Alice": 1}


def test_a_case_somebody_has_is_news_to_them_alone(acme: Tenant, alice: Member, bob: Member) -> None:
    with tenant_context(acme):
        services.open_case(contact=None, subject="A call", assignee=bob.user, by=alice.user)
    assert told(acme) == {}


def test_the_team_of_a_new_case_is_told(acme: Tenant, alice: Member, bob: Member) -> None:
    with tenant_context(acme):
        desk = teams.create_team(name="Desk", by=alice.user)
        teams.set_members(team=desk, users=[bob.user], by=alice.user)
        services.open_case(contact=None, subject="A letter", team=desk)
    assert told(acme) == {"Bob": 1}


@pytest.mark.parametrize(("choice", "hear"), [("managers", {"Alice", "Bob"}), ("nobody", set())])
def test_the_workspace_chooses_who_hears(
    acme: Tenant, alice: Member, bob: Member, sam: Member, choice: str, hear: set[str]
) -> None:
    with tenant_context(acme):
        CaseSettings(told_of_new=choice).save()
    arrive(acme, mail())
    assert told(acme).keys() == hear


def test_a_member_may_switch_it_off(acme: Tenant, alice: Member, bob: Member) -> None:
    habits = {"rhythm": "daily", "digest_at": "08:00", "quiet_from": "20:00", "quiet_until": "07:00"}
    bob.post("notice_settings", form={**habits, "mail:case.opened": "never"})
    arrive(acme, mail())
    assert told(acme) == {"Alice": 1}


def test_nobody_hears_of_people_they_do_not_see(
    acme: Tenant, alice: Member, bob: Member, sam: Member, rita: Contact
) -> None:
    """Sam sees what his teams own."""
    with tenant_context(acme):
        Contact.objects.filter(pk=rita.pk).update(owner=alice.user)
    arrive(acme, mail())
    assert told(acme).keys() == {"Alice", "Bob"}
    with tenant_context(acme):
        desk = teams.create_team(name="Desk", by=alice.user)
        teams.set_members(team=desk, users=[alice.user, sam.user], by=alice.user)
    arrive(acme, mail("Another question."))
    assert told(acme) == {"Alice": 2, "Bob": 2, "Sam": 1}


@pytest.mark.parametrize("view", ["mine", "unassigned", "overdue", "waiting", "snoozed", "open", "solved"])
def test_an_empty_view_says_what_it_is_for(bob: Member, view: str) -> None:
    shown = bob.get("cases", query={"view": view}, htmx=True).content.decode().split("case-views")[0]
    expected = {
        "mine": "Cases you take",
        "unassigned": "until a member takes",
        "overdue": "later than your workspace promises",
        "waiting": "until the customer replies",
        "snoozed": "Cases you snooze wait here",
        "open": "opens a case",
        "solved": "Solved and closed cases",
    }
    assert expected[view] in shown
    assert sum(words in shown for words in expected.values()) == 1
