"""Mailboxes elsewhere are read once, whatever happens on the way, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from ecrm.jobs import outbox
from ecrm.jobs.models import OutboxEntry
from ecrm.keys import decrypt
from ecrm.mail.inbound import imap, mailboxes
from ecrm.mail.models import ImapMailbox, InboundMail
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.mail.inbound import imap_server
from tests.mail.inbound.imap_server import Mailbox
from tests.mail.inbound.mails import mail


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: object) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True


@pytest.fixture
def server() -> Iterator[tuple[Mailbox, int]]:
    with imap_server.serving() as found:
        yield found


def mailbox(tenant: Tenant, by: Member, port: int, **fields: object) -> ImapMailbox:
    defaults = {"address": "support@acme.example", "username": imap_server.USER, "uses_tls": False, "takes_old": True}
    with tenant_context(tenant):
        made = ImapMailbox(host="127.0.0.1", port=port, **{**defaults, **fields})
        return mailboxes.save_mailbox(mailbox=made, password=imap_server.PASSWORD, by=by.user, changed=[])


def fetch(tenant: Tenant, box: ImapMailbox) -> int:
    with bind_tenant(tenant):
        return imap.fetch(box.pk)


def kept(tenant: Tenant) -> list[bytes]:
    with tenant_context(tenant):
        found = []
        for each in InboundMail.objects.select_related("file").order_by("id"):
            with each.file.open() as stream:
                found.append(stream.read())
        return found


def state(tenant: Tenant, box: ImapMailbox) -> ImapMailbox:
    with tenant_context(tenant):
        return box.refreshed()


def test_new_mail_is_taken_in_once(acme: Tenant, alice: Member, server: tuple[Mailbox, int]) -> None:
    there, port = server
    box = mailbox(acme, alice, port)
    first, second = mail("one"), mail("two")
    there.deliver(first)
    assert fetch(acme, box) == 1
    assert fetch(acme, box) == 0
    there.deliver(second)
    assert fetch(acme, box) == 1
    assert kept(acme) == [first, second]
    with tenant_context(acme):
        found = InboundMail.objects.first()
        assert (found.recipient, found.channel) == ("support@acme.example", "imap")
    assert not {"STORE", "SELECT", "EXPUNGE", "COPY"} & set(there.orders)


def test_what_was_there_before_stays_there(acme: Tenant, alice: Member, server: tuple[Mailbox, int]) -> None:
    there, port = server
    there.deliver(mail("old"))
    box = mailbox(acme, alice, port, takes_old=False)
    assert fetch(acme, box) == 0
    there.deliver(mail("new"))
    assert fetch(acme, box) == 1


def test_a_connection_lost_midway_goes_on_where_it_was(
    acme: Tenant, alice: Member, server: tuple[Mailbox, int]
) -> None:
    there, port = server
    sent = [mail(f"number {number}") for number in range(5)]
    for raw in sent:
        there.deliver(raw)
    box = mailbox(acme, alice, port)
    there.drops_after = 3
    fetch(acme, box)
    assert state(acme, box).error
    assert state(acme, box).due_at > timezone.now()
    there.drops_after = None
    fetch(acme, box)
    assert kept(acme) == sent
    assert there.fetched == [1, 2, 3, 4, 5]
    assert state(acme, box).error == ""


def test_a_folder_made_anew_brings_no_mail_twice(acme: Tenant, alice: Member, server: tuple[Mailbox, int]) -> None:
    there, port = server
    there.deliver(mail("gone"))
    there.deliver(mail("one"))
    box = mailbox(acme, alice, port)
    fetch(acme, box)
    del there.mails[1]
    there.make_anew()
    there.deliver(mail("two"))
    fetch(acme, box)
    assert kept(acme) == [mail("gone"), mail("one"), mail("two")]


def test_a_mail_too_big_is_passed_by(
    acme: Tenant, alice: Member, server: tuple[Mailbox, int], settings: object
) -> None:
    there, port = server
    settings.MAX_MAIL_BYTES = 2_000
    there.deliver(mail("x" * 70 + "\n" + ("y" * 70 + "\n") * 100))
    there.deliver(mail("small"))
    fetch(acme, mailbox(acme, alice, port))
    assert kept(acme) == [mail("small")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"username": "nobody"}, "password"),
        ({"folder": "Nowhere"}, "Nowhere"),
        ({"uses_tls": True}, "encrypted"),
        ({"port": 1}, "does not answer"),
    ],
)
def test_what_goes_wrong_is_said_in_words(
    acme: Tenant, alice: Member, server: tuple[Mailbox, int], fields: dict[str, object], words: str
) -> None:
    box = mailbox(acme, alice, fields.pop("port", server[1]), **fields)
    assert fetch(acme, box) == 0
    assert words in state(acme, box).error
    with tenant_context(acme), pytest.raises(imap.MailboxError, match=words):
        imap.check(state(acme, box))


def test_our_own_machines_are_not_knocked_at(
    acme: Tenant, alice: Member, server: tuple[Mailbox, int], settings: object
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = False
    there, port = server
    box = mailbox(acme, alice, port)
    for host in ("127.0.0.1", "localhost", "::1", "169.254.169.254", "10.0.0.1"):
        box.host = host
        with tenant_context(acme), pytest.raises(imap.MailboxError):
            imap.check(box)
    assert there.orders == []


def test_the_password_is_kept_encrypted(acme: Tenant, alice: Member) -> None:
    box = mailbox(acme, alice, 993)
    assert imap_server.PASSWORD not in box.secret
    assert decrypt(box.secret) == imap_server.PASSWORD
    with tenant_context(acme):
        mailboxes.save_mailbox(mailbox=box, password="", by=alice.user, changed=["port"])
        assert decrypt(box.refreshed().secret) == imap_server.PASSWORD


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])
def test_what_is_due_is_found_in_every_tenant(
    acme: Tenant, globex: Tenant, alice: Member, charlie: Member, server: tuple[Mailbox, int]
) -> None:
    there, port = server
    there.deliver(mail())
    mailbox(acme, alice, port)
    mailbox(globex, charlie, port)
    assert imap.hint_due() == 2
    assert imap.hint_due() == 0
    for tenant in (acme, globex):
        with bind_tenant(tenant):
            outbox.drain()
        assert len(kept(tenant)) == 1
        with tenant_context(tenant):
            assert ImapMailbox.objects.get().due_at > timezone.now() + timedelta(seconds=30)
            assert not OutboxEntry.objects.filter(task=imap.FETCH).exists()
