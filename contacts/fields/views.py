"""The settings page of custom fields: what there is, in which order, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.fields import defining, reading, uses
from contacts.fields.forms import FieldForm, NewFieldForm
from contacts.fields.kinds import choices_of
from contacts.models import CustomField
from contacts.models.people import Stage
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability, Role
from ecrm.ui.parts import INVALID, render_page
from ecrm.ui.toasts import toast, warn


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    field: CustomField
    seen_by: str
    needed: str
    is_first: bool
    is_last: bool


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def field_list(request: MemberRequest) -> HttpResponse:
    return _list(request, _entity(request.GET.get("of", "")))


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def create_field(request: MemberRequest) -> HttpResponse:
    entity = _entity(request.GET.get("of", ""))
    form = NewFieldForm(request.POST if request.method == "POST" else None, entity=entity)
    if form.is_bound and form.is_valid() and (field := form.create(entity=entity, by=request.user)):
        toast(request, _("“%(field)s” can be used now.") % {"field": field})
        return redirect(_url_of(entity))
    context = {"form": form, "entity": entity, "back_url": _url_of(entity)}
    return render(request, "contacts/fields/create.html", context, status=INVALID if form.errors else 200)


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def edit_field(request: MemberRequest, field_id: int) -> HttpResponse:
    """Names, order and entries of one field. A button that moves an entry saves the rest with it."""
    field = _find(field_id)
    form = FieldForm(request.POST if request.method == "POST" else None, field=field)
    if form.is_bound and form.is_valid() and form.save(by=request.user, order=_order(request, field)):
        toast(request, _("Saved."))
        is_moving = "up" in request.POST or "down" in request.POST
        return redirect("edit_field" if is_moving else _url_of(field.entity), *([field.pk] if is_moving else []))
    context = {
        "form": form,
        "field": field,
        "choices": choices_of(field),
        "count": defining.value_count(field),
        "back_url": _url_of(field.entity),
    }
    return render(request, "contacts/fields/edit.html", context, status=INVALID if form.errors else 200)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def move_field(request: MemberRequest, field_id: int) -> HttpResponse:
    field = _find(field_id)
    defining.move(field=field, by=request.user, step=-1 if request.POST.get("to") == "up" else 1)
    return _list(request, field.entity) if request.headers.get("HX-Request") else redirect(_url_of(field.entity))


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def delete_field(request: MemberRequest, field_id: int) -> HttpResponse:
    """Says first how many values go out of sight and what uses them."""
    field = _find(field_id)
    if request.method == "POST":
        if defining.delete(field=field, by=request.user):
            undo = reverse("restore_field", args=[field.pk])
            toast(request, _("“%(field)s” was deleted.") % {"field": field}, undo=undo)
        return redirect(_url_of(field.entity))
    context = {
        "field": field,
        "count": defining.value_count(field),
        "uses": uses.uses(field),
        "days": defining.KEPT_DAYS,
        "back_url": _url_of(field.entity),
    }
    return render(request, "contacts/fields/delete.html", context)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def restore_field(request: MemberRequest, field_id: int) -> HttpResponse:
    field = get_object_or_404(CustomField, pk=field_id)
    try:
        if defining.restore(field=field, by=request.user):
            toast(request, _("“%(field)s” is back with its values.") % {"field": field})
    except ValidationError as error:
        warn(request, " ".join(error.messages))
    return redirect(_url_of(field.entity))


def _list(request: MemberRequest, entity: str) -> HttpResponse:
    fields = reading.of(entity)
    context = {
        "entity": entity,
        "tabs": [
            Tab(str(label), _url_of(value), value == entity, len(reading.of(value)))
            for value, label in CustomField.Entity.choices
        ],
        "rows": [
            Row(field, _seen_by(field), _needed(field), field is fields[0], field is fields[-1]) for field in fields
        ],
        "deleted": reading.deleted(entity),
        "days": defining.KEPT_DAYS,
        "new_url": f"{reverse('create_field')}?of={entity}",
    }
    return render_page(request, "contacts/fields/list.html", part="contacts/fields/_table.html", context=context)


def _find(field_id: int) -> CustomField:
    for entity in CustomField.Entity.values:
        for field in reading.of(entity):
            if field.pk == field_id:
                return field
    raise Http404


def _entity(given: str) -> str:
    return given if given in CustomField.Entity.values else CustomField.Entity.CONTACT


def _url_of(entity: str) -> str:
    return reverse("field_list") + (f"?of={entity}" if entity != CustomField.Entity.CONTACT else "")


def _seen_by(field: CustomField) -> str:
    labels = dict(Role.choices)
    return ", ".join(str(labels[role]) for role in field.visible_to if role in labels) or _("Everybody")


def _needed(field: CustomField) -> str:
    if not field.required_at:
        return _("Never")
    if CustomField.ALWAYS in field.required_at or set(field.required_at) >= set(Stage.values):
        return _("Always")
    return ", ".join(str(Stage(stage).label) for stage in Stage.values if stage in field.required_at)


def _order(request: MemberRequest, field: CustomField) -> list[int]:
    """The entries' ids, the one whose arrow was pressed a place further."""
    ids = [choice.pk for choice in choices_of(field)]
    for name, step in (("up", -1), ("down", 1)):
        moved: Any = request.POST.get(name, "")
        if moved.isdigit() and int(moved) in ids:
            place = ids.index(int(moved))
            ids.insert(max(0, place + step), ids.pop(place))
    return ids
