"""Exports of well-known products, told by their headers, and what each of their columns is.

Names are compared folded (no case, accents, signs). A product is recognised by at least three
columns that are its own (``shared/research``: channels, 8); what it does not name falls to the
aliases of the fields. An empty field means: known, and nothing to import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from contacts.flat_people import OUR_NUMBER
from contacts.imports.folding import fold

_OPT_OUT, _OPT_IN_DATE = "consent.newsletter.out", "consent.newsletter.at"
_NAMES = {"first name": "given_name", "last name": "family_name"}


@dataclass(frozen=True, slots=True)
class Preset:
    """``signs`` are folded headers of which ``enough`` give the product away; ``system`` names it where
    people are called by its ids."""

    name: str
    system: str
    signs: frozenset[str]
    mapping: Mapping[str, str]
    enough: int = 3


def _preset(name: str, signs: str, mapping: Mapping[str, str], *, enough: int = 3) -> Preset:
    headers = frozenset(each.strip() for each in signs.split(","))
    return Preset(name, fold(name).replace(" ", "-"), headers, mapping, enough)


_GOOGLE = {
    "e mail 1 value": "email",
    "e mail 2 value": "email2",
    "phone 1 value": "phone",
    "phone 2 value": "mobile",
    "phone 3 value": "phone",
    "organization 1 name": "company",
    "organization 1 title": "job_title",
    "organization name": "company",
    "organization title": "job_title",
    "address 1 street": "street",
    "address 1 city": "city",
    "address 1 region": "region",
    "address 1 postal code": "postcode",
    "address 1 country": "country",
    "address 1 formatted": "",
    "birthday": "birthday",
    "notes": "",
}

# An export of this very product. No other has a column called like ours for a person's number.
OURS = Preset("eCRM", "ecrm", frozenset(), {"id": "", "last active at": ""})

PRESETS: Sequence[Preset] = (
    OURS,
    _preset(
        "Google Contacts",
        "e mail 1 label, e mail 1 value, phone 1 label, phone 1 value, phonetic first name, phonetic last name,"
        " organization name, labels, file as",
        {**_GOOGLE, **_NAMES, "labels": "tags"},
    ),
    _preset(
        "Google Contacts (old)",
        "e mail 1 type, e mail 1 value, phone 1 type, phone 1 value, yomi name, given name yomi, group membership,"
        " billing information, directory server",
        {**_GOOGLE, "name": "name", "given name": "given_name", "family name": "family_name",
         "group membership": "tags"},
    ),
    _preset(
        "Outlook",
        "e mail address, e mail 2 address, business street, business city, business postal code, home street,"
        " business phone, home phone, e mail type, e mail display name, assistant s phone, company main phone",
        {**_NAMES, "e mail address": "email", "e mail 2 address": "email2", "business phone": "phone",
         "mobile phone": "mobile", "home phone": "phone", "company": "company", "job title": "job_title",
         "business street": "street", "business city": "city", "business state": "region",
         "business postal code": "postcode", "business country region": "country", "business country": "country",
         "categories": "tags", "birthday": "birthday", "title": "", "language": "language"},
    ),
    _preset(
        "HubSpot",
        "record id, lifecycle stage, lead status, contact owner, associated company ids, associated company,"
        " marketing contact status, create date, associated deal ids, last activity date",
        {**_NAMES, "record id": "external_id", "email": "email", "phone number": "phone",
         "mobile phone number": "mobile", "company name": "company", "associated company": "company",
         "job title": "job_title", "lifecycle stage": "stage", "lead status": "", "contact owner": "",
         "create date": "created_at", "street address": "street", "city": "city", "state region": "region",
         "postal code": "postcode", "country region": "country", "preferred language": "language",
         "original source": "source", "original traffic source": "source",
         "unsubscribed from all email": _OPT_OUT, "date of birth": "birthday"},
    ),
    _preset(
        "Salesforce",
        "mailing street, mailing city, mailing state province, mailing zip postal code, account name,"
        " email opt out, mailingstreet, mailingcity, mailingpostalcode, hasoptedoutofemail, accountid,"
        " mailingcountry, ownerid, mailing country, contact owner",
        {**_NAMES, "contact id": "external_id", "id": "external_id", "firstname": "given_name",
         "lastname": "family_name", "name": "", "email": "email", "phone": "phone", "mobile": "mobile",
         "mobilephone": "mobile", "title": "job_title", "account name": "company", "mailing street": "street",
         "mailing city": "city", "mailing state province": "region", "mailing zip postal code": "postcode",
         "mailing country": "country", "mailingstreet": "street", "mailingcity": "city",
         "mailingstate": "region", "mailingpostalcode": "postcode", "mailingcountry": "country",
         "email opt out": _OPT_OUT, "hasoptedoutofemail": _OPT_OUT, "birthdate": "birthday",
         "lead source": "source", "leadsource": "source", "created date": "created_at",
         "createddate": "created_at", "salutation": ""},
    ),
    _preset(
        "Zoho",
        "contact owner id, contact owner, account name id, email opt out, unsubscribed mode, unsubscribed time,"
        " created by id, modified by id, lead source, secondary email, layout, record id",
        {**_NAMES, "record id": "external_id", "contact id": "external_id", "email": "email",
         "secondary email": "email2", "phone": "phone", "mobile": "mobile", "account name": "company",
         "title": "job_title", "mailing street": "street", "mailing city": "city", "mailing state": "region",
         "mailing zip": "postcode", "mailing country": "country", "date of birth": "birthday",
         "lead source": "source", "email opt out": _OPT_OUT, "created time": "created_at", "tag": "tags",
         "full name": "", "salutation": ""},
        enough=4,
    ),
    _preset(
        "Bitrix24",
        "work e mail, home e mail, work phone, available to everyone, responsible, company name, other e mail,"
        " included in export, contact type, pager number, praca e mail, correo de trabajo, e mail de trabalho",
        {**_NAMES, "id": "external_id", "work e mail": "email", "home e mail": "email2", "work phone": "phone",
         "mobile": "mobile", "home phone": "phone", "company name": "company", "company": "company",
         "position": "job_title", "source": "source", "created": "created_at", "created on": "created_at",
         "birthdate": "birthday", "date of birth": "birthday", "second name": "", "street address": "street",
         "zip": "postcode", "contact type": "", "comment": ""},
    ),
    _preset(
        "SuiteCRM",
        "primary address street, primary address city, primary address postalcode, alt address street,"
        " assigned user id, date entered, date modified, do not call, phone mobile, phone work, office phone,"
        " primary address country, primary address state, assigned user name, email address",
        {**_NAMES, "id": "external_id", "email address": "email", "email1": "email", "phone mobile": "mobile",
         "mobile": "mobile", "phone work": "phone", "office phone": "phone", "phone home": "phone",
         "title": "job_title", "account name": "company", "primary address street": "street",
         "primary address city": "city", "primary address state": "region",
         "primary address postalcode": "postcode", "primary address postal code": "postcode",
         "primary address country": "country", "birthdate": "birthday", "lead source": "source",
         "date entered": "created_at", "date created": "created_at", "salutation": "", "description": ""},
        enough=4,
    ),
    _preset(
        "Mautic",
        "firstname, lastname, points, zipcode, preferred locale, last active, date identified, date added,"
        " attribution, attribution date, stage id, owner id",
        {"id": "external_id", "firstname": "given_name", "lastname": "family_name", "email": "email",
         "mobile": "mobile", "phone": "phone", "company": "company", "position": "job_title",
         "address1": "street", "city": "city", "state": "region", "zipcode": "postcode", "country": "country",
         "preferred locale": "language", "date added": "created_at", "tags": "tags", "title": "", "points": ""},
    ),
    _preset(
        "Mailchimp",
        "member rating, optin time, optin ip, confirm time, confirm ip, leid, euid, last changed, gmtoff, dstoff",
        {**_NAMES, "email address": "email", "phone number": "phone", "address": "", "birthday": "",
         "member rating": "", "optin time": "", "confirm time": _OPT_IN_DATE, "cc": "country", "region": "region",
         "leid": "", "euid": "external_id", "notes": "", "tags": "tags", "unsub time": _OPT_OUT},
    ),
    _preset(
        "Brevo",
        "lastname, firstname, sms, email blacklisted, sms blacklisted, added time, modified time, whatsapp,"
        " double opt in, opt in",
        {"contact id": "external_id", "email": "email", "lastname": "family_name", "firstname": "given_name",
         "sms": "mobile", "whatsapp": "", "email blacklisted": _OPT_OUT, "sms blacklisted": "",
         "added time": "created_at", "ext id": "", "job title": "job_title"},
        enough=4,
    ),
    _preset(
        "ActiveCampaign",
        "date created, ip address, ip, status, account, organization, lead score, date updated, contact id, tags,"
        " last updated date, job title",
        {**_NAMES, "id": "external_id", "contact id": "external_id", "email": "email", "phone": "phone",
         "organization": "company", "account": "company", "job title": "job_title", "tags": "tags",
         "date created": "created_at", "status": _OPT_OUT, "ip": "", "ip address": ""},
        enough=4,
    ),
)  # fmt: skip


def recognise(headers: Sequence[str]) -> Preset | None:
    """The product this file comes from: the one with most of its own columns."""
    folded = {fold(header) for header in headers}
    if folded & _our_number():
        return OURS
    found = [(len(preset.signs & folded), preset) for preset in PRESETS]
    signs, preset = max(found, key=lambda pair: pair[0] - pair[1].enough)
    return preset if signs >= preset.enough else None


@lru_cache(maxsize=1)
def _our_number() -> frozenset[str]:
    """What our exports call a person's number, in each language."""
    found = {fold(OUR_NUMBER)}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(fold(gettext(OUR_NUMBER)))
    return frozenset(found)


def of_system(system: str) -> Preset | None:
    """The product by its ``system``, whatever the file looks like."""
    return next((preset for preset in PRESETS if preset.system == system), None)


def named(system: str) -> str:
    """What a product is called by its ``system``; empty when it is none of ours."""
    return next((preset.name for preset in PRESETS if preset.system == system), "")
