"""Saving views of the list, and what becomes of them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contacts.lists import saved
from contacts.lists.query import ListQuery
from contacts.lists.saved import Audience, View
from contacts.models import SavedView, ViewDefault
from ecrm.tenancy import teams
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability, Role
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast, warn


@requires(Capability.CONTACTS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def save_view(request: MemberRequest) -> HttpResponse:
    """The list of the address under a name."""
    query = ListQuery.read(request.GET, request.membership)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        name, audience = request.POST.get("name", ""), request.POST.get("audience", "")
        try:
            view = saved.save_view(name=name, audience=audience, query=query, by=request.user)
        except ValidationError as error:
            errors = error.message_dict
        else:
            toast(request, _("Saved the view “%(name)s”") % {"name": view.name})
            return redirect_page(request, _list_url(query.but(view_id=view.pk)))
    return _render(request, query, None, errors)


@requires(Capability.CONTACTS_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_view(request: MemberRequest, view_id: int) -> HttpResponse:
    """Its name, who sees it, and whose start it is."""
    view = _changeable(request, view_id)
    query = ListQuery.of_text(view.query, request.membership).but(view_id=view.id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        row = get_object_or_404(SavedView, pk=view.id)
        try:
            _change(request, row)
        except ValidationError as error:
            errors = error.message_dict
        else:
            toast(request, _("Saved the view “%(name)s”") % {"name": row.refreshed().name})
            return redirect_page(request, reverse("contact_list") + view.url)
    return _render(request, query, view, errors)


@requires(Capability.CONTACTS_VIEW)
@require_POST
def update_view(request: MemberRequest, view_id: int) -> HttpResponse:
    """Makes the view what the list shows now."""
    view = _changeable(request, view_id)
    query = ListQuery.read(request.GET, request.membership).but(view_id=view.id)
    row = get_object_or_404(SavedView, pk=view.id)
    try:
        if saved.change_view(view=row, query=query, by=request.user):
            toast(request, _("Saved the view “%(name)s”") % {"name": row.name})
    except ValidationError as error:
        warn(request, " ".join(error.messages))
    return redirect_page(request, _list_url(query))


@requires(Capability.CONTACTS_VIEW)
@require_POST
def delete_view(request: MemberRequest, view_id: int) -> HttpResponse:
    view = _changeable(request, view_id)
    saved.delete_view(view=get_object_or_404(SavedView, pk=view.id), by=request.user)
    toast(request, _("Deleted the view “%(name)s”") % {"name": view.name})
    return redirect_page(request, reverse("contact_list") + "?all=1")


@requires(Capability.CONTACTS_VIEW)
@require_POST
def begin_with_view(request: MemberRequest, view_id: int) -> HttpResponse:
    """One's own start; a second press takes it back."""
    view = _seen(request, view_id)
    row = None if view.is_own_start else get_object_or_404(SavedView, pk=view.id)
    saved.begin_with(view=row, by=request.user)
    if row is None:
        toast(request, _("Contacts begin with everybody again."))
    else:
        toast(request, _("Contacts begin with “%(name)s” for you now.") % {"name": view.name})
    return redirect_page(request, reverse("contact_list") + view.url)


def _change(request: MemberRequest, row: SavedView) -> None:
    """Name and audience first: a start for roles needs a view that everyone sees."""
    sent = request.POST
    if not sent.get("name", "").strip():
        raise ValidationError({"name": _("Give the view a name.")})
    saved.change_view(view=row, name=sent["name"], audience=sent.get("audience", ""), by=request.user)
    if request.membership.may(Capability.SETTINGS_MANAGE) and "roles_shown" in sent:
        roles = sent.getlist("role") if row.refreshed().audience == Audience.EVERYONE else []
        saved.begin_roles_with(view=row.refreshed(), roles=roles, by=request.user)


def _seen(request: MemberRequest, view_id: int) -> View:
    view = next((view for view in saved.visible(request.membership) if view.id == view_id), None)
    if view is None:
        raise Http404
    return view


def _changeable(request: MemberRequest, view_id: int) -> View:
    view = _seen(request, view_id)
    if not saved.may_change(view, request.membership):
        raise Http404
    return view


def _render(request: MemberRequest, query: ListQuery, view: View | None, errors: dict[str, list[str]]) -> HttpResponse:
    sent = request.POST
    audience = sent.get("audience") or (view.audience if view else Audience.MINE)
    context: dict[str, Any] = {
        "view": view,
        "name": sent.get("name", view.name if view else "")[: saved.LONGEST_NAME],
        "audiences": _audiences(request, view, audience),
        "roles": _roles(request, view) if view else [],
        "errors": {field: " ".join(messages) for field, messages in errors.items()},
        "chips": query.chips(""),
        "term": query.term,
        "list_url": _list_url(query),
        "crumbs": [(_("Contacts"), _list_url(query))],
    }
    return render(request, "contacts/view.html", context, status=INVALID if errors else 200)


def _audiences(request: MemberRequest, view: View | None, chosen: str) -> list[tuple[str, str, bool]]:
    """A team only to those who are in one, with its name."""
    labels: dict[str, Any] = dict(Audience.choices)
    if view is not None and view.is_stranded:
        labels[Audience.TEAM] = (
            _("My team: nobody else for now. You are in no team.")
            if view.is_own
            else _("A team: nobody for now, its owner is in no team.")
        )
    elif view is None or view.is_own:
        if mine := teams.names_of(request.user.pk):
            labels[Audience.TEAM] = _("My team: %(names)s") % {"names": ", ".join(mine)}
        elif chosen != Audience.TEAM:
            del labels[Audience.TEAM]
    return [(value, str(label), value == chosen) for value, label in labels.items()]


def _roles(request: MemberRequest, view: View) -> list[tuple[str, Any, bool]]:
    if not request.membership.may(Capability.SETTINGS_MANAGE):
        return []
    chosen = set(ViewDefault.objects.filter(view=view.id, user=None).values_list("role", flat=True))
    return [(value, label, value in chosen) for value, label in Role.choices]


def _list_url(query: ListQuery) -> str:
    return reverse("contact_list") + query.url()
