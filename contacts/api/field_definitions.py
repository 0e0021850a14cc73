"""``/custom-fields``: which fields there are beside the usual ones, and what they hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts import fields
from contacts.api.schemas import CustomFieldOut, CustomKey, StageName
from contacts.fields import defining, reading
from contacts.fields.defining import Choice
from contacts.fields.forms import roles
from contacts.fields.kinds import open_choices
from contacts.models import CustomField
from ecrm.api.access import ApiRequest, needs
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import IdIn, In, Text, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.FIELDS_WRITE)
Entity = Literal["contact", "company"]
KindName = Literal[
    "text", "number", "money", "date", "datetime", "boolean", "choice", "choices", "link", "person", "company"
]
assert set(KindName.__args__) == set(CustomField.Kind.values)  # type: ignore[attr-defined]
Label = Annotated[Text, Field(pattern=r"\S", max_length=80)]
Note = Annotated[Text, Field(max_length=200)]
ChoiceLabel = Annotated[Text, Field(pattern=r"\S", max_length=120)]
RequiredAt = Annotated[list[StageName | Literal["always"]], Field(max_length=10)]
VisibleTo = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=20, description="Names of roles.")]


class FieldFilters(Schema):
    entity: Entity | None = None
    state: Annotated[Literal["live", "deleted"], Field(description="Deleted ones can come back for 30 days.")] = "live"


class FieldIn(In):
    """``key`` is made from the label where none is given; neither it nor ``kind`` can change later."""

    entity: Entity
    kind: KindName
    label: Label
    key: CustomKey | Literal[""] = ""
    note: Note = ""
    choices: Annotated[list[ChoiceLabel], Field(max_length=300)] = []
    required_at: RequiredAt = []
    visible_to: VisibleTo = []


class ChoiceIn(In):
    """With the ``key`` of one that is there it keeps its values under the new label."""

    label: ChoiceLabel
    key: Annotated[Text, Field(max_length=60)] = ""


class FieldChangesIn(In):
    """Only what is given changes. A choice left out is not offered any more; who has it keeps it."""

    label: Label = ""
    note: Note = ""
    choices: Annotated[list[ChoiceIn], Field(max_length=300)] = []
    required_at: RequiredAt = []
    visible_to: VisibleTo = []


@router.get("", auth=READ, response=list[CustomFieldOut], summary="List custom fields")
def list_custom_fields(request: ApiRequest, asked: Annotated[FieldFilters, Query()]) -> Any:
    """Those of contacts and those of companies, in their order."""
    entities = [asked.entity] if asked.entity else CustomField.Entity.values
    return [_shown(field) for entity in entities for field in _known(request, entity, asked.state)]


@router.post("", auth=WRITE, response={201: CustomFieldOut}, summary="Create a custom field")
def create_custom_field(request: ApiRequest, given: FieldIn) -> Any:
    _check(given.entity, given.required_at, given.visible_to)
    if given.choices and given.kind not in ("choice", "choices"):
        words = _("Only lists have choices.")
        raise invalid(words, choices=words)
    made = defining.create(**given.model_dump(), by=request.user)
    return Status(201, _one(request, str(made.pk)))


@router.get("/{field_id}", auth=READ, response=CustomFieldOut, summary="Read a custom field")
def read_custom_field(request: ApiRequest, field_id: IdIn) -> Any:
    return _one(request, field_id)


@router.patch("/{field_id}", auth=WRITE, response=CustomFieldOut, summary="Change a custom field")
def change_custom_field(request: ApiRequest, field_id: IdIn, given: FieldChangesIn) -> Any:
    """Changes what is given and leaves the rest; choices come in their new order, new ones last."""
    field, told = _live(request, field_id), given.model_fields_set
    _check(field.entity, given.required_at, given.visible_to)
    if "choices" in told and not field.has_choices:
        words = _("Only lists have choices.")
        raise invalid(words, choices=words)
    plain = {
        name: getattr(given if name in told else field, name) for name in ("label", "note", "visible_to", "required_at")
    }
    choices = _choices(field, given.choices) if "choices" in told else None
    defining.edit(field=field, by=request.user, choices=choices, **plain)
    return _one(request, field_id)


@router.delete("/{field_id}", auth=WRITE, response={204: None}, summary="Delete a custom field")
def delete_custom_field(request: ApiRequest, field_id: IdIn) -> Any:
    """Its values wait 30 days for it to be restored. Segments that ask for it say that they are broken."""
    defining.delete(field=_find(request, field_id), by=request.user)
    return Status(204, None)


@router.post("/{field_id}/restore", auth=WRITE, response=CustomFieldOut, summary="Bring a custom field back")
def restore_custom_field(request: ApiRequest, field_id: IdIn) -> Any:
    """With its values. Twice changes nothing."""
    defining.restore(field=_find(request, field_id), by=request.user)
    return _one(request, field_id)


def _known(request: ApiRequest, entity: str, state: str) -> list[CustomField]:
    if state == "live":
        return fields.of(entity, request.membership)
    return [field for field in reading.deleted(entity) if fields.is_visible(field, request.membership)]


def _find(request: ApiRequest, field_id: str) -> CustomField:
    """In use or deleted, and seen by the token's maker."""
    wanted = number_of(field_id)
    every = (
        each
        for entity in CustomField.Entity.values
        for state in ("live", "deleted")
        for each in _known(request, entity, state)
    )
    field = next((each for each in every if each.pk == wanted), None)
    if field is None:
        raise Http404
    return field


def _live(request: ApiRequest, field_id: str) -> CustomField:
    field = _find(request, field_id)
    if field.deleted_at is not None:
        raise Problem(409, _("This field is deleted. Restore it first."))
    return field


def _one(request: ApiRequest, field_id: str) -> dict[str, Any]:
    return _shown(_find(request, field_id))


def _check(entity: str, required_at: list[Any], visible_to: list[str]) -> None:
    if any((stage == CustomField.ALWAYS) != (entity == CustomField.Entity.COMPANY) for stage in required_at):
        words = _("Contacts need a field at stages, companies always.")
        raise invalid(words, required_at=words)
    known = {value for value, _label in roles()}
    if not known.issuperset(visible_to):
        words = _("Choose from these roles: %(roles)s.") % {"roles": ", ".join(sorted(known))}
        raise invalid(words, visible_to=words)


def _choices(field: CustomField, given: list[ChoiceIn]) -> list[Choice]:
    ids = {choice.key: choice.pk for choice in open_choices(field)}
    for number, one in enumerate(given):
        if one.key and one.key not in ids:
            words = _("There is no choice “%(key)s”.") % {"key": one.key}
            raise invalid(words, **{f"choices.{number}.key": words})
    return [Choice(one.label, ids.get(one.key)) for one in given]


def _shown(field: CustomField) -> dict[str, Any]:
    plain = ("entity", "key", "label", "kind", "note", "required_at", "visible_to", "deleted_at")
    return {
        "id": field.pk,
        **{name: getattr(field, name) for name in plain},
        "choices": [{"key": choice.key, "label": choice.label} for choice in open_choices(field)],
    }
