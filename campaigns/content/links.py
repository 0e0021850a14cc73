"""Addresses in a message: which are good, and which of them are counted."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from ecrm.mail.addresses import ascii_domain

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
LONGEST = 2_000
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(slots=True)
class LinkRegistry:
    """The targets a campaign's clicks are counted for, each with a number that never changes.

    One registry serves all languages and variants of a campaign. Fill it from what is stored
    before compiling again, and store what it holds afterwards.
    """

    positions: dict[str, int] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)

    def position(self, url: str, label: str = "") -> int:
        """The number of a target, given out on first sight."""
        following = max(self.positions.values(), default=-1) + 1  # stored numbers may have gaps
        number = self.positions.setdefault(url, following)
        self.labels.setdefault(number, label)
        return number


def problem_with(url: str) -> str | None:
    """Why an address cannot be a link (merge fields in it already hidden), or None."""
    text = url.strip()
    if not text:
        return _("This link has no address.")
    if len(text) > LONGEST:
        return _("This address is too long.")
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return _("“%(url)s” is not a web address.") % {"url": text}
    if parts.scheme.lower() not in SCHEMES:
        return _("A link starts with https://, http://, mailto: or tel:.")
    if any(character.isspace() or character < " " for character in text):
        return _("An address cannot contain blanks.")
    if parts.scheme in {"http", "https"} and not host:
        return _("“%(url)s” is not a web address.") % {"url": text}
    if parts.scheme in {"mailto", "tel"} and not parts.path:
        return _("This link has no address.")
    return None


def is_private(url: str) -> bool:
    """Whether an address only works inside one's own network."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(host) and "." not in host and ":" not in host


def ascii_url(url: str) -> str:
    """The address as it travels: its host in IDNA, other letters percent-encoded (RFC 3987, 3.1)."""
    text = url.strip()
    if text.isascii():
        return text
    parts = urlsplit(text)
    host = ascii_domain(parts.hostname or "")
    place = parts.netloc.replace(parts.netloc.rpartition("@")[2].partition(":")[0], host) if host else parts.netloc
    rest = (quote(part, safe=_URL_SAFE) for part in (place, parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, *rest))


def is_countable(url: str) -> bool:
    """Whether a click on it can be led through us."""
    return urlsplit(url.strip()).scheme.lower() in {"http", "https"}
