"""The inbox for what other systems post: stored raw, acknowledged, worked later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm import keys
from ecrm.audit import services as audit
from ecrm.files import services as files
from ecrm.jobs.outbox import enqueue
from ecrm.mail import fates
from ecrm.mail.fates import Fate
from ecrm.mail.inbound import addresses
from ecrm.mail.inbound import services as inbound
from ecrm.mail.models import InboundMail
from ecrm.tenancy import tokens
from ecrm.tenancy.context import require_tenant_id, tenant_transaction
from ecrm.tenancy.models import Route, User
from ecrm.tenancy.roles import Capability
from ecrm.webhooks import providers, requests
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt
from ecrm.webhooks.providers import BadSignature, NotUnderstood, Post

WORK = "webhooks.work"
ROUTE_KIND = "hook"
MOST_ATTEMPTS = 5
State = WebhookReceipt.State
log = structlog.get_logger(__name__)


@transaction.atomic
def open_endpoint(*, provider: str, signing_key: str = "", by: User) -> tuple[WebhookEndpoint, str]:
    """An address for one provider. The secret in it is shown only now."""
    known = providers.PROVIDERS.get(provider)
    if known is None:
        raise ValidationError({"provider": _("Choose a provider.")})
    if known.needs_key and not signing_key:
        raise ValidationError({"signing_key": _("%(provider)s signs its requests: its key is needed to check them.")
                               % {"provider": known.label}})  # fmt: skip
    secret, digest = tokens.new_secret()
    endpoint = WebhookEndpoint.objects.create(
        provider=provider,
        secret_hash=digest,
        signing_key=keys.encrypt(signing_key) if signing_key else "",
        created_by=by,
    )
    Route.objects.create(kind=ROUTE_KIND, key_hash=digest, tenant_id=require_tenant_id())
    audit.record("webhook_endpoint.opened", by=by, subject=endpoint)
    return endpoint, secret


@transaction.atomic
def close_endpoint(*, endpoint: WebhookEndpoint, by: User) -> bool:
    closed = WebhookEndpoint.objects.filter(pk=endpoint.pk, closed_at=None).update(closed_at=timezone.now())
    if closed:
        Route.objects.filter(kind=ROUTE_KIND, key_hash=bytes(endpoint.secret_hash)).delete()
        audit.record("webhook_endpoint.closed", by=by, subject=endpoint)
    return bool(closed)


def tenant_of(secret: str) -> int | None:
    """Whose address it is; None for one that was never given out or is closed."""
    route = Route.objects.filter(kind=ROUTE_KIND, key_hash=tokens.secret_hash(secret)).first()
    return route.tenant_id if route else None


@transaction.atomic
def keep(
    *, provider: str, secret: str, raw: bytes, content_type: str, headers: Mapping[str, str], query: str = ""
) -> WebhookReceipt | None:
    """Stores one request of the current tenant's provider and asks for it to be worked.

    The same bytes again are answered with the receipt there is. None when the endpoint is closed.
    """
    endpoint = WebhookEndpoint.objects.filter(
        provider=provider, secret_hash=tokens.secret_hash(secret), closed_at=None
    ).first()
    if endpoint is None:
        return None
    key = hashlib.sha256(raw).hexdigest()
    known = WebhookReceipt.objects.filter(endpoint=endpoint, key=key).first()
    if known is not None:
        return known
    file = files.store(
        [raw], name=f"{provider}.txt", content_type="text/plain", capability=Capability.SETTINGS_MANAGE, by=None
    )
    try:
        with transaction.atomic():
            receipt = WebhookReceipt.objects.create(
                endpoint=endpoint,
                key=key,
                file=file,
                content_type=content_type[:200],
                headers=dict(headers),
                query=query[:500],
            )
    except IntegrityError:  # told twice at the same moment: the other one works it
        files.remove(file)
        return WebhookReceipt.objects.get(endpoint=endpoint, key=key)
    enqueue(WORK, receipt_id=receipt.pk)
    return receipt


def work(receipt_id: int) -> None:
    """Reads one stored request and does what it tells. Harmless when it runs again.

    What is wrong with the request itself fails at once; a fault of ours is tried again.
    """
    receipt = _begin(receipt_id)
    if receipt is None:
        return
    try:
        with tenant_transaction():
            _settle(receipt, State.DONE, verdict=_follow(receipt))
    except (BadSignature, NotUnderstood) as error:
        with tenant_transaction():
            _settle(receipt, State.FAILED, error=str(error).partition("\n")[0] or type(error).__name__)
    except Exception as error:
        log.exception("webhook_not_worked", receipt=receipt.pk, attempt=receipt.attempts)
        is_over = receipt.attempts >= MOST_ATTEMPTS
        with tenant_transaction():
            _settle(receipt, State.FAILED if is_over else State.WAITING, error=type(error).__name__)
        if not is_over:
            raise


def try_again(*, receipt: WebhookReceipt, by: User) -> bool:
    """Gives a failed request its attempts back. False when it had not failed."""
    again = WebhookReceipt.objects.filter(pk=receipt.pk, state=State.FAILED).update(
        state=State.WAITING, attempts=0, error="", settled_at=None
    )
    if again:
        audit.record("webhook_receipt.retried", by=by, subject=receipt)
        enqueue(WORK, receipt_id=receipt.pk)
    return bool(again)


def _follow(receipt: WebhookReceipt) -> str:
    """Does what the request tells; answers in short words what that was."""
    endpoint = receipt.endpoint
    with receipt.file.open() as stream:
        request = requests.rebuild(receipt, stream.read())
    key = keys.decrypt(endpoint.signing_key) if endpoint.signing_key else ""
    told = list(providers.read(providers.PROVIDERS[endpoint.provider], request, key=key))
    known = [fates.tell(each) for each in told if isinstance(each, Fate)]
    posts = [each for each in told if isinstance(each, Post)]
    for number, post in enumerate(posts):
        _accept(receipt, post, number)
    return f"{len(posts)} mails, {sum(known)} of {len(known)} events"


def _accept(receipt: WebhookReceipt, post: Post, number: int) -> None:
    """Mail a provider took in for this tenant. Another tenant's address here is not this provider's business."""
    found = addresses.destination(post.recipient)
    if found is not None and found.tenant_id != require_tenant_id():
        raise NotUnderstood("recipient of another tenant")
    key = hashlib.sha256(f"{receipt.endpoint_id}:{receipt.key}:{number}".encode()).hexdigest()
    inbound.accept(
        post.content,
        recipient=post.recipient,
        sender=post.sender,
        channel=InboundMail.Channel.WEBHOOK.value,
        key=key,
        tenant_id=require_tenant_id(),
    )


def _begin(receipt_id: int) -> WebhookReceipt | None:
    """Counted before the work, so that a request which kills its worker is set aside too."""
    with tenant_transaction():
        waiting = WebhookReceipt.objects.filter(pk=receipt_id, state=State.WAITING)
        if waiting.filter(attempts__lt=MOST_ATTEMPTS).update(attempts=F("attempts") + 1):
            return WebhookReceipt.objects.select_related("endpoint", "file").get(pk=receipt_id)
        waiting.update(state=State.FAILED, error="worker died", settled_at=timezone.now())
    return None


def _settle(receipt: WebhookReceipt, state: str, *, verdict: str = "", error: str = "") -> None:
    settled_at = None if state == State.WAITING else timezone.now()
    WebhookReceipt.objects.filter(pk=receipt.pk, state=State.WAITING).update(
        state=state, verdict=verdict[:60], error=error[:300], settled_at=settled_at
    )
