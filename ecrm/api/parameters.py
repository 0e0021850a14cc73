"""What may stand in the query of an operation's address.

A parameter nobody knows is refused: a misspelt filter would answer everybody.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja.operation import Operation

from ecrm.api.problems import Problem

# Operations of one address share the name of the first.
_Address = tuple[int, str]
_addresses: dict[str, _Address] = {}
_known: dict[_Address, dict[str, frozenset[str]]] = defaultdict(dict)


def note(name: str, operation: Operation, router: Router) -> None:
    """Called once for each operation, when the addresses are made."""
    address = (id(router), operation.path)
    _addresses[name] = address
    for method in operation.methods:
        _known[address][method] = frozenset(_names(operation))


def check(request: HttpRequest, name: str | None) -> None:
    """Raises ``Problem`` for what the operation at this address does not ask for."""
    address = _addresses.get(name or "")
    if not request.GET or address is None:
        return
    known = _known[address].get(str(request.method))
    strange = sorted(set(request.GET) - known) if known is not None else []
    if strange:
        words = _("There is no such parameter here. Known are: %(names)s.") if known else _("This takes no parameters.")
        message = words % {"names": ", ".join(sorted(known or ()))} if known else words
        raise Problem(422, message, tuple((each, message, "") for each in strange))


def _names(operation: Operation) -> set[str]:
    models: list[Any] = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return {name for model in models for name in model.__ninja_flatten_map__ or model.model_fields}
