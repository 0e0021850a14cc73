"""Columns that become lists, and entries that lists lack."""

from __future__ import annotations

from contacts import fields
from contacts.fields import defining
from contacts.imports import services as import_services
from contacts.models import Contact, CustomField, ImportRun
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import begin, bring_in, check, fresh, problems, start, work

COLOURS = """Email,Colour,Likes
ana@example.com,Red,"Tea; Milk"
rui@example.com, dark  blue ,'"Milk, cold" | tea'
zoe@example.com,red,
""".replace("'\"Milk, cold\" | tea'", '"""Milk, cold"" | tea"')


def field(member: Member, key: str) -> CustomField:
    with tenant_context(member.tenant):
        found: CustomField = CustomField.objects.prefetch_related("choices").get(key=key, deleted_at=None)
        return found


def entries(member: Member, key: str) -> list[str]:
    with tenant_context(member.tenant):
        return list(field(member, key).choices.filter(retired_at=None).values_list("label", flat=True))


def values(member: Member) -> dict[str, dict[str, object]]:
    with tenant_context(member.tenant):
        people = dict(Contact.objects.values_list("pk", "emails__address"))
        found = fields.values("contact", list(people))
        return {people[pk]: value for pk, value in found.items()}


def make_colour(member: Member, *labels: str) -> CustomField:
    with tenant_context(member.tenant):
        return defining.create(entity="contact", kind="choice", label="Colour", choices=labels, by=member.user)


def refused(member: Member, run: ImportRun) -> str:
    assert run.state == ImportRun.State.FAILED
    page = member.get("import_run", run.pk).content.decode()
    assert "Change the columns" in page
    with tenant_context(member.tenant):
        assert not import_services.start(run=ImportRun.objects.get(pk=run.pk), by=member.user), "nothing was checked"
    return run.error


def test_lists_are_made_of_what_is_in_the_file(alice: Member) -> None:
    bring_in(alice, COLOURS, **{"column-1": "+field:choice", "column-2": "+field:choices"})
    assert sorted(entries(alice, "colour")) == ["Red", "dark blue"]
    assert sorted(entries(alice, "likes")) == ["Milk", "Milk, cold", "Tea"]
    assert values(alice) == {
        "ana@example.com": {"colour": "red", "likes": ["tea", "milk"]},
        "rui@example.com": {"colour": "dark_blue", "likes": ["tea", "milk_cold"]},
        "zoe@example.com": {"colour": "red"},
    }


def test_the_next_file_of_the_kind_goes_to_the_list_that_was_made(alice: Member) -> None:
    bring_in(alice, COLOURS, **{"column-1": "+field:choice"})
    assert begin(alice, COLOURS).mapping["1"] == "f:colour"


def test_too_many_different_values_are_no_list(alice: Member) -> None:
    rows = "".join(f"p{each}@example.com,value {each}\n" for each in range(defining.MOST_CHOICES + 1))
    run = check(alice, begin(alice, f"Email,Colour\n{rows}"), **{"column-1": "+field:choice"})
    assert "too many for a list" in refused(alice, run)
    long = check(alice, begin(alice, f"Email,Colour\na@example.com,{'x' * 200}\n"), **{"column-1": "+field:choice"})
    assert "too long for a list" in refused(alice, long)
    empty = check(alice, begin(alice, "Email,Colour\na@example.com,\n"), **{"column-1": "+field:choice"})
    assert "at least one entry" in refused(alice, empty)
    with tenant_context(alice.tenant):
        assert not CustomField.objects.exists()


def test_a_refused_column_with_a_long_name_can_be_changed(alice: Member) -> None:
    header = "What do you think of us? " * 20
    long = begin(alice, f"Email,{header}\na@example.com,{'x' * 200}\n")
    assert "too long for a list" in refused(alice, check(alice, long, **{"column-1": "+field:choice"}))
    rows = "".join(f"p{each}@example.com,value {each}\n" for each in range(defining.MOST_CHOICES + 1))
    many = begin(alice, f"Email,{header}\n{rows}")
    assert "too many for a list" in refused(alice, check(alice, many, **{"column-1": "+field:choice"}))
    empty = begin(alice, f"Email,{header}\na@example.com,\n")
    assert "at least one entry" in refused(alice, check(alice, empty, **{"column-1": "+field:choice"}))


def test_a_list_is_made_by_whoever_asked_for_it(alice: Member, mara: Member) -> None:
    check(alice, begin(mara, COLOURS), **{"column-1": "+field:choice"})
    with tenant_context(alice.tenant):
        assert AuditEntry.objects.get(action="field.created").actor_id == alice.user.pk


def check_and_stop(member: Member, run: ImportRun, **changes: str) -> None:
    columns = {f"column-{index}": key for index, key in run.mapping.items()}
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", **columns, **changes}
    assert member.post("check_import", run.pk, form=form).status_code == 302
    member.post("cancel_import", run.pk)
    assert work(member, run).state == ImportRun.State.MAPPING


