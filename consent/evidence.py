"""What a request proves: kept with the answer, for as long as the answer counts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from consent.models import Notice

LONGEST_AGENT = 300


def of_request(request: HttpRequest, *, notice: Notice | None = None, language: str = "") -> dict[str, Any]:
    """The address and browser an answer came from, and the wording that was shown.

    The IP address is kept as it came: it is proof under GDPR Art. 7(1), shown only with the
    record, and goes with the person's erasure.
    """
    known = {
        "ip": client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:LONGEST_AGENT],
        "language": language,
        "notice_version": notice.version if notice else None,
        "wording_sha256": notice.sha256 if notice else None,
    }
    return {name: value for name, value in known.items() if value}


def client_ip(request: HttpRequest) -> str:
    """Behind our own proxy, the address that proxy saw; else the connection's."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
        if forwarded:
            return forwarded[:45]
    return str(request.META.get("REMOTE_ADDR", ""))
