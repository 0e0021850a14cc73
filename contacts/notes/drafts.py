"""What a member has begun to write on a person's page, and the files that are to go with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import ComposeDraft, Contact, DraftFile
from ecrm.files.forms import MOST_BYTES, MOST_FILES
from ecrm.files.models import File
from ecrm.tenancy.models import User

# In characters, several times what may go out: an email taken back and what was begun since fit in whole.
LONGEST = 400_000
# Stands above words that were begun for members only: an email that still has it does not go out.
NOT_AN_EMAIL = gettext_lazy("[Begun since, not an email:]")
FILES_KEPT = timedelta(days=90)


@transaction.atomic
def keep(*, contact: Contact, kind: str, subject: str, text: str, by: User) -> bool:
    """One for each person and member; without words or files it is forgotten. Whether all its text is kept now."""
    if not text.strip() and not subject.strip():
        forget(contact=contact, by=by)
        return False
    ComposeDraft.objects.update_or_create(
        contact=contact,
        user=by,
        defaults={
            "kind": kind[:8],
            "subject": subject[:300],
            "text": text[:LONGEST],
            "updated_at": timezone.now(),
        },
    )
    return bool(text.strip()) and len(text) <= LONGEST


@transaction.atomic
def forget(*, contact: Contact, by: User, sent: Iterable[File] = ()) -> None:
    """Its words are said, or given up. Files that did not go out with them (``sent``) stay for the next."""
    gone = [file.pk for file in sent]
    File.objects.filter(pk__in=gone).update(expires_at=None)
    of_member = ComposeDraft.objects.filter(contact=contact, user=by)
    DraftFile.objects.filter(draft__in=of_member, file__in=gone).delete()
    of_member.filter(files=None).delete()
    of_member.update(subject="", text="")


@transaction.atomic
def take_back(*, contact: Contact, subject: str, text: str, files: Iterable[File], by: User) -> None:
    """An email that did not go out is the draft again, its files with it. What was begun meanwhile stays below it,
    marked when it was not meant for this person."""
    begun = ComposeDraft.objects.select_for_update().filter(contact=contact, user=by).first()
    if begun is not None:
        own = begun.subject.strip() if begun.subject.strip() != subject.strip() else ""
        mark = str(NOT_AN_EMAIL) if begun.kind != "email" and begun.text.strip() else ""
        text = "\n\n".join(words for words in (text.rstrip(), mark, own, begun.text.strip()) if words)
    ComposeDraft.objects.update_or_create(
        contact=contact,
        user=by,
        defaults={"kind": "email", "subject": subject, "text": text, "updated_at": timezone.now()},
    )
    if held := list(files):
        _hold(contact, held, by)


def is_too_much(sizes: Sequence[int]) -> bool:
    """Whether files of these sizes, in bytes, do not fit into one email."""
    return len(sizes) > MOST_FILES or sum(sizes) > MOST_BYTES


def refuse_too_much(*, contact: Contact, sizes: Sequence[int], by: User) -> None:
    """Raises ``ValidationError`` by field when files of these sizes, in bytes, are too much beside what waits."""
    waiting = list(_waiting(contact, by).values_list("file__size", flat=True))
    if is_too_much([*waiting, *sizes]):
        raise ValidationError(
            {"attachments": _("With the files attached already that is too much: at most 10 files and 15 MB.")}
        )


@transaction.atomic
def attach(*, contact: Contact, files: Sequence[File], by: User) -> None:
    """New files wait in the draft until they go out, at most ``FILES_KEPT``."""
    _hold(contact, files, by)


@transaction.atomic
def remove_file(*, contact: Contact, file_id: int, by: User) -> bool:
    """False when it does not wait here any more. Its content goes with the night's sweep."""
    # Who sends it at this moment holds it, and it waits no longer afterwards.
    found = _waiting(contact, by).filter(file=file_id).select_for_update(of=("self",))
    removed, _by_model = File.objects.filter(pk__in=[each.file_id for each in found]).delete()
    ComposeDraft.objects.filter(contact=contact, user=by, subject="", text="", files=None).delete()
    return bool(removed)


def files(*, contact: Contact, ids: Iterable[int], by: User) -> list[File]:
    """Those that are to go out, locked. Raises ``ValidationError`` by field when one waits here no longer."""
    wanted = set(ids)
    waiting = _waiting(contact, by).filter(file__in=wanted).select_related("file")
    found = [each.file for each in waiting.select_for_update(of=("self",)).order_by("pk")]
    if len(found) < len(wanted):
        raise ValidationError({"attachments": _("A file you attached is gone: sent already, or removed elsewhere.")})
    return found


def _hold(contact: Contact, held: Sequence[File], by: User) -> None:
    draft, _is_new = ComposeDraft.objects.get_or_create(contact=contact, user=by, defaults={"kind": "email"})
    DraftFile.objects.bulk_create([DraftFile(draft=draft, file=file) for file in held])
    File.objects.filter(pk__in=[file.pk for file in held]).update(expires_at=timezone.now() + FILES_KEPT)


def _waiting(contact: Contact, by: User) -> models.QuerySet[DraftFile]:
    return DraftFile.objects.filter(draft__contact=contact, draft__user=by)
