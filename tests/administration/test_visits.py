"""Staff of the installation inside a tenant: for a reason, for a while, in plain sight."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils import timezone

from ecrm.administration import visits
from ecrm.administration.models import PlatformEntry, SupportVisit
from ecrm.audit.models import AuditEntry
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant, User
from tests import factories as make
from tests.administration.tables import no_inlines
from tests.cast import Member

HOUR = timedelta(hours=1)
NO_INLINES = {"stage": "lead", **no_inlines("emails", "phones")}


@pytest.fixture
def visit(rita: Member, acme: Tenant) -> SupportVisit:
    return visits.enter(tenant=acme, by=rita.user, reason="Import of 3 May hangs", length=HOUR)


def enter_path(tenant: Tenant) -> str:
    return f"/admin/tenancy/tenant/{tenant.pk}/enter/"


def entries(tenant: Tenant, **filters: Any) -> list[AuditEntry]:
    with tenant_context(tenant):
        return list(AuditEntry.objects.filter(**filters).order_by("id"))


def test_without_a_visit_staff_finds_nothing(rita: Member) -> None:
    assert rita.get("contact_list").status_code == 404


def test_a_reason_opens_the_door(rita: Member, acme: Tenant) -> None:
    refused = rita.client.post(enter_path(acme), {"reason": "  ", "minutes": "60"})
    assert refused.status_code == 422
    assert rita.get("contact_list").status_code == 404
    entered = rita.client.post(enter_path(acme), {"reason": "Import hangs", "minutes": "60"})
    assert entered.url == "/acme/"
    assert rita.get("contact_list").status_code == 200
    started = entries(acme, action="visit.started")
    assert [(entry.actor_id, entry.reason) for entry in started] == [(rita.user.pk, "Import hangs")]
    assert PlatformEntry.objects.get(action="visit.started").concerned_id == acme.pk


@pytest.mark.parametrize("length", [timedelta(minutes=1), timedelta(hours=9)])
def test_a_visit_has_its_limits(rita: Member, acme: Tenant, length: timedelta) -> None:
    with pytest.raises(ValidationError):
        visits.enter(tenant=acme, by=rita.user, reason="Help", length=length)


def test_it_opens_one_tenant_only(rita: Member, visit: SupportVisit, globex: Tenant) -> None:
    assert Member(rita.user, globex).get("contact_list").status_code == 404


def test_it_ends_by_itself(rita: Member, acme: Tenant) -> None:
    began = timezone.now() - 2 * HOUR
    visits.enter(tenant=acme, by=rita.user, reason="Help", length=HOUR, at=began)
    assert rita.get("contact_list").status_code == 404


def test_every_member_sees_who_is_in_and_why(rita: Member, visit: SupportVisit, vera: Member) -> None:
    page = vera.get("contact_list").content.decode()
    assert "Rita" in page
    assert "Import of 3 May hangs" in page


def test_nobody_sees_a_banner_afterwards(rita: Member, visit: SupportVisit, vera: Member, acme: Tenant) -> None:
    rita.post("leave_visit")
    assert "Import of 3 May hangs" not in vera.get("contact_list").content.decode()
    assert rita.get("contact_list").status_code == 404


def test_the_owner_shows_the_visitor_out(rita: Member, visit: SupportVisit, alice: Member, mara: Member) -> None:
    assert mara.post("end_visit", visit.pk).status_code == 403
    assert rita.get("contact_list").status_code == 200
    assert alice.post("end_visit", visit.pk).status_code == 302
    assert rita.get("contact_list").status_code == 404
    assert alice.post("end_visit", visit.pk).status_code == 302
    assert len(entries(alice.tenant, action="visit.ended")) == 1


def test_a_second_visit_of_the_same_person_ends_the_first(rita: Member, visit: SupportVisit, acme: Tenant) -> None:
    visits.enter(tenant=acme, by=rita.user, reason="Again", length=HOUR)
    with tenant_context(acme):
        assert list(visits.open_visits().values_list("reason", flat=True)) == ["Again"]


def test_each_page_seen_is_on_record_by_name(rita: Member, visit: SupportVisit, acme: Tenant) -> None:
    with tenant_context(acme):
        contact = make.ContactFactory(name="Secret Name")
    rita.get("contact_page", contact.pk)
    rita.get("contact_page", contact.pk)
    seen = entries(acme, action="visit.page_seen")
    assert [entry.fields for entry in seen] == [[f"contact_id={contact.pk}", "contact_page"]]
    assert {entry.visit_id for entry in seen} == {visit.pk}
    assert "Secret" not in repr([entry.__dict__ for entry in seen])


def test_each_change_carries_the_visit(rita: Member, visit: SupportVisit, alice: Member, acme: Tenant) -> None:
    rita.post("admin:contacts_contact_add", form={"name": "Made in a visit", **NO_INLINES})
    alice.post("admin:contacts_contact_add", form={"name": "Made by Alice", **NO_INLINES})
    made = entries(acme, action="contact.created")
    assert [entry.visit_id for entry in made] == [visit.pk, None]


def test_what_would_outlast_the_visit_is_refused(rita: Member, visit: SupportVisit, acme: Tenant) -> None:
    for name in ("members", "view_as", "leave_workspace"):
        assert rita.get(name).status_code == 403
    before = Membership.objects.count()
    assert rita.post("invite_member", form={"email": "rita2@example.com", "roles": ["owner"]}).status_code == 403
    assert Membership.objects.count() == before


def test_without_a_second_factor_there_is_no_way_in(rita: Member, visit: SupportVisit) -> None:
    Authenticator.objects.filter(user=rita.user).delete()
    assert rita.get("contact_list").status_code == 404
    assert rita.client.get("/admin/").url.startswith("/accounts/2fa/")


def test_who_is_staff_no_more_is_out_at_once(rita: Member, visit: SupportVisit) -> None:
    User.objects.filter(pk=rita.user.pk).update(is_staff=False)
    assert rita.get("contact_list").status_code == 404


def test_the_settings_list_every_visit(rita: Member, visit: SupportVisit, alice: Member) -> None:
    rita.get("contact_list")
    listed = alice.get("support_visits").content.decode()
    assert "Rita" in listed
    assert "Import of 3 May hangs" in listed
    shown = alice.get("support_visit", visit.pk).content.decode()
    assert "contact_list" in shown


def test_a_visit_stays_on_record(visit: SupportVisit, acme: Tenant) -> None:
    from django.db import ProgrammingError, transaction

    with tenant_context(acme):
        for attempt in (lambda: visit.delete(), lambda: SupportVisit.objects.update(reason="Nothing")):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                attempt()


def test_owners_are_told_wherever_they_are(rita: Member, visit: SupportVisit, alice: Member, mara: Member) -> None:
    with tenant_context(alice.tenant):
        told = Notification.objects.get(kind="visit.started")
    assert told.user == alice.user
    assert "Rita" in alice.get("notifications").content.decode()
    assert alice.client.get(f"/acme{told.url}").status_code == 200
