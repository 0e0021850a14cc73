"""Reading the letters between us and a person, and what can still be done about one on its way."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contacts.letters import conversation, writing
from contacts.models import Contact, Letter
from contacts.views.composing import keep_words
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import redirect_page
from ecrm.ui.toasts import toast, warn


@requires(Capability.CONTACTS_VIEW)
@require_safe
def letter_page(request: MemberRequest, letter_id: int) -> HttpResponse:
    """The whole conversation a letter belongs to."""
    letter = _find(request, letter_id)
    contact = letter.contact
    context = {
        "letter": letter,
        "contact": contact,
        "said": conversation.of(letter, request.user),
        "may_write": request.membership.may(Capability.CONTACTS_EDIT) and contact.binned_at is None,
        "crumbs": [
            (_("Contacts"), reverse("contact_list")),
            (str(contact), reverse("contact_page", args=[contact.pk])),
        ],
    }
    return render(request, "contacts/letters/page.html", context)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def take_back_letter(request: MemberRequest, letter_id: int) -> HttpResponse:
    """What the composer holds comes along, so that it is kept first and the undo waits for no other request."""
    letter = _find(request, letter_id)
    if "text" in request.POST:
        keep_words(request, letter.contact)
    had_files = letter.files.exists()
    if writing.take_back_letter(letter=letter, by=request.user):
        words = _("Not sent. Your words and files are back in the composer.")
        toast(request, words if had_files else _("Not sent. Your words are back in the composer."))
    else:
        warn(request, _("That email is on its way already."))
    return redirect_page(request, reverse("contact_page", args=[letter.contact_id]))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def send_letter_again(request: MemberRequest, letter_id: int) -> HttpResponse:
    letter = _find(request, letter_id)
    if writing.send_again(letter=letter, by=request.user):
        toast(request, _("The email goes out again."))
    return redirect_page(request, reverse("contact_page", args=[letter.contact_id]))


def _find(request: MemberRequest, letter_id: int) -> Letter:
    """Of somebody in sight."""
    seen = Contact.objects.visible_to(request.membership)
    return get_object_or_404(Letter.objects.filter(Q(contact__in=seen)).select_related("contact", "root"), pk=letter_id)
