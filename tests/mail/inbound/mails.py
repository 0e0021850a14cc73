"""Raw mails for the tests, made as mail programs make them."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any


def mail(text: str = "Where is my order?", **headers: Any) -> bytes:
    """A plain mail of Ana's; headers by name with _ for -, None leaves one out."""
    return _message(headers, lambda message: message.set_content(text)).as_bytes()


def html_mail(html: str, text: str = "", **headers: Any) -> bytes:
    def fill(message: EmailMessage) -> None:
        if text:
            message.set_content(text)
            message.add_alternative(html, subtype="html")
        else:
            message.set_content(html, subtype="html")

    return _message(headers, fill).as_bytes()


def bounce_of(message_id: str, *, status: str = "5.1.1", said: str = "550 5.1.1 user unknown", **headers: Any) -> bytes:
    """A delivery report as Postfix writes it (RFC 3464)."""
    action = "failed" if status.startswith("5") else "delayed"
    head = _headers({"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered Mail Returned to Sender", **headers})
    return (
        f"{head}Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="sep"\n\n'
        f"--sep\nContent-Type: text/plain\n\nThis is the mail system at host mx.example.\n\n"
        f"--sep\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
        f"Arrival-Date: Mon, 5 Jun 2026 10:12:00 +0000\n\n"
        f"Final-Recipient: rfc822; ana@example.com\nOriginal-Recipient: rfc822;ana@example.com\n"
        f"Action: {action}\nStatus: {status}\nRemote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; {said}\n\n"
        f"--sep\nContent-Type: message/rfc822\n\nMessage-ID: {message_id}\nSubject: Spring\n\nHello\n\n--sep--\n"
    ).encode()


def complaint_about(message_id: str, *, kind: str = "abuse") -> bytes:
    """A complaint as a feedback loop sends it (RFC 5965)."""
    head = _headers({"From": "fbl@mail.example", "Subject": "FW: Spring"})
    return (
        f'{head}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="sep"\n\n'
        f"--sep\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
        f"--sep\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: FBL/1.0\nVersion: 1\n"
        f"Original-Mail-From: <hello@acme.example>\nOriginal-Rcpt-To: <ana@example.com>\n\n"
        f"--sep\nContent-Type: message/rfc822\n\nFrom: Acme <hello@acme.example>\nMessage-ID: {message_id}\n\nHello\n"
        f"\n--sep--\n"
    ).encode()


def _message(headers: dict[str, Any], fill: Any) -> EmailMessage:
    message = EmailMessage()
    usual = {
        "From": "Ana Silva <ana@example.com>",
        "To": "support.acme@in.localhost",
        "Subject": "My order",
        "Date": "Mon, 05 Jun 2026 10:12:00 +0000",
        "Message-ID": "<one@example.com>",
    }
    for name, value in {**usual, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        if value is not None:
            message[name] = value
    fill(message)
    return message


def _headers(headers: dict[str, str]) -> str:
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
