"""``/events``: what other systems saw people do. Taken at once, in the history moments later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Discriminator, Field, Tag
from redis.exceptions import RedisError

from contacts import ingest
from contacts.api.schemas import EmailText, IdentityIn
from contacts.ingest import RawEvent
from ecrm.api import repeats
from ecrm.api.access import ApiRequest, needs
from ecrm.api.problems import Problem
from ecrm.api.root import light
from ecrm.api.schemas import IdIn, In, InstantIn, Text, Whole, number_of
from ecrm.api.scopes import Scope

router = Router()
MOST = 1000
LARGEST_AMOUNT = 2**53


class ByContact(In):
    contact_id: IdIn


class ByEmail(In):
    email: EmailText


class ByIdentity(In):
    identity: IdentityIn


class ByVisitor(In):
    visitor: Annotated[Text, Field(min_length=1, max_length=64)]


def _way(given: Any) -> str | None:
    """By which of the ways a person is named: the others have nothing to say of what is wrong with it."""
    return next((f"<{name}>" for name in _WAYS if name in given), None) if isinstance(given, dict) else None


_WAYS = ("contact_id", "email", "identity", "visitor")
_ByContact = Annotated[ByContact, Tag("<contact_id>")]
_ByEmail = Annotated[ByEmail, Tag("<email>")]
_ByIdentity = Annotated[ByIdentity, Tag("<identity>")]
_ByVisitor = Annotated[ByVisitor, Tag("<visitor>")]
Person = Annotated[
    _ByContact | _ByEmail | _ByIdentity | _ByVisitor,
    Discriminator(
        _way, custom_error_type="way", custom_error_message="Give one of contact_id, email, identity, visitor."
    ),
]
KnownPerson = Annotated[
    _ByContact | _ByEmail | _ByIdentity,
    Discriminator(_way, custom_error_type="way", custom_error_message="Give one of contact_id, email, identity."),
]


class ValueIn(In):
    """What it was worth, in minor units: 4990 and EUR for 49.90 €."""

    amount: Annotated[Whole, Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class EventIn(In):
    """``name`` is noun.past_verb. The same ``source`` and ``key`` count once, however often they are sent."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", max_length=60)]
    at: Annotated[InstantIn | None, Field(description="When it happened; left out: now.")] = None
    person: Person | None = None
    source: Annotated[Text, Field(max_length=40)] = "api"
    key: Annotated[Text, Field(max_length=200)] = ""
    value: ValueIn | None = None
    properties: dict[str, Any] = {}


class BatchIn(In):
    events: Annotated[list[EventIn], Field(min_length=1, max_length=MOST)]


class TakenOut(Schema):
    """How many events were taken."""

    accepted: int


@light
@router.post("", auth=needs(Scope.EVENTS_WRITE), response={202: TakenOut}, summary="Send an event")
def send_event(request: ApiRequest, given: EventIn) -> Any:
    return _take(request, [given], is_batch=False)


@light
@router.post("/batch", auth=needs(Scope.EVENTS_WRITE), response={202: TakenOut}, summary="Send up to 1,000 events")
def send_events(request: ApiRequest, given: BatchIn) -> Any:
    """All or none are taken."""
    return _take(request, given.events)


def _take(request: ApiRequest, events: Sequence[EventIn], *, is_batch: bool = True) -> Any:
    key = repeats.key_of(request)
    try:
        ingest.offer(
            request.tenant.pk,
            [_raw(event) for event in events],
            key=f"api:{request.grant.token.pk}:{key}" if key else "",
        )
    except ingest.InvalidEvent as error:
        raise Problem(422, str(error), (_wrong(error, is_batch),)) from error
    except (ingest.IntakeFull, RedisError) as error:
        raise Problem(
            503, _("Events cannot be taken just now. Send them again."), (), (("Retry-After", "10"),)
        ) from error
    return Status(202, {"accepted": len(events)})


def _wrong(error: ingest.InvalidEvent, is_batch: bool) -> tuple[str, str]:
    """The field of the body, and what is wrong with it ("person: this id stands for nobody")."""
    name, _colon, words = str(error).partition(": ")
    named = [_FIELDS.get(name, name)] if words and name in {*EventIn.model_fields, *_FIELDS} else []
    return ".".join([*(["events", str(error.place)] if is_batch else []), *named]), words or name


_FIELDS = {"amount": "value.amount", "currency": "value.currency"}


def _raw(event: EventIn) -> RawEvent:
    return RawEvent(
        name=event.name,
        at=event.at,
        person=_person(event.person),
        source=event.source,
        key=event.key,
        properties=event.properties,
        amount=event.value.amount if event.value else None,
        currency=event.value.currency if event.value else "",
    )


def _person(given: ByContact | ByEmail | ByIdentity | ByVisitor | None) -> dict[str, Any]:
    match given:
        case ByContact():
            return {"contact_id": number_of(given.contact_id)}
        case ByEmail():
            return {"email": given.email}
        case ByIdentity():
            return {"identity": [given.identity.namespace, given.identity.id]}
        case ByVisitor():
            return {"visitor": given.visitor}
    return {}
