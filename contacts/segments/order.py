"""Which segments are kept up to date, and in which order: each after those it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from contacts.models import Segment
from contacts.segments import tree

__all__ = ["CycleError", "levels", "live", "ordered", "referring_to"]


def levels(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Those that refer to none of the others, then those that refer to these, and so on. Raises ``CycleError``."""
    by_id = {segment.pk: segment for segment in segments}
    graph = TopologicalSorter({pk: tree.segments_in(segment.rule) & by_id.keys() for pk, segment in by_id.items()})
    graph.prepare()
    while graph.is_active():
        ready = graph.get_ready()
        yield [by_id[pk] for pk in ready]
        graph.done(*ready)


def ordered(segments: Iterable[Segment]) -> list[Segment]:
    """Each after those it refers to. Raises ``CycleError``."""
    return [segment for level in levels(segments) for segment in level]


def live() -> list[Segment]:
    """All segments that are kept up to date, each after those it refers to."""
    return ordered(Segment.objects.filter(archived_at=None).order_by("pk"))


def referring_to(segment: Segment) -> Iterator[Segment]:
    """Those that depend on it, directly or through others, each after those it refers to."""
    reached = {segment.pk}
    for candidate in live():
        if tree.segments_in(candidate.rule) & reached:
            reached.add(candidate.pk)
            yield candidate
