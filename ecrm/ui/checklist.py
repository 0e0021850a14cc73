"""What a new tenant sets up. Each room registers its steps; whether one is done is computed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
    asked = questions(may)
    row = Tenant.objects.filter(pk=require_tenant_id()).values(**asked).get() if asked else {}
    return answered(may, row, skipped)


def questions(may: Callable[[str], bool]) -> dict[str, Exists]:
    """Whether each step with ``rows`` is done, to be asked of the tenant with what else a page asks of it."""
    return {f"{_ASKED}{step.key}": Exists(step.rows()) for step in steps(may) if step.rows is not None}


def answered(may: Callable[[str], bool], row: Mapping[str, Any], skipped: Collection[str]) -> list[Task]:
    """The steps of a member in order, from the answers to ``questions``. One query for each without ``rows``."""
    return [Task(step, _is_done(step, row), step.key in skipped) for step in steps(may)]


_ASKED = "step_"


def _is_done(step: Step, row: Mapping[str, Any]) -> bool:
    if step.rows is not None:
        return bool(row[f"{_ASKED}{step.key}"])
    return step.is_done is not None and step.is_done()
