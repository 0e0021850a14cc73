"""E-mail addresses: one normal form to compare by, and a header form that cannot be broken out of."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from functools import lru_cache

import idna
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
ENCODED_WORD_BYTES = 39  # with frame and "Subject: " just under 76 characters (RFC 2047, 2)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ENVELOPE_SAFE = re.compile(r"[^\x00-\x20<>\x7f-\xa0\u2028\u2029]+@[^\x00-\x20<>@\x7f-\xa0\u2028\u2029]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")
_QUOTABLE = re.compile(r"[ -~]{1,64}")
_PLAIN = re.compile(r"[!-~](?:[ -~]{0,900}[!-~])?")


class AddressError(ValueError):
    """An address nobody can be reached at; the message is for the person who typed it."""


def normalise(address: str) -> str:
    """The form addresses are compared by (`email_norm`): trimmed, NFC, lower case, ASCII domain.

    The part before the @ is folded too. RFC 5321 lets a host tell `Ana@` from `ana@`; none that
    matters does, and two contacts for one mailbox would be worse. An address that cannot be
    read is folded as far as possible, never refused: use `validate` for that.
    """
    text = unicodedata.normalize("NFC", _CONTROL.sub("", address)).strip().lower()
    local, at, domain = text.rpartition("@")
    return f"{local}@{ascii_domain(domain)}" if at else text


def validate(address: str) -> str:
    """The normal form of an address one can write to. Raises `AddressError`. Asks no DNS."""
    text = normalise(address)
    if len(text) > LONGEST_ADDRESS:
        raise AddressError(_("This e-mail address is too long."))
    if text.count("@") != 1:
        raise AddressError(_("An e-mail address needs exactly one @, as in ana@example.com."))
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=True)
    except EmailNotValidError as error:
        raise AddressError(_explain(text)) from error
    return normalise(checked.normalized)


def ascii_domain(domain: str) -> str:
    """A domain as it travels in SMTP (IDNA); unreadable ones come back as they were."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain


def mailbox(name: str, address: str) -> str:
    """`Name <address>` for a header line, whatever the name contains. May hold a folded line.

    Raises `AddressError` when the address itself would break the header.
    """
    if unsafe_in_envelope(address):
        raise AddressError(_("This e-mail address contains a character mail cannot carry."))
    shown = display_name(name)
    return f"{shown} <{address}>" if shown else f"<{address}>"


@lru_cache(maxsize=20_000)
def display_name(name: str) -> str:
    """A person's name as a header phrase: bare, quoted or as encoded words (RFC 5322, 2047)."""
    text = one_line(name)
    if not text or (len(text) <= 64 and _ATOMS.fullmatch(text) and "=?" not in text):
        return text
    if _QUOTABLE.fullmatch(text) and "=?" not in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return encoded_words(text)


@lru_cache(maxsize=2_000)
def unstructured(text: str) -> str:
    """Free text for a header line (a subject): as it is when plain ASCII, else encoded words."""
    text = one_line(text)
    if not text:
        return ""
    if _PLAIN.fullmatch(text) and len(text) <= 900 and "=?" not in text:
        return text
    return encoded_words(text)


def encoded_words(text: str) -> str:
    """UTF-8 base64 encoded words, one a line, none splitting a character (RFC 2047, 5)."""
    octets = text.encode("utf-8", "replace")
    words, start = [], 0
    while start < len(octets):
        end = min(start + ENCODED_WORD_BYTES, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # in the midst of a character
            end -= 1
        words.append(f"=?utf-8?b?{b64encode(octets[start:end]).decode('ascii')}?=")
        start = end
    return "\r\n ".join(words)


def one_line(text: str) -> str:
    """Control characters and line breaks become single blanks: what a header may be given."""
    return _CONTROL.sub(" ", text).strip()


def unsafe_in_envelope(address: str) -> bool:
    """Whether an address could end an SMTP command or a header early, or is none at all."""
    return _ENVELOPE_SAFE.fullmatch(address) is None


def _explain(address: str) -> str:
    local, _at, domain = address.partition("@")
    if not local or not domain:
        return _("Something is missing before or after the @.")
    if _is_local_part(local):
        return _("“%(domain)s” is not a domain mail can be sent to.") % {"domain": domain}
    return _("The part before the @ contains something that is not allowed there.")


def _is_local_part(local: str) -> bool:
    try:
        validate_email(f"{local}@example.com", check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
