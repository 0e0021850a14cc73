from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_sources: dict[str, str | Promise] = {
    "web": _("By hand"),
    "import": _("Import"),
    "api": _("API"),
    "merge": _("Merge"),
    "bulk": _("Act on many"),
    "form": _("Form"),
    "rule": _("Rule"),
    "domain": _("Email domain of the company"),
    "undo": _("Undo"),
    "system": _("By itself"),
}


def register_source(source_type: str, label: str | Promise) -> None:
    """A further way in which values change (``ContactChange.source_type``)."""
    _sources[source_type] = label


def source_label(source_type: str) -> str:
    return str(_sources.get(source_type, source_type))
