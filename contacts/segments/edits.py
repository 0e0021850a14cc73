"""What the buttons of the rule form do to a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from contacts import criteria
from contacts.criteria import Criterion, UnknownCriterion
from contacts.segments.drafts import DraftCondition, DraftGroup, DraftNode, fresh, placed
from contacts.segments.tree import MAX_DEPTH, MAX_NODES

MOST_FOUND = 12


def edited(root: DraftGroup, edit: str) -> DraftGroup:
    """After one press of a button (``add:2``, ``up:0`` …); unknown edits change nothing."""
    verb, _colon, argument = edit.partition(":")
    act = _EDITS.get(verb)
    if act is not None:
        act(root, argument)
    return placed(root)


def found(text: str, offered: Sequence[Criterion]) -> list[Criterion]:
    """The criteria somebody may mean: the one of exactly that name, else those with all the words in name or group."""
    words = text.casefold().split()
    if not words:
        return []
    exact = [each for each in offered if str(each.label).casefold() == " ".join(words)]
    if exact:
        return exact[:MOST_FOUND]
    named = [each for each in offered if _has(words, str(each.label))]
    return (named or [each for each in offered if _has(words, _all_words(each))])[:MOST_FOUND]


def _has(words: Sequence[str], text: str) -> bool:
    return all(word in text.casefold() for word in words)


def _all_words(criterion: Criterion) -> str:
    operators = " ".join(str(operator.label) for operator in criterion.operators)
    return f"{criterion.label} {criteria.GROUPS[criterion.group]} {operators}"


def _walk(node: DraftNode) -> Iterator[tuple[DraftGroup, int, DraftNode]]:
    """Every node below with its parent and number."""
    if isinstance(node, DraftGroup):
        for number, part in enumerate(node.parts):
            yield node, number, part
            yield from _walk(part)


def _find(root: DraftGroup, place: str) -> tuple[DraftGroup, int] | None:
    return next(((parent, number) for parent, number, node in _walk(root) if node.place == place), None)


def _group_at(root: DraftGroup, place: str) -> DraftGroup | None:
    if not place:
        return root
    found = _find(root, place)
    node = found[0].parts[found[1]] if found else None
    return node if isinstance(node, DraftGroup) else None


def _has_room(root: DraftGroup, place: str, *, more_depth: int) -> bool:
    depth = len(place.split(".")) if place else 0
    return sum(1 for _each in _walk(root)) + 2 < MAX_NODES and depth + more_depth <= MAX_DEPTH


def _add(root: DraftGroup, place: str) -> None:
    group = _group_at(root, place)
    if group is not None and _has_room(root, place, more_depth=0):
        group.parts.append(DraftCondition())


def _add_group(root: DraftGroup, place: str, kind: str = "any") -> None:
    group = _group_at(root, place)
    if group is not None and _has_room(root, place, more_depth=1):
        group.parts.append(DraftGroup(kind, [DraftCondition()]))


def _exclude(root: DraftGroup, place: str) -> None:
    _add_group(root, place, "none")


def _remove(root: DraftGroup, place: str) -> None:
    if found := _find(root, place):
        parent, number = found
        del parent.parts[number]


def _move(root: DraftGroup, place: str, step: int) -> None:
    if found := _find(root, place):
        parent, number = found
        if 0 <= number + step < len(parent.parts):
            parts = parent.parts
            parts[number], parts[number + step] = parts[number + step], parts[number]


def _shift(root: DraftGroup, argument: str) -> None:
    """``0:2.1`` takes the node at 0 to where 2.1 stands: behind it within one group, before it otherwise.

    ``0:2.end`` takes it to the end of the group at 2.
    """
    source, _colon, target = argument.partition(":")
    moved, aim = _find(root, source), _end_of(root, target) or _find(root, target)
    if moved is None or aim is None or f"{target}.".startswith(f"{source}."):
        return
    (parent, number), (goal, place) = moved, aim
    node = parent.parts[number]
    if goal is not parent and not _fits(node, target):
        return
    del parent.parts[number]
    goal.parts.insert(place, node)


def _end_of(root: DraftGroup, target: str) -> tuple[DraftGroup, int] | None:
    place, _dot, end = target.rpartition(".")
    group = _group_at(root, place) if place and end == "end" else None
    return (group, len(group.parts)) if group is not None else None


def _into(root: DraftGroup, place: str) -> None:
    """To the end of the group that stands before it."""
    if found := _find(root, place):
        parent, number = found
        above = parent.parts[number - 1] if number else None
        if isinstance(above, DraftGroup) and _fits(parent.parts[number], f"{above.place}.0"):
            above.parts.append(parent.parts.pop(number))


def _out(root: DraftGroup, place: str) -> None:
    """Behind the group it is in."""
    if (found := _find(root, place)) and found[0].place and (outer := _find(root, found[0].place)):
        parent, number = found
        outer[0].parts.insert(outer[1] + 1, parent.parts.pop(number))


def _fits(node: DraftNode, place: str) -> bool:
    """Whether a node may stand at a place without lying too deep."""
    below = max((len(each.place.split(".")) for _parent, _number, each in _walk(node)), default=0)
    own = len(node.place.split("."))
    height = max(below - own, 0) + (1 if isinstance(node, DraftGroup) else 0)
    return len(place.split(".")) - 1 + height <= MAX_DEPTH


def _use(root: DraftGroup, key: str) -> None:
    """Adds a condition about what somebody searched for, in the place of one that asks nothing yet."""
    try:
        wanted = fresh(criteria.get(key))
    except UnknownCriterion:
        return
    for number, part in enumerate(root.parts):
        if isinstance(part, DraftCondition) and part.criterion is None and not part.kept:
            root.parts[number] = wanted
            return
    if _has_room(root, "", more_depth=0):
        root.parts.append(wanted)


def _up(root: DraftGroup, place: str) -> None:
    _move(root, place, -1)


def _down(root: DraftGroup, place: str) -> None:
    _move(root, place, 1)


def _drop(root: DraftGroup, argument: str) -> None:
    """``2.0:value:PT`` takes one choice away."""
    place, _colon, rest = argument.partition(":")
    name, _colon, text = rest.partition(":")
    if found := _find(root, place):
        node = found[0].parts[found[1]]
        if isinstance(node, DraftCondition):
            node.sent[name] = [kept for kept in node.sent.get(name, []) if kept != text]


_EDITS: Mapping[str, Callable[[DraftGroup, str], None]] = {
    "add": _add,
    "group": _add_group,
    "exclude": _exclude,
    "remove": _remove,
    "use": _use,
    "shift": _shift,
    "into": _into,
    "out": _out,
    "up": _up,
    "down": _down,
    "drop": _drop,
}
