"""Conditions about tags, and about other segments."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import criteria
from contacts.criteria import Criterion, Operator, Options, Scope, Unanswerable
from contacts.models import Contact, Segment, SegmentMembership, SegmentPick, Tag, Tagging
from contacts.segments.inputs import Choices, listed
from ecrm.ui import formats

SEGMENT, PICKED = "segment", "picked"


def register() -> None:
    chosen = Choices("value", gettext_lazy("Tag"), tags, of=int)
    tag_operators = (
        Operator("any_of", gettext_lazy("has any of"), gettext_lazy("Tagged with any of %(value)s"), (chosen,)),
        Operator("all_of", gettext_lazy("has all of"), gettext_lazy("Tagged with all of %(value)s"), (chosen,)),
        Operator("none_of", gettext_lazy("has none of"), gettext_lazy("Tagged with none of %(value)s"), (chosen,)),
    )
    criteria.register(
        Criterion(
            "tag",
            gettext_lazy("Tag"),
            "segments",
            tag_operators,
            _tagged,
            _explain_tagged,
            moved_by=("contact.tagged", "contact.untagged", "field:tags"),
        )
    )
    other = Choices("value", gettext_lazy("Segment"), segments, of=int, single=True)
    segment_operators = (
        Operator("in", gettext_lazy("is in"), gettext_lazy("In segment %(value)s"), (other,)),
        Operator("not_in", gettext_lazy("is not in"), gettext_lazy("Not in segment %(value)s"), (other,)),
    )
    criteria.register(
        Criterion(
            SEGMENT,
            gettext_lazy("Segment"),
            "segments",
            segment_operators,
            _in_segment,
            _explain_in_segment,
            refers_to=lambda value: [value],
        )
    )
    _register_picked()


def _register_picked() -> None:
    """The whole rule of a static segment; nobody chooses it."""
    whose = Choices("value", gettext_lazy("Segment"), segments, of=int, single=True)
    operator = Operator("in", gettext_lazy("is on the list"), gettext_lazy("On the list %(value)s"), (whose,))
    criteria.register(
        Criterion(
            PICKED,
            gettext_lazy("List"),
            "segments",
            (operator,),
            lambda _operator, value, _scope: Q(Exists(_picks(value).filter(contact=OuterRef("pk")))),
            _explain_picked,
            is_offered=False,
        )
    )


def tags() -> Options:
    return [(tag.pk, tag.name) for tag in Tag.objects.order_by("name_norm")]


def segments() -> Options:
    return list(Segment.objects.filter(archived_at=None).order_by("name").values_list("pk", "name"))


def _tagged(operator: str, value: Any, scope: Scope) -> Q:
    theirs = Tagging.objects.filter(contact=OuterRef("pk"))
    if operator == "all_of":
        found = Q()
        for tag_id in value:
            found &= Q(Exists(theirs.filter(tag_id=tag_id)))
        return found
    any_of = Q(Exists(theirs.filter(tag_id__in=value)))
    return any_of if operator == "any_of" else ~any_of


def _explain_tagged(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    theirs = Tagging.objects.filter(contact=contact, tag_id__in=value).select_related("tag")
    return listed([tagging.tag.name for tagging in theirs.order_by("tag__name_norm")]) or _("none of them")


def _picks(segment_id: int) -> Any:
    return SegmentPick.objects.filter(segment_id=segment_id)


def _explain_picked(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    pick = _picks(value).filter(contact=contact).select_related("picked_by").first()
    if pick is None:
        return _("not on it")
    words = {
        "how": pick.get_cause_display(),
        "when": formats.full(pick.picked_at),
        "who": pick.picked_by or _("the system"),
    }
    return _("%(how)s, by %(who)s, %(when)s") % words


def _in_segment(operator: str, value: Any, scope: Scope) -> Q:
    """By the membership that is kept, so that a rule costs the same however deep it refers."""
    names = _live_segments(scope)
    if value not in names:
        gone = Segment.objects.filter(pk=value).first()
        name = gone.name if gone else _("something deleted")
        raise Unanswerable(_("It refers to the segment “%(name)s”, which is not in use any more.") % {"name": name})
    stays = SegmentMembership.objects.filter(segment_id=value, contact=OuterRef("pk"), left_at=None)
    return Q(Exists(stays)) if operator == "in" else ~Q(Exists(stays))


def _live_segments(scope: Scope) -> dict[int, str]:
    return {pk: str(name) for pk, name in scope.options(segments)}


def _explain_in_segment(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    stay = SegmentMembership.objects.filter(segment_id=value, contact=contact, left_at=None).first()
    return _("in since %(when)s") % {"when": formats.full(stay.entered_at)} if stay else _("not in it")
