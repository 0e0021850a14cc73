"""Two companies become one, and two again: the rules of docs/adr/0014, for companies.

The snapshot of a merge is JSON: ``moved`` (what each handler of ``contacts.merging`` moved, by
``label/field``), ``before`` and ``after`` (own columns of the winner), ``fields`` (custom fields that
changed hands, ``contacts.merge.fields``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty, merging, provenance
from contacts.companies.merge import people
from contacts.companies.merge.choices import COLUMNS, Choices, apply, put_back, rewrite_later, values_of
from contacts.fields.reading import PREFIX
from contacts.merge import fields
from contacts.models import Company, CompanyDomain, CompanyMerge, Contact, CustomField
from contacts.services import companies_people
from contacts.services.companies import COMPANY_FIELDS, refresh_company_search, restore_domains
from contacts.services.naming import folded
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

MERGED, SEPARATED = "company.merged", "company.separated"
COMPANY = CustomField.Entity.COMPANY
# What a page shows of a company, by key as ``CompanyChange`` has it.
_Shown = dict[str, Any]


@transaction.atomic
def merge_companies(
    *,
    winner: Company,
    loser: Company,
    by: User | None,
    choices: Choices | None = None,
    at: datetime | None = None,
) -> CompanyMerge:
    """Makes the loser part of the winner: people, domains and fields move, the loser is hidden until an undo.

    ``choices`` says whose value a field has (field by id; "f:<key>" custom fields); otherwise the
    winner's, or the loser's where that is empty. Raises ``ValidationError`` for the same company twice,
    one in the bin, and while a reference to companies has no handler.
    """
    at = at or timezone.now()
    kept, goes = _locked(winner, loser)
    before, shown, names = values_of(kept), _shown(kept), {kept.name_norm, goes.name_norm}
    held = fields.rows_by_field(kept.pk, goes.pk, COMPANY)
    moved = {
        f"{handler.model._meta.label}/{handler.field}": handler.move(goes.pk, kept.pk)
        for handler in merging.handlers(Company)
        if handler.move
    }
    exchanged = fields.exchange(kept.pk, goes.pk, held, choices or {}, COMPANY)
    taken = apply(kept, goes, choices or {})
    Company.objects.filter(pk=goes.pk).update(binned_at=at)
    kept.updated_at = at
    _save(kept)
    snapshot = {
        "moved": {key: rows for key, rows in moved.items() if rows},
        "before": before,
        "after": values_of(kept),
        "fields": exchanged,
    }
    merge = CompanyMerge.objects.create(
        winner=kept,
        loser=goes,
        survivor=kept,
        name_norm=next(iter(names - {kept.name_norm})),
        snapshot=snapshot,
        merged_at=at,
        merged_by=by,
    )
    CompanyMerge.objects.filter(survivor=goes, undone_at=None).update(survivor=kept)
    _keep_origins(merge, kept, shown, "merge", by=by, at=at)
    came = [row[0] for row in moved.get(people.KEY, ())]
    people.tell(came, goes.pk, kept.pk, source="company_merge", merge=merge, by=by, at=at)
    audit.record(MERGED, by=by, subject=kept, fields=taken, count=2, at=at)
    for field in (*COLUMNS, "name_norm", "updated_at"):
        setattr(winner, field, getattr(kept, field))
    loser.binned_at = at
    return merge


@transaction.atomic
def undo_merge(*, merge: CompanyMerge, by: User | None, at: datetime | None = None) -> bool:
    """Both companies are there again, with their people; False when that was done before.

    Who joined since and writes from a domain of the loser goes with it; whom somebody gave another
    company stays there, and so does a value somebody changed. Raises ``ValidationError`` when the winner
    was merged into another since, or the loser's name was given away.
    """
    at = at or timezone.now()
    # The companies first, as a merge has it: the two never wait for each other.
    both = {company.pk: company for company in _lock(merge.winner_id, merge.loser_id)}
    if not CompanyMerge.objects.select_for_update().filter(pk=merge.pk, undone_at=None).exists():
        return False
    merge.refresh_from_db()
    _refuse_covered(merge)
    winner, loser = both[merge.winner_id], both[merge.loser_id]
    shown = _shown(winner)
    fields.exchange_back(winner.pk, loser.pk, merge.snapshot.get("fields", {}), COMPANY)
    went = people.of(loser.pk)
    _move_back(merge)
    restore_domains(loser)  # of a winner that is in the bin
    CompanyMerge.objects.filter(pk=merge.pk).update(undone_at=at, undone_by=by)
    _stand_alone(merge)
    people.give_back_later(merge)
    rewrite_later(merge)
    put_back(winner, merge.snapshot["before"], merge.snapshot["after"])
    winner.updated_at = at
    _save(winner)
    _show(loser, at)
    _keep_origins(merge, winner, shown, "undo", by=by, at=at)
    back = sorted(people.of(loser.pk) - went)
    people.tell(back, winner.pk, loser.pk, source="undo", merge=merge, by=by, at=at)
    audit.record(SEPARATED, by=by, subject=winner, count=2, at=at)
    return True


def _locked(winner: Company, loser: Company) -> tuple[Company, Company]:
    if missing := merging.unregistered(Company):
        raise ValidationError(_("Nobody has said what a merge does with %(rows)s.") % {"rows": ", ".join(missing)})
    if winner.pk == loser.pk:
        raise ValidationError(_("This is the same company twice. Choose another one."))
    both = {company.pk: company for company in _lock(winner.pk, loser.pk)}
    if len(both) < 2 or any(company.binned_at for company in both.values()):
        raise ValidationError(_("One of these companies is in the bin, or was merged already. Restore it first."))
    return both[winner.pk], both[loser.pk]


def _lock(*company_ids: int) -> list[Company]:
    """In the order of ids, so that two merges of the same companies wait for each other."""
    return list(Company.objects.filter(pk__in=company_ids).order_by("pk").select_for_update())


def _save(company: Company) -> None:
    """Own columns; what is searched in the company follows the name."""
    company.name_norm = folded(company.name)
    try:
        with transaction.atomic():
            company.save(update_fields=[*COMPANY_FIELDS, "name_norm", "updated_at"])
    except IntegrityError as error:
        raise _taken(company.name) from error
    refresh_company_search(company)


def _show(loser: Company, at: datetime) -> None:
    try:
        with transaction.atomic():
            Company.objects.filter(pk=loser.pk).update(binned_at=None, updated_at=at)
    except IntegrityError as error:
        raise _taken(loser.name) from error
    loser.binned_at = None
    refresh_company_search(loser)


def _taken(name: str) -> ValidationError:
    words = _("There is another company called %(name)s now. Rename that one first.") % {"name": name}
    return ValidationError(words, code="taken")


def _shown(company: Company) -> _Shown:
    own = {name: getattr(company, "owner_id" if name == "owner" else name) for name in COMPANY_FIELDS}
    norms = CompanyDomain.objects.filter(company=company).order_by("pk").values_list("domain_norm", flat=True)
    return own | {"domains": [*norms]} | fields.values_of(company.pk, COMPANY)


def _keep_origins(
    merge: CompanyMerge, company: Company, old: _Shown, source: str, *, by: User | None, at: datetime
) -> None:
    """Where the values of the winner come from now, told to whom they concern."""
    changes = fields.changes(old, _shown(company))
    by_id = by.pk if by else None
    provenance.record_of_company({company.pk: changes}, by_id=by_id, source_type=source, source_id=merge.pk, at=at)
    if "name" in changes:
        companies_people.refresh(company.pk)
    if any(key.startswith(PREFIX) for key in changes):
        # Segments ask these fields of its people.
        dirty.mark_where(Contact.objects.filter(company=company.pk), reason="field:company")


def _refuse_covered(merge: CompanyMerge) -> None:
    covering = CompanyMerge.objects.filter(loser=merge.winner_id, undone_at=None).select_related("winner").first()
    if covering is not None:
        words = _("Both were merged into %(name)s since. Undo that merge first.")
        raise ValidationError(words, params={"name": str(covering.winner)})


def _move_back(merge: CompanyMerge) -> None:
    moved = merge.snapshot["moved"]
    for handler in merging.handlers(Company):
        rows = moved.get(f"{handler.model._meta.label}/{handler.field}")
        if rows and handler.undo:
            handler.undo(rows, merge.loser_id)


def _stand_alone(merge: CompanyMerge) -> None:
    """The loser stands for itself again, and for every company merged into it."""
    origins, follow = {merge.loser_id}, set[int]()
    live = CompanyMerge.objects.filter(survivor=merge.winner_id, undone_at=None)
    rows = list(live.values_list("pk", "winner_id", "loser_id"))
    while found := {pk: loser for pk, winner, loser in rows if winner in origins and pk not in follow}:
        follow.update(found)
        origins.update(found.values())
    CompanyMerge.objects.filter(pk__in=follow).update(survivor=merge.loser_id)
