"""Yeses without evidence: kept when an import brings them, never used to write to anybody."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from consent.models import ConsentClaim, Purpose
from contacts.models import ImportRun
from ecrm.tenancy.context import require_tenant_id

# The lending column that says where a row stood before files were put together (consent.moving).
FORMER = "moving.from"
# What an answer may lack and still be worth keeping (consent.importing).
UNPROVEN = "('bare', 'undated', 'unknown')"
# One claim a person: of several rows the first, in the order of the file.
_CLAIMED = (
    "SELECT DISTINCT ON (contact_id) * FROM import_judged"
    f" WHERE objection IN {UNPROVEN} AND stood IS DISTINCT FROM 'withdrawn' AND stood IS DISTINCT FROM 'objected'"
    "  AND stood IS DISTINCT FROM 'granted' ORDER BY contact_id, line"
)


def keep(purpose: Purpose, *, run: ImportRun, at: datetime) -> int:
    """Of the people in ``import_judged`` whose yes cannot be recorded; one open claim each, the first stays."""
    sha256 = run.file.sha256 if run.file is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ConsentClaim.table()} (tenant_id, contact_id, purpose_id, dated, origin, file_name,"
            "  file_sha256, line, run_id, created_at)"
            " SELECT %s, contact_id, %s, given_at, left(coalesce(origin, ''), 200), left(coalesce(former, %s), 255),"
            f"  %s, line, %s, %s FROM ({_CLAIMED}) AS claimed"
            " ON CONFLICT (tenant_id, contact_id, purpose_id) WHERE settled_at IS NULL DO NOTHING",
            [require_tenant_id(), purpose.pk, run.name, sha256, run.pk, at],
        )
        return int(cursor.rowcount)


def count() -> int:
    """How many people ``import_judged`` has a claim of."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_CLAIMED}) AS claimed")
        return int(cursor.fetchone()[0])


def forget(run: ImportRun) -> None:
    """Claims of an import that is undone; what was made of one meanwhile stays."""
    ConsentClaim.objects.filter(run_id=run.pk, settled_at=None).delete()
