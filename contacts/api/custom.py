"""Custom fields of people as other programs read and write them; those only that the token's maker sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from ninja import Router

from contacts import fields
from contacts.api.schemas import CustomFieldOut
from contacts.fields.kinds import Kind, open_choices
from contacts.models import CustomField
from ecrm.api.access import ApiRequest, needs
from ecrm.api.scopes import Scope

router = Router()
_REFERENCES = (Kind.PERSON, Kind.COMPANY)


@router.get("", auth=needs(Scope.CONTACTS_READ), response=list[CustomFieldOut], summary="List custom fields")
def list_custom_fields(request: ApiRequest) -> Any:
    """Those of contacts and those of companies, in their order."""
    return [_shown(field) for entity in CustomField.Entity.values for field in fields.of(entity, request.membership)]


def values(request: ApiRequest, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """By person and key, null where there is nothing. One query for any number of people."""
    known = fields.by_key("contact", request.membership)
    found = fields.values("contact", ids, known.values())
    return {pk: {key: _outside(field, found.get(pk, {}).get(key)) for key, field in known.items()} for pk in ids}


def checked(
    request: ApiRequest, given: Mapping[str, Any], *, stage: str | None, contact_id: int | None
) -> dict[str, Any]:
    """What may be written. Raises ``ValidationError`` by ``custom_fields.<key>``.

    ``stage`` is the one the person will have, None where the request touches neither it nor a field.
    """
    try:
        sent = fields.checked("contact", given, request.membership)
    except ValidationError as error:
        raise _renamed(error.update_error_dict({})) from error
    if stage is not None:
        known = fields.by_key("contact", request.membership)
        held = fields.values("contact", [contact_id], known.values()).get(contact_id, {}) if contact_id else {}
        lacking = fields.missing(list(known.values()), stage, {**held, **sent})
        if lacking:
            raise _renamed({f"{fields.PREFIX}{key}": [words] for key, words in lacking.items()})
    return sent


def _renamed(errors: Mapping[str, Any]) -> ValidationError:
    return ValidationError({f"custom_fields.{name.removeprefix(fields.PREFIX)}": said for name, said in errors.items()})


def _outside(field: CustomField, value: Any) -> Any:
    """Ids are texts outside."""
    return str(value) if field.kind in _REFERENCES and value is not None else value


def _shown(field: CustomField) -> dict[str, Any]:
    return {
        "entity": field.entity,
        "key": field.key,
        "label": field.label,
        "kind": field.kind,
        "note": field.note,
        "choices": [{"key": choice.key, "label": choice.label} for choice in open_choices(field)],
        "required_at": field.required_at,
    }
