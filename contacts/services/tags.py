from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import events, provenance
from contacts.models import Contact, Tag, Tagging
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

LONGEST_TAG = 60


@transaction.atomic
def add_tags(
    *,
    contact_ids: Collection[int],
    names: Iterable[str],
    by: User | None,
    at: datetime | None = None,
    via: str = "",
    via_id: int | None = None,
    are_new_people: bool = False,
) -> int:
    """Tags people, set-based; returns how many taggings are new. Unknown ids are left out.

    ``via`` as for ``edit_contact``; what ``are_new_people`` have came with them and is kept nowhere else.
    """
    added = _attach(contact_ids, names, by=by, at=at or timezone.now())
    if added and not are_new_people:
        _keep_origin(_NOW_WITHOUT, added, by=by, at=at, via=via, via_id=via_id)
    return len(added)


@transaction.atomic
def remove_tags(
    *,
    contact_ids: Collection[int],
    names: Iterable[str],
    by: User | None,
    at: datetime | None = None,
    via: str = "",
    via_id: int | None = None,
) -> int:
    """Takes tags off people, set-based; returns how many taggings went."""
    removed = _detach(contact_ids, names, by=by, at=at or timezone.now())
    if removed:
        _keep_origin(_NOW_AND, removed, by=by, at=at, via=via, via_id=via_id)
    return len(removed)


@transaction.atomic
def add_tags_each(
    *,
    names: Mapping[int, Iterable[str]],
    by: User | None,
    at: datetime | None = None,
    via: str = "",
    via_id: int | None = None,
) -> set[int]:
    """``add_tags`` with other tags for each person, by id; answers who has a new one."""
    added = _attach_each(names, by=by, at=at or timezone.now())
    if added:
        _keep_origin(_NOW_WITHOUT, added, by=by, at=at, via=via, via_id=via_id)
    return {contact_id for contact_id, _tag_id in added}


def give_tags(*, names: Mapping[int, Iterable[str]], by: User | None, since: Mapping[int, datetime]) -> None:
    """The tags that new people come with, ``since`` when by id: no change of theirs, so none is kept."""
    _attach_each(names, by=by, at=since)


def set_tags_each(
    *, names: Mapping[int, Iterable[str]], by: User | None, at: datetime
) -> dict[int, tuple[list[str], list[str]]]:
    """``set_tags`` for many by id; those for whom nothing changed are left out."""
    if not names:
        return {}
    before, folded = _tags_of(names), folded_names(name for given in names.values() for name in given)
    kept = {pk: {folded[tidy] for name in given if (tidy := _tidy(name))} for pk, given in names.items()}
    going = [(pk, tag_id) for pk, own in before.items() for tag_id, _name, norm in own if norm not in kept[pk]]
    removed = _detach_pairs(going, {tag[0]: tag[1] for own in before.values() for tag in own}, by=by, at=at)
    added = _attach_each(names, by=by, at=at)
    changed = {contact_id for contact_id, _tag_id in [*removed, *added]}
    after = _tags_of(changed)
    return {pk: ([tag[1] for tag in before.get(pk, ())], [tag[1] for tag in after.get(pk, ())]) for pk in changed}


def set_tags(
    *, contact: Contact, names: Iterable[str], by: User | None, at: datetime | None = None
) -> tuple[list[str], list[str]] | None:
    """Makes these the person's tags; what they were and are, if that changed anything.

    Where the change came from is for the caller to keep.
    """
    at = at or timezone.now()
    wanted = list(names)
    kept = set(folded_names(wanted).values())
    own = Tag.objects.filter(taggings__contact=contact).order_by("name")
    before = list(own.values_list("name", "name_norm"))
    removed = _detach([contact.pk], [name for name, norm in before if norm not in kept], by=by, at=at)
    added = _attach([contact.pk], wanted, by=by, at=at)
    if not removed and not added:
        return None
    return [name for name, _norm in before], list(own.values_list("name", flat=True))


