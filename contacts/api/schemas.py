"""People as other programs read and write them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, ValidationError

from contacts.models.people import Stage
from contacts.places import countries
from ecrm.api.schemas import DayIn, Id, IdIn, In, Real, Text, Whole
from ecrm.tenancy import zones

Kind = Literal["work", "home", "other"]
StageName = Literal["visitor", "lead", "prospect", "customer", "lapsed"]
assert set(StageName.__args__) == set(Stage.values)  # type: ignore[attr-defined]

Short = Annotated[Text, Field(max_length=100)]


def _country(code: str) -> str:
    if code and code not in dict(countries()):
        raise ValueError("Give a country of ISO 3166-1, as in PT.")
    return code


def _time_zone(name: str) -> str:
    if name and name not in zones.known():
        raise ValueError("Give a time zone of the IANA database, as in Europe/Lisbon.")
    return name


CountryCode = Annotated[
    str, Field(pattern=r"^([A-Z]{2})?$", description="ISO 3166-1, or empty."), AfterValidator(_country)
]
EmailText = Annotated[
    Text,
    Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", max_length=254, json_schema_extra={"format": "email"}),
]
PhoneText = Annotated[
    str,
    Field(pattern=r"^[+0-9][0-9 ()/.-]{3,38}$", description="A country code is taken from the contact, if left out."),
]
TagName = Annotated[str, Field(pattern=r"^[^\s\x00-\x1f]+( [^\s\x00-\x1f]+)*$", max_length=60)]


class EmailIn(In):
    address: EmailText
    kind: Kind = "other"


class PhoneIn(In):
    number: PhoneText
    kind: Kind = "other"


class AddressIn(In):
    """``latitude`` and ``longitude`` in degrees, both or neither; left out, they stay as they are."""

    street: Annotated[Text, Field(max_length=200)] = ""
    postcode: Annotated[Text, Field(max_length=20)] = ""
    city: Annotated[Text, Field(max_length=120)] = ""
    region: Annotated[Text, Field(max_length=120)] = ""
    country: CountryCode = ""
    kind: Kind = "other"
    latitude: Annotated[Real | None, Field(ge=-90, le=90)] = None
    longitude: Annotated[Real | None, Field(ge=-180, le=180)] = None


class IdentityIn(In):
    """How another system names this person."""

    namespace: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=60)]
    id: Annotated[Text, Field(min_length=1, max_length=200)]


class MoneyValue(In):
    """``amount`` in minor units of ``currency``."""

    amount: Whole
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _custom(value: Any) -> Any:
    """Of a shape that some field takes: which one a field takes is told at the field."""
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(each, str) and "\0" in each for each in texts):
        raise ValueError("NUL characters cannot be kept.")
    if isinstance(value, bool | int | float | str | None) or (isinstance(value, list) and _are_texts(value)):
        return value
    if isinstance(value, dict) and _is_money(value):
        return value
    raise ValueError("Give text, a number, true or false, a list of texts, an amount with its currency, or null.")


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _is_money(value: dict[str, Any]) -> bool:
    try:
        MoneyValue.model_validate(value)
    except ValidationError:
        return False
    return True


CustomKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
CustomValueIn = Annotated[
    StrictBool | StrictInt | StrictFloat | Text | MoneyValue | list[Text] | None, BeforeValidator(_custom)
]
CustomFieldsIn = Annotated[
    dict[CustomKey, CustomValueIn],
    Field(max_length=300, description="By key, see `/custom-fields`. Those left out stay; null empties."),
]


class ContactIn(In):
    """Every field is optional. Lists replace what is there; the first e-mail and phone are primary."""

    name: Annotated[Text, Field(max_length=200)] = ""
    given_name: Short = ""
    family_name: Short = ""
    stage: StageName = "lead"
    owner_id: IdIn | None = None
    company: Annotated[Text, Field(max_length=200, description="Its name; made when there is none.")] = ""
    job_title: Annotated[Text, Field(max_length=120)] = ""
    language: Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,4})?)?$")] = ""
    time_zone: Annotated[
        str,
        Field(pattern=r"^([A-Za-z][A-Za-z0-9_+/-]*)?$", max_length=64, description="Of the IANA database, or empty."),
        AfterValidator(_time_zone),
    ] = ""
    country: CountryCode = ""
    city: Annotated[Text, Field(max_length=120)] = ""
    birthday: DayIn | None = None
    source: Annotated[Text, Field(max_length=40)] = ""
    emails: Annotated[list[EmailIn], Field(max_length=50)] = []
    phones: Annotated[list[PhoneIn], Field(max_length=50)] = []
    addresses: Annotated[list[AddressIn], Field(max_length=50)] = []
    tags: Annotated[list[TagName], Field(max_length=100)] = []
    identities: Annotated[list[IdentityIn], Field(max_length=50, description="Added to those known.")] = []
    custom_fields: CustomFieldsIn = {}


class ContactRowIn(ContactIn):
    """With ``id`` the row changes that contact, as PATCH does; without it is an upsert."""

    id: IdIn | None = None


OrderName = Literal["-created", "created", "-active", "active", "-updated", "updated", "name", "-name"]


class RuleIn(In):
    """``rule`` as a segment shows it: groups of conditions, see `/segments/criteria`."""

    rule: dict[str, Any]
    order: OrderName = "-created"
    limit: Annotated[Whole, Field(ge=1, le=200)] = 50
    cursor: Annotated[Text, Field(max_length=2000, description="The `next` of the page before.")] = ""


class TagsIn(In):
    add: Annotated[list[TagName], Field(max_length=100)] = []
    remove: Annotated[list[TagName], Field(max_length=100)] = []


class EmailOut(Schema):
    address: str
    kind: str
    is_primary: bool


class PhoneOut(Schema):
    """``number`` in E.164, ``written`` as it came."""

    number: str
    written: str
    kind: str
    is_primary: bool


class AddressOut(Schema):
    street: str
    postcode: str
    city: str
    region: str
    country: str
    kind: str
    is_primary: bool
    latitude: float | None
    longitude: float | None


class IdentityOut(Schema):
    namespace: str
    id: str


class CompanyOut(Schema):
    id: Id
    name: str


class CustomChoiceOut(Schema):
    key: str
    label: str


class CustomFieldOut(Schema):
    """``choices`` are those offered; ``required_at`` names stages, or is ``always`` for companies.

    ``visible_to`` names roles, none for everybody.
    """

    id: Id
    entity: str
    key: str
    label: str
    kind: str
    note: str
    choices: list[CustomChoiceOut]
    required_at: list[str]
    visible_to: list[str]
    deleted_at: datetime | None


class ContactOut(Schema):
    id: Id
    name: str
    given_name: str
    family_name: str
    stage: str
    owner_id: Id | None
    company: CompanyOut | None
    job_title: str
    language: str
    time_zone: str
    derived_time_zone: Annotated[
        str,
        Field(
            description="Of who has none of their own, the one that country and phone numbers tell;"
            " empty where that may be several."
        ),
    ]
    country: str
    city: str
    birthday: date | None
    source: str
    emails: list[EmailOut]
    phones: list[PhoneOut]
    addresses: list[AddressOut]
    identities: list[IdentityOut]
    tags: list[str]
    custom_fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    last_active_at: datetime | None
    binned_at: datetime | None


class HappeningOut(Schema):
    """One event of a person's history. ``value`` is in minor units of ``currency``."""

    id: Id
    name: str
    at: datetime
    received_at: datetime
    source: str
    amount: int | None
    currency: str
    campaign_id: Id | None
    properties: dict[str, Any]
