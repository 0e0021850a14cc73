"""The rule builder by plain form submissions, as a browser without JavaScript sends them."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from contacts import services
from contacts.models import Contact, Segment
from contacts.segments.services import create_segment, refresh_dirty
from ecrm.jobs import outbox
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.segments.conftest import condition

PORTUGAL = condition("country", "any_of", ["PT"])


class Form(HTMLParser):
    """What a browser would send of the form ``rule-form``, and which buttons it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.buttons: list[str] = []
        self._inside = False
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._inside = given.get("id") == "rule-form"
        if not self._inside:
            return
        if tag == "input" and (given.get("type") != "radio" or "checked" in given):
            self._send(given["name"], given.get("value") or "")
        if tag == "select":
            self._select = given["name"] or ""
            self.fields.setdefault(self._select, [])
        if tag == "option" and ("selected" in given or (given.get("value") == "" and not self.fields[self._select])):
            self._send(self._select, given.get("value") or "")
        if tag == "button" and given.get("name") == "do":
            self.buttons.append(given["value"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False

    def _send(self, name: str | None, value: str) -> None:
        self.fields.setdefault(name or "", []).append(value)

    def with_(self, **changes: Any) -> dict[str, Any]:
        return {**self.fields, **{name.replace("__", "."): value for name, value in changes.items()}}


def press(member: Member, form: Form, edit: str, **changes: Any) -> Form:
    assert edit in form.buttons or edit.startswith("count"), form.buttons
    answer = member.post("draft_segment", form={**form.with_(**changes), "do": edit})
    assert answer.status_code == 200
    return Form(answer.content.decode())


def saved(segment: Segment) -> Segment:
    with tenant_context(segment.tenant_id):
        return segment.refreshed()


@pytest.fixture
def people(acme: Tenant, crowd: list[Contact]) -> list[Contact]:
    return crowd


def test_builds_saves_and_reads_a_rule_without_javascript(mara: Member, people: list[Contact]) -> None:
    form = Form(mara.get("create_segment").content.decode())
    form = press(mara, form, "count:", c__0="country")
    form = press(mara, form, "count:", v__0__value="PT")
    form = press(mara, form, "count:", v__0__value=["PT", "ES"])
    assert form.fields["v.0.value"][:2] == ["PT", "ES"]
    form = press(mara, form, "group:")
    form = press(mara, form, "count:", **{"c.1.0": "event:page.viewed"})
    form = press(mara, form, "count:", **{"v.1.0.days": "3650"})
    form = press(mara, form, "add:1")
    form = press(mara, form, "count:", **{"c.1.1": "stage", "k.1": "any"})
    form = press(mara, form, "count:", **{"v.1.1.value": "lead"})
    form = press(mara, form, "exclude:")
    form = press(mara, form, "count:", **{"c.2.0": "city"})
    form = press(mara, form, "count:", **{"v.2.0.value": "Vigo"})
    answer = mara.post("create_segment", form=form.with_(name="Iberia, active"))
    with tenant_context(mara.tenant):
        outbox.drain()
        segment = Segment.objects.get(name="Iberia, active")
    assert answer.headers["Location"] == mara.url("segment", segment.pk)
    assert segment.rule == {
        "all": [
            condition("country", "any_of", ["PT", "ES"]),
            {"any": [condition("event:page.viewed", "in_last", 3650), condition("stage", "any_of", ["lead"])]},
            {"none": [condition("city", "any_of", ["Vigo"])]},
        ]
    }
    assert segment.member_count == 2
    # What was saved is what the page shows and would save again.
    again = Form(mara.get("segment", segment.pk).content.decode())
    assert mara.post("change_segment", segment.pk, form=again.fields).status_code == 302
    assert saved(segment).rule_version == 1


def test_shows_what_each_rule_keeps(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        rule = {"all": [condition("country", "any_of", ["PT", "DE"]), condition("stage", "any_of", ["customer"])]}
        segment = create_segment(name="Customers", rule=rule, by=None)
    page = alice.get("segment", segment.pk).content.decode()
    assert "keeps 50%" in page
    assert "keeps 67%" in page
    assert "2 in segment" in page


def test_htmx_gets_the_part_alone(alice: Member, people: list[Contact]) -> None:
    form = Form(alice.get("create_segment").content.decode())
    part = alice.post("draft_segment", form=form.with_(c__0="country"), htmx=True).content.decode()
    assert part.lstrip().startswith('<div class="with-aside" id="segment-rules"')
    assert "<html" not in part


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"c__0": "country"}, "Choose something."),
        ({"c__0": "event:page.viewed", "p__0": "event:page.viewed", "o__0": "in_last", "v__0__days": "many"}, "“many”"),
        ({"c__0": "event:page.viewed", "p__0": "event:page.viewed", "o__0": "in_last", "v__0__days": "0"}, "from 1 to"),
        ({"c__0": "tag", "p__0": "tag", "o__0": "any_of", "v__0__value": "99999999"}, "not there any more"),
        ({"c__0": ""}, "Choose what to ask about."),
        ({"c__0": "spent", "p__0": "spent", "o__0": "spent_ever", "v__0__amount": "€ lots"}, "is not an amount"),
    ],
)
def test_bad_input_is_answered_at_its_place_and_nothing_is_saved(
    alice: Member, people: list[Contact], changes: dict[str, Any], words: str
) -> None:
    form = Form(alice.get("create_segment").content.decode())
    answer = alice.post("create_segment", form=form.with_(name="Broken", **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page.split('id="e-0"')[1]
    assert 'value="Broken"' in page
    with tenant_context(alice.tenant):
        assert not Segment.objects.exists()


def test_a_name_can_be_used_once(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        create_segment(name="Tea people", rule=PORTUGAL, by=None)
    form = Form(alice.get("create_segment").content.decode())
    form = press(alice, form, "count:", c__0="birthday")
    answer = alice.post("create_segment", form=form.with_(name=" Tea  people ", o__0="known"))
    assert answer.status_code == 422
    assert "There is a segment of this name already." in answer.content.decode()


def test_a_stale_form_does_not_overwrite_another_persons_rule(
    alice: Member, mara: Member, people: list[Contact]
) -> None:
    with tenant_context(alice.tenant):
        segment = create_segment(name="Tea people", rule=PORTUGAL, by=None)
    hers = Form(mara.get("segment", segment.pk).content.decode())
    his = Form(alice.get("segment", segment.pk).content.decode())
    assert mara.post("change_segment", segment.pk, form=hers.with_(v__0__value="ES")).status_code == 302
    answer = alice.post("change_segment", segment.pk, form=his.with_(v__0__value="DE"))
    assert answer.status_code == 422
    assert "Somebody changed this rule" in answer.content.decode()
    assert Form(answer.content.decode()).fields["v.0.value"][0] == "DE"
    assert saved(segment).rule == {"all": [condition("country", "any_of", ["ES"])]}


def test_circles_are_refused_where_they_would_close(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        inner = create_segment(name="Inner", rule=PORTUGAL, by=None)
        outer = create_segment(name="Outer", rule=condition("segment", "in", inner.pk), by=None)
    form = Form(alice.get("segment", inner.pk).content.decode())
    form = press(alice, form, "count:", c__0="segment")
    answer = alice.post("change_segment", inner.pk, form=form.with_(v__0__value=str(outer.pk)))
    assert answer.status_code == 422
    assert "“Outer” refers to this segment itself" in answer.content.decode()


def test_says_why_a_person_is_in(vera: Member, people: list[Contact]) -> None:
    with tenant_context(vera.tenant):
        rule = {"all": [PORTUGAL, condition("spent", "spent_ever", {"minor": 100, "currency": "EUR"})]}
        segment = create_segment(name="Buyers", rule=rule, by=None)
        outbox.drain()
    page = vera.get("explain_segment", segment.pk, query={"who": "ana prata"}).content.decode()
    assert "Country is any of Portugal" in page
    assert "in since" in page
    # A viewer does not see revenue.
    assert "Your role does not see this value." in page
    assert "€1,890" not in page
    several = vera.get("explain_segment", segment.pk, query={"who": "example"}, htmx=True).content.decode()
    assert f"?contact={people[0].pk}" in several


def test_says_why_somebody_was_in_before(vera: Member, people: list[Contact]) -> None:
    with tenant_context(vera.tenant):
        segment = create_segment(name="Portugal", rule=PORTUGAL, by=None)
        outbox.drain()
        for country in ("DE", "PT", "DE"):
            services.edit_contact(contact=people[0], by=None, country=country)
            refresh_dirty()
    page = vera.get("explain_segment", segment.pk, query={"contact": str(people[0].pk)}).content.decode()
    latest, first = page.split("When, and why then")[1].split("<li>")[1:]
    assert latest.count("Country is any of Portugal") == 2, "it brought the person back and out again"
    assert (first.count("The segment was made"), first.count("Country is any of Portugal")) == (1, 1)


def test_members_and_history_list_those_who_are_in(vera: Member, people: list[Contact]) -> None:
    with tenant_context(vera.tenant):
        segment = create_segment(name="Portugal", rule=PORTUGAL, by=None)
        outbox.drain()
    members = vera.get("segment_members", segment.pk).content.decode()
    assert "Ana Prata" in members
    assert "Carl" not in members
    assert vera.get("segment_history", segment.pk).content.decode().count("Still in") == 2


def test_archiving_names_what_depends_on_it_and_can_be_undone(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        inner = create_segment(name="Inner", rule=PORTUGAL, by=None)
        create_segment(name="Outer", rule=condition("segment", "in", inner.pk), by=None)
    assert "Outer" in alice.get("archive_segment", inner.pk).content.decode()
    assert alice.post("archive_segment", inner.pk).status_code == 302
    assert alice.post("archive_segment", inner.pk).status_code == 302
    assert "Inner" in alice.get("segment_list", query={"show": "archived"}).content.decode()
    assert alice.post("change_segment", inner.pk, form={"name": "Inner"}).status_code == 404
    assert alice.post("restore_segment", inner.pk).status_code == 302
    assert saved(inner).archived_at is None


def test_viewers_read_rules_and_change_none(vera: Member, people: list[Contact]) -> None:
    with tenant_context(vera.tenant):
        segment = create_segment(name="Portugal", rule=PORTUGAL, by=None)
    page = vera.get("segment", segment.pk).content.decode()
    assert "Country is any of Portugal" in page
    assert "rule-form" not in page
    for name, arguments in (("create_segment", []), ("change_segment", [segment.pk]), ("draft_segment", [])):
        assert vera.post(name, *arguments).status_code == 403
    assert vera.post("archive_segment", segment.pk).status_code == 403


def test_outsiders_find_nothing(outsider: Member, charlie: Member, in_acme: Tenant, person: Callable[..., Any]) -> None:
    segment = create_segment(name="Portugal", rule=PORTUGAL, by=None)
    ana = person("Ana", country="PT")
    assert outsider.get("segment", segment.pk).status_code == 404
    for name in ("segment", "segment_members", "segment_history", "segment_uses", "explain_segment", "archive_segment"):
        assert charlie.get(name, segment.pk).status_code == 404
    assert charlie.post("archive_segment", segment.pk).status_code == 404
    assert charlie.post("draft_segment", form={"segment": str(segment.pk)}).status_code == 404
    theirs = {"c.0": "segment", "p.0": "segment", "o.0": "in", "v.0.value": str(segment.pk)}
    assert charlie.post("create_segment", form={"name": "Mine", **theirs}).status_code == 422
    with tenant_context(charlie.tenant):
        own = create_segment(name="Own", rule=PORTUGAL, by=None)
    assert charlie.get("explain_segment", own.pk, query={"contact": str(ana.pk)}).status_code == 404
    assert segment.refreshed().archived_at is None


def test_a_rule_that_cannot_be_read_stays_to_be_mended(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        segment = create_segment(name="Old", rule=PORTUGAL, by=None)
        Segment.objects.filter(pk=segment.pk).update(rule={"all": [PORTUGAL, condition("gone", "is", 1)]})
        outbox.drain()
    page = alice.get("segment", segment.pk).content.decode()
    assert "The rule cannot be evaluated." in page
    form = Form(page)
    assert alice.post("change_segment", segment.pk, form=form.fields).status_code == 422
    form = press(alice, form, "remove:1")
    assert alice.post("change_segment", segment.pk, form=form.fields).status_code == 302
    with tenant_context(alice.tenant):
        outbox.drain()
    assert saved(segment).broken_reason == ""


def test_a_person_shows_their_segments(vera: Member, people: list[Contact]) -> None:
    with tenant_context(vera.tenant):
        create_segment(name="Portuguese people", rule=PORTUGAL, by=None)
        outbox.drain()
    assert "Portuguese people" in vera.get("contact_page", people[0].pk).content.decode()
    assert "Portuguese people" not in vera.get("contact_page", people[2].pk).content.decode()


def test_the_head_asks_until_the_calculation_is_done(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        segment = create_segment(name="Portugal", rule=PORTUGAL, by=None)
    first = alice.get("segment_state", segment.pk, htmx=True)
    assert "Calculating" in first.content.decode()
    assert "data-live" in first.content.decode()
    with tenant_context(alice.tenant):
        outbox.drain()
    done = alice.get("segment_state", segment.pk, htmx=True).content.decode()
    assert "2 members" in done
    assert "data-live" not in done


def test_moves_and_removes_rules(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        rule = {"all": [PORTUGAL, condition("email", "known"), {"any": [condition("phone", "known"), PORTUGAL]}]}
        segment = create_segment(name="Three", rule=rule, by=None)
    form = Form(alice.get("segment", segment.pk).content.decode())
    form = press(alice, form, "down:0")
    assert (form.fields["c.0"], form.fields["c.1"]) == (["email"], ["country"])
    form = press(alice, form, "up:2")
    assert form.fields["k.1"] == ["any"]
    form = press(alice, form, "remove:1.1")
    form = press(alice, form, "remove:1.0")
    assert "k.1" not in form.fields
    form = press(alice, form, "drop:1:value:PT")
    assert form.fields["v.1.value"] == [""]
    assert "drop:1:value:PT" not in form.buttons


def test_an_old_condition_that_is_refused_by_now_holds_up_no_other_change(alice: Member, people: list[Contact]) -> None:
    old = condition("email", "domain", ["localhost"])
    with tenant_context(alice.tenant):
        segment = create_segment(name="Old", rule={"all": [old, PORTUGAL]}, by=None)
    form = Form(alice.get("segment", segment.pk).content.decode())

    drafted = alice.post("draft_segment", form={**form.fields, "do": "add:"}).content.decode()
    assert "“localhost” is not a domain" in drafted
    assert "Written now it would be refused" in drafted
    form = Form(drafted)
    form = press(alice, form, "up:1", c__2="birthday", o__2="known")
    assert alice.post("change_segment", segment.pk, form=form.with_(name="Old")).status_code == 302
    known = condition("birthday", "known", None)
    assert [each["criterion"] for each in saved(segment).rule["all"]] == ["country", "email", known["criterion"]]

    form = Form(alice.get("segment", segment.pk).content.decode())
    refused = alice.post("change_segment", segment.pk, form=form.with_(v__1__value="localhost, acme"))
    assert refused.status_code == 422
    assert "“localhost” is not a domain" in refused.content.decode().split('id="e-1"')[1]
    new = Form(alice.get("create_segment").content.decode())
    asked = {"c__0": "email", "p__0": "email", "o__0": "domain", "v__0__value": "localhost"}
    assert alice.post("create_segment", form=new.with_(name="New", **asked)).status_code == 422


def test_a_copy_of_an_old_condition_says_what_to_mend_before_it_is_saved(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        old = create_segment(name="Old", rule={"all": [condition("email", "domain", ["localhost"])]}, by=None)
    page = alice.get("create_segment", query={"from": old.pk}).content.decode()
    assert "Kept as it was saved" not in page
    copy = Form(page)
    refused = alice.post("create_segment", form=copy.with_(name="New"))
    assert refused.status_code == 422
    assert "“localhost” is not a domain" in refused.content.decode()
