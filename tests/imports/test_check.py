"""The dry run: every row gets a verdict or a reason, and nobody is changed."""

from __future__ import annotations

import csv
import io

import pytest

from contacts import services as contacts
from contacts.models import Contact, Event, ImportRow
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import PEOPLE, begin, check, fresh, problems, verdicts, work


def test_counts_new_known_and_unchanged_people(alice: Member) -> None:
    with tenant_context(alice.tenant):
        contacts.create_contact(by=alice.user, emails=["ANA@example.com"], given_name="Ana", family_name="Souza")
        contacts.create_contact(by=alice.user, emails=["rui@example.com"])
    run = check(alice, begin(alice, PEOPLE + "eva@example.com,Eva,Lima\n"))
    assert run.state == "checked"
    assert verdicts(run) == {"new": 1, "update": 1, "same": 1}
    assert (run.job.done, run.job.total) == (3, 3)
    page = alice.get("import_run", run.pk).content.decode()
    assert "Nobody has been changed yet" in page


def test_changes_nobody(alice: Member) -> None:
    check(alice, begin(alice, PEOPLE))
    with tenant_context(alice.tenant):
        assert not Contact.objects.exists()
        assert not Event.objects.exists()


def test_a_second_click_checks_once(alice: Member) -> None:
    run = begin(alice, PEOPLE)
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", "column-0": "email"}
    for _click in range(2):
        assert alice.post("check_import", run.pk, form=form).status_code == 302
    run = work(alice, run)
    assert verdicts(run) == {"new": 2}
    with tenant_context(alice.tenant):
        assert ImportRow.objects.filter(run=run).count() == 2


BAD = """Email,Name,Phone,Country,Birthday,Created at
ana@example.com,Ana,+351 912 345 678,PT,1990-05-17,2024-01-01
not-an-address,Bea,,,,
,Caio,,,,
ANA@Example.com,Ana again,,,,
dora@example.com,Dora,12,Atlantis,yesterday,2999-01-01
eva@example.com,Eva,,,,,surplus
fay@example.com,Fay
gil@example.com,"Gil,,,,
hal@example.com,Hal,,,,
"""


def test_bad_rows_say_why_at_their_line(alice: Member) -> None:
    run = check(alice, begin(alice, BAD))
    told = {line: [] for line in range(1, 12)}
    for line, column, reason in problems(alice, run):
        told[line].append(f"{column}: {reason}")
    assert not told[2]
    assert "exactly one @" in told[3][0]
    assert "No email address" in told[4][0]
    assert "same email address as in line 2" in told[5][0]
    assert {reason.split(":")[0] for reason in told[6]} == {"Country", "Phone", "Birthday", "Created at"}
    assert "more values" in told[7][0]
    assert "ends early" in told[8][0]
    assert "never closed" in told[9][0]
    assert not told[10]
    assert verdicts(run) == {"new": 4, "refused": 4, "repeated": 1}


def test_values_too_long_are_left_out_and_named(alice: Member) -> None:
    run = check(alice, begin(alice, f"Email,Name\nana@example.com,{'x' * 201}\n"))
    assert verdicts(run) == {"new": 1}
    [(line, column, reason)] = problems(alice, run)
    assert (line, column) == (2, "Name")
    assert "201" in reason


def test_nul_bytes_are_dropped(alice: Member) -> None:
    run = check(alice, begin(alice, "Email,Name\nana@exam\x00ple.com,A\x00na Maria Souza de Almeida\n"))
    assert verdicts(run) == {"new": 1}


def test_a_spreadsheets_rounded_phone_is_told(alice: Member) -> None:
    run = check(alice, begin(alice, "Email,Phone\nana@example.com,3.51912E+11\n"))
    assert "rounded" in problems(alice, run)[0][2]


def test_problem_file_gives_the_rows_back_with_reasons(alice: Member) -> None:
    run = check(alice, begin(alice, "Email;Name\nana@example.com;Ana\nwrong;=cmd|calc\n"))
    body = b"".join(alice.get("file", run.problem_file_id).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body), delimiter=";"))
    assert rows[0][:2] == ["Email", "Name"]
    assert rows[1][:4] == ["wrong", "'=cmd|calc", "3", "Not imported"]
    assert "exactly one @" in rows[1][4]
    assert len(rows) == 2


def test_a_corrected_problem_file_comes_back_whole(alice: Member) -> None:
    run = check(alice, begin(alice, "Email,Name\nwrong,=Ana\n"))
    body = b"".join(alice.get("file", run.problem_file_id).streaming_content).decode("utf-8-sig")
    again = check(alice, begin(alice, body.replace("wrong", "ana@example.com"), name="again.csv"))
    assert verdicts(again) == {"new": 1}
    with tenant_context(alice.tenant):
        assert [row.values["name"] for row in ImportRow.objects.filter(run=again)] == ["=Ana"]


def test_two_columns_cannot_feed_one_field(alice: Member) -> None:
    run = begin(alice, PEOPLE)
    form = {
        "known": "fill",
        "day_first": "1",
        "match": "email",
        "decimal": ".",
        "column-0": "email",
        "column-1": "name",
        "column-2": "name",
    }
    response = alice.post("check_import", run.pk, form=form)
    assert response.status_code == 422
    assert "“First name” goes there already" in response.content.decode()
    assert fresh(alice, run).state == "mapping"


def test_somebody_must_be_named(alice: Member) -> None:
    run = begin(alice, PEOPLE)
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", "column-1": "given_name"}
    response = alice.post("check_import", run.pk, form=form)
    assert response.status_code == 422
    assert "holds the email address" in response.content.decode()
    assert alice.post("check_import", run.pk, form={**form, "without_email": "on"}).status_code == 302


@pytest.mark.parametrize("key", ["owner", "tenant_id", "'; drop table", "email" * 100])
def test_made_up_fields_are_refused(alice: Member, key: str) -> None:
    run = begin(alice, PEOPLE)
    response = alice.post(
        "check_import",
        run.pk,
        form={"known": "fill", "day_first": "1", "match": "email", "decimal": ".", "column-0": key},
    )
    assert response.status_code == 422


def test_read_again_with_another_delimiter(alice: Member) -> None:
    run = begin(alice, PEOPLE)
    form = {"encoding": "utf-8", "delimiter": ";", "has_header": "on"}
    assert alice.post("reread_import", run.pk, form=form).status_code == 302
    assert fresh(alice, run).mapping == {}
    assert alice.post("reread_import", run.pk, form={**form, "encoding": "rot13"}).status_code == 422


def test_columns_can_be_changed_after_the_check(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE))
    assert alice.get("check_import", run.pk).status_code == 200
    again = check(alice, run, **{"column-1": "", "column-2": ""})
    assert verdicts(again) == {"new": 2}


def test_discard_forgets_file_and_rows(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE))
    assert alice.post("discard_import", run.pk).status_code == 302
    assert alice.get("import_run", run.pk).status_code == 404
    assert alice.get("file", run.file_id).status_code == 404


def test_live_part_answers_304_while_nothing_changes(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE))
    first = alice.get("import_run", run.pk, htmx=True)
    assert first.status_code == 200
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert alice.client.get(alice.url("import_run", run.pk), headers=headers).status_code == 304
