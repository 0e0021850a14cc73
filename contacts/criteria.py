"""What a segment can ask about a person. Every room registers its own questions here.

A criterion compiles to a ``Q`` over ``Contact``. The same ``Q`` counts, explains and decides
membership, so that the three can never disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Event
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

Text = str | Promise
Options = Sequence[tuple[Any, Text]]
Ids = Sequence[int] | RawSQL

GROUPS: dict[str, Text] = {
    "person": _("Person"),
    "fields": _("Fields"),
    "place": _("Place"),
    "activity": _("What they did"),
    "email": _("Email"),
    "orders": _("Orders"),
    "cases": _("Cases"),
    "consent": _("Consent"),
    "segments": _("Tags and segments"),
}


@dataclass(frozen=True, slots=True)
class Gone:
    """What asks nothing any more: ``words`` say what it was, if known.

    ``needed``: who lacks one of these rights must not read what a rule says there.
    """

    words: str = ""
    needed: Sequence[str] = ()


class UnknownCriterion(LookupError):
    """A rule asks about something no room has registered (any more)."""

    def __init__(self, key: str, gone: Gone | None = None) -> None:
        super().__init__(key)
        self.gone = gone or Gone()


class Unanswerable(Exception):
    """A rule that was valid once and cannot be answered now; the words are the user's."""


class Having(Exists):
    """Whether a row of ``facts`` is about the person, whose id its field ``by`` holds.

    The same as ``Exists`` with an ``OuterRef``, except that it still knows the rows of everybody: those can
    be read once instead of being looked for person by person (``contacts.segments.bits``). ``person`` names
    the person's id in the rows that are asked.
    """

    def __init__(self, facts: QuerySet[Any], by: str = "contact_id", *, person: str = "pk") -> None:
        super().__init__(facts.filter(**{by: OuterRef(person)}))
        self.facts, self.by = facts, by


@dataclass(slots=True)
class Scope:
    """When and for whom rules are read: ``now``, the tenant's zone and currency.

    ``among`` (ids, or a subquery of ids) limits grouped subqueries to the people looked at anyway; it
    never changes an answer about them. Option lists are fetched once per scope.
    """

    now: datetime
    zone: ZoneInfo
    currency: str
    among: Ids | None = None
    _options: dict[Callable[[], Options], Options] = field(default_factory=dict)

    @classmethod
    def current(cls, *, now: datetime | None = None, among: Ids | None = None) -> Scope:
        """The bound tenant's; one query."""
        tenant = Tenant.objects.only("time_zone", "currency").get(pk=require_tenant_id())
        return cls(now or timezone.now(), ZoneInfo(tenant.time_zone), tenant.currency, among)

    def ago(self, days: int) -> datetime:
        """``days`` times 24 hours before now."""
        return self.now - timedelta(days=days)

    def events(self, name: str) -> Any:
        """The history's facts of one name, for a subquery that is asked person by person (``Exists``)."""
        return Event.objects.filter(name=name)

    def events_to_group(self, name: str) -> Any:
        """The same for a subquery that groups them by person, which would look at everybody's otherwise."""
        facts = Event.objects.filter(name=name, contact_id__isnull=False)
        return facts if self.among is None else facts.filter(contact_id__in=self.among)

    def options(self, source: Callable[[], Options]) -> Options:
        if source not in self._options:
            self._options[source] = source()
        return self._options[source]


class Input(Protocol):
    """One thing to fill in after an operator (``contacts.segments.inputs`` has the kinds).

    ``kind`` names the template, ``read`` turns what a form sent into the JSON value and ``check``
    judges a JSON value (both raise ``ValidationError``), ``write`` gives the texts that a form
    shows, ``words`` what a sentence says.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> Text: ...
    @property
    def initial(self) -> Any: ...

    def read(self, sent: Sequence[str], scope: Scope) -> Any: ...
    def check(self, value: Any) -> None: ...
    def write(self, value: Any, scope: Scope) -> Sequence[str]: ...
    def words(self, value: Any, scope: Scope) -> Any: ...


@dataclass(frozen=True, slots=True)
class Operator:
    """``sentence`` has the placeholders ``%(field)s`` and each input's name.

    The value of a rule is None without inputs, the bare value of a single one, else an object by
    input name. ``extras`` may be left empty; where one is not, the value is ``{"of": …, "with":
    {name: …}}``, and ``more`` says them after the sentence.
    """

    key: str
    label: Text
    sentence: Any
    inputs: tuple[Input, ...] = ()
    extras: tuple[Input, ...] = ()
    more: Callable[[dict[str, Any]], str] | None = None

    def values(self, value: Any) -> dict[str, Any]:
        """A rule's value by input name. Raises ``TypeError`` or ``KeyError`` when its shape is wrong."""
        bare, given = split(value) if self.extras else (value, {})
        extras = {each.name: given.get(each.name) for each in self.extras}
        if given.keys() - extras.keys():
            raise KeyError(next(iter(given.keys() - extras.keys())))
        if not self.inputs:
            return extras
        if len(self.inputs) == 1:
            return {self.inputs[0].name: bare, **extras}
        return {each.name: bare[each.name] for each in self.inputs} | extras

    def value(self, values: dict[str, Any]) -> Any:
        """The opposite of ``values``."""
        given = {each.name: values[each.name] for each in self.extras if values.get(each.name) is not None}
        bare = self._bare(values)
        return {"of": bare, "with": given} if given else bare

    def _bare(self, values: dict[str, Any]) -> Any:
        if not self.inputs:
            return None
        if len(self.inputs) == 1:
            return values[self.inputs[0].name]
        return {each.name: values[each.name] for each in self.inputs}


