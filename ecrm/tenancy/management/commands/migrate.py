"""Django's own command, three times as fast where nearly every table refers to the tenant's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.state import ProjectState

Key = tuple[str, str]


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with _rendering_no_more_than_changed():
            super().handle(*args, **options)


@contextmanager
def _rendering_no_more_than_changed() -> Iterator[None]:
    """After each step Django makes the changed model's class anew, and those of all models that one refers
    to, and of all that refer to these: here, because of the tenant, nearly all of them, each time."""
    original = ProjectState._find_reload_model  # type: ignore[attr-defined]
    ProjectState._find_reload_model = _outdated  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState._find_reload_model = original  # type: ignore[attr-defined]


def _outdated(state: Any, app_label: str, model_name: str, delay: bool = False) -> set[Key]:
    """The changed model and whatever refers to it, directly or by others: nothing else holds its old class."""
    state.is_delayed = True  # a migration in Python gets classes that are all made anew
    found = {(app_label, model_name)}
    try:
        waiting = [state.apps.get_model(app_label, model_name)]
    except LookupError:
        return found
    while waiting:
        model = waiting.pop()
        referring = {field.model for field in model._meta._relation_tree} | set(model.__subclasses__())
        for other in referring:
            key = (other._meta.app_label, other._meta.model_name)
            if key not in found:
                found.add(key)
                waiting.append(other)
    return found
