"""How other systems name a person: adding and removing such a name."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from contacts import services
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import redirect_page
from ecrm.ui.toasts import warn


@requires(Capability.CONTACTS_EDIT)
@require_POST
def change_identities(request: MemberRequest, contact_id: int) -> HttpResponse:
    """Adds or removes one name that another system has for the person."""
    contact = get_object_or_404(Contact.objects.visible_to(request.membership).unbinned(), pk=contact_id)
    namespace, external_id = (
        request.POST.get(name, "").replace("\x00", "").strip() for name in ("namespace", "external_id")
    )
    change = services.remove_identity if request.POST.get("act") == "remove" else services.add_identity
    try:
        with transaction.atomic():
            change(contact=contact, namespace=namespace, external_id=external_id, by=request.user)
    except ValidationError as error:
        warn(request, error.messages[0])
    return redirect_page(request, reverse("contact_page", args=[contact.pk]))
