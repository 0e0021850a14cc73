"""What providers tell reaches deliveries and the inbox, once, however often it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.test import Client

from campaigns.models import Delivery, Outcome
from consent.suppression import live
from contacts.models import Event
from ecrm.jobs import outbox
from ecrm.mail import message_ids
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.webhooks import services
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.catching import RunningCatcher
from tests.mail.inbound.conftest import arrivals  # noqa: F401  a fixture
from tests.mail.inbound.mails import mail
from tests.webhooks import posting
from tests.webhooks.posting import NEWS, POSTS, Request

State = WebhookReceipt.State


def endpoint(tenant: Tenant, by: Member, provider: str) -> str:
    with tenant_context(tenant):
        _made, secret = services.open_endpoint(
            provider=provider, signing_key=posting.keys().get(provider, ""), by=by.user
        )
    return f"/p/hooks/{provider}/{secret}"


def post(url: str, told: Request) -> int:
    return Client().post(url, told.body, content_type=told.content_type, headers=told.headers).status_code


def work(tenant: Tenant) -> list[WebhookReceipt]:
    with bind_tenant(tenant):
        outbox.drain()
    with tenant_context(tenant):
        return list(WebhookReceipt.objects.order_by("id"))


@pytest.fixture
def delivery(acme: Tenant, catcher: RunningCatcher) -> Delivery:
    with tenant_context(acme):
        world.person("ana@example.com", given_name="Ana")
        world.send(world.campaign())
        return Delivery.objects.select_related("contact").get()


def message_id(acme: Tenant, delivery: Delivery) -> str:
    with bind_tenant(acme):
        return message_ids.message_id(delivery_id=delivery.pk, domain="acme.example")


@pytest.mark.parametrize("provider", NEWS)
@pytest.mark.parametrize(
    ("kind", "outcomes", "reason"),
    [
        ("hard", {"sent", "bounced"}, "hard_bounce"),
        ("soft", None, ""),
        ("complaint", {"sent", "complained"}, "complaint"),
        ("delivered", {"sent", "delivered"}, ""),
    ],
)
def test_news_reaches_the_delivery(
    acme: Tenant, alice: Member, delivery: Delivery, provider: str, kind: str, outcomes: Any, reason: str
) -> None:
    url = endpoint(acme, alice, provider)
    assert post(url, NEWS[provider](kind, message_id(acme, delivery))) == 200
    (receipt,) = work(acme)
    assert (receipt.state, receipt.error, receipt.verdict) == (State.DONE, "", "0 mails, 1 of 1 events")
    with tenant_context(acme):
        found = set(Outcome.objects.filter(delivery=delivery).values_list("kind", flat=True))
        assert found == outcomes or (outcomes is None and found <= {"sent", "bounced"})
        blocked = live(address_norm="ana@example.com")
        assert (blocked.reason if blocked else "") == reason


@pytest.mark.parametrize("provider", POSTS)
def test_mail_that_a_provider_took_in(
    acme: Tenant,
    alice: Member,
    provider: str,
    arrivals: list[Arrival],  # noqa: F811
) -> None:
    told = POSTS[provider](mail("Where is it?"), "support.acme@in.localhost")
    url = endpoint(acme, alice, provider)
    assert post(url, told) == 200
    (receipt,) = work(acme)
    assert (receipt.state, receipt.error) == (State.DONE, "")
    (arrival,) = arrivals
    assert (arrival.letter.sender.address, arrival.letter.text) == ("ana@example.com", "Where is it?")
    assert (arrival.mail.recipient, arrival.mail.channel) == ("support.acme@in.localhost", "webhook")
    assert post(url, told) == 200
    work(acme)
    assert len(arrivals) == 1


def test_a_mail_of_many_megabytes_comes_through(
    acme: Tenant,
    alice: Member,
    arrivals: list[Arrival],  # noqa: F811
) -> None:
    told = posting.sendgrid_mail(mail("x" * 70 + "\n" + ("y" * 75 + "\n") * 60_000), "support.acme@in.localhost")
    assert len(told.body) > 4_000_000
    assert post(endpoint(acme, alice, "sendgrid"), told) == 200
    work(acme)
    assert len(arrivals) == 1


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        ("mailgun", posting.mailgun("hard", "<x@y>", key="another")),
        ("sendgrid", posting.sendgrid("hard", "<x@y>", is_signed=False)),
        ("postmark", Request(b"{}")),
        ("postmark", Request(b"not json")),
        ("brevo", Request(b"[]")),
        ("mailgun", Request(b"")),
        ("sendgrid", Request(b'[{"event": 7}]')),
    ],
)
def test_what_is_not_theirs_does_nothing_and_is_shown(
    acme: Tenant, alice: Member, provider: str, told: Request
) -> None:
    assert post(endpoint(acme, alice, provider), told) == 200
    (receipt,) = work(acme)
    if told.body != b"{}":
        assert receipt.state == State.FAILED
        assert receipt.error
    with tenant_context(acme):
        assert not Event.objects.filter(name__startswith="email.").exists()
        assert not InboundMail.objects.exists()


def test_an_address_never_given_out_is_none(acme: Tenant, alice: Member) -> None:
    url = endpoint(acme, alice, "postmark")
    told = posting.postmark("hard", "<x@y>")
    assert post("/p/hooks/postmark/made-up", told) == 404
    assert post(url.replace("postmark", "mailgun"), told) == 404
    assert Client().head(url).status_code == 200
    assert Client().head("/p/hooks/postmark/made-up").status_code == 404
    with tenant_context(acme):
        assert services.close_endpoint(endpoint=WebhookEndpoint.objects.get(), by=alice.user)
        assert not services.close_endpoint(endpoint=WebhookEndpoint.objects.get(), by=alice.user)
    assert post(url, told) == 404
    assert work(acme) == []


def test_another_tenants_provider_has_no_say(
    acme: Tenant, globex: Tenant, charlie: Member, alice: Member, delivery: Delivery
) -> None:
    """Charlie posts Acme's message ids and Acme's addresses to his own endpoint."""
    url = endpoint(globex, charlie, "postmark")
    post(url, posting.postmark("complaint", message_id(acme, delivery)))
    post(url, posting.postmark_mail(mail(), "support.acme@in.localhost"))
    states = [receipt.state for receipt in work(globex)]
    assert states == [State.DONE, State.FAILED]
    with tenant_context(acme):
        assert live(address_norm="ana@example.com") is None
        assert not InboundMail.objects.exists()


def test_mailgun_needs_its_key(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme), pytest.raises(ValidationError):
        services.open_endpoint(provider="mailgun", by=alice.user)


def test_a_failed_request_can_be_tried_again(acme: Tenant, alice: Member) -> None:
    post(endpoint(acme, alice, "postmark"), Request(b"not json"))
    (receipt,) = work(acme)
    with tenant_context(acme):
        assert services.try_again(receipt=receipt, by=alice.user)
        assert not services.try_again(receipt=receipt, by=alice.user)
    assert [each.state for each in work(acme)] == [State.FAILED]


@pytest.mark.django_db(transaction=True)
def test_told_five_times_at_once_it_happens_once(acme: Tenant, alice: Member, delivery: Delivery) -> None:
    url, told = endpoint(acme, alice, "postmark"), posting.postmark("hard", message_id(acme, delivery))

    def tell(_turn: int) -> int:
        try:
            status = post(url, told)
            with tenant_context(acme):
                waiting = list(WebhookReceipt.objects.values_list("pk", flat=True))
            with bind_tenant(acme):
                for receipt_id in waiting:
                    services.work(receipt_id)
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as threads:
        assert list(threads.map(tell, range(5))) == [200] * 5
    assert [receipt.state for receipt in work(acme)] == [State.DONE]
    with tenant_context(acme):
        assert Event.objects.filter(name="email.bounced").count() == 1
        assert Outcome.objects.filter(kind="bounced").count() == 1
