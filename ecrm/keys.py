"""Keys: a rotating one for secrets at rest, a permanent one for what must outlive rotation."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def encrypt(plain: str) -> str:
    return _fernet().encrypt(plain.encode()).decode()


def decrypt(token: str) -> str:
    """Raises ``cryptography.fernet.InvalidToken`` when no configured key fits."""
    return _fernet().decrypt(token.encode()).decode()


def address_hash(address_norm: str) -> bytes:
    """32 bytes that recognise a suppressed address again after it has been erased."""
    return keyed_hash("suppression", address_norm.encode())


def keyed_hash(purpose: str, message: bytes) -> bytes:
    """HMAC-SHA256 under the permanent key, one derived key per purpose (RFC 2104)."""
    return hmac.digest(_derived(purpose), message, hashlib.sha256)


@lru_cache
def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.PERMANENT_KEY, b"ecrm/" + purpose.encode(), hashlib.sha256)


@lru_cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
