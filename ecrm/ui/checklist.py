"""What a new tenant sets up. Each room registers its steps; whether one is done is computed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Step:
    """``is_done`` asks the rows (one cheap query), never a click. ``url_name`` is where it is done.

    ``rows`` instead of ``is_done``: done once one such row exists; all of these are asked together.
    ``detail`` is what the step needs to be done, such as an address to write to; asked while it is open.
    """

    key: str
    title: str | Promise
    note: str | Promise
    url_name: str
    is_done: Callable[[], bool] | None = None
    capability: str | None = None
    order: int = 100
    rows: Callable[[], QuerySet[Any]] | None = None
    detail: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A step as one tenant has it."""

    step: Step
    is_done: bool
    is_skipped: bool

    @property
    def is_open(self) -> bool:
        return not self.is_done and not self.is_skipped

    @property
    def detail(self) -> str:
        return self.step.detail() if self.is_open and self.step.detail else ""

    @property
    def url(self) -> str:
        return reverse(self.step.url_name)


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    """Adds or replaces the step of that key."""
    _steps[step.key] = step


def steps(may: Callable[[str], bool]) -> list[Step]:
    allowed = (s for s in _steps.values() if s.capability is None or may(s.capability))
    return sorted(allowed, key=lambda step: step.order)


def tasks(may: Callable[[str], bool], skipped: Collection[str]) -> list[Task]:
    """The steps of a member in order. One query for those with ``rows``, one for each other."""
    found = steps(may)
    done = _existing({step.key: step.rows() for step in found if step.rows is not None})
    return [Task(step, step.key in done or _is_done(step), step.key in skipped) for step in found]


def _is_done(step: Step) -> bool:
    return step.is_done is not None and step.is_done()


def _existing(wanted: dict[str, QuerySet[Any]]) -> set[str]:
    """The keys whose rows there are."""
    if not wanted:
        return set()
    names = {f"step_{number}": key for number, key in enumerate(wanted)}
    asked = {name: Exists(wanted[key]) for name, key in names.items()}
    row: Any = Tenant.objects.filter(pk=require_tenant_id()).values(**asked).get()
    return {key for name, key in names.items() if row[name]}
