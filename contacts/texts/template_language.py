"""The small part of Liquid an author may use, and how it survives HTML tools.

Outputs `{{ contact.given_name | default: "friend" }}`, and `if`, `unless`, `case`. No loops, no
assignments, no attribute access: a name is a whole string in the registry, or an error.

While blocks pass through the sanitiser, MJML and the CSS inliner, every tag is replaced by a
marker of letters and digits. An HTML tool would otherwise move `{% if %}` out of a table (and
text meant for few would reach all), or refuse a `<` inside an expression. Control tags between
table rows travel as comments, which stay where they are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, Mode
from liquid.builtin.expressions import FilteredExpression, PositionalArgument, StringLiteral
from liquid.builtin.expressions.path import Path
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError

from contacts.texts.merge_fields import FieldKind, Fields, nearest

FILTERS = frozenset(
    {"append", "capitalize", "date", "default", "downcase", "prepend", "replace"}
    | {"strip", "truncate", "truncatewords", "upcase"}
)
TAGS = frozenset({"if", "unless", "case"})
_SYNTAX = frozenset({"content", "output", "illegal"})
LIQUID_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OPENERS = re.compile(r"\{\{|\{%|%\}")


class Context(StrEnum):
    """Where a value lands. TEXT: among words. QUERY: inside an address, after its host. ADDRESS:
    as the whole start of an address, so it must be one itself."""

    TEXT = "text"
    QUERY = "query"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Token:
    """One Liquid tag. A simple output is a `path` with a `fallback`; any other has an expression
    to be evaluated over `paths`."""

    source: str
    is_control: bool
    paths: tuple[str, ...]
    path: str = ""
    fallback: str = ""
    context: Context = Context.TEXT


@dataclass(slots=True)
class Tokens:
    """The tags taken out of one content, and the marker that stands for each."""

    marker: str
    items: list[Token] = field(default_factory=list)
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(rf"<!-- ?{self.marker}(\d+)x ?-->|{self.marker}(\d+)x")

    @classmethod
    def for_sources(cls, sources: Iterable[str]) -> Tokens:
        """With a marker that occurs in none of the texts."""
        everything, marker = "\n".join(sources).lower(), "ecrmslot"
        while marker in everything:
            marker += "q"
        return cls(marker)

    def hide(self, source: str, context: Context = Context.TEXT) -> str:
        """The text with every Liquid tag replaced by its marker."""
        return LIQUID_TAG.sub(lambda match: self.add(read_token(match.group(), context)), source)

    def add(self, token: Token) -> str:
        self.items.append(token)
        return f"{self.marker}{len(self.items) - 1}x"

    def output(self, path: str, context: Context = Context.TEXT) -> str:
        """A marker for one of the engine's own values."""
        return self.add(Token(f"{{{{ {path} }}}}", is_control=False, paths=(path,), path=path, context=context))

    def control(self, source: str) -> str:
        """A marker for a tag between blocks, as a comment."""
        return f"<!-- {self.add(read_token(source, Context.TEXT))} -->"

    def at(self, marked: str) -> list[tuple[int, int, Token]]:
        """Every marker in a text: where it starts and ends, and its token."""
        return [
            (match.start(), match.end(), self.items[int(match.group(1) or match.group(2))])
            for match in self._pattern.finditer(marked)
        ]

    def replace(self, marked: str, substitute: Callable[[Token, str], str]) -> str:
        """The text with each marker replaced by `substitute(token, marker)`."""
        return self._pattern.sub(
            lambda match: substitute(self.items[int(match.group(1) or match.group(2))], match.group()), marked
        )


# What authors write


def problems_in(source: str, fields: Fields) -> list[str]:
    """What is wrong with the Liquid in one text, in the author's words. Empty when all is well."""
    if not _OPENERS.search(source):
        return []
    try:
        found = template(source).analyze()
    except LiquidError as error:
        return [_syntax_problem(error)]
    names = [_name(variable.segments) for uses in found.variables.values() for variable in uses]
    problems = [_unknown_field(name, fields) for name in names if name not in fields]
    problems += [
        _("The filter “%(name)s” is not available. Use one of: %(known)s.")
        % {"name": name, "known": ", ".join(sorted(FILTERS))}
        for name in found.filters
        if name not in FILTERS
    ]
    return list(dict.fromkeys(problems)) or _trial_problems(source, fields)


