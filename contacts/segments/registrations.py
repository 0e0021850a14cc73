"""What segments give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts import events
from contacts.event_links import numbered
from contacts.events import EventKind, Link
from contacts.models import Event
from contacts.segments import addresses, attributes, belonging, happenings, moments, nearness, orders, panel, tasks
from ecrm.jobs import beats, words
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav
from ecrm.ui.formats import number


def _entered(event: Event) -> str:
    return _("Entered the segment %(segment)s") % {"segment": event.properties.get("segment", "")}


def _left(event: Event) -> str:
    return _("Left the segment %(segment)s") % {"segment": event.properties.get("segment", "")}


def _segment_of(event: Event) -> Link | None:
    if event.object_id is None:
        return None
    return Link(numbered("segment", event.object_id), event.properties.get("segment", ""))


def _all_entered(count: int) -> str:
    return ngettext("Entered %(count)s segment", "Entered %(count)s segments", count) % {"count": number(count)}


def _all_left(count: int) -> str:
    return ngettext("Left %(count)s segment", "Left %(count)s segments", count) % {"count": number(count)}


events.register(
    EventKind(
        "segment.entered",
        gettext_lazy("Entered a segment"),
        "blend",
        _entered,
        capability=Capability.SEGMENTS_VIEW,
        group="segment",
        link=_segment_of,
        folded=_all_entered,
    )
)
events.register(
    EventKind(
        "segment.left",
        gettext_lazy("Left a segment"),
        "blend",
        _left,
        capability=Capability.SEGMENTS_VIEW,
        group="segment",
        link=_segment_of,
        folded=_all_left,
    )
)

attributes.register()
addresses.register()
moments.register()
nearness.register()
orders.register()
happenings.register()
belonging.register()
panel.register()

words.register(
    {
        "segments.recalculate": gettext_lazy("Calculate a segment"),
        "segments.recalculate_watched": gettext_lazy("Calculate a segment on demand"),
        "segments.refresh": gettext_lazy("Look again at the segments of people who changed"),
        "segments.follow_clock": gettext_lazy("Follow the clock of a segment"),
    }
)

beats.on_tick.append(tasks.hint_due)
beats.on_nightly.append(tasks.hint_nightly)

nav.register(
    nav.Entry(
        "segments",
        gettext_lazy("Segments"),
        "blend",
        "segment_list",
        nav.SEGMENTS,
        capability=Capability.SEGMENTS_VIEW,
    )
)
