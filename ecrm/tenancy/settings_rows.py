"""Settings of one tenant, one typed row per app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self, TypeVar

from django.db import models

from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.scoping import TenantModel

T = TypeVar("T")

_remembered: ContextVar[dict[Any, Any] | None] = ContextVar("settings_rows", default=None)


class TenantSettings(TenantModel):
    """Extend it with typed fields that all have defaults, without a Meta of its own::

        class CaseSettings(TenantSettings):
            reply_goal_minutes = models.PositiveIntegerField(default=240)

    ``CaseSettings.of_tenant()`` is the current tenant's row, or the defaults while none is stored;
    saving the answer stores it.
    """

    class Meta(TenantModel.Meta):
        abstract = True
        constraints = [models.UniqueConstraint(fields=["tenant"], name="%(app_label)s_%(class)s_once")]

    @classmethod
    def of_tenant(cls) -> Self:
        """One query, none when the same request asks again."""
        return once(cls, cls._stored_or_default)

    @classmethod
    def _stored_or_default(cls) -> Self:
        return cls.objects.first() or cls()  # type: ignore[return-value]  # the manager is declared on the base

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        forget(type(self))


def once(key: Any, read: Callable[[], T]) -> T:
    """What ``read`` answers for the bound tenant; asked once in a request, each time outside of one."""
    memory = _remembered.get()
    if memory is None:
        return read()
    place = (key, require_tenant_id())
    if place not in memory:
        memory[place] = read()
    return memory[place]  # type: ignore[no-any-return]  # a plain dict holds rows of many classes


def remember(key: Any, value: Any) -> None:
    """What ``once`` would read is known already: it came with something else that was asked."""
    memory = _remembered.get()
    if memory is not None:
        memory.setdefault((key, require_tenant_id()), value)


def forget(key: Any) -> None:
    """What ``once`` keeps under this key is no longer so."""
    (_remembered.get() or {}).pop((key, require_tenant_id()), None)


@contextmanager
def remembered() -> Iterator[None]:
    """Around a request: every row of settings is read once."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)