def _attach(
    contact_ids: Collection[int], names: Iterable[str], *, by: User | None, at: datetime
) -> list[tuple[int, int]]:
    """(contact, tag) of each new tagging."""
    tag_names = get_or_create(names)
    if not tag_names or not contact_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Tagging.table()} (tenant_id, contact_id, tag_id, created_at)"
            f" SELECT %s, person.id, tag.id, %s FROM {Contact.table()} person, unnest(%s::bigint[]) AS tag (id)"
            " WHERE person.tenant_id = %s AND person.id = ANY(%s) ORDER BY person.id, tag.id"
            " ON CONFLICT (tenant_id, contact_id, tag_id) DO NOTHING RETURNING contact_id, tag_id",
            [require_tenant_id(), at, list(tag_names), require_tenant_id(), list(contact_ids)],
        )
        added: list[tuple[int, int]] = cursor.fetchall()
    _tell("contact.tagged", added, tag_names, by=by, at=at)
    return added


def _detach(
    contact_ids: Collection[int], names: Iterable[str], *, by: User | None, at: datetime
) -> list[tuple[int, int]]:
    """(contact, tag) of each tagging that went."""
    tag_names = {tag.pk: tag.name for tag in Tag.objects.filter(name_norm__in=folded_names(names).values())}
    if not tag_names or not contact_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Tagging.table()} WHERE tenant_id = %s AND contact_id = ANY(%s) AND tag_id = ANY(%s)"
            " RETURNING contact_id, tag_id",
            [require_tenant_id(), list(contact_ids), list(tag_names)],
        )
        removed: list[tuple[int, int]] = cursor.fetchall()
    _tell("contact.untagged", removed, tag_names, by=by, at=at)
    return removed


def _attach_each(
    names: Mapping[int, Iterable[str]], *, by: User | None, at: datetime | Mapping[int, datetime]
) -> list[tuple[int, int]]:
    given = {pk: {tidy for name in wanted if (tidy := _tidy(name))} for pk, wanted in names.items()}
    folded = folded_names(name for wanted in given.values() for name in wanted)
    tag_names = get_or_create(folded)
    ids = {norm: pk for pk, norm in Tag.objects.filter(pk__in=list(tag_names)).values_list("pk", "name_norm")}
    pairs = sorted({(pk, ids[folded[name]]) for pk, wanted in given.items() for name in wanted})
    if not pairs:
        return []
    moments = dict.fromkeys(names, at) if isinstance(at, datetime) else at
    rows = [(pk, tag_id, moments[pk]) for pk, tag_id in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Tagging.table()} (tenant_id, contact_id, tag_id, created_at)"
            " SELECT %s, given.* FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS given"
            " ON CONFLICT (tenant_id, contact_id, tag_id) DO NOTHING RETURNING contact_id, tag_id",
            [require_tenant_id(), *map(list, zip(*rows, strict=True))],
        )
        added: list[tuple[int, int]] = cursor.fetchall()
    _tell("contact.tagged", added, tag_names, by=by, at=moments)
    return added


def _detach_pairs(
    pairs: list[tuple[int, int]], tag_names: dict[int, str], *, by: User | None, at: datetime
) -> list[tuple[int, int]]:
    if not pairs:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Tagging.table()} tagging"
            " USING unnest(%s::bigint[], %s::bigint[]) AS pair (contact_id, tag_id)"
            " WHERE tagging.tenant_id = %s AND tagging.contact_id = pair.contact_id AND tagging.tag_id = pair.tag_id"
            " RETURNING tagging.contact_id, tagging.tag_id",
            [*map(list, zip(*pairs, strict=True)), require_tenant_id()],
        )
        removed: list[tuple[int, int]] = cursor.fetchall()
    _tell("contact.untagged", removed, tag_names, by=by, at=at)
    return removed


def _tags_of(contact_ids: Iterable[int]) -> dict[int, list[tuple[int, str, str]]]:
    """(id, name, folded name) of each tag, by person and name."""
    found: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    rows = Tagging.objects.filter(contact__in=list(contact_ids)).order_by("tag__name")
    for contact_id, tag_id, name, norm in rows.values_list("contact_id", "tag_id", "tag__name", "tag__name_norm"):
        found[contact_id].append((tag_id, name, norm))
    return found


