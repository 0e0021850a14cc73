"""Acts on many people: on all a list shows, with progress, and back again."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from consent import rules
from consent import services as consent
from consent.models import ConsentRecord, Purpose
from contacts import fields, provenance, services
from contacts.bulk import services as bulk
from contacts.fields import defining
from contacts.lists.orders import SIZE
from contacts.models import BulkChunk, BulkRun, Contact, SegmentPick
from contacts.segments import lists
from ecrm.audit.models import AuditEntry
from ecrm.jobs.models import Job
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.cast import Member
from tests.contacts.conftest import add, fresh, told


@pytest.fixture
def people(acme: Tenant) -> list[Contact]:
    """Three of Portugal, one of Spain."""
    found = [add(acme, name=f"Person {number}", country="PT", tags=["Old"]) for number in range(3)]
    return [*found, add(acme, name="Spaniard", country="ES")]


def test_all_that_a_list_shows_on_every_page(alice: Member, people: list[Contact], acme: Tenant) -> None:
    asked = act(alice, "country=PT", action="stage", all="1")
    assert asked.status_code == 200
    assert "Country is any of Portugal" in asked.content.decode()

    run = done(alice, act(alice, "country=PT", action="stage", all="1", sure="1", stage="customer"))

    assert stages(people) == ["customer"] * 3 + ["lead"]
    assert (run.total, run.changed) == (3, 3)
    assert told(people[0])[-1] == "contact.stage_changed"
    with tenant_context(acme):
        assert provenance.of(people[0].pk)["stage"].source_type == "bulk"
        assert AuditEntry.objects.get(action="contacts.acted").count == 3


def test_whoever_changed_since_keeps_their_value(alice: Member, people: list[Contact], acme: Tenant) -> None:
    run = done(alice, act(alice, "country=PT", action="stage", all="1", sure="1", stage="customer"))
    with tenant_context(acme):
        services.edit_contact(contact=people[0], by=alice.user, stage="lapsed")

    page = alice.client.get(alice.url("bulk_run", run.pk))
    assert "Take it back" in page.content.decode()
    alice.post("undo_bulk_run", run.pk)

    assert stages(people) == ["lapsed", "lead", "lead", "lead"]
    run = again(run)
    assert (run.restored, run.kept) == (2, 1)
    # A second press changes nothing.
    alice.post("undo_bulk_run", run.pk)
    assert again(run).restored == 2


@pytest.mark.parametrize(
    ("action", "given", "read"),
    [
        ("tag", {"tags": "New, Old"}, lambda person: sorted(person.taggings.values_list("tag__name", flat=True))),
        ("untag", {"tags": "old"}, lambda person: sorted(person.taggings.values_list("tag__name", flat=True))),
        ("owner", {"owner": "me"}, lambda person: person.owner_id),
        ("field", {"field": "city", "value": "Porto"}, lambda person: person.city),
        ("field", {"field": "company", "value": "Luz"}, lambda person: person.company and person.company.name),
        ("field", {"field": "country", "value": "spain"}, lambda person: person.country),
        ("field", {"field": "f:tier", "value": "gold"}, lambda person: fields.values("contact", [person.pk])),
        ("bin", {}, lambda person: person.binned_at is None),
    ],
    ids=["tag", "untag", "owner", "own field", "company", "code", "custom field", "bin"],
)
def test_there_and_back(
    alice: Member, people: list[Contact], acme: Tenant, action: str, given: dict[str, Any], read: Any
) -> None:
    with tenant_context(acme):
        defining.create(entity="contact", by=alice.user, label="Tier", kind="text", key="tier")
    form = {key: alice.user.pk if value == "me" else value for key, value in given.items()}
    before = values(people, read)

    run = done(alice, act(alice, "country=PT", action=action, all="1", sure="1", **form))
    changed = values(people, read)
    assert changed[:3] != before[:3]
    assert changed[3] == before[3]
    assert run.changed == 3

    alice.post("undo_bulk_run", run.pk)
    assert values(people, read) == before
    assert again(run).restored == 3


def test_what_has_the_value_already_is_not_touched(alice: Member, people: list[Contact], acme: Tenant) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=people[0], by=alice.user, city="Porto")

    run = done(alice, act(alice, "country=PT", action="field", all="1", sure="1", field="city", value="Porto"))
    assert run.changed == 2
    alice.post("undo_bulk_run", run.pk)

    assert [fresh(person).city for person in people[:3]] == ["Porto", "", ""]


def test_people_are_put_on_a_list_and_taken_off(alice: Member, people: list[Contact], acme: Tenant) -> None:
    with tenant_context(acme):
        segment = lists.create_static(name="Fair", by=alice.user, people=[people[0].pk])

    run = done(alice, act(alice, "country=PT", action="list", all="1", sure="1", segment=segment.pk))
    with tenant_context(acme):
        assert SegmentPick.objects.filter(segment=segment).count() == 3
    assert run.changed == 2

    alice.post("undo_bulk_run", run.pk)
    with tenant_context(acme):
        assert list(SegmentPick.objects.values_list("contact_id", flat=True)) == [people[0].pk]


def test_people_are_put_on_a_list_that_is_made_for_them(alice: Member, people: list[Contact], acme: Tenant) -> None:
    page = act(alice, "country=PT", action="list", all="1")
    assert "Name of a new one" in page.content.decode()
    assert act(alice, "country=PT", action="list", all="1", sure="1", name=" ").status_code == 422

    run = done(alice, act(alice, "country=PT", action="list", all="1", sure="1", name="Fair guests"))

    assert run.changed == 3
    assert act(alice, "country=PT", action="list", all="1", sure="1", name="Fair guests").status_code == 422
    with tenant_context(acme):
        made = lists.open_lists().get(name="Fair guests")
        assert set(SegmentPick.objects.filter(segment=made).values_list("contact_id", flat=True)) == {
            person.pk for person in people[:3]
        }


def test_taking_back_counts_those_who_were_changed(
    alice: Member, people: list[Contact], acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who had the stage already needs nothing: the work is done all the same."""
    monkeypatch.setattr(bulk, "AT_ONCE", 0)
    with tenant_context(acme):
        services.edit_contact(contact=people[0], by=alice.user, stage="customer")
    run = done(alice, act(alice, "country=PT", action="stage", all="1", sure="1", stage="customer"))
    alice.post("undo_bulk_run", run.pk)
    with tenant_context(acme):
        job_id = Job.objects.get(state=Job.State.WAITING).pk
    with bind_tenant(acme):
        bulk.work_undo(run.pk, job_id)

    with tenant_context(acme):
        job = Job.objects.get(pk=job_id)
    assert (job.done, job.total, again(run).restored) == (2, 2, 2)


