"""Opt-in and opt-out columns of an import, for every purpose of the tenant.

Opt-outs always win. A yes needs a date and an origin in the same row, or it stays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consent import importing, purposes
from consent.importing import Said
from consent.models import Purpose
from consent.purposes import Wording
from contacts import import_columns
from contacts.import_columns import ImportColumn
from contacts.imports import values
from contacts.imports.folding import fold
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

YES, NO = "yes", "no"
LONGEST_ORIGIN = 200

# English, Portuguese, Polish, Spanish, French, then what exports of other systems say.
_WORDS = {
    YES: "yes y true t 1 x on sim verdadeiro tak prawda si verdadero oui vrai subscribed confirmed granted accepted",
    NO: "no n false f 0 off nao falso nie falsz non faux unsubscribed refused withdrawn declined cleaned bounced",
}
# What a column of opt-outs says with a state instead of a yes or a no.
_REFUSED = "unsubscribed refused withdrawn declined cleaned bounced"
_AGREED = "subscribed confirmed unconfirmed granted accepted active pending"
_PHRASES = {YES: ("opt in", "opted in"), NO: ("opt out", "opted out", "not subscribed", "non subscribed")}
# What a column of each kind is called, here and in exports.
LABELS = {
    "in": gettext_noop("%(purpose)s: opt-in (yes or no)"),
    "out": gettext_noop("%(purpose)s: opt-out (yes or no)"),
    "at": gettext_noop("%(purpose)s: date of the opt-in"),
    "origin": gettext_noop("%(purpose)s: origin of the opt-in"),
}
_NEWSLETTER = {
    "in": (
        "newsletter", "opt in", "optin", "email opt in", "marketing consent", "email consent", "consent", "subscribed",
        "accepts marketing", "accepts email marketing", "subscription status", "email marketing consent",
        "consentimento", "aceita newsletter", "subscreveu", "zgoda", "zgoda marketingowa", "zapisany",
        "consentimiento", "suscrito", "acepta marketing", "consentement", "abonne", "accord newsletter",
    ),
    "out": (
        "opt out", "optout", "email opt out", "has opted out of email", "unsubscribed", "unsubscribe", "do not email",
        "cancelou", "wypisany", "baja", "dado de baja", "desabonne", "unsub time", "unsubscribed at", "unsubscribed on",
        "unsubscribe date", "unsubscribed date", "unsubscribe time", "opt out date", "opt out time",
    ),
    "at": (
        "opt in date", "optin date", "optin time", "opt in time", "confirm time", "consent date", "subscribed at",
        "date of consent", "data do consentimento", "data zgody", "fecha de consentimiento", "date de consentement",
    ),
    "origin": (
        "opt in origin", "opt in source", "optin source", "consent source", "consent origin", "signup source",
        "origem do consentimento", "zrodlo zgody", "origen del consentimiento", "origine du consentement",
    ),
}  # fmt: skip


def register() -> None:
    import_columns.register_source(columns)
    import_columns.register_undo(importing.take_back)


def columns() -> Sequence[ImportColumn]:
    """Four columns for each purpose a person has a say in."""
    tenant = Tenant.objects.only("time_zone", "country").get(pk=require_tenant_id())
    reader = values.Reader(zone=ZoneInfo(tenant.time_zone), day_first=tenant.country != "US")
    asked = [(each, names) for each, names in purposes.catalogue_with_names() if each.purpose.has_choice]
    return [column for each, names in asked for column in _columns_of(each, names, reader)]


def _columns_of(wording: Wording, names: Sequence[str], reader: values.Reader) -> list[ImportColumn]:
    key = Keys.of(wording)
    opt_in = Said(wording, key.opt_in, key.opt_out, key.at, key.origin)
    opt_out = Said(wording, key.opt_out, key.opt_out, key.at, key.origin, is_refusing=True)
    return [
        ImportColumn(
            key.opt_in,
            _(LABELS["in"]) % {"purpose": wording.name},
            aliases=_aliases(wording.purpose, names, "in"),
            parse=parse_answer,
            apply=partial(importing.apply, opt_in),
            foresee=partial(importing.foresee, opt_in),
        ),
        ImportColumn(
            key.opt_out,
            _(LABELS["out"]) % {"purpose": wording.name},
            aliases=_aliases(wording.purpose, names, "out"),
            parse=lambda cell: parse_refusal(cell, reader),
            apply=partial(importing.apply, opt_out),
            foresee=partial(importing.foresee, opt_out),
        ),
        ImportColumn(
            key.at,
            _(LABELS["at"]) % {"purpose": wording.name},
            aliases=_aliases(wording.purpose, names, "at"),
            parse=lambda cell: values.instant(cell, reader),
        ),
        ImportColumn(
            key.origin,
            _(LABELS["origin"]) % {"purpose": wording.name},
            aliases=_aliases(wording.purpose, names, "origin"),
            parse=_parse_origin,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Keys:
    """The column keys of one purpose."""

    opt_in: str
    opt_out: str
    at: str
    origin: str

    @classmethod
    def of(cls, wording: Wording) -> Keys:
        stem = f"consent.{wording.purpose.key}"
        return cls(f"{stem}.in", f"{stem}.out", f"{stem}.at", f"{stem}.origin")


def parse_answer(cell: str) -> str:
    """``yes`` or ``no`` from the words files have for them."""
    found = _answer_words().get(fold(cell))
    if found is None:
        raise ValidationError(_("“%(value)s” is neither yes nor no.") % {"value": cell.strip()[:60]})
    return found


def parse_refusal(cell: str, reader: values.Reader) -> str:
    """``yes`` for a no to being written to: as a yes, as a state, or as the day it was said on."""
    word = fold(cell)
    if word in _states():
        return _states()[word]
    try:
        return parse_answer(cell)
    except ValidationError:
        if not _is_day(cell, reader):
            raise
    return YES


def _is_day(cell: str, reader: values.Reader) -> bool:
    try:
        return bool(values.instant(cell, reader))
    except ValidationError:
        return False


def _parse_origin(cell: str) -> str:
    return " ".join(cell.split())[:LONGEST_ORIGIN]


@lru_cache(maxsize=1)
def _answer_words() -> dict[str, str]:
    known = {word: answer for answer, listed in _WORDS.items() for word in listed.split()}
    return known | {phrase: answer for answer, phrases in _PHRASES.items() for phrase in phrases}


@lru_cache(maxsize=1)
def _states() -> dict[str, str]:
    said_no = dict.fromkeys([*_REFUSED.split(), *_PHRASES[NO]], YES)
    return said_no | dict.fromkeys([*_AGREED.split(), *_PHRASES[YES]], NO)


def _aliases(purpose: Purpose, names: Sequence[str], column: str) -> Sequence[str]:
    """Our own headers in every language of the product and of the purpose, its bare names, and what others say."""
    suffix = {"in": "", "out": " opt out", "at": " opt in date", "origin": " opt in origin"}[column]
    ours = [label % {"purpose": name} for label in _labels_in_all(column) for name in names]
    bare = [name + suffix for name in (*names, purpose.key.replace("-", " "))]
    others = _NEWSLETTER[column] if purpose.key == purposes.NEWSLETTER else ()
    return (*others, *dict.fromkeys(fold(each) for each in (*ours, *bare)))


@cache
def _labels_in_all(column: str) -> tuple[str, ...]:
    found = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.append(_(LABELS[column]))
    return tuple(dict.fromkeys(found))
