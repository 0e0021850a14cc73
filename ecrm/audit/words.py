"""What the audit's entries are called on pages. Each app registers its own in ``apps.py: ready()``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing entries are about. ``url_name`` takes its id, empty when it has no page."""

    label: Words
    url_name: str = ""


_actions: dict[str, Words] = {}
_subjects: dict[str, Subject] = {}


def register(actions: Mapping[str, Words], subjects: Mapping[str, Subject] | None = None) -> None:
    """Names actions ("contact.created": "Contact created") and subjects by model label ("contacts.contact")."""
    _actions.update(actions)
    _subjects.update(subjects or {})


def actions() -> list[tuple[str, str]]:
    """Names and labels, in the order of the labels in the reader's language."""
    return sorted(((name, str(label)) for name, label in _actions.items()), key=lambda pair: pair[1].casefold())


def is_known(action: str) -> bool:
    return action in _actions


def action_label(action: str) -> str:
    """An action nobody named reads as it is stored, which is better than nothing."""
    return str(_actions.get(action, action.replace(".", ": ").replace("_", " ")))


def subject_label(subject_type: str) -> str:
    found = _subjects.get(subject_type)
    return str(found.label) if found else subject_type.rpartition(".")[2].replace("_", " ")


def subject_url(subject_type: str, subject_id: int | None) -> str:
    """The page of the subject, empty when it has none. The subject may be gone by now."""
    found = _subjects.get(subject_type)
    if found is None or not found.url_name or subject_id is None:
        return ""
    try:
        return reverse(found.url_name, args=[subject_id])
    except NoReverseMatch:
        return ""
