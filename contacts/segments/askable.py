"""What somebody may ask by a rule, and read of one: not what their pages hide from them, however the form was made.

Others may have asked it in a rule that is shared. There such a condition stays, without its words: a form names
it by its place in the saved rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from contacts import criteria
from contacts.criteria import Criterion, Scope, UnknownCriterion
from contacts.segments import drafts
from contacts.segments.drafts import DraftCondition, DraftGroup, DraftNode
from contacts.segments.tree import KINDS

May = Callable[[str], bool]
# What stands for such a condition where a rule is shown as JSON.
HIDDEN = "hidden"


def unseen_words() -> str:
    return _("A condition your role does not see")


def is_hidden(criterion: Criterion | None, may: May) -> bool:
    needed = criterion.capability if criterion is not None else None
    return needed is not None and not may(needed)


def of_rule(rule: Any, may: May) -> DraftGroup:
    """The form of a saved rule."""
    draft = drafts.from_rule(rule, Scope.current())
    for node in _conditions(draft):
        node.kept = node.place if is_hidden(node.criterion, may) else ""
    return draft


def has_hidden(draft: DraftGroup) -> bool:
    return any(node.kept for node in _conditions(draft))


def only(draft: DraftGroup, may: May, *, stored: Any = None) -> DraftGroup:
    """The draft, in which questions this member may not ask are open again.

    What the ``stored`` rule asks already stays, where the draft kept it: others have put it there.
    """
    known = _by_place(stored, may) if has_hidden(draft) else {}
    for node in _conditions(draft):
        before = known.get(node.kept)
        if before is not None:
            node.criterion, node.operator, node.sent = before.criterion, before.operator, before.sent
            node.kept = before.kept
        elif node.kept or is_hidden(node.criterion, may):
            node.criterion, node.operator, node.sent, node.kept = None, None, {}, ""
    return draft


def shown(rule: Any, may: May) -> Any:
    """The JSON of a rule, in which a condition that may not be seen says only that there is one."""
    kind = next((kind for kind in KINDS if isinstance(rule, dict) and isinstance(rule.get(kind), list)), None)
    if kind is not None:
        return {kind: [shown(part, may) for part in rule[kind]]}
    try:
        asked = criteria.get(rule["criterion"])
    except UnknownCriterion as error:
        return rule if all(map(may, error.gone.needed)) else {"criterion": HIDDEN}
    except (KeyError, TypeError):
        return rule
    return {"criterion": HIDDEN} if is_hidden(asked, may) else rule


def _by_place(rule: Any, may: May) -> dict[str, DraftCondition]:
    return {node.place: node for node in _conditions(of_rule(rule, may))} if rule else {}


def _conditions(node: DraftNode) -> Iterator[DraftCondition]:
    if isinstance(node, DraftCondition):
        yield node
        return
    for part in node.parts:
        yield from _conditions(part)
