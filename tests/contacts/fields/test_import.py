"""What a stage needs, asked of the rows of a file: said beforehand and again when they land."""

from __future__ import annotations

from contacts import services
from contacts.fields import defining
from contacts.models import Contact
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cast import Member
from tests.contacts.fields.conftest import make
from tests.imports.files import begin, check, landed, problems, start, verdicts

CONTENT = (
    "Email,Stage,Tax number\n"
    "ana@example.com,customer,\n"
    "rui@example.com,customer,PT 1\n"
    "zoe@example.com,lead,\n"
    "old@example.com,customer,\n"
)


def test_rows_that_lack_a_needed_field_are_told(alice: Member) -> None:
    with tenant_context(alice.tenant):
        make("text", "Tax number", key="tax", required_at=["customer"])
        services.create_contact(by=None, emails=["old@example.com"], stage="lead")

    run = check(alice, begin(alice, CONTENT), known="overwrite")

    assert verdicts(run) == {"new": 3, "update": 1}
    told = [(line, reason) for line, _column, reason in problems(alice, run)]
    words = "“Tax number” is needed at the stage Customer."
    assert told == [(2, words), (5, words)]
    assert landed(start(alice, run)) == {"new": 3, "update": 1}
    with tenant_context(alice.tenant):
        assert Contact.objects.filter(stage="customer").count() == 3


def test_a_needed_field_that_is_hidden_is_not_named(acme: Tenant, alice: Member, mara: Member) -> None:
    """Two of them are hidden from Mara, who brings the file; one is of a role that every importer has."""
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES], required_at=["customer"])
        make("text", "Bonus", key="bonus", visible_to=[Role.SALES], required_at=["customer"])
        make("text", "Reach", key="reach", visible_to=[Role.MARKETER], required_at=["customer"])
    run = start(mara, check(mara, begin(mara, "Email,Stage\nana@example.com,customer\n")))
    hidden, reach = sorted(words for _line, _column, words in problems(mara, run))
    assert reach == "“Reach” is needed at the stage Customer."
    assert "not everybody sees" in hidden
    assert "admin" in hidden
    for said in (
        mara.get("import_run", run.pk).content.decode(),
        mara.get("import_problems", run.pk).content.decode(),
        b"".join(mara.get("file", run.problem_file.pk)).decode(),
    ):
        assert "not everybody sees" in said
        assert "Salary" not in said
        assert "Bonus" not in said


def test_whom_a_field_is_hidden_from_cannot_fill_it(acme: Tenant, alice: Member, mara: Member) -> None:
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES])
    file = "Email,Salary\nana@example.com,plenty\n"
    run, hers = begin(mara, file), begin(alice, file, name="alice.csv")

    assert 'value="f:salary"' in alice.get("check_import", hers.pk).content.decode()
    assert 'value="f:salary"' not in mara.get("check_import", run.pk).content.decode()
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", "column-0": "email"}
    assert mara.post("check_import", run.pk, form={**form, "column-1": "f:salary"}).status_code == 422


def test_who_cannot_see_a_field_leaves_what_was_remembered_of_it(acme: Tenant, alice: Member, mara: Member) -> None:
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES])
    for header in ("Pay", "Salary"):
        file = f"Email,{header},Town\nana@example.com,plenty,Porto\n"
        if header == "Pay":
            check(alice, begin(alice, file), **{"column-1": "f:salary"})
        check(mara, begin(mara, file, name="mara.csv"), **{"column-1": "", "column-2": ""})
        later = begin(alice, file.replace("ana", "rui"), name="later.csv")
        assert later.mapping == {"0": "email", "1": "f:salary"}, header


def test_missing_entries_of_a_hidden_field_are_not_told(acme: Tenant, alice: Member, mara: Member) -> None:
    with tenant_context(acme):
        make("choice", "Level", visible_to=[Role.SALES])
    run = check(alice, begin(alice, "Email,Level\nana@example.com,Platinum\n"))

    assert "Not in the lists" in alice.get("import_run", run.pk).content.decode()
    assert "Not in the lists" not in mara.get("import_run", run.pk).content.decode()


def test_rows_with_problems_are_kept_from_whom_a_column_is_hidden(acme: Tenant, alice: Member, mara: Member) -> None:
    """Also when the file itself has gone before them, and the hidden column went nowhere."""
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES])
    secret = check(alice, begin(alice, "Email,Salary\nno address,plenty\n"), **{"column-1": ""})
    plain = check(alice, begin(alice, "Email,Town\nno address,Porto\n", name="plain.csv"))
    with tenant_context(acme):
        for run in (secret, plain):
            files.remove(File.objects.get(pk=run.file_id))

    assert b"plenty" in b"".join(alice.get("file", secret.problem_file.pk))
    assert mara.get("file", secret.problem_file.pk).status_code == 403
    assert mara.get("import_problems", secret.pk).status_code == 403
    assert b"Porto" in b"".join(mara.get("file", plain.problem_file.pk))


def test_a_column_named_as_a_deleted_hidden_field_stays_hidden(acme: Tenant, alice: Member, mara: Member) -> None:
    with tenant_context(acme):
        field = make("text", "Salary", key="salary", visible_to=[Role.SALES])
    run = check(alice, begin(alice, "Email,Salary\nana@example.com,plenty\n"), **{"column-1": ""})
    with tenant_context(acme):
        defining.delete(field=field, by=alice.user)

    assert mara.get("import_run", run.pk).status_code == 403
    assert mara.get("file", run.file_id).status_code == 403
