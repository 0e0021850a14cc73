"""Values of custom fields as other programs read and write them; those only that the token's maker sees."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError

from contacts import fields
from contacts.fields.kinds import Kind
from contacts.models import CustomField
from ecrm.api.access import ApiRequest

_REFERENCES = (Kind.PERSON, Kind.COMPANY)


def values(request: ApiRequest, ids: Collection[int], entity: str = "contact") -> dict[int, dict[str, Any]]:
    """By person (or company) and key, null where there is nothing. One query for any number of them."""
    known = fields.by_key(entity, request.membership)
    found = fields.values(entity, ids, known.values())
    return {pk: {key: _outside(field, found.get(pk, {}).get(key)) for key, field in known.items()} for pk in ids}


def checked(
    request: ApiRequest,
    given: Mapping[str, Any],
    *,
    stage: str | None,
    owner_id: int | None,
    entity: str = "contact",
    held: Mapping[str, Any] | None = None,
    was_stage: str | None = None,
) -> dict[str, Any]:
    """What may be written. Raises ``ValidationError`` by ``custom_fields.<key>``.

    ``stage`` is the one the person will have, None where the request touches neither it nor a field;
    ``owner_id`` is the person or company there already, whose values are read unless ``held`` tells them,
    and ``was_stage`` the stage they had.
    """
    try:
        sent = fields.checked(entity, given, request.membership)
    except ValidationError as error:
        raise _renamed(error.update_error_dict({})) from error
    if stage is not None:
        known = fields.by_key(entity, request.membership)
        if held is None:
            held = fields.values(entity, [owner_id], known.values()).get(owner_id, {}) if owner_id else {}
        lacking = fields.lacking(
            list(known.values()),
            stage,
            {**held, **sent},
            was_stage=was_stage if owner_id else None,
            was_values=held,
        )
        if lacking:
            raise _renamed({f"{fields.PREFIX}{key}": [words] for key, words in lacking.items()})
    return sent


def _renamed(errors: Mapping[str, Any]) -> ValidationError:
    return ValidationError({f"custom_fields.{name.removeprefix(fields.PREFIX)}": said for name, said in errors.items()})


def _outside(field: CustomField, value: Any) -> Any:
    """Ids are texts outside."""
    return str(value) if field.kind in _REFERENCES and value is not None else value
