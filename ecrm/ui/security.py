"""The content security policy of every page, for django-csp 4.

Nothing inline and nothing from elsewhere: styles come from our style sheets, scripts from
our modules. ``data:`` images are the QR code of the authenticator app and small previews.
E-mail previews are documents of their own with a policy of their own, shown in a sandboxed
frame from this origin.
"""

from __future__ import annotations

from csp.constants import NONE, SELF

CONTENT_SECURITY_POLICY: dict[str, object] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    },
}