def _keep_origin(
    former: str,
    changed: list[tuple[int, int]],
    *,
    by: User | None,
    at: datetime | None,
    via: str,
    via_id: int | None,
) -> None:
    """One change a person, from the tags they have now and those that came or went (``former``)."""
    provenance.record_sql(
        "SELECT changed.contact_id, %s::timestamptz, %s::bigint, %s::text, %s::bigint,"
        f" jsonb_build_object('tags', jsonb_build_array({former}, {_NOW}))"
        " FROM (SELECT contact_id, array_agg(tag_id) AS tag_ids"
        "         FROM unnest(%s::bigint[], %s::bigint[]) AS one (contact_id, tag_id) GROUP BY contact_id) changed",
        [
            at or timezone.now(),
            by.pk if by else None,
            via or ("web" if by else "system"),
            via_id,
            require_tenant_id(),
            require_tenant_id(),
            [contact_id for contact_id, _tag_id in changed],
            [tag_id for _contact_id, tag_id in changed],
        ],
    )


_OWN = (
    f"(SELECT coalesce(jsonb_agg(tag.name ORDER BY tag.name), '[]') FROM {Tag.table()} tag"
    " WHERE tag.tenant_id = %s AND "
)
_HAS_NOW = (
    f"tag.id IN (SELECT tagging.tag_id FROM {Tagging.table()} tagging"
    " WHERE tagging.tenant_id = tag.tenant_id AND tagging.contact_id = changed.contact_id)"
)
_NOW = f"{_OWN}{_HAS_NOW})"
_NOW_WITHOUT = f"{_OWN}{_HAS_NOW} AND NOT tag.id = ANY (changed.tag_ids))"
_NOW_AND = f"{_OWN}({_HAS_NOW} OR tag.id = ANY (changed.tag_ids)))"


def _tell(
    name: str,
    changed: list[tuple[int, int]],
    tag_names: dict[int, str],
    *,
    by: User | None,
    at: datetime | Mapping[int, datetime],
) -> None:
    """``at`` is one instant, or each person's own."""
    if not changed:
        return
    moments = {contact_id: at if isinstance(at, datetime) else at[contact_id] for contact_id, _tag_id in changed}
    events.record_many(
        [
            events.NewEvent(
                name,
                contact_id,
                at=moments[contact_id],
                actor_id=by.pk if by else None,
                object_type=Tag._meta.label_lower,
                object_id=tag_id,
                properties={"tag": tag_names[tag_id]},
            )
            for contact_id, tag_id in changed
        ]
    )
    audit.record(name, by=by, count=len(moments), at=max(moments.values()))


def get_or_create(names: Iterable[str]) -> dict[int, str]:
    """Tag names by id. Raises ``ValidationError`` for ``tags`` when one is too long."""
    folded = folded_names(names)
    if not folded:
        return {}
    by_norm = {norm: name for name, norm in reversed(folded.items())}
    Tag.objects.bulk_create(
        [Tag(name=by_norm[norm], name_norm=norm) for norm in sorted(by_norm)], ignore_conflicts=True
    )
    return dict(Tag.objects.filter(name_norm__in=by_norm).values_list("pk", "name"))


def folded_names(names: Iterable[str]) -> dict[str, str]:
    """Folded forms by tidied name: the database folds, so that every room folds alike."""
    tidy = sorted({_tidy(name) for name in names} - {""})
    if not tidy:
        return {}
    check_tags(tidy)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, left(search.fold(name), 60) FROM unnest(%s::text[]) AS given (name)", [tidy])
        return dict(cursor.fetchall())


def check_tags(names: Iterable[str]) -> None:
    """Raises ``ValidationError`` for ``tags`` when one is too long."""
    if any(len(_tidy(name)) > LONGEST_TAG for name in names):
        raise ValidationError({"tags": _("A tag has at most %(limit)d letters.") % {"limit": LONGEST_TAG}})


def _tidy(name: str) -> str:
    return " ".join(name.split())
