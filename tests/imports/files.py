"""Files as people upload them, and the way through an import over HTTP."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from contacts.models import ImportRun
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from tests.cast import Member

PEOPLE = "Email,First name,Last name\nana@example.com,Ana,Souza\nrui@example.com,Rui,Costa\n"


def upload(member: Member, content: str | bytes, *, name: str = "people.csv") -> HttpResponse:
    raw = content.encode() if isinstance(content, str) else content
    return member.post("begin_import", form={"file": SimpleUploadedFile(name, raw, "text/csv")})


def begin(member: Member, content: str | bytes, *, name: str = "people.csv") -> ImportRun:
    """Uploads a file that is fine and answers its run."""
    response = upload(member, content, name=name)
    assert response.status_code == 302, error_of(response)
    with tenant_context(member.tenant):
        return ImportRun.objects.latest("pk")


def check(member: Member, run: ImportRun, **changes: Any) -> ImportRun:
    """Posts the columns as guessed, with changes, and lets the workers work."""
    columns = {f"column-{index}": key for index, key in run.mapping.items()}
    form = {"known": "fill", "day_first": "1", "match": "email", "decimal": ".", **columns, **changes}
    response = member.post("check_import", run.pk, form=form)
    assert response.status_code == 302, response.content.decode()
    return work(member, run)


def start(member: Member, run: ImportRun) -> ImportRun:
    assert member.post("start_import", run.pk).status_code == 302
    return work(member, run)


def bring_in(member: Member, content: str | bytes, **changes: Any) -> ImportRun:
    """The whole way: upload, check, import."""
    return start(member, check(member, begin(member, content), **changes))


def work(member: Member, run: ImportRun) -> ImportRun:
    with bind_tenant(member.tenant):
        drain()
    return fresh(member, run)


def fresh(member: Member, run: ImportRun) -> ImportRun:
    with tenant_context(member.tenant):
        return ImportRun.objects.select_related("problem_file", "job").get(pk=run.pk)


def problems(member: Member, run: ImportRun) -> list[tuple[int, str, str]]:
    with tenant_context(member.tenant):
        return list(run.problems.order_by("line", "pk").values_list("line", "column", "reason"))


def verdicts(run: ImportRun) -> dict[str, int]:
    """The dry run's counts without what is not a verdict."""
    return {
        key: count
        for key, count in run.counts.items()
        if key not in ("words", "last_problem", "reasons", "columns_out", "entries_out")
    }


def landed(run: ImportRun) -> dict[str, int]:
    return {key: count for key, count in run.applied_counts.items() if key not in ("words", "line")}


def error_of(response: HttpResponse) -> str:
    form = response.context["form"] if response.context else None
    return " ".join(" ".join(messages) for messages in form.errors.values()) if form else ""
