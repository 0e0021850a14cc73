from __future__ import annotations

from datetime import timedelta
from email import message_from_string
from email.policy import default
from typing import Any

import pytest
from django.utils import timezone

from contacts.letters import writing
from contacts.models import Contact, Letter, LetterHandover
from ecrm.jobs.models import OutboxEntry
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import work
from tests.cast import Member
from tests.contacts.conftest import add
from tests.mail.catching import RunningCatcher


@pytest.fixture
def rita(acme: Tenant) -> Contact:
    with tenant_context(acme):
        if not SendingIdentity.objects.exists():
            SendingIdentity.objects.create(name="Acme", email="hello@acme.example")
    return add(acme, name="Rita Reader", given_name="Rita", emails=["rita@example.org"])


@pytest.fixture
def letter(acme: Tenant, rita: Contact, bob: Member) -> Letter:
    """Bob's letter to Rita, its seconds for an undo not yet over."""
    with tenant_context(acme):
        return writing.write_letter(contact=rita, subject="Your lid", text="A **new** lid leaves today.", by=bob.user)


def send_due(acme: Tenant) -> None:
    """As if the seconds for an undo had passed."""
    past = timezone.now() - timedelta(minutes=1)
    with tenant_context(acme):
        LetterHandover.objects.filter(state="waiting").update(due_at=past)
        OutboxEntry.objects.filter(task="letters.send").update(due_at=past)
    work(acme)


def forget(acme: Tenant) -> None:
    """As when a worker died a while ago: its lease is over, the outbox comes again."""
    with tenant_context(acme):
        LetterHandover.objects.update(state="sending", intended_at=timezone.now() - timedelta(minutes=10))
        OutboxEntry.objects.update(due_at=timezone.now() - timedelta(minutes=1), leased_until=None)


def handover(acme: Tenant) -> LetterHandover:
    with tenant_context(acme):
        return LetterHandover.objects.latest("pk")


def caught(catcher: RunningCatcher) -> list[Any]:
    return [message_from_string(each["raw"], policy=default) for each in catcher.messages()]