def paths_in(source: str) -> tuple[str, ...]:
    """The field names a text uses, sorted. The text must be valid."""
    found = ENVIRONMENT.from_string(source).analyze()
    return tuple(sorted({_name(variable.segments) for uses in found.variables.values() for variable in uses}))


def fields_without_fallback(source: str, fields: Fields) -> list[str]:
    """Fields put into words as they are although a person may lack them."""
    if problems_in(source, fields):
        return []
    tokens = [read_token(match.group()) for match in LIQUID_TAG.finditer(source)]
    bare = [token.path for token in tokens if token.path and not token.fallback]
    return [name for name in dict.fromkeys(bare) if not fields[name].is_always_known]


def unescaped(rich: str) -> str:
    """HTML whose Liquid tags are as the author typed them (an editor escapes `<` and `&`)."""
    return LIQUID_TAG.sub(lambda match: html.unescape(match.group()).replace("\xa0", " "), rich)


# What the compiler makes of it


@lru_cache(maxsize=2_000)
def read_token(source: str, context: Context = Context.TEXT) -> Token:
    """Take one valid tag apart."""
    if source.startswith("{%"):
        return Token(source, is_control=True, paths=())
    paths = paths_in(source)
    simple = _simple_output(source)
    if simple is None:
        return Token(source, is_control=False, paths=paths, context=context)
    path, fallback = simple
    return Token(source, is_control=False, paths=paths, path=path, fallback=fallback, context=context)


def template(source: str) -> BoundTemplate:
    return ENVIRONMENT.from_string(source)


def evaluate(bound: BoundTemplate, paths: Iterable[str], values: Mapping[str, str], fields: Fields) -> str:
    """Render with the named values only, as plain nested dictionaries of text and numbers.

    An empty value is nil, so that `{% if contact.company %}` means "has a company".
    """
    namespace: dict[str, Any] = {}
    for path in paths:
        *parents, last = path.split(".")
        scope = namespace
        for parent in parents:
            scope = scope.setdefault(parent, {})
        scope[last] = _typed(values.get(path, ""), fields.get(path))
    return bound.render(**namespace)


def _typed(value: str, field: Any) -> str | Decimal | None:
    if field is not None and field.kind is FieldKind.NUMBER:
        try:
            return Decimal(value)
        except InvalidOperation:
            return None
    return value or None


def _simple_output(source: str) -> tuple[str, str] | None:
    """(path, fallback) of `{{ path }}` or `{{ path | default: "words" }}`, else None."""
    node = ENVIRONMENT.from_string(source).nodes[0]
    expression = node.expression if isinstance(node, OutputNode) else None
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return None
    filters = expression.filters or []
    if not filters:
        return _name(expression.left.path), ""
    only = filters[0]
    if len(filters) > 1 or only.name != "default" or len(only.args) != 1:
        return None
    argument = only.args[0]
    if isinstance(argument, PositionalArgument) and isinstance(argument.value, StringLiteral):
        return _name(expression.left.path), argument.value.value
    return None


def _name(segments: Iterable[object]) -> str:
    return ".".join(str(segment) for segment in segments)


def _trial_problems(source: str, fields: Fields) -> list[str]:
    """Conditions that compare what cannot be compared show only when they run: run them."""
    paths = paths_in(source)
    for values in ({name: fields[name].sample for name in paths}, {}):
        try:
            evaluate(template(source), paths, values, fields)
        except LiquidError as error:
            return [_syntax_problem(error)]
    return []


def _unknown_field(name: str, fields: Fields) -> str:
    if meant := nearest(name, fields):
        return _("There is no field “%(name)s”. Did you mean “%(meant)s”?") % {"name": name, "meant": meant}
    return _("There is no field “%(name)s”.") % {"name": name}


def _syntax_problem(error: LiquidError) -> str:
    reason = str(error).partition("\n")[0]
    return _("This field or condition is not written correctly: %(reason)s.") % {"reason": reason}


def _environment() -> Environment:
    environment = Environment(tolerance=Mode.STRICT, strict_filters=False)
    environment.tags = {name: tag for name, tag in environment.tags.items() if name in TAGS | _SYNTAX}
    environment.filters = {name: call for name, call in environment.filters.items() if name in FILTERS}
    return environment


ENVIRONMENT = _environment()
