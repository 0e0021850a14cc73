"""An owner looks at the product as a role does, and can change nothing meanwhile."""

from __future__ import annotations

import pytest

from contacts.models import Contact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from tests.cast import Member


@pytest.fixture
def viewing(alice: Member) -> Member:
    alice.post("view_as", form={"role": "viewer"})
    return alice


def test_the_role_decides_what_is_seen(alice: Member) -> None:
    assert alice.get("members").status_code == 200
    alice.post("view_as", form={"role": "viewer"})
    assert alice.get("members").status_code == 403
    page = alice.get("contact_list").content.decode()
    assert "You are viewing as Viewer." in page


def test_nothing_can_be_changed_and_the_page_says_so(viewing: Member) -> None:
    refused = viewing.post("create_contact", form={"name": "Nobody"})
    assert refused.status_code == 403
    assert "nothing can be changed" in refused.content.decode()
    with tenant_context(viewing.tenant):
        assert not Contact.objects.filter(name="Nobody").exists()


def test_htmx_gets_the_page_again_with_the_sentence(viewing: Member) -> None:
    refused = viewing.post("create_contact", form={"name": "Nobody"}, htmx=True)
    assert (refused.status_code, refused["HX-Refresh"]) == (403, "true")
    assert "nothing can be changed" in viewing.get("contact_list").content.decode()


def test_stopping_gives_everything_back(viewing: Member) -> None:
    assert viewing.post("stop_viewing_as").status_code == 302
    assert viewing.get("members").status_code == 200
    assert viewing.post("stop_viewing_as").status_code == 302


def test_it_is_on_record(viewing: Member) -> None:
    with tenant_context(viewing.tenant):
        entry = AuditEntry.objects.get(action="role.viewed_as")
    assert (entry.actor_id, entry.fields) == (viewing.user.pk, ["viewer"])


def test_it_ends_with_the_right_to_it(viewing: Member) -> None:
    """Whoever becomes a viewer in earnest does not come out an owner, nor stays locked in."""
    viewing.tenant.memberships.filter(user=viewing.user).update(roles=["marketer"])
    assert viewing.get("members").status_code == 403
    assert "You are viewing as" not in viewing.get("contact_list").content.decode()


def test_it_concerns_one_tenant(viewing: Member, globex: object) -> None:
    from ecrm.tenancy.models import Membership

    Membership.objects.create(tenant=globex, user=viewing.user, roles=["owner"])
    assert Member.get(_in(viewing, globex), "members").status_code == 200


def test_only_who_manages_members_may(mara: Member, bob: Member) -> None:
    for member in (mara, bob):
        assert member.post("view_as", form={"role": "viewer"}).status_code == 403


def _in(member: Member, tenant: object) -> Member:
    other = Member(member.user, tenant)
    other.client = member.client
    return other
