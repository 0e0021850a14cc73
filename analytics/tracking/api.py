"""``/visitors``: a shop that knows who signed in tells whose browser it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Router, Schema, Status

from analytics.tracking import tokens
from contacts.api import reading
from contacts.api.events import ByContact, ByEmail, ByIdentity, KnownPerson
from contacts.models import Contact
from contacts.services import find_by_email, linking
from ecrm.api import root
from ecrm.api.access import ApiRequest, needs
from ecrm.api.schemas import In, number_of
from ecrm.api.scopes import Scope

router = Router()


class WhoseIn(In):
    person: KnownPerson


class VisitTokenOut(Schema):
    """For ``ecrm.identify(token)`` in the person's browser, and for no other: the first one keeps it."""

    token: str
    expires_at: datetime


def register() -> None:
    root.register("/visitors", router, gettext_noop("Visitors"))


@router.post(
    "/tokens",
    auth=needs(Scope.VISITORS_WRITE),
    response={201: VisitTokenOut},
    summary="Make a token that names a person to their browser",
)
def make_visit_token(request: ApiRequest, given: WhoseIn) -> Any:
    """Ask from your server, after the person has signed in there. Nobody known: 404."""
    contact = _known(given.person)
    if contact is None or not reading.visible(request).unbinned().filter(pk=contact.pk).exists():
        raise Http404
    return Status(201, {"token": tokens.make(contact.pk), "expires_at": timezone.now() + tokens.LASTS})


def _known(person: ByContact | ByEmail | ByIdentity) -> Contact | None:
    match person:
        case ByContact():
            return Contact.objects.filter(pk=number_of(person.contact_id)).first()
        case ByEmail():
            return find_by_email(person.email)
        case ByIdentity():
            return linking.find_by_identity(person.identity.namespace, person.identity.id)
