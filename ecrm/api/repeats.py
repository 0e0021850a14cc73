"""``Idempotency-Key``: a request told twice happens once (draft-ietf-httpapi-idempotency-key-header).

The key's row is written in the transaction of the work itself. A second request with the same key
waits for that transaction at the unique key: when it commits, it gets the same answer; when it
rolls back, it does the work. Refusals (4xx, 5xx) roll back and are not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from ecrm.api.models import ApiToken, KeptAnswer
from ecrm.api.problems import Problem, invalid
from ecrm.files import uploads
from ecrm.keys import decrypt, encrypt
from ecrm.tenancy.context import require_tenant_id

HEADER = "Idempotency-Key"
FORM = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = timedelta(hours=24)
PATIENCE_SECONDS = 10


def key_of(request: HttpRequest) -> str:
    """Empty without the header. Raises ``Problem`` 422 for what is no key."""
    key: str | None = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return ""
    if not FORM.fullmatch(key):
        words = _("An idempotency key is 1 to 255 printable letters without spaces.")
        raise invalid(words, **{HEADER: words})
    return key


def once(request: HttpRequest, token: ApiToken, key: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of ``work``, or the one it gave before. Runs inside the tenant's transaction."""
    digest = _digest(request)
    if not _claim(token, key, digest):
        return _repeat(token, key, digest)
    response = work()
    if response.status_code < 400:
        kept = KeptAnswer.objects.filter(token=token, key=key)
        kept.update(status=response.status_code, body=encrypt(response.content.decode()))
    return response


def forget_old() -> int:
    """Drops this tenant's answers that have been kept long enough."""
    count, _by_model = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return count


def _claim(token: ApiToken, key: str, digest: bytes) -> bool:
    KeptAnswer.objects.filter(token=token, key=key, created_at__lt=timezone.now() - KEPT).delete()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
            cursor.execute(
                f"INSERT INTO {KeptAnswer.table()} (tenant_id, token_id, key, digest, status, body, created_at)"
                " VALUES (%s, %s, %s, %s, 0, '', now()) ON CONFLICT (tenant_id, token_id, key) DO NOTHING",
                [require_tenant_id(), token.pk, key, digest],
            )
            is_first = bool(cursor.rowcount)
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Problem(409, _("A request with this idempotency key is still at work.")) from error
        raise
    return is_first


def _repeat(token: ApiToken, key: str, digest: bytes) -> HttpResponse:
    kept = KeptAnswer.objects.get(token=token, key=key)
    if bytes(kept.digest) != digest:
        words = _("This idempotency key was used for another request.")
        raise invalid(words, **{HEADER: words})
    response = HttpResponse(decrypt(kept.body), status=kept.status, content_type="application/json; charset=utf-8")
    response["Idempotency-Replayed"] = "true"
    return response


def _digest(request: HttpRequest) -> bytes:
    told = hashlib.sha256(f"{request.method}\0{request.get_full_path()}\0".encode())
    if request.content_type in (uploads.FORM, uploads.LINES):
        file = uploads.sent_by_program(request)
        for chunk in file.chunks() if file else ():
            told.update(chunk)
    else:
        told.update(request.body)
    return told.digest()
