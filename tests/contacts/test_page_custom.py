"""What other systems made up is in the history, and can be shown alone."""

from __future__ import annotations

from contacts import events
from contacts.events import NewEvent
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member


def test_what_other_systems_made_up_can_be_shown_alone(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many([NewEvent("cart.abandoned", ines.pk, is_custom=True), NewEvent("page.viewed", ines.pk)])

    def told(show: str) -> set[str]:
        page = alice.get("contact_page", ines.pk, query={"show": show})
        assert "Other systems" in page.content.decode()
        return {item.kind.name for day in page.context["timeline"].days for item in day.items}

    assert told("custom") == {"cart.abandoned"}
    assert told("web") == {"page.viewed"}
    assert {"cart.abandoned", "page.viewed"} < told("")
