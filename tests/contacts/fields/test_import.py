"""What a stage needs, asked of the rows of a file: said beforehand and again when they land."""

from __future__ import annotations

from contacts import services
from contacts.models import Contact
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


def test_whom_a_field_is_hidden_from_cannot_fill_it(acme: Tenant, alice: Member, mara: Member) -> None:
    with tenant_context(acme):
        make("text", "Salary", key="salary", visible_to=[Role.SALES])
    file = "Email,Salary\nana@example.com,plenty\n"
    run, hers = begin(mara, file), begin(alice, file, name="alice.csv")

    assert 'value="f:salary"' in alice.get("check_import", hers.pk).content.decode()
    assert 'value="f:salary"' not in mara.get("check_import", run.pk).content.decode()
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", "column-0": "email"}
    assert mara.post("check_import", run.pk, form={**form, "column-1": "f:salary"}).status_code == 422
