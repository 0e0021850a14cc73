"""Django's own mail leaves through the same relay."""

import pytest
from django.core.mail import EmailMultiAlternatives

from ecrm.mail.backends import MailNotSent, RelayBackend
from ecrm.mail.handover import Kind, Outgoing
from ecrm.mail.providers import django_message
from ecrm.mail.relays import Relay
from ecrm.mail.transports import close_kept, send_now, transport_for
from tests.mail.scripted import accept_all

MESSAGE = Outgoing("a@news.example", "ana@example.com", (b"Subject: now\r\n\r\nHello\r\n",))


@pytest.fixture
def backend(catcher, settings):
    settings.RELAY_URL = catcher.relay_url
    yield RelayBackend()
    close_kept()


def letter(**changed) -> EmailMultiAlternatives:
    values = {"subject": "Kod: zażółć", "body": "Your code\n.dot\n", "from_email": "eCRM <accounts@ecrm.example>"}
    return EmailMultiAlternatives(**(values | {"to": ["Ana <Ana@Example.com>"]} | changed))


def test_a_message_reaches_every_recipient_with_both_bodies(backend, catcher):
    message = letter(cc=["bob@example.com"], bcc=["hidden@example.com"])
    message.attach_alternative("<p>Your code</p>", "text/html")
    assert backend.send_messages([message]) == 1
    assert catcher.delivered_to() == ["ana@example.com", "bob@example.com", "hidden@example.com"]
    opened = catcher.messages()[0]
    assert opened["subject"] == "Kod: zażółć"
    assert opened["text"].replace("\r\n", "\n") == "Your code\n.dot\n"
    assert "<p>Your code</p>" in opened["html"]
    assert "hidden@example.com" not in opened["raw"]
    assert opened["envelope_sender"] == "accounts@ecrm.example"


def test_a_refused_message_is_reported_unless_silence_is_asked_for(backend, catcher):
    with pytest.raises(MailNotSent, match=r"5\.1\.1"):
        backend.send_messages([letter(to=["bounce@example.com"])])
    assert RelayBackend(fail_silently=True).send_messages([letter(to=["bounce@example.com"])]) == 0


def test_a_relay_that_is_away_is_reported(settings):
    settings.RELAY_URL = "smtp://127.0.0.1:9"
    with pytest.raises(MailNotSent):
        RelayBackend().send_messages([letter()])


def test_one_message_can_be_sent_at_once(backend, catcher):
    assert send_now(MESSAGE).kind is Kind.ACCEPTED
    assert catcher.messages()[0]["subject"] == "now"


def test_a_provider_gets_the_same_message(backend, catcher):
    message = letter(reply_to=["help@ecrm.example"], headers={"List-Unsubscribe": "<https://crm.example/u>"})
    message.attach_alternative("<p>Your code</p>", "text/html")
    backend.send_messages([message])
    raw = catcher.messages()[0]["raw"].encode()
    again = django_message(Outgoing("a@b.example", "ana@example.com", (raw,), "<1@b.example>"))
    assert (again.subject, again.to, again.reply_to) == (
        *("Kod: zażółć", ["Ana <Ana@Example.com>"]),
        ["help@ecrm.example"],
    )
    assert again.extra_headers["List-Unsubscribe"] == "<https://crm.example/u>"
    assert again.body.splitlines() == ["Your code", ".dot"]
    assert again.alternatives[0][0].strip() == "<p>Your code</p>"
    assert again.metadata == {"message_id": "<1@b.example>"}


def test_a_provider_s_answer_becomes_an_outcome():
    transport = transport_for(Relay.parse("anymail+test://?reconcile=none"))
    head = b"From: a@news.example\r\nTo: ana@example.com\r\nSubject: s\r\n\r\nHello\r\n"
    outcomes = list(transport.deliver([Outgoing("a@news.example", "ana@example.com", (head,), "<1@news.example>")] * 2))
    assert [outcome.kind for outcome in outcomes] == [Kind.ACCEPTED] * 2
    assert len({outcome.text for outcome in outcomes}) == 2
    close_kept()


def test_only_a_few_connections_are_kept(start_server):
    servers = [start_server(accept_all) for _ in range(10)]
    for server in servers:
        assert send_now(MESSAGE, relay=Relay.parse(server.relay_url)).kind is Kind.ACCEPTED
    close_kept()
    for server in servers:
        server.stop()
    assert all(server.wires[0].heard[-1] == b"QUIT" for server in servers)
