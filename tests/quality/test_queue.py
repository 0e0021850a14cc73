"""Everything there is to put right in one list, and each thing put right from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import suppression
from contacts import fields, provenance, services
from contacts.duplicates import services as duplicates
from contacts.fields import defining
from contacts.models import CleaningSettings, Company, Contact, DuplicatePair, QualityIssue
from contacts.quality import work
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.cast import Member, join, make_user
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make as define


@pytest.fixture
def untidy(in_acme: Tenant, alice: Member) -> dict[str, Contact]:
    """One person for each kind of thing, complete but for that."""
    whole: dict[str, Any] = {"country": "PT", "language": "pt"}
    long_ago = timezone.now() - timedelta(days=1500)
    people = {
        "bouncing": add(in_acme, name="Bea Gone", emails=["bea@x.example"], stage="customer", **whole),
        "incomplete": add(in_acme, name="Ines Half", emails=["ines@x.example"], country="PT", owner=alice.user),
        "stale": add(in_acme, name="Stan Quiet", emails=["stan@x.example"], at=long_ago, **whole),
        "conflicting": add(in_acme, name="Carla Torn", emails=["carla@x.example"], source="fair", **whole),
    }
    for email in ("old@x.example", "new@x.example"):
        people[email] = add(in_acme, name="Ana Twin", emails=[email], phones=["912345678"], **whole)
    suppression.suppress(address_norm="bea@x.example", reason="hard_bounce", by=None)
    for source, city in (("import", "Porto"), ("api", "Braga")):
        services.edit_contact(contact=people["conflicting"], by=None, via=source, city=city)
    look(*people.values())
    return people


def look(*people: Contact) -> None:
    while work.refresh_changed():
        pass
    work.check([person.pk for person in people])


def listed(member: Member, kind: str = "", **query: str) -> list[Any]:
    found = member.get("quality_kind", kind, query=query) if kind else member.get("quality_inbox", query=query)
    assert found.status_code == 200
    rows: list[Any] = found.context["rows"]
    return rows


def issue_of(person: Contact) -> QualityIssue:
    return QualityIssue.objects.get(contact=person)


def test_everything_is_one_list_the_worthiest_first(alice: Member, untidy: dict[str, Contact]) -> None:
    rows = listed(alice)

    assert {row.kind.key for row in rows} == {"duplicates", "bouncing", "incomplete", "stale", "conflicting"}
    assert [row.worth for row in rows] == sorted((row.worth for row in rows), reverse=True)
    assert rows[0].people[0][0] == untidy["bouncing"], "a customer comes before a lead"
    assert "Customer 20" in rows[0].worth_words
    assert rows[0].people[0][2] == "70 of 100: Bouncing −30"


def test_the_list_is_filtered(alice: Member, untidy: dict[str, Contact]) -> None:
    def who(**query: str) -> set[str]:
        return {str(row.people[0][0]) for row in listed(alice, **query)}

    assert who(kind="stale") == {"Stan Quiet"}
    assert who(source="fair") == {"Carla Torn"}
    assert who(owner=str(alice.user.pk)) == {"Ines Half"}
    assert "Ines Half" not in who(owner="none")
    assert alice.get("quality_kind", "nonsense").status_code == 404


def test_pages_lead_on_and_nothing_is_told_twice(alice: Member, in_acme: Tenant) -> None:
    for number in range(30):
        make.QualityIssueFactory(worth=number % 4)
        make.DuplicatePairFactory(worth=number % 4)
    keys: list[str] = []
    cursor = ""
    while True:
        found = alice.get("quality_inbox", query={"cursor": cursor} if cursor else {})
        keys += [row.key for row in found.context["rows"]]
        cursor = found.context["page"].next
        if not cursor:
            break
    assert len(keys) == len(set(keys)) == 60


def test_who_sees_less_sees_less(alice: Member, outsider: Member, vera: Member, untidy: dict[str, Contact]) -> None:
    issue = issue_of(untidy["incomplete"])
    assert vera.get("quality_inbox").status_code == 200
    assert vera.post("fix_issue", issue.pk).status_code == 403
    assert vera.post("leave_ticked").status_code == 403
    assert vera.post("merge_pair", DuplicatePair.objects.get().pk).status_code == 403
    assert outsider.get("fix_issue", issue.pk).status_code == 404


@pytest.mark.parametrize(
    ("kind", "form", "holds"),
    [
        ("incomplete", {"language": "pl"}, lambda person: person.language == "pl"),
        (
            "bouncing",
            {"address": "bea@new.example", "drops": "on"},
            lambda person: list(person.emails.values_list("address", flat=True)) == ["bea@new.example"],
        ),
    ],
)
def test_what_is_missing_is_filled_in_from_the_row(
    alice: Member,
    untidy: dict[str, Contact],
    kind: str,
    form: dict[str, str],
    holds: Callable[[Contact], bool],
) -> None:
    person = untidy[kind]
    issue = issue_of(person)
    assert "<html" in alice.get("fix_issue", issue.pk).content.decode()
    part = alice.get("fix_issue", issue.pk, htmx=True).content.decode()
    assert part.lstrip().startswith("<li")

    answer = alice.post("fix_issue", issue.pk, form={**form, "back": f"kind={kind}"})

    assert answer.status_code == 302
    assert answer.headers["Location"] == alice.url("quality_kind", kind)
    assert not QualityIssue.objects.filter(contact=person).exists()
    assert holds(Contact.objects.get(pk=person.pk))


def test_what_cannot_be_is_said_in_the_form(alice: Member, untidy: dict[str, Contact]) -> None:
    issue = issue_of(untidy["bouncing"])
    answer = alice.post("fix_issue", issue.pk, form={"address": "ines@x.example"}, htmx=True)
    assert answer.status_code == 422
    assert "already" in answer.content.decode()
    assert issue_of(untidy["bouncing"]).closed_at is None


def test_one_of_two_values_is_chosen_and_stays_chosen(alice: Member, untidy: dict[str, Contact]) -> None:
    person = untidy["conflicting"]
    issue = issue_of(person)
    page = alice.get("fix_issue", issue.pk)
    offered = dict(page.context["form"].fields["city"].choices)
    porto = next(pk for pk, words in offered.items() if words.startswith("Porto"))

    alice.post("fix_issue", issue.pk, form={"city": porto})

    assert Contact.objects.get(pk=person.pk).city == "Porto"
    look(person)
    assert not QualityIssue.objects.filter(contact=person, closed_at=None).exists()
    provenance.record([provenance.NewChange(person.pk, {"city": ("Porto", "Faro")}, "import")])
    look(person)
    assert QualityIssue.objects.filter(contact=person, closed_at=None).exists(), "new facts bring it back"


def test_only_people_and_companies_in_sight_are_offered(alice: Member, in_acme: Tenant) -> None:
    """Sam sees what is nobody's; Zara and the Locked company are Alice's."""
    sam = Member(make_user("Sam"), in_acme)
    join(sam.user, in_acme, "sales")
    define("person", "Friend", key="friend")
    zara = add(in_acme, name="Zara Hidden", emails=["zara@x.example"], owner=alice.user)
    rui = add(in_acme, name="Rui Open", emails=["rui@x.example"])
    torn = add(in_acme, name="Tom Torn", emails=["tom@x.example"])
    for source, friend, company in (("import", zara, "Locked"), ("api", rui, "Open")):
        fields.write("contact", {torn.pk: {"friend": friend.pk}}, by=None, source=fields.Source(source))
        services.edit_contact(contact=Contact.objects.get(pk=torn.pk), by=None, via=source, company=company)
    Company.objects.filter(name="Locked").update(owner=alice.user)
    issue = QualityIssue.objects.create(contact=torn, kind="conflicting", facts="f:friend#1 company#2")
    for member, names in ((alice, {"Zara Hidden", "Rui Open", "Locked", "Open"}), (sam, {"Rui Open", "Open"})):
        page = member.get("fix_issue", issue.pk).content.decode()
        assert {name for name in ("Zara Hidden", "Rui Open", "Locked", "Open") if name in page} == names


def test_many_former_companies_cost_no_more_than_one(alice: Member, in_acme: Tenant) -> None:
    def queries(name: str, companies: int) -> int:
        torn = add(in_acme, name=name, emails=[f"{name}@x.example"])
        for each in range(companies):
            current = Contact.objects.get(pk=torn.pk)
            services.edit_contact(contact=current, by=None, via="import", company=f"{name} {each}")
        issue = QualityIssue.objects.create(contact=torn, kind="conflicting", facts="company#1")
        with CaptureQueriesContext(connection) as asked:
            page = alice.get("fix_issue", issue.pk).content.decode()
        assert all(f"{name} {each}" in page for each in range(companies))
        return len(asked)

    queries("first", 1)
    assert queries("few", 1) == queries("many", 6)


def test_still_right_is_asked_again_when_its_time_has_passed(alice: Member, untidy: dict[str, Contact]) -> None:
    person = untidy["stale"]
    issue = issue_of(person)
    alice.post("close_issue", issue.pk, form={"reason": "right"})
    look(person)
    assert listed(alice, "stale") == []
    assert [row.left for row in listed(alice, "stale", show="left")] == ["It is right as it is (Alice)"]

    months = CleaningSettings.of_tenant().stale_months
    QualityIssue.objects.filter(pk=issue.pk).update(closed_at=timezone.now() - timedelta(days=31 * months + 1))
    look(person)
    assert len(listed(alice, "stale")) == 1


def test_an_own_field_may_be_required_and_is_filled_in_place(alice: Member, bob: Member, in_acme: Tenant) -> None:
    tax = define("number", "Tax number", key="tax", visible_to=["sales"])
    settings = {"required_fields": ["name", "f:tax"], "stale_months": "0"}
    assert alice.post("quality_settings", form=settings).status_code == 302
    form = alice.get("quality_settings").context["form"]
    assert form["required_fields"].value() == ["name", "f:tax"]
    person = add(in_acme, name="Ana")
    look(person)
    (row,) = listed(alice, "incomplete")
    assert row.words == "missing: Tax number"
    assert "Tax number" not in str(listed(bob, "incomplete")[0].words), "hidden from those who may not see it"

    issue = issue_of(person)
    assert alice.post("fix_issue", issue.pk, form={"f:tax": "many"}).status_code == 422
    assert alice.post("fix_issue", issue.pk, form={"f:tax": "12"}).status_code == 302
    assert fields.values("contact", [person.pk]) == {person.pk: {"tax": 12}}
    assert listed(alice, "incomplete") == []
    defining.delete(field=tax, by=alice.user)
    assert "f:tax" not in alice.get("quality_settings").content.decode()


def test_a_company_one_does_not_see_cannot_be_named(alice: Member, in_acme: Tenant) -> None:
    erik = join(make_user("Erik"), in_acme, "sales")
    define("company", "Supplier", key="supplier")
    firms = [services.create_company(name=name, by=None, owner=who) for name, who in (("A", alice.user), ("B", None))]
    CleaningSettings(required_fields=["f:supplier"], stale_months=0).save()
    person = add(in_acme, name="Ana", owner=erik.user)
    look(person)
    issue = issue_of(person)
    assert erik.post("fix_issue", issue.pk, form={"f:supplier": "A"}).status_code == 422
    assert erik.post("fix_issue", issue.pk, form={"f:supplier": "B"}).status_code == 302
    assert fields.values("contact", [person.pk]) == {person.pk: {"supplier": firms[1].pk}}


def test_what_was_left_is_in_one_list_with_the_latest_first(
    alice: Member, untidy: dict[str, Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = DuplicatePair.objects.get()
    issues = list(QualityIssue.objects.filter(closed_at=None).order_by("id"))
    alice.post("close_issue", issues[0].pk, form={"reason": "right"})
    alice.post("dismiss_pair", pair.pk, form={"reason": "shared"})
    alice.post("close_issue", issues[1].pk, form={"reason": "right"})
    expected = [f"i{issues[1].pk}", f"p{pair.pk}", f"i{issues[0].pk}"]
    assert [row.key for row in listed(alice, show="left")] == expected

    monkeypatch.setattr("contacts.quality.queue.SIZE", 1)
    seen, cursor = [], ""
    while cursor is not None:
        page = alice.get("quality_inbox", query={"show": "left", "cursor": cursor}).context
        seen += [row.key for row in page["rows"]]
        cursor = page["page"].next
    assert seen == expected


def test_a_pair_is_merged_at_one_press(alice: Member, untidy: dict[str, Contact]) -> None:
    pair = DuplicatePair.objects.get()
    assert alice.post("merge_pair", pair.pk).status_code == 302
    assert alice.post("merge_pair", pair.pk).status_code == 302, "a second click is harmless"
    older = Contact.objects.get(pk=untidy["old@x.example"].pk)
    assert older.emails.count() == 2
    assert listed(alice, "duplicates") == []


def test_two_people_come_back_when_they_share_something_telling(alice: Member, in_acme: Tenant) -> None:
    whole: dict[str, Any] = {"phones": ["912345678"], "country": "PT", "language": "pt"}
    one, two = (add(in_acme, name="Ana Prata", **whole), add(in_acme, name="Ana Prata", **whole))
    look(one, two)
    pair = DuplicatePair.objects.get()
    alice.post("dismiss_pair", pair.pk, form={"reason": "shared"})
    services.edit_contact(contact=one, by=None, city="Porto")
    look(one, two)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_as) == (DuplicatePair.State.APART, "shared")

    for person in (one, two):
        services.edit_contact(contact=person, by=None, birthday=timezone.localdate() - timedelta(days=9000))
    look(one, two)
    (row,) = listed(alice, "duplicates")
    assert row.words.startswith("told apart before, ")
    CleaningSettings(safe_rules=["phone_name"]).save()
    assert duplicates.merge_by_rules() == 0, "whom a member told apart is left to members"


def test_ticked_rows_are_left_together(alice: Member, untidy: dict[str, Contact]) -> None:
    keys = [row.key for row in listed(alice)]
    alice.post("leave_ticked", form={"row": [*keys, "i0", "x", "p-1"], "reason": "unneeded"})
    assert listed(alice) == []
    assert "Nothing to do" in alice.get("quality_inbox").content.decode()
    reasons = set(QualityIssue.objects.values_list("closed_as", flat=True))
    assert reasons == {"unneeded"}
    alice.post("reopen_issue", issue_of(untidy["bouncing"]).pk)
    assert len(listed(alice)) == 1


def test_the_rail_counts_what_is_to_do(alice: Member, in_acme: Tenant) -> None:
    assert "to put right" not in alice.get("contact_list").content.decode()
    for _number in range(101):
        make.QualityIssueFactory()
    page = alice.get("contact_list").content.decode()
    assert "99+" in page
    assert "to put right" in page


def test_whoever_works_through_the_list_goes_on_at_the_next_row(alice: Member, untidy: dict[str, Contact]) -> None:
    rows = listed(alice)
    assert [row.back.split("at=")[1] for row in rows[:-1]] == [row.key for row in rows[1:]]
    assert rows[-1].back.endswith(f"at={rows[-2].key}"), "after the last comes the one before it"

    issue = issue_of(untidy["incomplete"])
    row, following = next(pair for pair in pairwise(rows) if pair[0].key == f"i{issue.pk}")
    left = alice.post("close_issue", issue.pk, form={"reason": "unknown", "back": row.back})
    assert left.headers["Location"].endswith(f"/contacts/quality/#{following.key}-who")
    page = alice.get("quality_inbox").content.decode()
    undo = re.search(rf'action="([^"]+/issues/{issue.pk}/reopen/[^"]+)"', page)
    assert undo, "the toast offers the way back"
    assert alice.client.post(unescape(undo[1])).headers["Location"].endswith(f"#{row.key}-who"), (
        "to the row that is back"
    )


def test_a_pair_compared_and_merged_leads_back_to_the_list(alice: Member, untidy: dict[str, Contact]) -> None:
    (row,) = listed(alice, "duplicates")
    assert row.words.startswith("alike by ")
    merged = alice.client.post(row.compare_url)
    assert merged.status_code == 302
    assert merged.headers["Location"] == "/acme/contacts/quality/duplicates/"
    away = row.compare_url.split("?")[0] + "?next=https://elsewhere.example/"
    assert "elsewhere" not in alice.client.get(away, follow=True).content.decode()


def test_taken_back_after_comparing_one_is_in_the_same_list_at_the_pair(
    alice: Member, untidy: dict[str, Contact]
) -> None:
    """Merged or told apart on the page of the two: the list is asked for as before, and the pair is next."""
    for act in ("merge", "apart"):
        row = next(row for row in listed(alice, "duplicates", owner="none") if row.key[0] == "p")
        url = row.compare_url
        if act == "apart":
            form = alice.client.get(url).content.decode()
            url = unescape(re.search(r'formaction="([^"]+)"', form)[1])
        done = alice.client.post(url)
        assert "owner=none" in done.headers["Location"]
        page = alice.client.get(done.headers["Location"]).content.decode()
        undo = re.search(r'action="([^"]+(?:/undo|/reopen)/[^"]*)"', page)
        assert undo, "the toast offers the way back"
        back = alice.client.post(unescape(undo[1])).headers["Location"]
        assert back == f"/acme/contacts/quality/duplicates/?owner=none#{row.key}-who"


def test_what_was_merged_is_listed_with_the_way_back(
    alice: Member, vera: Member, charlie: Member, untidy: dict[str, Contact]
) -> None:
    CleaningSettings(safe_rules=["phone_name"]).save()
    assert duplicates.merge_by_rules() == 1
    (row,) = listed(alice, show="merged")
    assert row.left == "Merged by itself: Same phone number and the same name"
    assert "Undo" in alice.get("quality_inbox", query={"show": "merged"}).content.decode()
    assert row.again_url not in vera.get("quality_inbox", query={"show": "merged"}).content.decode()
    older = min((untidy["old@x.example"], untidy["new@x.example"]), key=lambda person: person.pk)
    assert "by itself" in alice.get("contact_page", older.pk).content.decode(), "the history says so"
    assert "by itself" in alice.get("choose_merge", older.pk).content.decode()

    undone = alice.client.post(row.again_url)
    assert undone.headers["Location"] == "/acme/contacts/quality/?show=merged"
    assert not listed(alice, show="merged")
    assert duplicates.merge_by_rules() == 0, "what a member took back is not done again"
    (pair,) = listed(alice, "duplicates")
    alice.post("merge_pair", int(pair.key[1:]))
    (row,) = listed(alice, "duplicates", show="merged")
    assert row.left == f"Merged by {alice.user.name or alice.user.email}"
    assert not listed(alice, "stale", show="merged")
