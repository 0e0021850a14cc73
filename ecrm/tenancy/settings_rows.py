"""Settings of one tenant, one typed row per app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.db import models

from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.scoping import TenantModel

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
        memory = _remembered.get()
        key = (cls, require_tenant_id())
        if memory is None:
            return cls._stored_or_default()
        if key not in memory:
            memory[key] = cls._stored_or_default()
        return memory[key]  # type: ignore[no-any-return]  # a plain dict holds rows of many classes

    @classmethod
    def _stored_or_default(cls) -> Self:
        return cls.objects.first() or cls()  # type: ignore[return-value]  # the manager is declared on the base

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        (_remembered.get() or {}).pop((type(self), self.tenant_id), None)


@contextmanager
def remembered() -> Iterator[None]:
    """Around a request: every row of settings is read once."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)
