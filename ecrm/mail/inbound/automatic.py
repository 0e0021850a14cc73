"""Mail that no person wrote to us just now: out-of-office notes, lists, machines (RFC 3834, 5)."""

from __future__ import annotations

import re

from ecrm.mail.inbound.mime import Part

_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_TELLING = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply-from",
    "x-mail-autoreply",
    "list-id",
    "list-unsubscribe",
    "feedback-id",
    "x-failed-recipients",
)
_SUBJECT = re.compile(
    r"(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|resposta automática|fora do escritório"
    r"|autoodpowiedź|automatyczna odpowiedź|odpowiedź automatyczna|nieobecność|respuesta automática"
    r"|fuera de la oficina|réponse automatique|absence du bureau)\b",
    re.IGNORECASE,
)


def is_automatic(head: Part, *, subject: str, sender: str | None) -> bool:
    """``sender`` is the envelope's; empty means nobody wants an answer, None that it is not known."""
    if head.header("auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return True
    if head.header("precedence").strip().lower() in _BULK or any(head.header(name) for name in _TELLING):
        return True
    return sender == "" or _SUBJECT.match(subject) is not None
