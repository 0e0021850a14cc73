"""One person: their page, and the form that makes or changes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contacts import conflicts, details, fields, history_lines, listing, merged, panels, person, services, timeline
from contacts.compose import reading
from contacts.duplicates import warning
from contacts.duplicates.known import Likeness
from contacts.fields.facts import empty as empty_facts
from contacts.fields.facts import facts as custom_facts
from contacts.forms import ContactEditor
from contacts.lists import neighbours
from contacts.models import Contact
from contacts.provenance import wording
from ecrm.search import recents
from ecrm.tenancy.models import Membership
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, render_page, wants_part
from ecrm.ui.toasts import toast

LONGEST_TERM = 100
NEVER = datetime.min.replace(tzinfo=UTC)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def contact_page(request: MemberRequest, contact_id: int) -> HttpResponse:
    """The record. htmx asks it for another kind of event, or for earlier ones."""
    is_part = wants_part(request)
    contact = person.find(
        request.membership, contact_id, further=None if is_part else {"desk_list": reading.statement()}
    )
    if contact is None:
        raise Http404
    if contact.binned_at and (survivor_id := merged.survivor_id(contact.pk)) != contact.pk:
        return redirect_page(request, reverse("contact_page", args=[survivor_id]))
    told = timeline.of(
        contact,
        request.membership,
        group=request.GET.get("show", ""),
        cursor=request.GET.get("cursor"),
        term=request.GET.get("find", "").strip()[:LONGEST_TERM],
    )
    context = {
        "contact": contact,
        "timeline": told,
        "choices": history_lines.choices(told.groups, request.GET),
        "earlier": history_lines.earlier(told, request.GET),
        "reached": history_lines.reached(told),
        "kept": [(name, value) for name, value in request.GET.items() if name in ("show", neighbours.PARAMETER)],
        "is_part": is_part,
        "is_continued": "cursor" in request.GET,
        "lines": history_lines.lines(told.days, told_day=request.GET.get("day", "") if is_part else ""),
    }
    if not is_part:
        way = neighbours.way(contact.pk, request.GET.get(neighbours.PARAMETER, ""))
        list_url = way.list_url if way else reverse("contact_list")
        context |= {**_record(request, contact), "beside": way, "crumbs": [(_("Contacts"), list_url)]}
        recents.remember(request.membership, "contacts", contact.pk)
    return render_page(request, "contacts/page.html", part="contacts/_timeline.html", context=context)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def neighbour(request: MemberRequest, contact_id: int, *, is_next: bool) -> HttpResponse:
    """To whoever stands beside in the list of ``?in=``, or back where the list ends."""
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    text = request.GET.get(neighbours.PARAMETER, "")
    beside = neighbours.of(contact, text, request.membership)[is_next]
    if beside is None:
        toast(request, _("Nobody comes after in this list.") if is_next else _("Nobody comes before in this list."))
    suffix = f"?{urlencode({neighbours.PARAMETER: text})}" if text else ""
    return redirect_page(request, f"{reverse('contact_page', args=[beside or contact.pk])}{suffix}")


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def create_contact(request: MemberRequest) -> HttpResponse:
    editor = ContactEditor(request)
    likely = []
    if request.method == "POST" and not editor.wants_more and editor.is_valid():
        likely = warning.unseen(request, editor.values())
    if request.method == "POST" and not editor.wants_more and editor.is_valid() and not likely:
        try:
            with transaction.atomic():
                contact = services.create_contact(by=request.user, **editor.values())
        except ValidationError as error:
            editor.add_errors(error, explain=partial(_explain, request.membership))
        else:
            toast(request, _("%(name)s added.") % {"name": contact})
            return redirect_page(request, reverse("contact_page", args=[contact.pk]))
    return _form(request, editor, likely=likely)


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_contact(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(
        Contact.objects.visible_to(request.membership).unbinned().select_related("company"), pk=contact_id
    )
    editor = ContactEditor(request, contact)
    stale: services.StaleContact | None = None
    if request.method == "POST" and not editor.wants_more and editor.is_valid():
        try:
            with transaction.atomic():
                services.edit_contact(
                    contact=contact, by=request.user, expected_updated_at=_expected(request), **editor.values()
                )
        except ValidationError as error:
            editor.add_errors(error, explain=partial(_explain, request.membership))
        except services.StaleContact as conflict:
            stale = conflict
        else:
            toast(request, _("Saved."))
            return redirect_page(request, reverse("contact_page", args=[contact.pk]))
    return _form(request, editor, contact=contact, stale=stale)


def _record(request: MemberRequest, contact: Any) -> dict[str, Any]:
    rendered = {
        place: [panel.render(request, contact) for panel in panels.panels(place, request.membership)]
        for place in ("side", "extra")
    }
    custom = custom_facts("contact", contact.pk, request.membership)
    held = [fact.key for fact in custom]
    marks = wording.marks(
        contact,
        person.origins(contact),
        custom=fields.by_key("contact", request.membership),
        held=held,
    )
    facts: list[Any] = [*person.facts(contact), *custom]
    may_edit = request.membership.may(Capability.CONTACTS_EDIT)
    is_open = may_edit and contact.binned_at is None
    stage = listing.stage_status(contact.stage)
    return {
        "facts": facts,
        "details": details.rows(contact, facts, person.place_lines(contact), marks, may_edit=is_open),
        "empty_fields": details.empty(contact, empty_facts(request.membership, "contact", held)) if is_open else "",
        "marks": marks,
        "worth": person.worth(contact),
        "name": details.standing(contact, "name", contact.name, marks.get("name"), may_edit=is_open),
        "stage": details.standing(contact, "stage", stage, marks.get("stage"), may_edit=is_open),
        "side_panels": rendered["side"],
        "extra_panels": rendered["extra"],
        "desk": reading.on(
            contact, request.membership, [one["address"] for one in contact.email_list], contact.desk_list
        ),
        "may_edit": may_edit,
        "may_bin": request.membership.may(Capability.CONTACTS_DELETE),
        "label": contact.name or next((one["address"] for one in contact.email_list), "") or str(contact),
    }


def _form(
    request: MemberRequest,
    editor: ContactEditor,
    *,
    contact: Contact | None = None,
    stale: services.StaleContact | None = None,
    likely: Sequence[Likeness] = (),
) -> HttpResponse:
    error_count = 0 if editor.wants_more or not editor.form.is_bound else editor.error_count
    back_url = reverse("contact_page", args=[contact.pk]) if contact else reverse("contact_list")
    context = {
        "editor": editor,
        "contact": contact,
        "title": _("Edit %(name)s") % {"name": contact} if contact else _("New contact"),
        "crumbs": [(_("Contacts"), reverse("contact_list")), *([(str(contact), back_url)] if contact else [])],
        "back_url": back_url,
        "expected_updated_at": _version(request, contact, stale),
        "error_count": error_count,
        "differences": conflicts.differences(stale.current, editor) if stale else None,
        "likely": likely,
    }
    return render(request, "contacts/edit.html", context, status=INVALID if error_count or stale or likely else 200)


def _version(request: MemberRequest, contact: Contact | None, stale: services.StaleContact | None) -> str:
    """Which version the form answers to: after a conflict, the one whose differences are shown."""
    if stale is not None:
        return stale.current.updated_at.isoformat()
    if contact is None:
        return ""
    return request.POST.get("expected_updated_at") or contact.updated_at.isoformat()


def _expected(request: MemberRequest) -> datetime:
    """The version the form was made from. A form that does not say which is stale by definition."""
    try:
        given = parse_datetime(request.POST.get("expected_updated_at", ""))
    except ValueError:
        given = None
    return given or NEVER


def _explain(membership: Membership, error: ValidationError) -> str:
    """ "Taken" becomes a link to the other person, or silence about whom one may not see."""
    if error.code != "taken" or not error.params:
        return error.messages[0]
    holder = Contact.objects.visible_to(membership).filter(pk=error.params["contact_id"]).first()
    if holder is None:
        return _("Somebody whom you cannot see has this address already.")
    link = format_html('<a href="{}">{}</a>', reverse("contact_page", args=[holder.pk]), holder)
    return format_html(_("{} has this address already."), link)
