"""Conditions of the segment language in a request: as ``where`` of an address, or as a rule in a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import Field

from contacts.api import rule_words
from contacts.criteria import Unanswerable
from contacts.lists import language
from contacts.lists.language import LONGEST, MOST, Part
from contacts.lists.query import ListQuery
from contacts.querysets import ContactQuerySet
from contacts.segments import askable, counting, tree
from contacts.segments.counting import TooSlow
from contacts.segments.tree import InvalidRule
from ecrm.api.access import ApiRequest
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import Text

SECONDS = 6
_SAID = (
    "A condition of the segment language, `criterion.operator:value`, or a group as JSON. Several must all hold."
    " `/segments/criteria` lists what can be asked."
)
Where = Annotated[list[Annotated[Text, Field(min_length=1, max_length=LONGEST)]], Field(max_length=MOST)]
WhereIn = Annotated[Where, Field(description=_SAID)]


def read_where(request: ApiRequest, texts: Sequence[str]) -> ListQuery:
    """Raises ``Problem`` 422 naming the text that cannot be asked."""
    parts = [_part(request, language.rule_of_text(text), f"where.{number}") for number, text in enumerate(texts)]
    return ListQuery(membership=request.membership, parts=tuple(parts))


def read_rule(request: ApiRequest, rule: Mapping[str, Any]) -> ListQuery:
    """The same for one rule, as segments have it."""
    return ListQuery(membership=request.membership, parts=(_part(request, dict(rule), "rule"),))


def narrow(people: ContactQuerySet, query: ListQuery) -> ContactQuerySet:
    """Those of them whom the conditions leave."""
    for part in query.parts:
        people = people.filter(part.node.compile(query.scope))
    return people


def refuse_hidden(request: ApiRequest, node: tree.Node) -> None:
    """Raises ``Problem`` 403 for a condition that the token, or its maker, may not ask."""
    for condition in tree.conditions(node):
        if askable.is_hidden(condition.criterion, request.grant.reaches):
            words = _("This token, or the member who made it, may not ask about “%(criterion)s”.")
            raise Problem(403, words % {"criterion": condition.criterion.key})


@contextmanager
def patient(query: ListQuery) -> Iterator[None]:
    """Gives conditions that no index answers some seconds; raises ``Problem`` 503 when they want more."""
    if not query.may_take_long:
        yield
        return
    try:
        with counting.limited(SECONDS):
            yield
    except TooSlow as error:
        raise Problem(503, _("This takes too long to answer. Make it a segment and read its members.")) from error


def _part(request: ApiRequest, rule: Any, field: str) -> Part:
    if rule is None:
        words = _("This is neither a condition nor a group.")
        raise invalid(words, **{field: words})
    try:
        root = tree.parse(rule)
        rule_words.judge(root)
    except RecursionError as error:
        words = _("This is neither a condition nor a group.")
        raise invalid(words, **{field: words}) from error
    except InvalidRule as error:
        raise of_rule(error, rule, field) from error
    part = Part(root.parts[0] if len(root.parts) == 1 and "all" not in rule else root)
    _refuse(request, part, field)
    return part


def of_rule(error: InvalidRule, rule: Any, field: str) -> Problem:
    """Each faulty part with the words for it, and where it stands in the body."""
    is_text = field != "rule"
    told = tuple(
        (
            field,
            rule_words.fuller(rule, place, words, is_text=is_text),
            f"/{field.replace('.', '/')}" if is_text else f"/{field}{tree.pointer(rule, place)}",
        )
        for place, words in error.errors.items()
    )
    return Problem(422, " ".join(dict.fromkeys(words for _field, words, _pointer in told)), told)


def _refuse(request: ApiRequest, part: Part, field: str) -> None:
    """What the token or its maker may not ask, and what cannot be answered any more."""
    refuse_hidden(request, part.node)
    try:
        part.node.compile(ListQuery(membership=request.membership).scope)
    except Unanswerable as error:
        raise invalid(str(error), **{field: str(error)}) from error
