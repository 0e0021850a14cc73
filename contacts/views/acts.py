"""What is done to people without a form of its own: bin, restore, tags, acts on many."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contacts import services
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import redirect_page
from ecrm.ui.toasts import toast, warn


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
