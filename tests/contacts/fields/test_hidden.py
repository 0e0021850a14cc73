"""A field hidden from a role is told by no page, address, file or answer of the API that colleagues share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts import fields
from contacts.fields import defining, tidying
from contacts.fields.reading import forget_fields
from contacts.lists import saved
from contacts.lists.query import ListQuery
from contacts.models import Company, Contact, CustomField, SavedView, Segment
from contacts.segments.services import create_segment, recalculate
from ecrm.files import services as files
from ecrm.jobs import outbox
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Capability, Role
from tests.api.conftest import make_program
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make
from tests.imports.files import begin, check
from tests.segments.conftest import condition

RICH = condition("field:salary", "any_of", ["plenty"])
KEPT = {"c.0": "kept:0", "c.1": "country", "p.1": "country", "o.1": "any_of", "v.1.value": "PT"}


@pytest.fixture
def paid(acme: Tenant, mara: Member) -> Contact:
    person = add(acme, name="Ana", country="PT")
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES])
        fields.write("contact", {person.pk: {"salary": "plenty"}}, by=None)
    return person


@pytest.fixture
def rich(acme: Tenant, paid: Contact) -> Segment:
    with tenant_context(acme):
        segment = create_segment(name="Rich", rule={"all": [RICH, condition("country", "any_of", ["PT"])]}, by=None)
        recalculate(segment)
        return segment


def tells(page: str) -> list[str]:
    return [word for word in ("alary", "plenty") if word in page]


@pytest.mark.parametrize("view", ["segment", "explain_segment"])
def test_a_shared_rule_says_only_that_a_condition_is_there(
    alice: Member, mara: Member, vera: Member, paid: Contact, rich: Segment, view: str
) -> None:
    for member, told in ((alice, ["alary", "plenty"]), (mara, []), (vera, [])):
        page = member.get(view, rich.pk, query={"contact": str(paid.pk)}).content.decode()
        assert tells(page) == told, member.user.name
        assert ("A condition your role does not see" in page) is not told


def test_who_changes_the_rule_keeps_a_condition_they_do_not_see(mara: Member, rich: Segment) -> None:
    page = mara.get("segment", rich.pk).content.decode()
    assert 'name="c.0" value="kept:0"' in page
    moved = mara.post("draft_segment", form={**KEPT, "segment": str(rich.pk), "do": "up:1"}).content.decode()
    assert ('name="c.1" value="kept:0"' in moved, tells(moved)) == (True, [])
    searched = mara.post("draft_segment", form={**KEPT, "segment": str(rich.pk), "do": "use:birthday"})
    assert 'name="c.0" value="kept:0"' in searched.content.decode()

    form = {**KEPT, "c.0": "country", "p.0": "country", "o.0": "any_of", "v.0.value": "ES", "c.1": "kept:0"}
    assert mara.post("change_segment", rich.pk, form={**form, "name": "Rich in Spain"}).status_code == 302

    with tenant_context(mara.tenant):
        rich = rich.refreshed()
    assert rich.rule == {"all": [condition("country", "any_of", ["ES"]), RICH]}


def test_no_other_rule_can_borrow_the_condition(mara: Member, rich: Segment) -> None:
    copy = mara.get("create_segment", query={"from": str(rich.pk)})
    assert tells(copy.content.decode()) == []
    assert "was not copied" in copy.content.decode()
    assert mara.post("create_segment", form={**KEPT, "name": "Copy"}).status_code == 422
    guess = {"c.0": "field:salary", "p.0": "field:salary", "o.0": "any_of", "v.0.value": "plenty", "name": "Guess"}
    assert mara.post("change_segment", rich.pk, form=guess).status_code == 422


def test_a_segment_broken_by_its_deletion_does_not_name_it(alice: Member, vera: Member, rich: Segment) -> None:
    with tenant_context(alice.tenant):
        defining.delete(field=fields.by_key("contact")["salary"], by=alice.user)
        outbox.drain()
    page = vera.get("segment", rich.pk).content.decode()
    assert "A field that not every role sees was deleted." in page
    assert tells(page) == []


def test_a_program_neither_reads_nor_asks_it(acme: Tenant, mara: Member, paid: Contact, rich: Segment) -> None:
    program = make_program(mara, "contacts:read", "segments:read", "segments:write")
    rule = {"all": [RICH]}

    assert program.get(f"/segments/{rich.pk}").json()["rule"]["all"][0] == {"criterion": "hidden"}
    assert tells(program.get("/segments").content.decode()) == []
    assert tells(program.get(f"/segments/{rich.pk}/explain/{paid.pk}").content.decode()) == []
    assert tells(program.get(f"/contacts/{paid.pk}/events").content.decode()) == []
    for sent in (
        program.post("/segments", {"name": "Mine", "rule": rule}),
        program.post("/segments/upsert", {"name": "Rich", "rule": rule}),
        program.patch(f"/segments/{rich.pk}", {"rule": rule}),
    ):
        assert sent.status_code == 403
    with tenant_context(acme):
        assert list(Segment.objects.values_list("name", "rule_version")) == [("Rich", 1)]


def test_a_view_of_a_colleague_opens_without_it(acme: Tenant, alice: Member, mara: Member, paid: Contact) -> None:
    written = "where=field:salary.any_of:plenty,&country=PT&sort=f:salary&group=f:salary&columns=f:salary,email"
    with tenant_context(acme):
        membership = acme.memberships.get(user=alice.user)
        query = ListQuery.of_text(written, membership)
        view = saved.save_view(name="Well paid", audience=SavedView.Audience.EVERYONE, query=query, by=alice.user)
        add(acme, name="Rui", country="PT")

    listed = mara.get("contact_list", query={"all": "1"}).content.decode()
    opened = mara.get("contact_list", query={"view": str(view.pk)})

    assert ("Well paid" in listed, tells(listed)) == (True, [])
    assert tells(opened.content.decode()) == []
    assert "was left out" in opened.content.decode()
    assert not opened.context["views"].is_changed
    with tenant_context(acme):
        assert SavedView.objects.get().query == query.text()
    assert [row.name for row in alice.get("contact_list", query={"view": str(view.pk)}).context["rows"]] == ["Ana"]


def test_a_view_that_asks_of_the_company_opens_without_it(acme: Tenant, alice: Member, mara: Member) -> None:
    add(acme, name="Rui", company="Globo", country="PT")
    with tenant_context(acme):
        field = make("text", "Salary level", key="salary", entity="company", visible_to=[Role.SALES])
        fields.write("company", {Company.objects.get().pk: {"salary": "plenty"}}, by=None)
        membership = acme.memberships.get(user=alice.user)
        query = ListQuery.of_text("where=field:company.salary.any_of:plenty,&country=PT", membership)
        view = saved.save_view(name="Paying", audience=SavedView.Audience.EVERYONE, query=query, by=alice.user)

    def opened(member: Member) -> tuple[list[str], bool]:
        listed = member.get("contact_list", query={"all": "1"}).content.decode()
        page = member.get("contact_list", query={"view": str(view.pk)})
        assert ("Paying" in listed, page.context["views"].is_changed) == (True, False)
        return tells(listed + page.content.decode()), "was left out" in page.content.decode()

    assert (opened(alice), opened(mara)) == ((["alary", "plenty"], False), ([], True))
    with tenant_context(acme):
        defining.delete(field=field, by=alice.user)
    assert [opened(alice), opened(mara)] == [([], True)] * 2
    with tenant_context(acme):
        _remove_for_good(field)
    assert [opened(alice), opened(mara)] == [([], True)] * 2
    with tenant_context(acme):
        assert SavedView.objects.get().query == query.text()


def test_a_rule_keeps_the_secret_of_a_field_that_was_deleted(
    acme: Tenant, alice: Member, mara: Member, paid: Contact, rich: Segment
) -> None:
    owner, program = (make_program(one, "contacts:read", "segments:read", "segments:write") for one in (alice, mara))

    def told() -> list[str]:
        pages = [mara.get(view, rich.pk, query={"contact": str(paid.pk)}) for view in ("segment", "explain_segment")]
        pages += [program.get("/segments"), program.get(f"/segments/{rich.pk}")]
        pages += [program.get(f"/segments/{rich.pk}/explain/{paid.pk}")]
        assert program.get(f"/segments/{rich.pk}").json()["rule"]["all"][0] == {"criterion": "hidden"}
        assert owner.get(f"/segments/{rich.pk}").json()["rule"]["all"][0] == RICH
        return [word for page in pages for word in tells(page.content.decode())]

    with tenant_context(acme):
        field = CustomField.objects.get()
        defining.delete(field=field, by=alice.user)
        outbox.drain()
        assert rich.refreshed().broken_reason == "A field that not every role sees was deleted."
    guess = program.post("/segments", {"name": "Mine", "rule": {"all": [RICH]}})
    assert (guess.status_code, "Salary" in guess.content.decode(), told()) == (422, False, [])
    with tenant_context(acme):
        _remove_for_good(field)
        recalculate(rich.refreshed())
        assert rich.refreshed().broken_reason
    assert told() == []


def test_a_rule_about_a_field_that_everybody_saw_can_be_read_and_mended(
    acme: Tenant, alice: Member, mara: Member
) -> None:
    with tenant_context(acme):
        field = make("text", "Tier", key="tier")
        rule = {"all": [condition("field:tier", "any_of", ["gold"])]}
        segment = create_segment(name="Gold", rule=rule, by=None)
        defining.delete(field=field, by=alice.user)
        outbox.drain()
        assert segment.refreshed().broken_reason == "The field “Tier” was deleted."
    program = make_program(mara, "contacts:read", "segments:read")

    assert program.get(f"/segments/{segment.pk}").json()["rule"] == rule


def test_a_field_made_anew_for_everybody_is_as_any_other(
    acme: Tenant, alice: Member, mara: Member, paid: Contact
) -> None:
    membership = acme.memberships.get(user=mara.user)
    wanted = "sort=f:salary&group=f:salary&columns=f:salary,email"
    with tenant_context(acme):
        defining.delete(field=CustomField.objects.get(), by=alice.user)
        assert ListQuery.of_text(wanted, membership).text() == "columns=email"
        make("text", "Salary", key="salary")
        fields.write("contact", {paid.pk: {"salary": "enough"}}, by=alice.user)
        outbox.drain()
        assert ListQuery.of_text(wanted, membership).text() == wanted
    run = begin(alice, "Email,Salary\nana@example.com,enough\n")
    program = make_program(mara, "contacts:read")

    assert mara.get("import_run", run.pk).status_code == 200
    events = program.get(f"/contacts/{paid.pk}/events").json()["items"]
    assert any("f:salary" in event["properties"].get("fields", ()) for event in events)


@pytest.mark.parametrize("entity", ["contact", "company"])
def test_a_history_never_tells_of_a_field_that_is_no_more(
    acme: Tenant, alice: Member, mara: Member, entity: str
) -> None:
    person = add(acme, name="Rui", company="Globo")
    with tenant_context(acme):
        record_id = person.pk if entity == "contact" else Company.objects.get().pk
        field = make("text", "Salary", key="salary", entity=entity, visible_to=[Role.SALES])
        fields.write(entity, {record_id: {"salary": "plenty"}}, by=alice.user)

    def told(member: Member, key: str = "") -> list[str]:
        return tells(member.get(f"{entity}_changes", record_id, query={"key": key}).content.decode())

    assert (told(alice), told(mara)) == (["alary", "plenty"], [])
    with tenant_context(acme):
        defining.delete(field=field, by=alice.user)
    assert (told(alice), told(mara)) == ([], [])
    with tenant_context(acme):
        _remove_for_good(field)
    assert [told(member, key) for member in (alice, mara) for key in ("", "f:salary")] == [[]] * 4


def test_an_import_of_a_colleague_that_holds_it_stays_closed(acme: Tenant, alice: Member, mara: Member) -> None:
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES])
    file = "Email,Salary\nana@example.com,plenty\nno-address,plenty\n"
    mapping, checked = begin(alice, file), check(alice, begin(alice, file, name="second.csv"))
    plain = begin(alice, "Email,Town\nana@example.com,Porto\n", name="plain.csv")
    program = make_program(mara, "contacts:read", "imports:read")

    for view in ("import_run", "check_import", "import_problems", "import_alike"):
        assert [mara.get(view, run.pk).status_code for run in (mapping, checked)] == [403, 403], view
    assert program.get(f"/imports/{checked.pk}/columns").status_code == 403
    with tenant_context(acme):
        checked = checked.refreshed()
    for file_id in (mapping.file_id, checked.file_id, checked.problem_file_id):
        assert (_download(alice, file_id), _download(mara, file_id)) == (200, 403)
    assert mara.get("import_run", plain.pk).status_code == 200


def test_an_export_is_for_whom_it_was_made(acme: Tenant, alice: Member, mara: Member) -> None:
    capability = Capability.CONTACTS_EXPORT
    acme.memberships.filter(user=mara.user).update(roles=[Role.PRIVACY])
    with tenant_context(acme):
        kept = [
            files.store([b"x"], name="people.csv", content_type="text/csv", capability=capability, by=member.user)
            for member in (alice, mara)
        ]

    assert [_download(mara, file.pk) for file in kept] == [403, 200]
    assert [_download(alice, file.pk) for file in kept] == [200, 200]


def _remove_for_good(field: CustomField) -> None:
    CustomField.objects.filter(pk=field.pk).update(deleted_at=defining.purge_before() - timedelta(minutes=1))
    forget_fields()
    assert tidying.purge() == 1
    forget_fields()


def _download(member: Member, file_id: int | None) -> int:
    answer = member.get("file", file_id)
    b"".join(answer)  # read to the end, so that it is closed
    return answer.status_code
