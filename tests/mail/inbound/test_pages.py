"""Settings, mailboxes: what Alice may do there, and nobody without the capability."""

from __future__ import annotations

import pytest

from ecrm.jobs import outbox
from ecrm.mail.inbound import imap, services
from ecrm.mail.models import ImapMailbox, InboundAddress, InboundMail
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.mail.inbound import imap_server
from tests.mail.inbound.mails import mail

FORM = {
    "address": "help@acme.example",
    "host": "127.0.0.1",
    "port": "1",
    "username": imap_server.USER,
    "password": imap_server.PASSWORD,
    "folder": "INBOX",
}


def test_the_page_tells_where_to_write(alice: Member) -> None:
    page = alice.get("mailboxes").content.decode()
    assert "support.acme@" in page
    assert "in.localhost" in page


def test_an_address_opens_and_closes(alice: Member, acme: Tenant) -> None:
    assert alice.post("open_inbound_address", form={"name": "returns"}).status_code == 302
    with tenant_context(acme):
        opened = InboundAddress.objects.get(address_norm="returns.acme@in.localhost")
    assert alice.post("close_inbound_address", opened.pk).status_code == 302
    assert alice.post("close_inbound_address", opened.pk).status_code == 302
    with tenant_context(acme):
        assert opened.refreshed().closed_at is not None


def test_a_name_no_address_can_have_is_explained(alice: Member) -> None:
    page = alice.post("open_inbound_address", form={"name": "two words"})
    assert page.status_code == 422
    assert "help.acme@in.localhost" in page.content.decode()


def test_a_mailbox_is_added_tried_changed_and_removed(alice: Member, acme: Tenant, settings: object) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with imap_server.serving() as (there, port):
        there.deliver(mail())
        assert alice.post("new_imap_mailbox", form={**FORM, "port": port, "takes_old": "on"}).status_code == 302
        with tenant_context(acme):
            box = ImapMailbox.objects.get()
        alice.post("check_imap_mailbox", box.pk)
        assert "It works: 1 mails" in alice.get("mailboxes").content.decode()
        with bind_tenant(acme):
            assert imap.fetch(box.pk) == 1
    edit = alice.get("edit_imap_mailbox", box.pk).content.decode()
    assert imap_server.PASSWORD not in edit
    changed = {**FORM, "port": "2", "password": ""}
    assert alice.post("edit_imap_mailbox", box.pk, form=changed).status_code == 302
    alice.post("check_imap_mailbox", box.pk)
    assert "does not answer" in alice.get("mailboxes").content.decode()
    assert alice.get("remove_imap_mailbox", box.pk).status_code == 200
    assert alice.post("remove_imap_mailbox", box.pk).status_code == 302
    with tenant_context(acme):
        assert not ImapMailbox.objects.exists()
        assert InboundMail.objects.count() == 1


@pytest.mark.parametrize(("field", "value"), [("port", "0"), ("port", "70000"), ("address", "x"), ("password", "")])
def test_what_is_wrong_with_a_mailbox_is_said_beside_it(alice: Member, field: str, value: str) -> None:
    assert alice.post("new_imap_mailbox", form={**FORM, field: value}).status_code == 422


def test_one_mailbox_is_not_added_twice(alice: Member) -> None:
    alice.post("new_imap_mailbox", form=FORM)
    page = alice.post("new_imap_mailbox", form=FORM)
    assert page.status_code == 422
    assert "read already" in page.content.decode()


def test_a_failed_mail_is_shown_read_raw_and_tried_again(alice: Member, acme: Tenant, vera: Member) -> None:
    raw_mail, to = mail("help"), "support.acme@in.localhost"
    kept = services.accept(raw_mail, recipient=to, sender="ana@example.com", channel="smtp")
    assert kept is not None
    with tenant_context(acme):
        InboundMail.objects.update(state="failed", error="RuntimeError", attempts=5)
    page = alice.get("mailboxes").content.decode()
    assert "could not be taken in" in page
    raw = alice.get("file", kept.file_id)
    assert b"".join(raw.streaming_content) == raw_mail
    assert vera.get("file", kept.file_id).status_code == 403
    assert alice.post("retry_inbound_mail", kept.pk).status_code == 302
    with bind_tenant(acme):
        outbox.drain()
    assert "could not be taken in" not in alice.get("mailboxes").content.decode()
    assert "ana@" in alice.get("inbound_mails").content.decode()


def test_who_may_not_is_refused(bob: Member, vera: Member, outsider: Member) -> None:
    assert bob.get("mailboxes").status_code == 200  # support manages mailboxes
    assert vera.get("mailboxes").status_code == 403
    assert outsider.get("mailboxes").status_code == 404