def test_the_bin_asks_for_nothing_but_a_yes(alice: Member, people: list[Contact]) -> None:
    page = act(alice, "country=PT", action="bin", all="1")

    assert "None" not in page.content.decode()


def test_consent_is_withdrawn_and_a_mistake_corrected(alice: Member, people: list[Contact], acme: Tenant) -> None:
    with tenant_context(acme):
        purpose = (
            Purpose.objects.filter(is_marketing=True, archived_at=None).order_by("id").first() or make.PurposeFactory()
        )
        consent.grant(
            contact=people[0], purpose=purpose, source="staff", evidence={"origin": "Fair of Porto"}, by=alice.user
        )
    run = done(
        alice,
        act(alice, "country=PT", action="withdraw", all="1", sure="1", purpose=purpose.pk, origin="Letter of 3 March"),
    )
    with tenant_context(acme):
        assert not rules.may(people[0], purpose).allowed
        assert rules.may(people[0], purpose).record.evidence["origin"] == "Letter of 3 March"

    alice.post("undo_bulk_run", run.pk)

    with tenant_context(acme):
        verdict = rules.may(people[0], purpose)
        assert verdict.allowed
        assert verdict.record.evidence["origin"] == "Fair of Porto"
        # Nobody's consent is made up, and the ledger forgets nothing.
        assert not rules.may(people[1], purpose).allowed
        assert ConsentRecord.objects.filter(contact=people[0]).count() == 3


