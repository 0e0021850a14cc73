"""What staff were told about a person is forgotten with the person; the notice still reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connections

from contacts.models import Contact
from contacts.services import create_contact
from ecrm.notices import kinds
from ecrm.notices.models import Notification
from ecrm.notices.services import blank_facts, notify
from ecrm.tenancy.models import Tenant
from tests.cast import Member

SECRET = "Dora Velasquez"


def by_service(contact: Contact) -> None:
    assert blank_facts([contact.pk]) == len(kinds.kinds())


def by_row(contact: Contact) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM contacts_contact WHERE id = %s", [contact.pk])


@pytest.mark.parametrize("erase", [by_service, by_row])
def test_notices_forget_whom_they_spoke_of(in_acme: Tenant, alice: Member, erase: Callable[[Contact], None]) -> None:
    dora, eric = Contact.objects.create(name="Dora"), create_contact(by=None, name="Eric")
    words = dict.fromkeys(("who", "reason", "subject", "contact", "name", "case", "campaign", "text", "title"), SECRET)
    for kind in kinds.kinds():
        notify(kind.name, to=[alice.user.pk], url="/", facts=words, subject=dora)
        notify(kind.name, to=[alice.user.pk], url="/", facts=words, subject=eric)
    erase(dora)
    forgotten = Notification.objects.filter(facts={})
    assert forgotten.count() == len(kinds.kinds())
    for notice in forgotten:
        assert SECRET not in f"{notice.sentence} {notice.note}"
    assert Notification.objects.filter(contact_id=eric.pk).exclude(facts={}).count() == len(kinds.kinds())
    Notification.objects.exclude(facts={}).delete()
    assert alice.get("notifications").status_code == 200
