"""What a file of an export is: told by its name and its headers, folded as imports fold them.

The names are those of Mailchimp, HubSpot, Brevo and Mautic as far as they are known; exports that
somebody made by hand with the same words are recognised as well. Whoever moves can correct it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from consent.models import MoveFile
from contacts.imports.folding import fold

Kind = MoveFile.Kind
EMAIL, PERSON, COMPANY, WHEN, ACTION, TITLE, LINK, BODY = (
    "email", "person", "company", "when", "action", "title", "link", "body",
)  # fmt: skip

ROLES: Mapping[str, frozenset[str]] = {
    EMAIL: frozenset({
        "email", "email address", "e mail", "e mail address", "contact email", "recipient", "subscriber email",
        "associated contact email", "adres e mail", "correo electronico", "correio eletronico", "adresse e mail",
    }),
    PERSON: frozenset({
        "associated contact ids", "associated contact id", "associated contact", "contact id", "contact ids",
        "lead id", "associated contacts ids",
    }),
    COMPANY: frozenset({
        "associated company ids", "associated company id", "company id", "primary associated company id",
    }),
    WHEN: frozenset({
        "timestamp", "time", "date", "ts", "activity date", "created at", "create date", "date added", "occurred at",
        "date read", "date sent", "event date", "event time", "opened at", "clicked at", "sent at", "read at",
        "call date", "meeting start time", "start time", "due date",
    }),
    ACTION: frozenset({"action", "event", "st text", "activity type", "event type", "activity", "status text"}),
    TITLE: frozenset({
        "title", "subject", "campaign", "campaign title", "sub", "email subject", "email name", "campaign name",
        "call title", "meeting name", "meeting title", "task title",
    }),
    LINK: frozenset({"url", "link", "clicked url", "page", "page url", "click url"}),
    BODY: frozenset({
        "note body", "body", "text", "note", "content", "engagement body", "note text", "call notes", "call body",
        "meeting description", "meeting notes", "internal meeting notes", "task notes", "task body", "email body",
        "message body",
    }),
}  # fmt: skip
# Columns that only a log of what was said with somebody has, however many others stand beside them.
_LOGGED = frozenset({
    "note body", "engagement body", "call notes", "call body", "meeting description", "meeting notes",
    "internal meeting notes", "task notes", "task body", "email body",
})  # fmt: skip
_COMPANY_SIGNS = frozenset({
    "company name", "companyname", "company domain name", "companywebsite", "number of employees",
    "companyemail", "companyphone", "company owner", "industry", "companynumber",
})  # fmt: skip
_REFUSED_WORDS = (
    "unsubscribe",
    "opt out",
    "opted out",
    "optout",
    "blocklist",
    "blacklist",
    "do not contact",
    "donotcontact",
)
_CLEANED_WORDS = ("cleaned", "bounce")
_SEEN_WORDS = ("open", "click", "activity", "sent", "email stats", "page hits", "events")


def kind_of(name: str, headers: Sequence[str]) -> str:
    """One of ``MoveFile.Kind``."""
    known = {fold(header) for header in headers}
    words = words_of(name)
    reaches = bool(known & ROLES[EMAIL] or known & ROLES[PERSON])
    if not reaches:
        return Kind.COMPANIES if known & _COMPANY_SIGNS else Kind.UNKNOWN
    if any(word in words for word in _REFUSED_WORDS) or "unsub time" in known or {"reason", "channel"} <= known:
        return Kind.UNSUBSCRIBED
    if any(word in words for word in _CLEANED_WORDS) or "clean time" in known:
        return Kind.CLEANED
    if known & _LOGGED or (known & ROLES[BODY] and len(known) <= 20):
        return Kind.NOTES
    is_dated = bool(known & ROLES[WHEN])
    path = fold(name)  # granular_activity/opens/1234.csv
    if is_dated and (known & ROLES[ACTION] or (_is_narrow(known) and any(word in path for word in _SEEN_WORDS))):
        return Kind.ACTIVITY
    if not known & ROLES[EMAIL] and _is_narrow(known):
        return Kind.UNKNOWN
    is_list = "subscribed" in words or (words.startswith("members") and "optin time" in known)
    return Kind.SUBSCRIBED if is_list and "non" not in words and "transactional" not in words else Kind.PEOPLE


def words_of(name: str) -> str:
    """A file's own name, folded, without folder and ending."""
    return fold(name.rsplit("/", 1)[-1].rsplit(".", 1)[0])


def _is_narrow(known: set[str]) -> bool:
    return not known & {"first name", "firstname", "last name", "lastname", "given name"}


def columns_by_role(headers: Sequence[str]) -> dict[str, int]:
    """Where each role stands, the first column that plays it."""
    found: dict[str, int] = {}
    for index, header in enumerate(headers):
        for role, names in ROLES.items():
            if fold(header) in names:
                found.setdefault(role, index)
    return found


@lru_cache(maxsize=4_000)
def action_of(words: str) -> str:
    """``opened``, ``clicked``, ``sent``, ``bounced``, ``unsubscribed`` or ``acted`` for what nobody knows."""
    said = fold(words)
    for action, signs in _ACTIONS.items():
        if any(sign in said for sign in signs):
            return action
    return "acted"


_ACTIONS = {
    "unsubscribed": ("unsub", "opt out", "blocked"),
    "bounced": ("bounce", "invalid email", "clean"),
    "clicked": ("click",),
    "opened": ("open", "read", "loaded"),
    "sent": ("sent", "deliver", "send", "request"),
}
