"""What somebody may ask by a rule: not what their pages hide from them, however the form was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from contacts.criteria import Scope
from contacts.segments import drafts
from contacts.segments.drafts import DraftCondition, DraftGroup, DraftNode

Asked = tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]]


def only(draft: DraftGroup, may: Callable[[str], bool], *, stored: Any = None) -> DraftGroup:
    """The draft, in which questions this member may not ask are open again.

    What the ``stored`` rule asks already may stay as it is: others have put it there.
    """
    hidden = [node for node in _conditions(draft) if _is_hidden(node, may)]
    kept = (
        {_asked(node) for node in _conditions(drafts.from_rule(stored, Scope.current()))} if hidden and stored else ()
    )
    for node in hidden:
        if _asked(node) not in kept:
            node.criterion, node.operator, node.sent = None, None, {}
    return draft


def _asked_by(rule: Any) -> set[Asked]:
    return {_asked(node) for node in _conditions(drafts.from_rule(rule, Scope.current()))}


def _is_hidden(node: DraftCondition, may: Callable[[str], bool]) -> bool:
    needed = node.criterion.capability if node.criterion is not None else None
    return needed is not None and not may(needed)


def _asked(node: DraftCondition) -> Asked:
    sent = sorted((name, tuple(texts)) for name, texts in node.sent.items() if any(texts))
    return (
        node.criterion.key if node.criterion is not None else "",
        node.operator.key if node.operator is not None else "",
        tuple(sent),
    )


def _conditions(node: DraftNode) -> Iterator[DraftCondition]:
    if isinstance(node, DraftCondition):
        yield node
        return
    for part in node.parts:
        yield from _conditions(part)
