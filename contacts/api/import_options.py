"""Columns and options of an import, checked as the page's forms check them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.api.import_schemas import OptionsIn
from contacts.imports import fields, source
from contacts.imports.forms import SAMPLES, ConstantsForm
from contacts.imports.services import Options
from contacts.imports.wishes import APPEND, MANY, OVERWRITE, part_of
from contacts.models import ImportRun
from ecrm.api.access import ApiRequest
from ecrm.api.problems import Problem, invalid
from ecrm.tenancy.roles import Capability

_NAMES = [field.name for field in dataclass_fields(Options)]


def checked_mapping(request: ApiRequest, run: ImportRun, given: Mapping[str, str] | None) -> dict[int, str]:
    """Column numbers to fields: those given, else those guessed. Raises ``Problem`` by ``columns.<number>``."""
    seen, chosen = fields.all_fields(request.membership), run.mapping if given is None else given
    # Also what somebody else chose who could: their check may have ended before the field was made.
    makes_field = not fields.NEW_FIELDS.keys().isdisjoint(chosen.values())
    if makes_field and not request.grant.reaches(Capability.SETTINGS_MANAGE):
        raise Problem(403, _("This token, or the member who made it, may not make fields."))
    known = {*seen, *fields.NEW_FIELDS, ""}
    if given is None:
        return {int(number): key for number, key in chosen.items() if key in known}
    width = len(source.look_into(run, source.dialect_of(run)).headers)
    for number, key in given.items():
        if int(number) >= width or key not in known:
            words = _("There is no such column.") if int(number) >= width else _("Choose one of the fields.")
            raise invalid(words, **{f"columns.{number}": words})
    return {int(number): key for number, key in given.items()}


def checked_options(run: ImportRun, given: OptionsIn | None, mapping: Mapping[int, str]) -> Options:
    """What is given over what was found. Raises ``Problem`` by ``options.<name>``."""
    told = given.model_dump(include=given.model_fields_set) if given else {}
    if "constants" in told:
        _check_constants(told["constants"])
    if "policies" in told:
        _check_policies(told["policies"], set(mapping.values()))
    if "tag" in told:
        told["tag"] = " ".join(told["tag"].split())
    return Options(**{**{name: value for name, value in run.options.items() if name in _NAMES}, **told})


def shown_columns(request: ApiRequest, run: ImportRun) -> dict[str, Any]:
    """As ``ColumnsOut``."""
    known = {*fields.all_fields(request.membership), *fields.NEW_FIELDS}
    chosen = {number: key for number, key in run.mapping.items() if key in known}
    sheet = source.look_into(run, source.dialect_of(run))
    columns = [
        {
            "number": number,
            "name": name,
            "field": chosen.get(str(number), ""),
            "samples": list(dict.fromkeys(sheet.column(number)))[:SAMPLES],
        }
        for number, name in enumerate(sheet.headers)
    ]
    return {"columns": columns, "options": {**Options().as_json(), **run.options}}


def _check_constants(given: Mapping[str, str]) -> None:
    known = ConstantsForm().columns
    for key, cell in given.items():
        try:
            if key not in known:
                raise ValidationError(_("No field of this name can be the same for every row."))
            if cell:
                known[key].parse(cell)
        except ValidationError as error:
            words = " ".join(error.messages)
            raise invalid(words, **{f"options.constants.{key}": words}) from error


def _check_policies(given: Mapping[str, str], chosen: set[str]) -> None:
    for key, policy in given.items():
        words = ""
        if key not in chosen:
            words = _("No column goes to this field.")
        elif policy == APPEND and part_of(key) not in MANY:
            words = _("There is only one of these: fill, replace or leave it.")
        elif policy == OVERWRITE and part_of(key) in MANY:
            words = _("These are added, never replaced.")
        if words:
            raise invalid(words, **{f"options.policies.{key}": words})
