"""Conditions about how people are reached and known: e-mail, phone, postal address, numbers in other systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import criteria
from contacts.criteria import Criterion, Having, Operator, Options, Scope, Text
from contacts.models import Contact, EmailAddress, Identity, PhoneNumber, PostalAddress
from contacts.segments.attributes import IS_KNOWN, IS_NOT_KNOWN
from contacts.segments.inputs import Choices, Words, listed
from ecrm.mail import addresses
from ecrm.mail.addresses import normalise
from ecrm.tenancy.context import require_tenant_id

SHOWN = 3
Rows = Callable[[str, Any], Any]


def register() -> None:
    _register("email", gettext_lazy("Email address"), "person", _email_operators(), _emails, "address", "emails")
    _register("phone", gettext_lazy("Phone number"), "person", _phone_operators(), _phones, "written", "phones")
    _register("postal", gettext_lazy("Postal address"), "place", _postal_operators(), _postal, "postcode", "addresses")
    _register(
        "identity", gettext_lazy("Known in system"), "person", _identity_operators(), _identities, "external_id", ""
    )


DENIALS = {"unknown": "known", "none_of": "any_of", "not_verified": "verified", "domain_none_of": "domain"}


def _register(
    key: str, label: Text, group: str, operators: Sequence[Operator], rows: Rows, written: str, field: str
) -> None:
    """``rows`` gives those an operator asks for; a denial is the exact opposite."""

    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        found = rows(DENIALS.get(operator, operator), value)
        return ~Q(Having(found)) if operator in DENIALS else Q(Having(found))

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        theirs = rows("known", None).filter(contact=contact).order_by("id")
        return listed([str(each) for each in theirs.values_list(written, flat=True)[:SHOWN] if each]) or _("none")

    moved_by = (f"field:{field}", "contact.linked", "field:identities")
    criteria.register(Criterion(key, label, group, tuple(operators), compile_, explain, moved_by=moved_by))


def _emails(operator: str, value: Any) -> Any:
    rows = EmailAddress.objects.filter(binned_at=None)
    if operator == "any_of":
        return rows.filter(address_norm__in=[normalise(word) for word in value])
    if operator == "domain":
        return rows.filter(_ends_with([normalise(f"@{word.strip().lstrip('@')}") for word in value]))
    return rows.filter(verified_at__isnull=False) if operator == "verified" else rows


def _ends_with(endings: Sequence[str]) -> Q:
    found = Q(pk__in=[])
    for ending in endings:
        found |= Q(address_norm__endswith=ending)
    return found


def _phones(operator: str, value: Any) -> Any:
    rows = PhoneNumber.objects.filter(binned_at=None)
    if operator == "any_of":
        return rows.filter(
            number__in=["".join(each for each in word if each.isdigit() or each == "+") for word in value]
        )
    if operator == "prefix":
        found = Q(pk__in=[])
        for word in value:
            found |= Q(number__startswith=f"+{''.join(filter(str.isdigit, word))}")
        return rows.filter(found)
    return rows


def _postal(operator: str, value: Any) -> Any:
    found = Q() if operator == "known" else Q(pk__in=[])
    for word in value or ():
        found |= Q(postcode__istartswith=word) if operator == "postcode" else Q(region__iexact=word)
    return PostalAddress.objects.filter(found)


def _identities(operator: str, value: Any) -> Any:
    rows = Identity.objects.all()
    if operator == "number":
        return rows.filter(external_id__in=value)
    return rows.filter(namespace__in=value) if operator == "any_of" else rows


def namespaces() -> Options:
    """The systems people are known in; from one to the next by the index."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMESPACES, {"tenant": require_tenant_id()})
        return [(name, name) for (name,) in cursor.fetchall()]


_NAMESPACES = f"""
WITH RECURSIVE known (name) AS (
    SELECT min(namespace) FROM {Identity.table()} WHERE tenant_id = %(tenant)s
    UNION ALL
    SELECT (SELECT min(identity.namespace) FROM {Identity.table()} identity WHERE identity.tenant_id = %(tenant)s
               AND identity.namespace > known.name) FROM known WHERE known.name IS NOT NULL
)
SELECT name FROM known WHERE name IS NOT NULL
"""


def _any_of(words: Any, *, denied: bool = False) -> tuple[Operator, ...]:
    found = Operator("any_of", gettext_lazy("is any of"), gettext_lazy("%(field)s is any of %(value)s"), (words,))
    if not denied:
        return (found,)
    none = Operator("none_of", gettext_lazy("is none of"), gettext_lazy("%(field)s is none of %(value)s"), (words,))
    return (found, none)


def _email_operators() -> tuple[Operator, ...]:
    domains = Words("value", gettext_lazy("Domain"), judge=_refuse_no_domain)
    return (
        IS_KNOWN,
        IS_NOT_KNOWN,
        *_any_of(Words("value", gettext_lazy("Email address"), judge=_refuse_no_address)),
        Operator("domain", gettext_lazy("is at"), gettext_lazy("%(field)s is at %(value)s"), (domains,)),
        Operator(
            "domain_none_of", gettext_lazy("is not at"), gettext_lazy("%(field)s is not at %(value)s"), (domains,)
        ),
        Operator("verified", gettext_lazy("is verified"), gettext_lazy("%(field)s is verified")),
        Operator("not_verified", gettext_lazy("is not verified"), gettext_lazy("%(field)s is not verified")),
    )


def _refuse_no_address(words: Sequence[str]) -> None:
    for word in words:
        if word.strip().startswith("*@") or not _is_address(word.strip()):
            raise ValidationError(_("“%(text)s” is not an email address."), params={"text": word[:60]})


def _refuse_no_domain(words: Sequence[str]) -> None:
    for word in words:
        if not _is_address(f"a@{word.strip().removeprefix('@')}"):
            raise ValidationError(
                _("“%(text)s” is not a domain. Give one such as example.org."), params={"text": word[:60]}
            )


def _is_address(text: str) -> bool:
    try:
        return bool(addresses.validate(text))
    except addresses.AddressError:
        return False


def _phone_operators() -> tuple[Operator, ...]:
    prefixes = Words("value", gettext_lazy("Country code"))
    return (
        IS_KNOWN,
        IS_NOT_KNOWN,
        *_any_of(Words("value", gettext_lazy("Phone number"))),
        Operator("prefix", gettext_lazy("begins with"), gettext_lazy("%(field)s begins with %(value)s"), (prefixes,)),
    )


def _postal_operators() -> tuple[Operator, ...]:
    postcodes = Words("value", gettext_lazy("Postcode"), suggest="postcode")
    regions = Words("value", gettext_lazy("Region"), suggest="region")
    return (
        IS_KNOWN,
        IS_NOT_KNOWN,
        Operator(
            "postcode",
            gettext_lazy("postcode begins with"),
            gettext_lazy("Postcode begins with %(value)s"),
            (postcodes,),
        ),
        Operator("region", gettext_lazy("region is any of"), gettext_lazy("Region is any of %(value)s"), (regions,)),
    )


def _identity_operators() -> tuple[Operator, ...]:
    systems = Choices("value", gettext_lazy("System"), namespaces)
    numbers = Words("value", gettext_lazy("Number there"))
    return (
        *_any_of(systems, denied=True),
        Operator(
            "number", gettext_lazy("number there is any of"), gettext_lazy("Number elsewhere is %(value)s"), (numbers,)
        ),
        IS_KNOWN,
        IS_NOT_KNOWN,
    )
