"""Who may look into an import: its file may hold values of fields that are hidden from a colleague."""

from __future__ import annotations

from collections.abc import Sequence

from contacts import fields as custom_fields
from contacts.fields import reading
from contacts.imports import fields, problem_file, source
from contacts.models import CustomField, ImportRun
from ecrm.files.models import File
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability


def may_look(run: ImportRun, membership: Membership) -> bool:
    """Always into one's own; else unless a column goes, or by its name would go, to a hidden field."""
    if run.created_by_id == membership.user_id:
        return True
    hidden = custom_fields.hidden(CustomField.Entity.CONTACT, membership)
    return not hidden or hidden.isdisjoint([*run.mapping.values(), *named(_headers(run), hidden)])


def may_download(file: File, membership: Membership) -> bool:
    """Of the files of imports, whole or with the rows that have problems."""
    if file.capability != Capability.CONTACTS_IMPORT:
        return True
    runs = ImportRun.objects.select_related("file")
    return all(may_look(run, membership) for run in runs.filter(file=file) | runs.filter(problem_file=file))


def named(headers: Sequence[str], hidden: set[str]) -> list[str]:
    """Which of the ``hidden`` fields (``f:<key>``) columns go to by their names, deleted ones among them."""
    entity = CustomField.Entity.CONTACT
    every = fields.of_custom([*reading.of(entity), *reading.deleted(entity)])
    known = {key: field for key, field in every.items() if key in hidden}
    return [*fields.guess(headers, known, {}).values()]


def _headers(run: ImportRun) -> Sequence[str]:
    """The rows with problems outlive the file they are of."""
    if run.file is None:
        return problem_file.headers_of(run)
    return source.look_into(run, source.dialect_of(run)).headers
