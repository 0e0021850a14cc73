"""The first page: what waits, what runs, what is set up; nothing that its reader may not see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign
from ecrm.jobs.models import Job
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.ui import checklist
from ecrm.ui.models import ShellSettings
from tests.cast import Member
from tests.factories import CampaignFactory, ContactFactory, JobFactory, NotificationFactory, SegmentFactory


def page(member: Member) -> str:
    response = member.get("today")
    assert response.status_code == 200
    return response.content.decode()


def test_it_is_the_first_page(alice: Member) -> None:
    response = alice.client.get("/acme/")
    assert 'aria-current="page"' in response.content.decode()
    assert "Set up Acme" in response.content.decode()


def test_own_jobs_are_shown_while_they_run_or_when_they_failed(alice: Member, bob: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        JobFactory(title="Import running", state=Job.State.RUNNING, total=10, done=4, requested_by=alice.user)
        JobFactory(
            title="Import broken", state=Job.State.FAILED, finished_at=timezone.now(), error="No header.",
            requested_by=alice.user,
        )  # fmt: skip
        JobFactory(title="Import over", state=Job.State.DONE, finished_at=timezone.now(), requested_by=alice.user)
    mine = page(alice)
    assert "Import running" in mine
    assert "No header." in mine
    assert "Import over" not in mine
    assert "Import running" not in page(bob)


def test_a_held_campaign_says_why(mara: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        CampaignFactory(name="Spring", state=Campaign._meta.get_field("state").default)
        CampaignFactory(name="Summer", state="paused", hold_reason="The rule broke.")
    shown = page(mara)
    assert "The rule broke." in shown
    assert "Spring" not in shown


def test_replies_leave_a_day_after_they_were_read(alice: Member, bob: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        told: Any = NotificationFactory(user=alice.user, kind="case.replied", facts={"who": "Inês", "number": 7})
    assert "Inês replied" in page(alice)
    assert "Inês" not in page(bob)
    with tenant_context(acme):
        Notification.objects.filter(pk=told.pk).update(read_at=timezone.now() - timedelta(days=2))
    assert "Inês" not in page(alice)


def test_a_viewer_sees_neither_set_up_nor_what_to_do(vera: Member) -> None:
    shown = page(vera)
    assert "Set up Acme" not in shown
    assert "New campaign" not in shown


def test_the_page_costs_few_queries_and_the_same_with_more(alice: Member, acme: Tenant) -> None:
    page(alice)
    with CaptureQueriesContext(connection) as few:
        page(alice)
    with tenant_context(acme):
        for _number in range(10):
            JobFactory(state=Job.State.RUNNING, requested_by=alice.user)
            CampaignFactory(state="sending")
            NotificationFactory(user=alice.user, kind="case.replied", facts={"who": "Inês"})
    with CaptureQueriesContext(connection) as many:
        page(alice)
    # The first campaign under way asks once more: how much of it is sent.
    assert len(many) <= len(few) + 1


def rail(member: Member, name: str) -> list[str]:
    """The addresses of the places a page shows in its rail."""
    places = member.get(name).content.decode().split('<ul class="rail-nav">')[1].split("</ul>")[0]
    return re.findall(r'<a class="rail-item" href="([^"]+)"', places)


def tasks(tenant: Tenant, member: Member) -> dict[str, checklist.Task]:
    with tenant_context(tenant):
        membership = tenant.memberships.get(user=member.user)
        skipped = ShellSettings.of_tenant().skipped_steps
        return {task.step.key: task for task in checklist.tasks(membership.may, skipped)}


def test_steps_are_done_by_what_is_there_not_by_clicks(alice: Member, acme: Tenant, charlie: Member) -> None:
    before = tasks(acme, alice)
    assert before["business"].is_done
    assert not before["people"].is_done
    assert not before["segment"].is_done
    assert not before["team"].is_done
    with tenant_context(acme):
        ContactFactory()
        SegmentFactory()
    alice.post("invite_member", form={"email": "dora@example.com", "roles": ["viewer"]})
    after = tasks(acme, alice)
    assert [after[key].is_done for key in ("people", "segment", "team")] == [True, True, True]
    assert not tasks(charlie.tenant, charlie)["people"].is_done


def test_a_step_is_skipped_and_comes_back(alice: Member, acme: Tenant) -> None:
    for _click in range(2):
        assert alice.post("skip_step", "people").status_code == 302
    assert tasks(acme, alice)["people"].is_skipped
    alice.post("skip_step", "people", form={"back": "1"})
    assert tasks(acme, alice)["people"].is_open


def test_the_list_is_hidden_and_put_back(alice: Member, vera: Member) -> None:
    assert vera.post("hide_setup").status_code == 403
    alice.post("hide_setup")
    assert "Set up Acme" not in page(alice)
    assert "Set up Acme" in alice.get("setup").content.decode()
    alice.post("hide_setup", form={"back": "1"})
    assert "Set up Acme" in page(alice)


def test_an_unknown_step_is_not_found(alice: Member) -> None:
    assert alice.post("skip_step", "fly-to-the-moon").status_code == 404


@pytest.mark.parametrize("key", ["campaigns", "segments"])
def test_a_hidden_place_leaves_the_rail_and_keeps_its_pages(key: str, alice: Member, mara: Member) -> None:
    response = alice.get("shown_places")
    shown = [entry.key for entry, _is_shown in response.context["rows"] if entry.key != key]
    alice.post("shown_places", form={"places": shown})
    own = {"campaigns": "campaigns", "segments": "segment_list"}[key]
    assert mara.url(own) not in rail(mara, "contact_list")
    assert mara.url("contact_list") in rail(mara, "contact_list")
    assert mara.url(own) in rail(mara, own)


def test_the_first_place_cannot_be_hidden(alice: Member) -> None:
    alice.post("shown_places", form={})
    assert rail(alice, "today") == ["/acme/"]


def test_who_says_who_they_are_can_write_a_campaign(charlie: Member) -> None:
    """From an empty workspace: the first step of the set-up opens the way to the fifth."""
    assert "hello@globex.example" not in charlie.get("create_campaign").content.decode()
    fields = {
        "name": "Globex", "languages": ["pl", "en"], "time_zone": "Europe/Warsaw", "currency": "PLN", "hue": "217",
        "postal_address": "ul. Długa 1, Gdańsk", "sender_name": "Globex", "sender_email": "hello@globex.example",
    }  # fmt: skip
    for _click in range(2):
        assert charlie.post("tenant_settings", form=fields).status_code == 302
    assert tasks(charlie.tenant, charlie)["business"].is_done
    assert "hello@globex.example" in charlie.get("create_campaign").content.decode()
