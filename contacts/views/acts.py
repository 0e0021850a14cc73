"""What is done to people without a form of its own: bin, restore, tags, acts on many."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from contacts import bulk_actions, services
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import redirect_page
from ecrm.ui.toasts import toast, warn

PAGE_AT_MOST = 200


@requires(Capability.CONTACTS_DELETE)
@require_POST
def bin_contact(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    if services.bin_contact(contact=contact, by=request.user):
        toast(
            request,
            _("%(name)s is in the bin.") % {"name": contact},
            undo=reverse("restore_contact", args=[contact.pk]),
        )
    return redirect_page(request, reverse("contact_list"))


@requires(Capability.CONTACTS_DELETE)
@require_POST
def restore_contact(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    try:
        with transaction.atomic():
            if services.restore_contact(contact=contact, by=request.user):
                toast(request, _("%(name)s is back.") % {"name": contact})
    except ValidationError as error:
        warn(request, error.messages[0])
        return redirect_page(request, reverse("binned_contacts"))
    return redirect_page(request, reverse("contact_page", args=[contact.pk]))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def tag_contact(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    try:
        services.add_tags(
            contact_ids=[contact.pk], names=request.POST.get("tags", "").replace("\x00", "").split(","), by=request.user
        )
    except ValidationError as error:
        warn(request, error.messages[0])
    return redirect_page(request, reverse("contact_page", args=[contact.pk]))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def untag_contact(request: MemberRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=contact_id)
    name = request.POST.get("tag", "").replace("\x00", "")
    if services.remove_tags(contact_ids=[contact.pk], names=[name], by=request.user):
        toast(request, _("Tag %(tag)s removed.") % {"tag": name})
    return redirect_page(request, reverse("contact_page", args=[contact.pk]))


@requires(Capability.CONTACTS_VIEW)
@require_POST
def act_on_contacts(request: MemberRequest) -> HttpResponse:
    """Runs one registered act on the people ticked; each act has its own capability."""
    action = bulk_actions.find(request.POST.get("action", ""), request.membership)
    ids = _ticked(request)
    if action is None:
        warn(request, _("Choose what to do with them."))
    elif not ids:
        warn(request, _("Tick somebody first."))
    else:
        try:
            with transaction.atomic():
                outcome = action.run(request, ids)
            toast(request, outcome.text, undo=outcome.undo)
        except ValidationError as error:
            warn(request, error.messages[0])
    return redirect_page(request, f"{reverse('contact_list')}?{request.GET.urlencode()}")


@requires(Capability.CONTACTS_BULK_DELETE)
@require_POST
def restore_contacts(request: MemberRequest) -> HttpResponse:
    """Takes back a bulk binning: the ids stand in the address the toast was given."""
    ids = [int(text) for text in request.GET.get("ids", "").split(",") if text.isdecimal() and len(text) < 19]
    visible = Contact.objects.visible_to(request.membership).filter(pk__in=ids[:PAGE_AT_MOST])
    restored = services.restore_contacts(contact_ids=[contact.pk for contact in visible], by=request.user)
    toast(
        request,
        ngettext("%(count)s contact is back.", "%(count)s contacts are back.", restored) % {"count": restored},
    )
    return redirect_page(request, reverse("contact_list"))


def _ticked(request: MemberRequest) -> list[int]:
    """Ids of the ticked people, less those this member may not see."""
    given = [int(text) for text in request.POST.getlist("contact") if text.isdecimal() and len(text) < 19]
    visible = Contact.objects.visible_to(request.membership).unbinned().filter(pk__in=given[:PAGE_AT_MOST])
    return sorted(visible.values_list("pk", flat=True))
