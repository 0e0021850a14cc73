"""Tags themselves: their names, and their end."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.models import Tag, Tagging
from contacts.services.tags import folded_names, get_or_create, remove_tags
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

# More are the work of an act on many, which shows its progress and can be taken back.
MOST_TAGGED = 10_000


@transaction.atomic
def create_tag(*, name: str, by: User | None) -> tuple[Tag, bool]:
    """The tag of this name, and whether it is new: case, accents and spaces tell no two apart.

    Raises ``ValidationError`` for ``tags`` or ``name``.
    """
    before = Tag.objects.filter(name_norm=_folded(name)).first()
    if before is not None:
        return before, False
    (tag_id,) = get_or_create([name])
    tag = Tag.objects.get(pk=tag_id)
    audit.record("tag.created", by=by, subject=tag)
    return tag, True


@transaction.atomic
def rename_tag(*, tag: Tag, name: str, by: User | None) -> bool:
    """False when it is called so already. Raises ``ValidationError`` (``name``, code ``taken``)."""
    tidy = " ".join(name.split())
    if tidy == tag.name:
        return False
    norm = _folded(tidy)
    try:
        with transaction.atomic():
            Tag.objects.filter(pk=tag.pk).update(name=tidy, name_norm=norm)
    except IntegrityError as error:
        words = _("There is a tag of this name already.")
        raise ValidationError({"name": ValidationError(words, code="taken")}) from error
    tag.name, tag.name_norm = tidy, norm
    audit.record("tag.renamed", by=by, subject=tag)
    return True


@transaction.atomic
def delete_tag(*, tag: Tag, by: User | None, via: str = "") -> int:
    """Takes it off everybody and forgets it; answers how many had it. Segments that ask for it find nobody.

    Raises ``ValidationError`` when more than ``MOST_TAGGED`` have it.
    """
    ids = list(Tagging.objects.filter(tag=tag).values_list("contact_id", flat=True)[: MOST_TAGGED + 1])
    if len(ids) > MOST_TAGGED:
        raise ValidationError(too_many())
    removed = remove_tags(contact_ids=ids, names=[tag.name], by=by, via=via)
    audit.record("tag.deleted", by=by, subject=tag, count=removed)
    tag.delete()
    return removed


def too_many() -> str:
    words = _("More than %(count)s people have this tag. Take it off them first, as an act on many.")
    return words % {"count": MOST_TAGGED}


def norm_of(name: str) -> str:
    """The folded form; empty when nothing is left."""
    return next(iter(folded_names([name]).values()), "")


def _folded(name: str) -> str:
    """Raises ``ValidationError`` for ``name`` when there is nothing in it."""
    norm = norm_of(name)
    if not norm:
        raise ValidationError({"name": _("Give the tag a name.")})
    return norm
