"""One-click unsubscribe (RFC 8058), on a stand-in address: campaigns wire it to their tokens."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from consent import public, rules, services
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact, Event
from ecrm import urls
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant


@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    found = tokens.read("test-unsubscribe", token)
    with tenant_context(found.tenant):
        contact = Contact.objects.get(pk=found.object_id)
        purpose = Purpose.objects.get(key=request.GET.get("purpose", "newsletter"))
        return public.one_click(request, contact=contact, purpose=purpose, evidence={"campaign": 7, "delivery": 70})


urlpatterns = [path("p/test-u/<str:token>", unsubscribe), *urls.urlpatterns]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def link(acme: Tenant, ana: Contact, newsletter: Purpose) -> str:
    with tenant_context(acme):
        services.grant(contact=ana, purpose=newsletter, source="form", evidence={"url": "x"})
        return f"/p/test-u/{tokens.make('test-unsubscribe', ana.pk)}"


def stands(acme: Tenant, ana: Contact, newsletter: Purpose) -> bool:
    with tenant_context(acme):
        return rules.may(ana, newsletter).allowed


def test_a_post_withdraws_at_once(link: str, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded", HTTP_USER_AGENT="Gmail"
    )

    assert answer.status_code == 200
    assert not answer.cookies
    assert not stands(acme, ana, newsletter)
    with tenant_context(acme):
        record = ConsentRecord.objects.latest("id")
        assert (record.action, record.source) == ("withdrawn", "one_click")
        assert (record.evidence["delivery"], record.evidence["user_agent"]) == (70, "Gmail")
        assert Event.objects.filter(contact_id=ana.pk, name="consent.withdrawn", campaign_id=7).count() == 1


def test_a_multipart_body_works_too(link: str, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    assert Client().post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not stands(acme, ana, newsletter)


def test_scanners_change_nothing(link: str, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    client = Client()
    for _ in range(5):
        assert client.get(link).status_code == 200
        head = client.head(link)
        assert (head.status_code, head.content) == (200, b"")
    assert stands(acme, ana, newsletter)


def test_a_get_shows_the_button_that_posts(link: str, ana: Contact) -> None:
    page = Client().get(link + "?language=en")
    assert b'<form class="stack" method="post">' in page.content
    assert not page.cookies


def test_a_second_click_adds_nothing(link: str, acme: Tenant) -> None:
    client = Client()
    assert [client.post(link).status_code for _ in range(3)] == [200, 200, 200]
    with tenant_context(acme):
        assert ConsentRecord.objects.filter(action="withdrawn").count() == 1


def test_other_purposes_go_on(link: str, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        tracking = Purpose.objects.get(key="tracking")
        services.grant(contact=ana, purpose=tracking, source="form", evidence={"url": "x"})
    Client().post(link)
    assert stands(acme, ana, tracking)


def test_messages_of_a_contract_cannot_be_stopped(link: str, acme: Tenant) -> None:
    page = Client().post(link + "?purpose=service&language=en")
    assert page.status_code == 200
    assert "Order and service messages" in page.content.decode()
    with tenant_context(acme):
        assert not ConsentRecord.objects.filter(action="withdrawn").exists()


def test_the_way_back_is_offered(link: str, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        preferences = public.preferences_path(ana.pk)
    assert preferences in Client().post(link).content.decode()