def test_a_few_ticked_are_done_at_once(alice: Member, people: list[Contact], acme: Tenant) -> None:
    answer = act(alice, "sort=name", action="tag", contact=[people[0].pk, people[3].pk], **{"tag-tags": "Press"})

    page = alice.client.get(answer.url)
    assert "Add tags: Press. 2 contacts changed." in page.content.decode()
    with tenant_context(acme):
        run = BulkRun.objects.get()
    assert alice.url("undo_bulk_run", run.pk) in page.content.decode()
    alice.post("undo_bulk_run", run.pk)
    assert values(people, lambda person: person.taggings.count()) == [1, 1, 1, 0]


def test_an_act_that_needs_to_know_more_asks(alice: Member, people: list[Contact]) -> None:
    page = act(alice, "", action="stage", contact=[people[0].pk])
    assert 'name="stage"' in page.content.decode()
    assert f'name="contact" value="{people[0].pk}"' in page.content.decode()

    wrong = act(alice, "", action="field", contact=[people[0].pk], sure="1", field="country", value="Utopia")
    assert wrong.status_code == 422
    assert "is not in the list" in wrong.content.decode()


@pytest.mark.parametrize(
    ("kind", "value", "means"),
    [
        ("text", "Gold  leaf", "Gold  leaf"),
        ("number", "1,250.5", 1250.5),
        ("money", "12.50 USD", {"amount": 1250, "currency": "USD"}),
        ("date", "2026-03-12", "2026-03-12"),
        ("boolean", "yes", True),
        ("choice", "b", "b"),
        ("choices", ["a", "b"], ["a", "b"]),
        ("link", "shop.example/x", "https://shop.example/x"),
        ("person", "ines.prata@correio.example", "person"),
        ("company", "Luz", "company"),
    ],
)
def test_every_kind_of_field_has_its_control(
    alice: Member, people: list[Contact], ines: Contact, acme: Tenant, kind: str, value: Any, means: Any
) -> None:
    with tenant_context(acme):
        defining.create(
            entity="contact",
            by=alice.user,
            label="Own",
            kind=kind,
            key="own",
            choices=["A", "B"] if "choice" in kind else (),
        )
        luz = services.create_company(by=None, name="Luz")
    ids = [people[0].pk]
    asked = act(alice, "", action="field", contact=ids, field="f:own")
    control = asked.context["form"]["value"]
    assert control.label == "Own"

    empty = act(alice, "", action="field", contact=ids, field="f:own", shown="f:own", value=value)
    assert empty.status_code == 200  # Not sent yet.
    answer = act(alice, "", action="field", contact=ids, field="f:own", shown="f:own", value=value, sure="1")

    assert answer.status_code == 302
    means = {"person": ines.pk, "company": luz.pk}.get(means, means) if isinstance(means, str) else means
    with tenant_context(acme):
        assert fields.values("contact", ids) == {ids[0]: {"own": means}}
        run = BulkRun.objects.latest("id")
    alice.post("undo_bulk_run", run.pk)
    with tenant_context(acme):
        assert fields.values("contact", ids) == {}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "many"),
        ("money", "12.50 QQQ"),
        ("date", "soon"),
        ("boolean", "perhaps"),
        ("choice", "c"),
        ("choices", ["c"]),
        ("link", "no address"),
        ("person", "nobody@correio.example"),
        ("company", "Nowhere"),
    ],
)
def test_what_a_field_cannot_hold_is_told_at_it(
    alice: Member, people: list[Contact], acme: Tenant, kind: str, value: Any
) -> None:
    with tenant_context(acme):
        defining.create(
            entity="contact",
            by=alice.user,
            label="Own",
            kind=kind,
            key="own",
            choices=["A", "B"] if "choice" in kind else (),
        )

    answer = act(alice, "", action="field", contact=[people[0].pk], field="f:own", value=value, sure="1")

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["value"]
    with tenant_context(acme):
        assert fields.values("contact", [people[0].pk]) == {}


