"""A link to one of the tenant's own sites names its reader for an hour, so that the browser is theirs."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError

from analytics.models import Site
from analytics.tracking import tokens
from analytics.tracking.sites import origin_of

PARAMETER = "e"


def mark(url: str, contact_id: int) -> str:
    """Other addresses stay as they are: a name is told to nobody else."""
    if not url.startswith(("https://", "http://")):
        return url
    try:
        origin = origin_of(url)
    except (ValidationError, ValueError):
        return url
    known = Site.objects.filter(closed_at=None).values_list("origins", flat=True)
    if not any(origin in origins for origins in known):
        return url
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode({PARAMETER: tokens.make(contact_id)})]))
    return urlunsplit(parts._replace(query=query))
