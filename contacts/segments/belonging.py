"""Conditions about tags, and about other segments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from contacts import criteria
from contacts.criteria import Criterion, Having, Operator, Options, Scope, Unanswerable, Window
from contacts.models import Contact, Segment, SegmentMembership, SegmentPick, Tag, Tagging
from contacts.segments.inputs import Choices, Day, days, listed, start_of
from ecrm.ui import formats

SEGMENT, PICKED = "segment", "picked"
_DAYS = days("days", gettext_lazy("Days"), initial=30, after=gettext_lazy("days:"))


def register() -> None:
    _register_tags()
    _register_segments()


def _register_tags() -> None:
    chosen = Choices("value", gettext_lazy("Tag"), tags, of=int)
    tag_operators = (
        Operator("any_of", gettext_lazy("has any of"), gettext_lazy("Tagged with any of %(value)s"), (chosen,)),
        Operator("all_of", gettext_lazy("has all of"), gettext_lazy("Tagged with all of %(value)s"), (chosen,)),
        Operator("none_of", gettext_lazy("has none of"), gettext_lazy("Tagged with none of %(value)s"), (chosen,)),
        Operator(
            "tagged_in",
            gettext_lazy("got one in the last"),
            ngettext_lazy(
                "Tagged with any of %(value)s in the last %(days)s day",
                "Tagged with any of %(value)s in the last %(days)s days",
                "days",
            ),
            (days("days", gettext_lazy("Days"), initial=30, after=gettext_lazy("days:")), chosen),
        ),
        Operator("known", gettext_lazy("has any at all"), gettext_lazy("Has a tag")),
        Operator("unknown", gettext_lazy("has none at all"), gettext_lazy("Has no tag")),
    )
    criteria.register(
        Criterion(
            "tag",
            gettext_lazy("Tag"),
            "segments",
            tag_operators,
            _tagged,
            _explain_tagged,
            Window(_tagged_crossed, _tagged_next_at),
            moved_by=("contact.tagged", "contact.untagged", "field:tags"),
        )
    )


def _register_segments() -> None:
    other = Choices("value", gettext_lazy("Segment"), segments, of=int, single=True)
    segment_operators = (
        Operator("in", gettext_lazy("is in"), gettext_lazy("In segment %(value)s"), (other,)),
        Operator("not_in", gettext_lazy("is not in"), gettext_lazy("Not in segment %(value)s"), (other,)),
        Operator(
            "entered_in",
            gettext_lazy("entered in the last"),
            ngettext_lazy(
                "Entered %(value)s in the last %(days)s day", "Entered %(value)s in the last %(days)s days", "days"
            ),
            (_DAYS, other),
        ),
        Operator(
            "left_in",
            gettext_lazy("left in the last"),
            ngettext_lazy(
                "Left %(value)s in the last %(days)s day", "Left %(value)s in the last %(days)s days", "days"
            ),
            (_DAYS, other),
        ),
        Operator(
            "was_in",
            gettext_lazy("was in on"),
            gettext_lazy("Was in %(value)s at the end of %(day)s"),
            (Day("day", gettext_lazy("Date"), after=gettext_lazy("segment:")), other),
        ),
        Operator("ever_in", gettext_lazy("was ever in"), gettext_lazy("Was ever in %(value)s"), (other,)),
    )
    criteria.register(
        Criterion(
            SEGMENT,
            gettext_lazy("Segment"),
            "segments",
            segment_operators,
            _in_segment,
            _explain_in_segment,
            window=Window(_stays_crossed, _stays_next_at),
            refers_to=lambda value: [_meant(value)],
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
            lambda _operator, value, _scope: Q(Having(_picks(value))),
            _explain_picked,
            is_offered=False,
        )
    )


def tags() -> Options:
    return [(tag.pk, tag.name) for tag in Tag.objects.order_by("name_norm")]


def segments() -> Options:
    return list(Segment.objects.filter(archived_at=None).order_by("name").values_list("pk", "name"))


def _tagged(operator: str, value: Any, scope: Scope) -> Q:
    theirs = Tagging.objects.all()
    if operator in ("known", "unknown"):
        return Q(Having(theirs)) if operator == "known" else ~Q(Having(theirs))
    if operator == "tagged_in":
        since = scope.ago(value["days"])
        return Q(Having(theirs.filter(tag_id__in=value["value"], created_at__gte=since)))
    if operator == "all_of":
        found = Q()
        for tag_id in value:
            found &= Q(Having(theirs.filter(tag_id=tag_id)))
        return found
    any_of = Q(Having(theirs.filter(tag_id__in=value)))
    return any_of if operator == "any_of" else ~any_of


def _explain_tagged(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    theirs = Tagging.objects.filter(contact=contact).select_related("tag").order_by("tag__name_norm")
    if operator in ("known", "unknown"):
        return listed([tagging.tag.name for tagging in theirs[:10]]) or _("none")
    if operator != "tagged_in":
        return listed([tagging.tag.name for tagging in theirs.filter(tag_id__in=value)]) or _("none of them")
    found = theirs.filter(tag_id__in=value["value"])
    return listed([f"{each.tag.name} ({formats.full(each.created_at)})" for each in found]) or _("none of them")


def _tagged_crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
    if operator != "tagged_in":
        return None
    window = timedelta(days=value["days"])
    given = Tagging.objects.filter(tag_id__in=value["value"])
    return Q(Having(given.filter(created_at__gte=since - window, created_at__lte=until - window)))


def _tagged_next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
    if operator != "tagged_in":
        return None
    given = Tagging.objects.filter(tag_id__in=value["value"], created_at__gte=scope.ago(value["days"]))
    oldest = given.order_by("created_at").values_list("created_at", flat=True).first()
    return oldest + timedelta(days=value["days"]) if oldest else None


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


def _meant(value: Any) -> int:
    """The segment a value names."""
    return int(value["value"] if isinstance(value, dict) else value)


def _in_segment(operator: str, value: Any, scope: Scope) -> Q:
    """By the membership that is kept, so that a rule costs the same however deep it refers."""
    names, meant = _live_segments(scope), _meant(value)
    if meant not in names:
        gone = Segment.objects.filter(pk=meant).first()
        name = gone.name if gone else _("something deleted")
        raise Unanswerable(_("It refers to the segment “%(name)s”, which is not in use any more.") % {"name": name})
    stays = SegmentMembership.objects.filter(segment_id=meant)
    found = Q(Having(stays.filter(_stay(operator, value, scope))))
    return ~found if operator == "not_in" else found


def _stay(operator: str, value: Any, scope: Scope) -> Q:
    """What a stay must be like."""
    if operator in ("entered_in", "left_in"):
        side = operator.removesuffix("_in")
        return Q(**{f"{side}_at__gte": scope.ago(value["days"])})
    if operator == "was_in":
        then = start_of(value["day"], scope, days_later=1)
        return Q(entered_at__lt=then) & (Q(left_at=None) | Q(left_at__gte=then))
    return Q() if operator == "ever_in" else Q(left_at=None)


def _stays_crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
    if operator not in ("entered_in", "left_in"):
        return None
    window, side = timedelta(days=value["days"]), operator.removesuffix("_in")
    stays = SegmentMembership.objects.filter(segment_id=_meant(value))
    return Q(Having(stays.filter(**{f"{side}_at__gte": since - window, f"{side}_at__lte": until - window})))


def _stays_next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
    if operator not in ("entered_in", "left_in"):
        return None
    name = f"{operator.removesuffix('_in')}_at"
    stays = SegmentMembership.objects.filter(segment_id=_meant(value), **{f"{name}__gte": scope.ago(value["days"])})
    oldest = stays.order_by(name).values_list(name, flat=True).first()
    return oldest + timedelta(days=value["days"]) if oldest else None


def _live_segments(scope: Scope) -> dict[int, str]:
    return {pk: str(name) for pk, name in scope.options(segments)}


def _explain_in_segment(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    stays = SegmentMembership.objects.filter(segment_id=_meant(value), contact=contact).order_by("-entered_at", "-id")
    stay = stays.first()
    if stay is None:
        return _("not in it") if operator in ("in", "not_in") else _("never in it")
    words = {"since": formats.full(stay.entered_at), "until": formats.full(stay.left_at) if stay.left_at else ""}
    if stay.left_at:
        return _("in from %(since)s until %(until)s") % words
    return _("in since %(when)s") % {"when": words["since"]}
