"""Settings, mail providers."""

from __future__ import annotations

import re

from django.test import Client

from ecrm.jobs import outbox
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt
from tests.cast import Member
from tests.webhooks import posting


def test_the_address_is_shown_once_and_works(alice: Member, acme: Tenant) -> None:
    made = alice.post("new_webhook_endpoint", form={"provider": "mailgun", "signing_key": posting.MAILGUN_KEY})
    path = re.search(r"/p/hooks/mailgun/[\w-]+", made.content.decode())[0]
    listed = alice.get("mail_providers").content.decode()
    assert "Mailgun" in listed
    assert path not in listed
    with tenant_context(acme):
        endpoint = WebhookEndpoint.objects.get()
    assert posting.MAILGUN_KEY not in endpoint.signing_key
    told = posting.mailgun("delivered", "<x@y>")
    assert Client().post(path, told.body, content_type=told.content_type).status_code == 200
    assert alice.post("close_webhook_endpoint", endpoint.pk).status_code == 302
    assert Client().post(path, told.body, content_type=told.content_type).status_code == 404


def test_a_missing_key_is_asked_for(alice: Member) -> None:
    page = alice.post("new_webhook_endpoint", form={"provider": "mailgun"})
    assert page.status_code == 422
    assert "key is needed" in page.content.decode()


def test_a_failed_request_is_shown_and_tried_again(alice: Member, acme: Tenant) -> None:
    made = alice.post("new_webhook_endpoint", form={"provider": "postmark"})
    path = re.search(r"/p/hooks/postmark/[\w-]+", made.content.decode())[0]
    Client().post(path, b"not json", content_type="application/json")
    with bind_tenant(acme):
        outbox.drain()
    with tenant_context(acme):
        receipt = WebhookReceipt.objects.get()
    assert "could not be worked" in alice.get("mail_providers").content.decode()
    assert b"".join(alice.get("file", receipt.file_id).streaming_content) == b"not json"
    assert alice.post("retry_webhook_receipt", receipt.pk).status_code == 302


def test_who_may_not_is_refused(bob: Member, outsider: Member) -> None:
    assert bob.get("mail_providers").status_code == 403
    assert outsider.get("mail_providers").status_code == 404