def split(value: Any) -> tuple[Any, dict[str, Any]]:
    """The value of an operator with extras: what its inputs hold, and the extras that were given."""
    if isinstance(value, dict) and value.keys() == {"of", "with"} and isinstance(value["with"], dict):
        return value["of"], value["with"]
    return value, {}


@dataclass(frozen=True, slots=True)
class Window:
    """How answers change by the mere passing of time.

    ``crossed`` finds the people whose answer may differ between two instants (exclusive,
    inclusive), ``next_at`` when that will first be so after ``scope.now`` (None: never).
    Both take (operator, value, …, scope) and may say None for operators that no clock moves.
    """

    crossed: Callable[[str, Any, datetime, datetime, Scope], Q | None]
    next_at: Callable[[str, Any, Scope], datetime | None]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question. ``compile`` must give true or false for everybody, never unknown.

    ``explain`` says the value that decided, for one person. ``capability`` hides the question and
    its value from members without it. ``refers_to`` names the segments a value depends on.
    ``moved_by`` says what may change an answer, beside a change of the field of the same key: names of
    events, ``field:<name>``, or the beginnings of such up to a dot ("case."). What is not
    ``is_offered`` stands in rules that we write ourselves.
    """

    key: str
    label: Text
    group: str
    operators: tuple[Operator, ...]
    compile: Callable[[str, Any, Scope], Q]
    explain: Callable[[Contact, str, Any, Scope], str]
    window: Window | None = None
    capability: str | None = None
    refers_to: Callable[[Any], Iterable[int]] | None = None
    moved_by: tuple[str, ...] = ()
    is_offered: bool = True

    def is_moved_by(self, reason: str, value: Any) -> bool:
        """Whether a mark with this reason (``contacts.dirty``) may be why an answer changed."""
        if reason.startswith("segment:") and self.refers_to is not None:
            return reason in {f"segment:{pk}" for pk in self.refers_to(value)}
        known = (f"field:{self.key}", *self.moved_by)
        return any(reason.startswith(each) if each.endswith(".") else reason == each for each in known)

    def operator(self, key: str) -> Operator:
        """Raises ``KeyError``."""
        for operator in self.operators:
            if operator.key == key:
                return operator
        raise KeyError(key)

    def sentence(self, operator: str, value: Any, scope: Scope) -> str:
        """ "Country is any of Portugal, Spain" """
        chosen = self.operator(operator)
        values = chosen.values(value)
        words = {given.name: given.words(values[given.name], scope) for given in chosen.inputs}
        said = str(chosen.sentence % {"field": self.label, **words})
        if chosen.more is None:
            return said
        extras = {
            given.name: given.words(values[given.name], scope)
            for given in chosen.extras
            if values[given.name] is not None
        }
        return said + chosen.more(extras)


Source = Callable[[], Iterable[Criterion]]


@dataclass(frozen=True, slots=True)
class Provider:
    """Questions that each tenant makes for itself; see ``register_provider``."""

    prefix: str
    criteria: Source
    find: Callable[[str], Criterion | None] | None
    gone: Callable[[str], Gone]


_criteria: dict[str, Criterion] = {}
_sources: list[Source] = []
_providers: list[Provider] = []


def register(criterion: Criterion) -> None:
    """Adds or replaces the criterion of that key."""
    _criteria[criterion.key] = criterion


def register_source(source: Source) -> None:
    """For criteria that follow another registry, such as one for each kind of event."""
    _sources.append(source)


def register_provider(
    provider: Source,
    *,
    prefix: str,
    find: Callable[[str], Criterion | None] | None = None,
    gone: Callable[[str], Gone] = lambda _key: Gone(),
) -> None:
    """For criteria of the bound tenant, such as one for each custom field.

    All keys begin with ``prefix`` (``"field:"``) and stay the same when labels change. ``provider`` is
    called often, whenever a rule is read: it must answer from memory after its first query in a
    request or task. ``find(key)`` gives one of them where that is cheaper. ``gone(key)`` may say what
    is missing ("The field “Tier” was deleted.") and for whom that is no secret.
    """
    _providers.append(Provider(prefix, provider, find, gone))


def get(key: str) -> Criterion:
    """Raises ``UnknownCriterion``."""
    if key in _criteria:
        return _criteria[key]
    for criterion in _further(key):
        if criterion.key == key:
            return criterion
    raise UnknownCriterion(key, next((each.gone(key) for each in _providers_of(key)), None))


def every() -> list[Criterion]:
    """In the order of registration, by group. Those of the bound tenant included."""
    sources = [*_sources, *(provider.criteria for provider in _providers)]
    found = [*_criteria.values(), *(criterion for source in sources for criterion in source())]
    places = list(GROUPS)
    return sorted(found, key=lambda criterion: places.index(criterion.group))


def _further(key: str) -> Iterator[Criterion]:
    for source in _sources:
        yield from source()
    for provider in _providers_of(key):
        if provider.find is None:
            yield from provider.criteria()
        elif (found := provider.find(key)) is not None:
            yield found


def _providers_of(key: str) -> list[Provider]:
    return [provider for provider in _providers if key.startswith(provider.prefix)]
