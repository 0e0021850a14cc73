"""Providers, as far as we can be one: their payloads in their shape, signed as they sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

MAILGUN_KEY = "key-of-mailgun"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """What a provider sends."""

    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def as_json(told: Any) -> Request:
    return Request(json.dumps(told).encode())


def sendgrid_public_key() -> str:
    encoded = SENDGRID_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(encoded).decode()


def keys() -> dict[str, str]:
    return {"mailgun": MAILGUN_KEY, "sendgrid": sendgrid_public_key()}


# News of our mail: kind is hard, soft, complaint, delivered


def postmark(kind: str, message_id: str) -> Request:
    bounce = {"RecordType": "Bounce", "ID": 692560173, "Email": "ana@example.com", "BouncedAt": "2026-06-05T16:33:54Z"}
    told = {
        "hard": {**bounce, "Type": "HardBounce", "TypeCode": 1, "Details": "smtp;550 5.1.1 user unknown"},
        "soft": {**bounce, "Type": "SoftBounce", "TypeCode": 4096, "Details": "smtp;452 4.2.2 mailbox full"},
        "complaint": {**bounce, "RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512},
        "delivered": {"RecordType": "Delivery", "Recipient": "ana@example.com", "DeliveredAt": "2026-06-05T16:33:54Z"},
    }[kind]
    provider_id = "883953f4-6105-42a2-a16a-77a8eac79483"
    return as_json({**told, "MessageID": provider_id, "Metadata": {"message_id": message_id}})


def mailgun(kind: str, message_id: str, *, key: str = MAILGUN_KEY) -> Request:
    said = {
        "hard": ("failed", "permanent", 550, "5.1.1 user unknown"),
        "soft": ("failed", "temporary", 452, "4.2.2 mailbox full"),
        "complaint": ("complained", None, None, None),
        "delivered": ("delivered", None, 250, "OK"),
    }
    event, severity, code, message = said[kind]
    told = {
        "event": event,
        "timestamp": 1780674834.0,
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "recipient": "ana@example.com",
        "message": {"headers": {"message-id": message_id.strip("<>"), "to": "ana@example.com"}},
        "delivery-status": {"code": code, "message": message, "description": ""} if code else {},
    }
    if severity:
        told |= {"severity": severity, "reason": "bounce"}
    stamp, token = "1780674834", "ab" * 25
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return as_json({"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": told})


def sendgrid(kind: str, message_id: str, *, is_signed: bool = True) -> Request:
    told = {
        "hard": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 user unknown"},
        "soft": {"event": "bounce", "type": "blocked", "status": "4.0.0", "reason": "421 4.7.0 try later"},
        "complaint": {"event": "spamreport"},
        "delivered": {"event": "delivered", "response": "250 OK"},
    }[kind]
    common = {"email": "ana@example.com", "timestamp": 1780674834, "sg_event_id": "ZyjAM5rnQmuI1KFInHQ3Nw"}
    body = json.dumps([{**common, **told, "smtp-id": "<14c5d75ce93@ismtpd>", "message_id": message_id}]).encode()
    stamp = "1780674834"
    signature = base64.b64encode(SENDGRID_KEY.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }
    return Request(body, JSON, headers if is_signed else {})


def brevo(kind: str, message_id: str) -> Request:
    told = {
        "hard": {"event": "hard_bounce", "reason": "550 5.1.1 user unknown"},
        "soft": {"event": "soft_bounce", "reason": "452 4.2.2 mailbox full"},
        "complaint": {"event": "spam"},
        "delivered": {"event": "delivered"},
    }[kind]
    common = {"email": "ana@example.com", "id": 26224, "message-id": message_id, "ts_epoch": 1780674834000}
    return as_json({**common, **told, "X-Mailin-custom": json.dumps({"message_id": message_id})})


NEWS: dict[str, Callable[[str, str], Request]] = {
    "postmark": postmark,
    "mailgun": mailgun,
    "sendgrid": sendgrid,
    "brevo": brevo,
}

# Mail for us


def postmark_mail(raw: bytes, recipient: str) -> Request:
    full = {"Email": "ana@example.com", "Name": "Ana Silva", "MailboxHash": ""}
    return as_json(
        {
            "FromFull": full,
            "From": "ana@example.com",
            "OriginalRecipient": recipient,
            "MessageID": "22c74902-a0c1-4511-804f2-341342852c90",
            "Headers": [{"Name": "Return-Path", "Value": "<ana@example.com>"}],
            "RawEmail": raw.decode("ascii"),
        }
    )


def mailgun_mail(raw: bytes, recipient: str) -> Request:
    stamp, token = "1780674834", "cd" * 25
    signature = hmac.new(MAILGUN_KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    fields = {"recipient": recipient, "sender": "ana@example.com", "timestamp": stamp, "token": token}
    return form({**fields, "signature": signature, "body-mime": raw.decode()})


def sendgrid_mail(raw: bytes, recipient: str) -> Request:
    envelope = json.dumps({"to": [recipient], "from": "ana@example.com"})
    return form({"email": raw.decode(), "envelope": envelope, "spam_score": "0.1"})


def brevo_mail(raw: bytes, recipient: str) -> Request:
    head, _blank, text = raw.decode().partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    headers |= {"Return-Path": "<ana@example.com>", "Delivered-To": recipient}
    return as_json({"items": [{"Uuid": ["9f5a"], "Headers": headers, "RawTextBody": text, "RawHtmlBody": ""}]})


POSTS: dict[str, Callable[[bytes, str], Request]] = {
    "postmark": postmark_mail,
    "mailgun": mailgun_mail,
    "sendgrid": sendgrid_mail,
    "brevo": brevo_mail,
}


def form(fields: dict[str, str]) -> Request:
    """multipart/form-data (RFC 7578)."""
    parts = "".join(
        f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    return Request(f"{parts}--xYzZY--\r\n".encode(), "multipart/form-data; boundary=xYzZY")