def test_a_list_that_was_never_made_leaves_the_column_to_be_guessed(alice: Member) -> None:
    people = "Email,Colour,Town,City\nana@example.com,Red,Porto,Braga\n"
    never_made = {"column-1": "+field:choice", "column-2": "+field:choice", "column-3": ""}
    check_and_stop(alice, begin(alice, people), **never_made)
    make_colour(alice, "Red")
    assert begin(alice, people.replace("ana", "rui")).mapping == {"0": "email", "1": "f:colour", "2": "city"}


def test_a_taken_name_is_refused_at_its_column(alice: Member) -> None:
    make_colour(alice, "Red")
    run = begin(alice, COLOURS)
    form = {"column-0": "email", "column-1": "+field:choice", "known": "fill", "day_first": "1", "match": "email"}
    answer = alice.post("check_import", run.pk, form={**form, "decimal": "."})
    assert answer.status_code == 422
    assert "a field of this name already" in answer.content.decode()


def test_missing_entries_are_offered_and_added_with_one_press(alice: Member) -> None:
    make_colour(alice, "Red")
    run = check(alice, begin(alice, COLOURS))
    page = alice.get("import_run", run.pk).content.decode()
    assert "Not in the lists" in page
    assert "dark blue" in page
    assert "Add this entry and check again" in page
    assert entries(alice, "colour") == ["Red"], "only by a decision"
    for _click in range(2):
        alice.post("add_import_entries", run.pk)
    run = work(alice, run)
    assert entries(alice, "colour") == ["Red", "dark blue"]
    assert not run.counts["reasons"]
    assert "Not in the lists" not in alice.get("import_run", run.pk).content.decode()
    start(alice, run)
    assert values(alice)["rui@example.com"] == {"colour": "dark_blue"}


def test_the_same_entry_written_differently_is_one(alice: Member) -> None:
    make_colour(alice, "Red")
    rows = "".join(
        f"p{each}@example.com,{name}\n" for each, name in enumerate(("Gold", "gold", "GOLD", "gold", "Pink"))
    )
    run = check(alice, begin(alice, f"Email,Colour\n{rows}"))
    assert run.counts["entries_out"] == {"f:colour": {"Gold": 4, "Pink": 1}}
    assert "Add these 2 entries and check again" in alice.get("import_run", run.pk).content.decode()
    alice.post("add_import_entries", run.pk)
    assert not work(alice, run).counts["reasons"]
    assert entries(alice, "colour") == ["Red", "Gold", "Pink"]


def test_what_no_list_can_hold_does_not_keep_the_others_out(alice: Member) -> None:
    make_colour(alice, "Red")
    run = check(alice, begin(alice, f"Email,Colour\nana@example.com,{'x' * 200}\nrui@example.com,Gold\n"))
    assert [(line, column) for line, column, _reason in problems(alice, run)] == [(2, "Colour"), (3, "Colour")]
    assert run.counts["entries_out"] == {"f:colour": {"Gold": 1}}
    alice.post("add_import_entries", run.pk)
    run = work(alice, run)
    assert entries(alice, "colour") == ["Red", "Gold"]
    assert [line for line, _column, _reason in problems(alice, run)] == [2]
    assert "Not in the lists" not in alice.get("import_run", run.pk).content.decode()


def test_a_retired_entry_is_offered_again(alice: Member) -> None:
    colour = make_colour(alice, "Red", "Dark blue")
    with tenant_context(alice.tenant):
        colour.choices.filter(label="Dark blue").update(retired_at=colour.created_at)
    run = check(alice, begin(alice, COLOURS))
    alice.post("add_import_entries", run.pk)
    work(alice, run)
    assert entries(alice, "colour") == ["Red", "Dark blue"]


def test_who_may_not_change_fields_is_told_who_can(alice: Member, mara: Member) -> None:
    make_colour(alice, "Red")
    run = check(mara, begin(mara, COLOURS))
    page = mara.get("import_run", run.pk).content.decode()
    assert "Somebody who may change the settings can add them" in page
    assert mara.post("add_import_entries", run.pk).status_code == 403
    assert fresh(mara, run).state == ImportRun.State.CHECKED


def test_more_than_a_list_can_take_is_not_offered(alice: Member) -> None:
    make_colour(alice, "Red")
    rows = "".join(f"p{each}@example.com,value {each}\n" for each in range(defining.MOST_CHOICES))
    run = check(alice, begin(alice, f"Email,Colour\n{rows}"))
    page = alice.get("import_run", run.pk).content.decode()
    assert "too many for a list" in page
    assert "check again" not in page
    alice.post("add_import_entries", run.pk)
    assert entries(alice, "colour") == ["Red"]
