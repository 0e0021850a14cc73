"""One person's consent in the hands of staff: recording what they said, seeing what they see."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consent import public, purposes, services
from consent.forms import AnswerForm
from consent.models import Action, Purpose, Source
from consent.views.frame import languages as reader_languages
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast


@requires(Capability.CONSENT_RECORD)
@require_http_methods(["GET", "POST"])
def record_consent(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    asked = [each for each in purposes.catalogue(reader_languages(request)) if each.purpose.has_choice]
    form = AnswerForm(
        request.POST or None,
        choices=[(each.purpose.pk, each.name) for each in asked],
        initial={"purpose": request.GET.get("purpose"), "action": request.GET.get("action")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            _record(request, contact, form)
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            toast(request, _("Recorded with your name and the origin you gave."))
            return redirect("contact_page", contact.pk)
    context = {"form": form, "contact": contact}
    return render(request, "consent/record_consent.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CONSENT_VIEW)
@require_safe
def preview_preferences(request: MemberRequest, contact_id: int) -> HttpResponse:
    """The preference page as this person sees it. Staff cannot press its buttons: that would forge evidence."""
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    language = public.reader_language(request, request.tenant, contact)
    context = public.page_context(request.tenant, contact, language)
    return render(request, "consent/preview_preferences.html", context)


def _record(request: MemberRequest, contact: Contact, form: AnswerForm) -> None:
    given = form.cleaned_data
    verb = services.grant if given["action"] == Action.GRANTED else services.withdraw
    verb(
        contact=contact,
        purpose=get_object_or_404(Purpose, pk=given["purpose"]),
        source=Source.STAFF,
        evidence={"origin": given["origin"]},
        by=request.user,
        at=given["given_at"],
    )
