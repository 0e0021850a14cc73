"""What was uploaded goes after a while; what was done stays known."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from contacts.imports import tidying
from contacts.models import Contact, ImportRow
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import PEOPLE, begin, bring_in, check, fresh, landed, problems

BAD_ROW = "nobody,Bea,Lima\n"


def test_files_rows_and_reasons_go_and_counts_stay(alice: Member) -> None:
    done = bring_in(alice, PEOPLE + BAD_ROW)
    waiting = check(alice, begin(alice, PEOPLE + "x@example.com,X,Y\n", name="other.csv"))
    with time_machine.travel(timezone.now() + timedelta(days=31)), tenant_context(alice.tenant):
        tidying.forget_old()
        assert not File.objects.exists()
        assert not ImportRow.objects.exists()
        assert Contact.objects.count() == 2
    assert landed(fresh(alice, done)) == {"new": 2}
    assert problems(alice, done) == []
    for run in (done, waiting):
        assert alice.get("import_run", run.pk).status_code == 200


def test_recent_ones_stay(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE + BAD_ROW))
    with tenant_context(alice.tenant):
        tidying.forget_old()
        assert File.objects.count() == 2
        assert ImportRow.objects.filter(run=run).count() == 2


def test_a_file_that_is_gone_cannot_be_checked_again(alice: Member) -> None:
    run = check(alice, begin(alice, PEOPLE))
    with time_machine.travel(timezone.now() + timedelta(days=31)), tenant_context(alice.tenant):
        tidying.forget_old()
    page = alice.get("import_run", run.pk).content.decode()
    assert "The file has been deleted" in page
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": "."}
    assert alice.post("check_import", run.pk, form=form).status_code in (302, 422)
    assert alice.post("start_import", run.pk).status_code == 302
    assert fresh(alice, run).state == "checked"