def test_another_field_chosen_meanwhile_is_asked_first(alice: Member, people: list[Contact]) -> None:
    ids = [people[0].pk]
    answer = act(alice, "", action="field", contact=ids, field="country", shown="city", value="Porto", sure="1")

    assert answer.status_code == 200
    assert '<option value="ES"' in answer.content.decode()
    assert fresh(people[0]).country == "PT"


def test_after_the_act_and_its_undo_the_list_is_the_same(alice: Member, people: list[Contact]) -> None:
    query = "country=PT&q=person&sort=-name&columns=email,stage&density=compact"
    answer = act(alice, query, action="stage", contact=[people[0].pk], stage="customer", sure="1")
    after = answer.headers["Location"]
    page = alice.client.get(after)
    undo = unescape(re.findall(r'action="([^"]*/undo/[^"]*)"', page.content.decode())[0])

    back = alice.client.post(undo).headers["Location"]

    assert back == after
    assert [row.name for row in alice.client.get(back).context["rows"]] == ["Person 2", "Person 1", "Person 0"]
    assert stages(people)[0] == "lead"


def test_the_way_back_leads_to_the_page_one_came_from(alice: Member, acme: Tenant) -> None:
    query = "country=PT&sort=name"
    for number in range(SIZE + 2):
        add(acme, name=f"Person {number:03}", country="PT")
    first = alice.client.get(f"{alice.url('contact_list')}?{query}")
    place = f"{query}&{urlencode({'cursor': first.context['page'].next})}"
    second = alice.client.get(f"{alice.url('contact_list')}?{place}")
    names = [row.name for row in second.context["rows"]]
    assert names == [f"Person {number:03}" for number in (SIZE, SIZE + 1)]

    def shown_at(url: str) -> list[str]:
        return [row.name for row in alice.client.get(unescape(url)).context["rows"]]

    (acts_at,) = re.findall(r'id="people" method="post" action="([^"]+)"', second.content.decode())
    asked = alice.client.post(unescape(acts_at), {"action": "stage", "all": "1"})
    (asks_at,) = re.findall(r'class="narrow stack" method="post" action="([^"]+)"', asked.content.decode())
    assert shown_at(asked.context["list_url"]) == names
    answer = alice.client.post(unescape(asks_at), {"action": "stage", "all": "1", "sure": "1", "stage": "customer"})
    done(alice, answer)
    page = alice.client.get(answer.headers["Location"])
    assert shown_at(page.context["list_url"]) == names
    (undo,) = re.findall(r'action="([^"]+/undo/[^"]*)"', page.content.decode())
    taken_back = alice.client.post(unescape(undo)).headers["Location"]
    assert shown_at(taken_back) == names

    ticked = {"action": "stage", "contact": [row.id for row in second.context["rows"]], "stage": "lapsed", "sure": "1"}
    assert shown_at(alice.client.post(unescape(acts_at), ticked).headers["Location"]) == names


def test_how_many_is_said_before(alice: Member, people: list[Contact]) -> None:
    page = act(alice, "country=PT", action="bin", all="1", count="exact")

    assert str(page.context["count"]) == "3"


def test_a_search_limits_an_act_too(alice: Member, people: list[Contact]) -> None:
    run = done(alice, act(alice, "q=spaniard", action="stage", all="1", sure="1", stage="customer"))

    assert run.total == 1
    assert stages(people) == ["lead"] * 3 + ["customer"]


def test_sellers_act_only_on_whom_they_see(sam: Member, alice: Member, acme: Tenant) -> None:
    mine = add(acme, name="Mine", owner=sam.user)
    others = add(acme, name="Others", owner=alice.user)

    done(sam, act(sam, "", action="stage", all="1", sure="1", stage="customer"))

    assert (fresh(mine).stage, fresh(others).stage) == ("customer", "lead")


