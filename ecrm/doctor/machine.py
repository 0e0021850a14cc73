"""This machine and what it was told: keys, address, disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings

from ecrm.doctor.findings import Finding, bad, good, warn

SHORTEST_SECRET = 50
LEAST_FREE = 1024**3


def check_keys() -> Iterator[Finding]:
    problems = [
        *_key_problem("ECRM_SECRET_KEY", len(settings.SECRET_KEY) >= SHORTEST_SECRET, f"{SHORTEST_SECRET} characters"),
        *_key_problem("ECRM_SUPPRESSION_KEY", len(settings.PERMANENT_KEY) >= 32, "64 hex digits"),
    ]
    for number, key in enumerate(settings.FIELD_KEYS, start=1):
        problems += _key_problem(f"ECRM_FIELD_KEYS, number {number},", _is_fernet(key), "a Fernet key")
    yield from problems or [good("The keys are long enough.")]


def check_address() -> Iterator[Finding]:
    if settings.DEBUG:
        yield bad("ECRM_DEBUG is on.", "Error pages then show settings and people. Never in production.")
    if not settings.IS_HTTPS:
        yield warn(f"People reach eCRM at {settings.BASE_URL}, without HTTPS.", "Set ECRM_BASE_URL to https://….")
        return
    yield good(f"People reach eCRM at {settings.BASE_URL}.")
    if not settings.SECURE_HSTS_SECONDS:
        yield warn("Browsers are not told to stay with HTTPS.", "Set ECRM_HSTS_SECONDS, 31536000 in the end.")


def check_disk() -> Iterator[Finding]:
    folder = Path(settings.FILES_DIR)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield bad(f"Files cannot be written to {folder}.", "Make it and give it to the user eCRM runs as.")
        return
    free = shutil.disk_usage(folder).free
    words = f"{free / 1024**3:.1f} GiB are free for files."
    yield good(words) if free >= LEAST_FREE else bad(words, "Uploads, exports and raw mail need room.")


def _key_problem(name: str, is_good: bool, wanted: str) -> list[Finding]:
    return (
        [] if is_good else [bad(f"{name} is too short or misshapen.", f"It should be {wanted}: docs/configuring.md.")]
    )


def _is_fernet(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
