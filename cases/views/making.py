"""Taking a case down for somebody, and the workspace's settings for cases."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import services
from cases.forms import CaseSettingsForm, NewCaseForm
from cases.models import Case, CaseSettings
from contacts import services as contacts
from contacts.models import Contact
from ecrm.audit import services as audit
from ecrm.mail.inbound.addresses import support_address
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast


@requires(Capability.CASES_ANSWER)
@require_http_methods(["GET", "POST"])
def create_case(request: MemberRequest) -> HttpResponse:
    """A call, a visit, a letter: the member writes down who asked what."""
    contact = _chosen_contact(request)
    form = NewCaseForm(request.POST or None, has_contact=contact is not None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                case = _open(request, form, contact)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            toast(request, _("Case %(number)s opened.") % {"number": case.number})
            return redirect("case_page", case.pk)
    context = {"form": form, "contact": contact, "crumbs": [(_("Cases"), reverse("cases"))]}
    return render(request, "cases/create.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CASES_MANAGE)
@require_http_methods(["GET", "POST"])
def case_settings(request: MemberRequest) -> HttpResponse:
    words = services.texts(request.tenant.languages)
    form = CaseSettingsForm(request.POST or None, instance=CaseSettings.of_tenant(), words=words)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        services.say_otherwise(form.words)
        audit.record("case_settings.changed", by=request.user, subject=saved, fields=form.changed_data)
        toast(request, _("Saved."))
        return redirect("case_settings")
    context = {"form": form, "support_address": support_address()}
    return render(request, "cases/settings.html", context, status=INVALID if form.errors else 200)


def _chosen_contact(request: MemberRequest) -> Contact | None:
    given = request.GET.get("contact", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        return None
    return get_object_or_404(Contact.objects.visible_to(request.membership).unbinned(), pk=int(given))


def _open(request: MemberRequest, form: NewCaseForm, contact: Contact | None) -> Case:
    values = form.cleaned_data
    contact = contact or _contact_of(request, values["email"], values["name"])
    said = services.Incoming(
        text=values["text"], at=timezone.now(), contact=contact, sender_name=str(contact), sender_address=""
    )
    return services.open_case(
        contact=contact,
        subject=values["subject"],
        channel=values["channel"],
        message=said if values["text"].strip() else None,
        priority=values["priority"],
        assignee=request.user if values["is_mine"] else None,
        by=request.user,
    )


def _contact_of(request: MemberRequest, email: str, name: str) -> Contact:
    known = contacts.find_by_email(email) if email else None
    return known or contacts.create_contact(by=request.user, name=name, emails=[email] if email else [], source="case")
