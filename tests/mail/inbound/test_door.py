"""The SMTP door, spoken to by a mail client of the standard library and by hand."""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
from collections.abc import Callable

import pytest

from ecrm.mail.inbound import smtp_door
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.mail.inbound.conftest import RunningDoor
from tests.mail.inbound.mails import mail

pytestmark = pytest.mark.django_db(transaction=True)
TO = "support.acme@in.localhost"
OpenDoor = Callable[..., RunningDoor]


@pytest.fixture
def door(transactional_db: None, open_door: OpenDoor) -> RunningDoor:
    return open_door()


def client(door: RunningDoor) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", door.port, timeout=20)


def kept(tenant: Tenant) -> list[InboundMail]:
    with tenant_context(tenant):
        return list(InboundMail.objects.select_related("file").order_by("id"))


def content(tenant: Tenant, found: InboundMail) -> bytes:
    with tenant_context(tenant), found.file.open() as stream:
        return stream.read()


def test_250_means_it_is_in_the_database(acme: Tenant, globex: Tenant, door: RunningDoor) -> None:
    raw = mail("A dot:\n.\n..two\n.end", Subject="dots").replace(b"\n", b"\r\n")
    with client(door) as smtp:
        refused = smtp.sendmail("ana@example.com", [TO, "support.globex@in.localhost", "nobody@in.localhost"], raw)
        assert refused["nobody@in.localhost"][0] == 550
        (found,) = kept(acme)
        assert (found.sender, found.channel) == ("ana@example.com", "smtp")
        assert content(acme, found) == raw
        assert len(kept(globex)) == 1


def test_a_mail_of_25_mb_passes_and_one_above_the_limit_does_not(
    acme: Tenant, door: RunningDoor, settings: object
) -> None:
    big = mail(base64.encodebytes(bytes(18_550_000)).decode())
    assert len(big) > 25_000_000
    with client(door) as smtp:
        smtp.sendmail("ana@example.com", [TO], big)
        settings.MAX_MAIL_BYTES = 100_000
        smtp.ehlo()
        with pytest.raises(smtplib.SMTPException) as refused:  # told by SIZE
            smtp.sendmail("ana@example.com", [TO], mail("x" * 80 + "\n") * 3_000)
        assert "552" in str(refused.value)
        smtp.rset()
        smtp.esmtp_features.pop("size")
        with pytest.raises(smtplib.SMTPDataError) as refused:  # found out
            smtp.sendmail("ana@example.com", [TO], mail("y" * 200_000))
        assert refused.value.smtp_code == 552
        smtp.sendmail("ana@example.com", [TO], mail("small again"))
    assert len(kept(acme)) == 2


def test_an_empty_sender_is_a_bounce_and_welcome(acme: Tenant, door: RunningDoor) -> None:
    with client(door) as smtp:
        smtp.sendmail("", [TO], mail())
    assert kept(acme)[0].sender == ""


def test_who_guesses_is_hung_up_on(acme: Tenant, door: RunningDoor) -> None:
    with client(door) as smtp:
        smtp.ehlo()
        smtp.mail("x@y.example")
        answers = [smtp.rcpt(f"guess{n}@in.localhost")[0] for n in range(smtp_door.MOST_REFUSED + 1)]
    assert answers == [550] * smtp_door.MOST_REFUSED + [421]


def test_orders_out_of_order_are_refused(acme: Tenant, door: RunningDoor) -> None:
    with client(door) as smtp:
        assert smtp.docmd("MAIL", "FROM:<a@b.c>")[0] == 503
        smtp.ehlo()
        assert smtp.docmd("RCPT", f"TO:<{TO}>")[0] == 503
        assert smtp.docmd("DATA")[0] == 503
        assert smtp.docmd("MAIL", "FROM:a@b.c")[0] == 501
        smtp.mail("a@b.c")
        assert smtp.docmd("RCPT", f"TO:<{TO}> <x@y>")[0] == 501
        assert smtp.docmd("RCPT", "TO:<>")[0] == 501
        assert smtp.docmd("AUTH", "PLAIN x")[0] == 502
    assert kept(acme) == []


def talk(door: RunningDoor, said: bytes) -> bytes:
    """Everything sent at once, everything answered."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as wire:
        wire.sendall(said)
        answered = b""
        while chunk := wire.recv(65536):
            answered += chunk
    return answered


def test_what_is_sent_ahead_is_answered_in_order(acme: Tenant, door: RunningDoor) -> None:
    one = b"MAIL FROM:<a@b.c>\r\nRCPT TO:<support.acme@in.localhost>\r\nDATA\r\nSubject: %d\r\n\r\nhi\r\n.\r\n"
    answered = talk(door, b"EHLO x\r\n" + one % 1 + one % 2 + b"QUIT\r\n")
    codes = [line[:3] for line in answered.split(b"\r\n") if line[3:4] == b" "]
    assert codes == [b"220", b"250", *[b"250", b"250", b"354", b"250"] * 2, b"221"]
    assert len(kept(acme)) == 2


def test_nobody_smuggles_a_second_mail_behind_a_bare_newline(acme: Tenant, door: RunningDoor) -> None:
    inner = b"MAIL FROM:<evil@b.c>\r\nRCPT TO:<support.acme@in.localhost>\r\nDATA\r\nSubject: inner\r\n\r\nx\r\n"
    head = b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<support.acme@in.localhost>\r\nDATA\r\nSubject: outer\r\n\r\nhi"
    for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"):
        talk(door, head + end + inner + b".\r\nQUIT\r\n")
    assert {found.sender for found in kept(acme)} == {"a@b.c"}


def test_a_connection_lost_midway_leaves_nothing(acme: Tenant, door: RunningDoor) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as wire:
        wire.sendall(b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<support.acme@in.localhost>\r\nDATA\r\nSubject: half\r\n")
        while b"354" not in wire.recv(65536):
            pass
    with client(door) as smtp:  # the door still stands
        assert smtp.noop()[0] == 250
    assert kept(acme) == []


def test_silence_ends(transactional_db: None, open_door: OpenDoor) -> None:
    assert talk(open_door(patience=0.2), b"EHLO x\r\n").endswith(b"ENHANCEDSTATUSCODES\r\n")


def test_a_line_without_end_is_hung_up_on(door: RunningDoor) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as wire:
        wire.recv(1000)
        wire.sendall(b"A" * 10_000)
        with contextlib.suppress(ConnectionResetError):
            assert wire.recv(1000) == b""


def test_while_the_database_is_away_nothing_is_acknowledged(
    acme: Tenant, door: RunningDoor, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    """The disk is full: the sender keeps the mail and comes again."""
    with client(door) as smtp:
        smtp.ehlo()
        smtp.mail("a@b.c")
        smtp.rcpt(TO)
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": "/dev/null/nowhere"},
            },
        }
        assert smtp.data(mail())[0] == 451
        assert kept(acme) == []
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        }
        smtp.sendmail("a@b.c", [TO], mail())
    assert len(kept(acme)) == 1
