"""Writing in a tenant's admin: through the services, on record, counted before it is destroyed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from contacts.models import Contact, Event, Tag, Tagging
from ecrm.audit.models import AuditEntry
from ecrm.jobs.models import OutboxEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Team, Tenant
from tests import factories as make
from tests.administration.tables import no_inlines
from tests.cast import Member

NO_INLINES = {"stage": "lead", **no_inlines("emails", "phones")}


def actions(tenant: Tenant, **filters: Any) -> list[str]:
    with tenant_context(tenant):
        return list(AuditEntry.objects.filter(**filters).order_by("id").values_list("action", flat=True))


def test_a_contact_is_made_through_the_services(alice: Member, acme: Tenant) -> None:
    made = alice.post("admin:contacts_contact_add", form={"name": "Ana Ferro", **NO_INLINES})
    assert made.status_code == 302
    with tenant_context(acme):
        contact = Contact.objects.get(name="Ana Ferro")
        assert contact.sort_key
        assert Event.objects.filter(contact_id=contact.pk, name="contact.created").exists()
    assert actions(acme, subject_id=contact.pk, subject_type="contacts.contact") == ["contact.created"]
    assert not LogEntry.objects.exists()


def test_a_contact_is_edited_through_the_services(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        contact = make.ContactFactory(name="Ana")
    form = {**NO_INLINES, "name": "Ana Ferro", "stage": "customer"}
    assert alice.post("admin:contacts_contact_change", contact.pk, form=form).status_code == 302
    with tenant_context(acme):
        entry = AuditEntry.objects.get(action="contact.changed")
        assert entry.fields == ["name", "stage"]
        assert Contact.objects.get(pk=contact.pk).sort_key == "ana ferro"
    shown = alice.get("admin:contacts_contact_history", contact.pk).content.decode()
    assert "Contact changed" in shown
    assert "Alice" in shown


def test_an_owner_of_another_tenant_is_no_choice(alice: Member, charlie: Member, acme: Tenant) -> None:
    form = {"name": "Ana", "owner": charlie.user.pk, **NO_INLINES}
    refused = alice.post("admin:contacts_contact_add", form=form)
    assert refused.status_code == 200
    assert "owner" in refused.context["adminform"].form.errors


def test_autocomplete_offers_members_only(alice: Member, charlie: Member, bob: Member) -> None:
    query = {"app_label": "contacts", "model_name": "contact", "field_name": "owner", "term": "example.com"}
    found = {entry["text"] for entry in alice.get("admin:autocomplete", query=query).json()["results"]}
    assert found == {"Alice", "Bob"}


def test_people_go_to_the_bin_and_come_back(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        ids = [make.ContactFactory().pk for _number in range(3)]
    act(alice, "contacts_contact", "bin_selected", ids)
    with tenant_context(acme):
        assert Contact.objects.filter(binned_at__isnull=False).count() == 3
    act(alice, "contacts_contact", "restore_selected", ids)
    with tenant_context(acme):
        assert not Contact.objects.filter(binned_at__isnull=False).exists()


def test_what_goes_with_a_row_is_counted_first(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        tag = make.TagFactory(name="vip")
        for _number in range(3):
            make.TaggingFactory(tag=tag)
    asked = alice.get("admin:contacts_tag_delete", tag.pk)
    assert dict(asked.context["model_count"]) == {"tags": "1", "taggings": "3"}
    alice.post("admin:contacts_tag_delete", tag.pk, form={"post": "yes"})
    with tenant_context(acme):
        assert not Tag.objects.exists()
        assert not Tagging.objects.exists()
        assert Event.objects.filter(name="contact.untagged").count() == 3
    assert "tag.removed" in actions(acme)


def test_what_is_in_use_is_not_deleted(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        identity = make.CampaignFactory().identity
    asked = alice.get("admin:mail_sendingidentity_delete", identity.pk)
    assert asked.context["protected"] == ["campaigns: 1"]
    alice.post("admin:mail_sendingidentity_delete", identity.pk, form={"post": "yes"})
    with tenant_context(acme):
        assert type(identity).objects.filter(pk=identity.pk).exists()


def test_a_name_taken_is_a_sentence_and_no_error_page(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        make.TeamFactory(name="North")
    form = {"name": "North", "members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}
    refused = alice.post("admin:tenancy_team_add", form=form)
    assert refused.status_code == 200
    assert refused.context["adminform"].form.errors
    with tenant_context(acme):
        assert Team.objects.count() == 1


def test_work_given_up_is_tried_again(alice: Member, acme: Tenant) -> None:
    from django.utils import timezone

    with tenant_context(acme):
        entry = make.OutboxEntryFactory(failed_at=timezone.now(), attempts=8, error="OSError")
    act(alice, "jobs_outboxentry", "try_again", [entry.pk])
    with tenant_context(acme):
        entry = OutboxEntry.objects.get(pk=entry.pk)
    assert (entry.failed_at, entry.attempts) == (None, 0)
    assert actions(acme, action="work.retried")


def test_names_are_written_and_not_run(alice: Member, acme: Tenant) -> None:
    name = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    with tenant_context(acme):
        contact = make.ContactFactory(name=name)
        make.TaggingFactory(contact=contact, tag=make.TagFactory(name=name[:60]))
        make.CampaignFactory(name=name)
    for page, args in (
        ("contacts_contact_changelist", ()),
        ("contacts_contact_change", (contact.pk,)),
        ("contacts_tagging_changelist", ()),
        ("campaigns_campaign_changelist", ()),
    ):
        html = alice.get(f"admin:{page}", *args).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


@pytest.mark.parametrize("ordering", ["?o=1", "?o=-3.1"])
def test_large_tables_are_not_sorted_at_will(alice: Member, acme: Tenant, ordering: str) -> None:
    page = alice.client.get(alice.url("admin:contacts_event_changelist") + ordering)
    assert set(page.context["cl"].queryset.query.order_by) == {"-occurred_at", "-id"}


def test_dates_are_offered_from_first_to_last(alice: Member, acme: Tenant) -> None:
    from datetime import UTC, datetime

    with tenant_context(acme):
        for month in (1, 11):
            make.EventFactory(occurred_at=datetime(2026, month, 15, tzinfo=UTC))
    year = alice.get("admin:contacts_event_changelist", query={"occurred_at__year": 2026})
    steps = year.context["cl"].date_steps
    assert len(steps.choices) >= 11
    month = alice.get("admin:contacts_event_changelist", query={"occurred_at__year": 2026, "occurred_at__month": 1})
    assert month.context["cl"].result_count == 1
    nonsense = alice.get("admin:contacts_event_changelist", query={"occurred_at__year": "x"})
    assert nonsense.status_code == 302


def act(member: Member, table: str, action: str, ids: list[int]) -> None:
    form = {"action": action, "_selected_action": ids}
    assert member.post(f"admin:{table}_changelist", form=form).status_code == 302


def test_an_event_is_opened_from_its_list(alice: Member, charlie: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        event = make.EventFactory(name="order.placed")
    listed = alice.get("admin:contacts_event_changelist", query={"q": "order.placed"}).content.decode()
    path = re.search(r"/acme/admin/contacts/event/\d+-\d+/change/", listed).group()
    assert alice.client.get(path).context["original"].pk == event.pk
    assert charlie.client.get(path.replace("/acme/", "/globex/")).status_code == 404
    assert alice.client.get(path.replace(f"/{event.pk}-", f"/{event.pk + 1}-")).status_code == 404
