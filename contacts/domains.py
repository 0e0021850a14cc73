"""Web and mail domains as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.free_mail import is_free_mail

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def clean(given: Iterable[str]) -> list[str]:
    """Normal forms, each once, in their order. Raises ``ValidationError`` for ``domains``.

    A web address or an e-mail address stands for its domain. Free-mail domains are refused.
    """
    return list(dict.fromkeys(_clean(one) for one in given if one.strip()))


def norm_of(written: str) -> str:
    """In lower case and ASCII (IDNA 2003, as Python has it), without scheme, path, port or ``www.``; may be empty."""
    text = written.strip().lower().rpartition("@")[2]
    text = text.partition("://")[2] or text
    host = re.split(r"[/?#:]", text, maxsplit=1)[0].strip(".").removeprefix("www.")
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def _clean(written: str) -> str:
    norm = norm_of(written)
    labels = norm.split(".")
    if len(norm) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(_("“%(domain)s” is not a domain, as in company.com."), "invalid", written.strip())
    if is_free_mail(norm):
        words = _("%(domain)s is a free-mail domain: anybody may have an address there.")
        raise _refused(words, "free", norm)
    return norm


def _refused(words: str, code: str, domain: str) -> ValidationError:
    return ValidationError({"domains": ValidationError(words, code=code, params={"domain": domain})})