def test_whom_it_is_about_is_frozen_and_chunks_go_on(
    alice: Member, people: list[Contact], acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    answer = act(alice, "country=PT&stage=lead", action="stage", all="1", sure="1", stage="customer")

    # The act takes people out of its own filter: all three are meant all the same.
    run = done(alice, answer)

    with tenant_context(acme):
        assert list(BulkChunk.objects.order_by("number").values_list("contact_ids", flat=True)) == [
            [people[0].pk, people[1].pk],
            [people[2].pk],
        ]
    assert run.changed == 3


def test_a_cancelled_act_keeps_what_is_done_and_can_be_taken_back(
    alice: Member, people: list[Contact], acme: Tenant
) -> None:
    act(alice, "country=PT", action="stage", all="1", sure="1", stage="customer")
    with tenant_context(acme):
        job = Job.objects.get()
    alice.post("cancel_job", job.pk)
    work(acme)

    assert stages(people) == ["lead"] * 4
    with tenant_context(acme):
        assert Job.objects.get().state == Job.State.CANCELLED
        assert BulkRun.objects.get().finished_at is not None


def test_an_undo_that_was_stopped_goes_on(
    alice: Member, people: list[Contact], acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    run = done(alice, act(alice, "country=PT", action="stage", all="1", sure="1", stage="customer"))
    alice.post("undo_bulk_run", run.pk)
    stopped = again(run)
    with tenant_context(acme):
        alice.post("cancel_job", stopped.job_id)
    with bind_tenant(acme):
        bulk.work_undo(run.pk, stopped.job_id)
    assert stages(people) == ["customer"] * 3 + ["lead"]

    alice.post("undo_bulk_run", run.pk)
    with bind_tenant(acme):
        bulk.work_undo(run.pk, again(run).job_id)

    assert stages(people) == ["lead"] * 4
    assert (again(run).restored, again(run).kept) == (3, 0)


def test_who_may(alice: Member, bob: Member, vera: Member, outsider: Member, charlie: Member, ines: Contact) -> None:
    run = done(alice, act(alice, "", action="stage", all="1", sure="1", stage="customer"))

    act(vera, "", action="stage", contact=[ines.pk], sure="1", stage="lapsed")
    assert fresh(ines).stage == "customer"
    assert bob.get("bulk_run", run.pk).status_code == 404
    assert bob.post("undo_bulk_run", run.pk).status_code == 404
    assert outsider.post("undo_bulk_run", run.pk).status_code == 404
    assert charlie.post("undo_bulk_run", run.pk).status_code == 404


def own_field(member: Member, kind: str) -> None:
    entries = ["A", "B"] if "choice" in kind else ()
    defining.create(entity="contact", by=member.user, label="Own", kind=kind, key="own", choices=entries)


def act(member: Member, query: str, **form: Any) -> Any:
    return member.client.post(member.url("act_on_contacts") + f"?{query}", form)


def done(member: Member, answer: Any) -> BulkRun:
    """The run behind the page an act leads to, worked off."""
    assert answer.status_code == 302, answer.content.decode()[:2000]
    work(member.tenant)
    with tenant_context(member.tenant):
        return BulkRun.objects.latest("id")


def work(tenant: Tenant) -> None:
    with tenant_context(tenant):
        waiting = list(Job.objects.filter(state=Job.State.WAITING).order_by("id").values_list("pk", flat=True))
        runs = {run.job_id: run.pk for run in BulkRun.objects.filter(job__in=waiting)}
    with bind_tenant(tenant):
        for job_id, run_id in sorted(runs.items()):
            bulk.work(run_id, job_id)


def again(run: BulkRun) -> BulkRun:
    with tenant_context(run.tenant_id):
        return run.refreshed()


def stages(people: list[Contact]) -> list[str]:
    return [fresh(person).stage for person in people]


def values(people: list[Contact], read: Any) -> list[Any]:
    found = []
    for person in people:
        with tenant_context(person.tenant_id):
            found.append(read(Contact.objects.get(pk=person.pk)))
    return found
