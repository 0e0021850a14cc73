"""Keys: a rotating one for secrets at rest, a permanent one for what must outlive rotation."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

_BLOCK = 64  # octets SHA-256 works on at once


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
    begun_inner, begun_outer = _begun(purpose)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache
def _begun(purpose: str) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Both hashes of an HMAC with the key already in: a letter needs several, and this is a fifth of the time."""
    key = _derived(purpose).ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in key)) for pad in (0x36, 0x5C))
    return inner, outer


def _derived(purpose: str) -> bytes:
    return hmac.digest(settings.PERMANENT_KEY, b"ecrm/" + purpose.encode(), hashlib.sha256)


@lru_cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
