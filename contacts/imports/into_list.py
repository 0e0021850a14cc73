"""Puts everybody an import brings on a list (a static segment), and takes them off again with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from contacts import import_columns
from contacts.models import ImportRun, Segment, SegmentPick
from contacts.models.segments import Cause
from contacts.segments import lists
from contacts.segments import services as segments
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

KEY = "into_list"
# In a run's options: the list that is there, or the name of one to make; and the one that was made.
LIST_ID, LIST_NAME, MADE = "list_id", "list_name", "list_made"


def register() -> None:
    import_columns.register_undo(take_back)


def check(*, list_id: int | None, list_name: str) -> None:
    """Raises ``ValidationError`` for a list that is gone, or a name that another segment has."""
    if list_id is not None and not lists.open_lists().filter(pk=list_id).exists():
        raise ValidationError(_("This list is gone or archived."))
    if list_name and Segment.objects.filter(name__iexact=list_name, archived_at=None).exists():
        raise ValidationError(_("There is a segment with this name."))


def make(run: ImportRun, *, by: User) -> None:
    """Makes the list that a run is to fill, once; raises ``ValidationError`` for a name taken meanwhile."""
    name = run.options.get(LIST_NAME, "")
    if name and not run.options.get(LIST_ID):
        made = lists.create_static(name=name, by=by, cause=Cause.IMPORT)
        run.options = {**run.options, LIST_ID: made.pk, MADE: made.pk}
        run.save(update_fields=["options"])


def foresee(run: ImportRun) -> dict[str, Counter[str]]:
    """How many of ``import_plan`` would be new on the list."""
    name, list_id = _name(run), run.options.get(LIST_ID)
    if not name:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE is_new) + count(DISTINCT contact_id) FILTER (WHERE NOT is_new"
            f" AND NOT EXISTS (SELECT FROM {SegmentPick.table()} pick WHERE pick.tenant_id = %s"
            "  AND pick.segment_id = %s AND pick.contact_id = import_plan.contact_id)) FROM import_plan",
            [require_tenant_id(), list_id or 0],
        )
        return _words(name, int(cursor.fetchone()[0]))


def apply(run: ImportRun, *, at: datetime) -> dict[str, Counter[str]]:
    """Puts the people of ``import_plan`` on the list; a list that is gone is left alone."""
    target = lists.open_lists().filter(pk=run.options.get(LIST_ID) or 0).first()
    if target is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT contact_id FROM import_plan WHERE contact_id IS NOT NULL")
        ids = [row[0] for row in cursor.fetchall()]
    added = lists.add_people(segment=target, people=ids, by=run.created_by, cause=Cause.IMPORT, at=at)
    return _words(target.name, added)


def take_back(*, run: ImportRun, landed: Sequence[datetime], by: User | None, at: datetime) -> int:
    """Takes off the list whom the import put there; a list made for it goes when nobody is left on it."""
    target = lists.open_lists().filter(pk=run.options.get(LIST_ID) or 0).first()
    if target is None:
        return 0
    picks = SegmentPick.objects.filter(segment=target)
    ours = picks.filter(cause=Cause.IMPORT, picked_at__in=list(landed), picked_by=run.created_by)
    lists.remove_people(segment=target, people=list(ours.values_list("contact_id", flat=True)), by=by, at=at)
    if run.options.get(MADE) == target.pk and not picks.exists():
        segments.archive_segment(segment=target, by=by, at=at)
    return 0


def _name(run: ImportRun) -> str:
    if run.options.get(LIST_ID):
        found = lists.open_lists().filter(pk=run.options[LIST_ID]).first()
        return found.name if found else ""
    return str(run.options.get(LIST_NAME, ""))


def _words(name: str, count: int) -> dict[str, Counter[str]]:
    return {KEY: Counter({_("New on the list “%(name)s”") % {"name": name}: count})} if count else {}
