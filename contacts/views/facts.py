"""One detail of a person: its form in the place where it stands, or on a small page of its own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contacts import details, fields, person
from contacts.fields.facts import facts as custom_facts
from contacts.inline import FactForm, Gone, place_of
from contacts.models import Contact
from contacts.provenance import wording
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, render_page, wants_part
from ecrm.ui.toasts import toast


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_fact(request: MemberRequest, contact_id: int, fact: str) -> HttpResponse:
    """``fact`` is an own field's name or ``f:<key>``. ``?leave`` shows the value again, unchanged."""
    people = Contact.objects.visible_to(request.membership).unbinned()
    with transaction.atomic():
        if request.method == "POST":
            people = people.select_for_update(of=("self",))
        contact = get_object_or_404(people, pk=contact_id)
        try:
            form = FactForm(request, contact, fact)
        except Gone:
            raise Http404 from None
        if "leave" in request.GET or (request.method == "POST" and form.save()):
            return _shown(request, contact, form)
    return _form(request, contact, form)


def _form(request: MemberRequest, contact: Contact, form: FactForm) -> HttpResponse:
    context = {
        "contact": contact,
        "form": form,
        "place": place_of(form.key),
        "url": reverse("edit_fact", args=[contact.pk, form.key]),
        "back_url": reverse("contact_page", args=[contact.pk]),
        "crumbs": [
            (_("Contacts"), reverse("contact_list")),
            (str(contact), reverse("contact_page", args=[contact.pk])),
        ],
    }
    status = INVALID if form.conflict or form.has_errors else 200
    return render_page(request, "contacts/fact.html", part="contacts/_fact_form.html", context=context, status=status)


def _shown(request: MemberRequest, contact: Contact, form: FactForm) -> HttpResponse:
    """The value in its place. Who may not see the person any more, now that they are another's, goes to the list."""
    page = reverse("contact_page", args=[contact.pk])
    found = person.find(request.membership, contact.pk)
    if found is None or form.is_whole or not wants_part(request):
        if request.method == "POST":
            toast(request, _("Saved."))
        return redirect_page(request, page if found is not None else reverse("contact_list"))
    return HttpResponse(details.row(_fact(request, found, form), _mark(request, found, form.key), page))


def _fact(request: MemberRequest, found: Any, form: FactForm) -> details.Fact:
    every: list[Any] = [*person.facts(found), *custom_facts("contact", found.pk, request.membership)]
    emptied = person.Fact(str(form.label), "", form.key)
    return next((one for one in every if one.key == form.key), emptied)


def _mark(request: MemberRequest, found: Any, key: str) -> wording.Mark | None:
    held = [key] if key.startswith(fields.PREFIX) else []
    marks = wording.marks(found, person.origins(found), custom=fields.by_key("contact", request.membership), held=held)
    return marks.get(key)
