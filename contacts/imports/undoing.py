"""Taking an import back: stretch by stretch, the last first, until its rows were changed by others.

New people go to the bin, from where they can be fetched for 30 days; people known before get back
what they had. Whatever somebody has touched since stays as it is and is named, as does who was merged
with one of them: what the file brought has become theirs. Opt-outs that the file brought stay as well:
no undo turns a no into a yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from contacts import import_columns
from contacts.imports import restoring, services
from contacts.imports.work import Overtaken, guarded, in_language, open_run, still_ours
from contacts.merged import survivors
from contacts.models import Company, Contact, CustomValue, Event, ImportChunk, ImportRow, ImportRun, Tag, Tagging
from contacts.services import bin_contacts
from ecrm.audit import services as audit
from ecrm.jobs import services as jobs
from ecrm.rowsets import id_array
from ecrm.tenancy.context import require_tenant_id, tenant_transaction
from ecrm.tenancy.models import User

State = ImportRun.State
KEPT_NAMED = 200
# Consequences that follow people by themselves: nobody did anything.
_CONSEQUENCES = ("segment.entered", "segment.left")


def undo(run_id: int, job_id: int, user_id: int | None) -> None:
    run = open_run(run_id, State.UNDOING)
    if run is None:
        return
    with in_language(run):
        by = User.objects.filter(pk=user_id).first() if user_id else None
        guarded(run, job_id, back_to=State.DONE, work=lambda: _undo(run, job_id, by))


def _undo(run: ImportRun, job_id: int, by: User | None) -> None:
    with tenant_transaction():
        landed = ImportChunk.objects.filter(run=run, undone_at=None).exclude(landed_at=None)
        stretches = list(landed.order_by("-first_line").values_list("pk", "row_count"))
        kept = _kept_before(run)
    if not jobs.begin(job_id, total=sum(rows for _pk, rows in stretches)):
        raise jobs.Cancelled
    for pk, rows in stretches:
        with tenant_transaction():
            # One at a time: it knows the id of everything it made.
            current = still_ours(run, State.UNDOING)
            _undo_chunk(current, ImportChunk.objects.get(pk=pk), kept, by)
        jobs.advance(job_id, done=rows)
    _finish(run, job_id, by)


def _kept_before(run: ImportRun) -> set[int]:
    """Whom an undo that was interrupted has left as they are already."""
    return {*_made(ImportChunk.objects.filter(run=run).exclude(undone_at=None), "kept")}


def _undo_chunk(run: ImportRun, chunk: ImportChunk, known: set[int], by: User | None) -> None:
    """``known`` grows by whom this stretch leaves as they are: who stands in several is one person."""
    at = timezone.now()
    people = chunk.made.get("people", [])
    touched = _touched(people, chunk.landed_at)
    binned = bin_contacts(contact_ids=[pk for pk in people if pk not in touched], by=by, at=at)
    restored, kept = restoring.restore(run, chunk, by=by, at=at)
    stand_for_them = survivors([*people, *restoring.changed_people(run, chunk)]).values()
    left = sorted({*touched, *kept, *stand_for_them} - known)
    known.update(left)
    _count(run, people=len(binned), updates=restored, kept=left)
    chunk.made["kept"], chunk.undone_at = left, at
    chunk.save(update_fields=["made", "undone_at"])


def _touched(people: Sequence[int], landed_at: datetime | None) -> set[int]:
    """New people whom somebody has changed, or who have done something, since they came."""
    if not people:
        return set()
    with connection.cursor() as cursor:
        # Events are asked once for all: person by person, a planner that has not heard of this tenant yet
        # would go through all of its events for each.
        cursor.execute(
            "WITH since AS MATERIALIZED ("
            f"  SELECT DISTINCT contact_id FROM {Event.table()} WHERE tenant_id = %(tenant)s"
            "   AND contact_id = ANY (%(people)s::bigint[]) AND received_at > %(at)s"
            "   AND name <> ALL (%(consequences)s))"
            f" SELECT person.id FROM {Contact.table()} person WHERE person.tenant_id = %(tenant)s"
            "   AND person.id = ANY (%(people)s::bigint[]) AND person.binned_at IS NULL"
            "   AND (person.updated_at <> %(at)s OR person.id IN (SELECT contact_id FROM since))",
            {
                "tenant": require_tenant_id(),
                "people": id_array(people),
                "at": landed_at,
                "consequences": list(_CONSEQUENCES),
            },
        )
        return {row[0] for row in cursor.fetchall()}


def _count(run: ImportRun, *, people: int, updates: int, kept: Sequence[int]) -> None:
    former = run.undo_counts
    run.undo_counts = {
        **former,
        "people": former.get("people", 0) + people,
        "updates": former.get("updates", 0) + updates,
        "kept": former.get("kept", 0) + len(kept),
        "kept_ids": [*former.get("kept_ids", []), *kept][:KEPT_NAMED],
    }
    run.save(update_fields=["undo_counts"])


def _finish(run: ImportRun, job_id: int, by: User | None) -> None:
    with tenant_transaction():
        current = still_ours(run, State.UNDOING)
        at = timezone.now()
        chunks = ImportChunk.objects.filter(run=run).exclude(landed_at=None)
        _tidy_tags(_made(chunks, "tags"))
        _tidy_companies(_made(chunks, "companies"), at)
        landed = [landed_at for landed_at in chunks.values_list("landed_at", flat=True) if landed_at is not None]
        taken_back = import_columns.take_back(run=current, landed=landed, by=by, at=at)
        ImportRow.objects.filter(run=current).delete()
        counts = {**current.undo_counts, "answers": taken_back}
        if not services.move(current, State.UNDONE, undo_counts=counts, undone_at=at, attempt=0):
            raise Overtaken
        audit.record("import.undone", by=by, subject=current, count=counts["people"] + counts["updates"])
        jobs.finish(job_id)


def _made(chunks: QuerySet[ImportChunk], part: str) -> list[int]:
    return [pk for ids in chunks.values_list(f"made__{part}", flat=True) for pk in ids or []]


def _tidy_tags(tags: Sequence[int]) -> None:
    """Tags that came with the file go when nobody outside the bin has them."""
    if tags:
        used = Tagging.objects.filter(tag__in=tags, contact__binned_at=None).values_list("tag_id", flat=True)
        Tag.objects.filter(pk__in=set(tags) - set(used)).delete()


def _tidy_companies(companies: Sequence[int], at: datetime) -> None:
    """Companies that came with the file go to the bin when nobody outside it works there or names them."""
    if companies:
        used = Contact.objects.filter(company__in=companies, binned_at=None).values_list("company_id", flat=True)
        here = CustomValue.objects.filter(company_value__in=companies).exclude(contact__binned_at__isnull=False)
        named = here.values_list("company_value_id", flat=True)
        Company.objects.filter(pk__in={*companies} - {*used, *named}, binned_at=None).update(binned_at=at)
