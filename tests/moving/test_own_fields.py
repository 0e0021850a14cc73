"""Columns of an export that go to fields of one's own: made and filled only by who may."""

from __future__ import annotations

from consent.models import Move
from contacts import fields
from contacts.fields import defining
from contacts.models import Contact, CustomField
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cast import Member
from tests.moving.exports import choose, start, undo, upload, zipped


def export(column: str) -> dict[str, str]:
    """So many different values that the column is a text."""
    people = "".join(f"p{each}@example.com,P{each},said {each}\n" for each in range(12))
    return {"subscribed_members_export.csv": f"Email Address,First Name,{column}\n{people}"}


def column_of(member: Member, move: Move) -> str:
    """The form field that asks what becomes of the one column without a place."""
    name: str = member.get("move", move.pk).context["choices"].plain()[0]["field"].name
    return name


def labels(member: Member) -> list[str]:
    with tenant_context(member.tenant):
        return list(CustomField.objects.values_list("label", flat=True))


def held(member: Member, key: str) -> list[str]:
    with tenant_context(member.tenant):
        people = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
        assert people
        found = fields.values("contact", people)
        return sorted(found[pk][key] for pk in people if key in found.get(pk, {}))


def make_salary(tenant: Tenant) -> None:
    with tenant_context(tenant):
        defining.create(entity="contact", kind="text", label="Salary", key="salary", visible_to=[Role.SALES], by=None)


def test_only_who_may_change_the_settings_makes_a_field(alice: Member, mara: Member) -> None:
    move = upload(mara, "mailchimp", export("Wine"))
    name = column_of(mara, move)
    form = mara.get("move", move.pk).context["choices"]
    given = {each: form.get_initial_for_field(field, each) or "" for each, field in form.fields.items()}
    page = mara.get("move", move.pk).content.decode()
    assert "A field of your own" not in page
    assert mara.post("choose_move", move.pk, form={**given, name: "field"}).status_code == 422
    start(mara, choose(mara, move))
    assert labels(mara) == []

    move = upload(alice, "mailchimp", export("Wine"))
    start(alice, choose(alice, move, **{column_of(alice, move): "field"}))
    assert labels(alice) == ["Wine"]
    assert len(held(alice, "wine")) == 12


def test_a_hidden_field_is_filled_only_by_who_sees_it(acme: Tenant, alice: Member, mara: Member) -> None:
    make_salary(acme)
    move = upload(mara, "mailchimp", export("Salary"))
    checked = choose(mara, move)
    assert checked.run is not None
    assert "f:salary" not in checked.run.mapping.values()
    start(mara, checked)
    assert held(alice, "salary") == []

    start(alice, choose(alice, upload(alice, "mailchimp", export("Salary"))))
    assert len(held(alice, "salary")) == 12


def test_what_the_page_left_out_stays_out_whoever_chooses(acme: Tenant, alice: Member, mara: Member) -> None:
    make_salary(acme)
    move = upload(mara, "mailchimp", export("Salary"))
    name = column_of(alice, move)
    start(alice, choose(alice, move))
    assert held(alice, "salary") == []

    again = upload(mara, "mailchimp", export("Salary"))
    start(alice, choose(alice, again, **{name: "field"}))
    assert labels(alice) == ["Salary"]
    assert len(held(alice, "salary")) == 12


def opens(member: Member, file: int) -> bool:
    answer = member.get("file", file)
    return answer.status_code == 200 and bool(b"".join(answer))


def files_of(member: Member, move: Move) -> list[int]:
    """Ids of what was uploaded and of what was made of it."""
    with tenant_context(member.tenant):
        moved = Move.objects.get(pk=move.pk)
        raw = moved.files.values_list("file_id", flat=True)
        return [*raw, *filter(None, [moved.digests_id, moved.run and moved.run.file_id])]


def test_an_export_with_a_hidden_column_is_its_own_member_s(acme: Tenant, alice: Member, mara: Member) -> None:
    make_salary(acme)
    read = upload(alice, "mailchimp", export("Salary"))
    for move in (read, choose(alice, upload(alice, "mailchimp", export("Salary")))):
        assert mara.get("move", move.pk).status_code == 403
        for verb in ("correct_move", "choose_move", "start_move", "discard_move"):
            assert mara.post(verb, move.pk).status_code == 403, verb
        for file in files_of(alice, move):
            assert mara.get("file", file).status_code == 403
            assert opens(alice, file)
    assert mara.get("move_list").status_code == 200

    hers = upload(mara, "mailchimp", export("Salary"))
    assert mara.get("move", hers.pk).status_code == 200
    assert [opens(mara, file) for file in files_of(mara, hers)] == [True]


def test_an_archive_is_kept_from_who_may_not_see_all(acme: Tenant, alice: Member, mara: Member) -> None:
    """What is in it beside its tables nobody can say."""
    move = upload(alice, "mailchimp", zipped(export("Wine")))
    archive, table = sorted(files_of(alice, move))
    assert opens(mara, archive)
    make_salary(acme)
    assert mara.get("file", archive).status_code == 403
    assert opens(mara, table)
    assert mara.get("move", move.pk).status_code == 200


def test_a_hidden_field_that_no_column_names_shuts_nobody_out(acme: Tenant, alice: Member, mara: Member) -> None:
    make_salary(acme)
    moved = start(alice, choose(alice, upload(alice, "mailchimp", export("Wine"))))
    assert mara.get("move", moved.pk).status_code == 200
    assert [opens(mara, file) for file in files_of(mara, moved)] == [True, True, True]
    undone = undo(mara, moved)
    assert undone.run is not None
    assert undone.run.state == "undone"
