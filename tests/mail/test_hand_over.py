"""What a relay gets, and what we know afterwards: the ground under "exactly once"."""

import shutil
import socket
import subprocess
import time

import pytest

from ecrm.mail.handover import Kind, Outgoing, document_form, wire_form
from tests.mail.scripted import Wire, accept_all, serve_on

SENDER = "bounces@news.example"


def message(recipient: str, number: int = 0, body: bytes = b"Hello\r\n") -> Outgoing:
    message_id = f"<{number}.{recipient.partition('@')[0]}@news.example>"
    head = f"Message-ID: {message_id}\r\nSubject: No. {number}\r\n\r\n".encode()
    return Outgoing(SENDER, recipient, (head, body), message_id)


def messages(count: int) -> list[Outgoing]:
    return [message(f"person{number}@example.com", number) for number in range(count)]


def kinds(outcomes) -> list[Kind]:
    return [outcome.kind for outcome in outcomes]


@pytest.mark.parametrize("pipelining", [True, False])
def test_every_message_arrives_once_and_in_order(start_catcher, transport_to, pipelining):
    catcher = start_catcher(pipelining=pipelining)
    batch = messages(25)
    assert kinds(transport_to(catcher.relay_url).deliver(batch)) == [Kind.ACCEPTED] * 25
    assert catcher.delivered_to() == [outgoing.recipient for outgoing in batch]


def test_lines_that_begin_with_dots_arrive_as_they_were(catcher, transport_to):
    body = b".\r\n..two\r\nplain\r\n.\r\n"
    outgoing = message("dots@example.com", body=wire_form(body))
    assert kinds(transport_to(catcher.relay_url).deliver([outgoing])) == [Kind.ACCEPTED]
    assert catcher.messages()[0]["raw"].endswith("\r\n\r\n.\r\n..two\r\nplain\r\n.\r\n")
    assert document_form([wire_form(body)]) == body


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refused_recipient_does_not_disturb_its_neighbours(start_catcher, transport_to, pipelining):
    catcher = start_catcher(pipelining=pipelining)
    batch = [message(f"{name}@example.com") for name in ("a", "bounce", "b", "later", "full", "c")]
    outcomes = list(transport_to(catcher.relay_url).deliver(batch))
    accepted, failed, deferred = Kind.ACCEPTED, Kind.FAILED, Kind.DEFERRED
    assert kinds(outcomes) == [accepted, failed, accepted, deferred, failed, accepted]
    assert [outcome.enhanced for outcome in outcomes if outcome.kind is failed] == ["5.1.1", "5.2.2"]
    assert catcher.delivered_to() == ["a@example.com", "b@example.com", "c@example.com"]


def test_a_deferred_recipient_is_taken_later(catcher, transport_to):
    transport, outgoing = transport_to(catcher.relay_url), message("later@example.com")
    attempts = [kinds(transport.deliver([outgoing]))[0] for _ in range(3)]
    assert attempts == [Kind.DEFERRED, Kind.DEFERRED, Kind.ACCEPTED]


def test_only_the_message_whose_answer_was_lost_is_in_doubt(start_catcher, transport_to):
    catcher = start_catcher(drop_after_data=0.1, seed=4)
    batch = messages(40)
    outcomes = kinds(transport_to(catcher.relay_url).deliver(batch))
    assert outcomes.count(Kind.UNKNOWN) >= 2
    assert outcomes.count(Kind.ACCEPTED) >= 20
    assert catcher.delivered_to() == [
        outgoing.recipient for outgoing, kind in zip(batch, outcomes, strict=True) if kind is not Kind.UNSENT
    ]


def test_what_was_lost_before_it_was_kept_can_be_told_from_what_was_not(start_catcher, transport_to):
    from ecrm.mail.reconcilers import Answer, HttpLogReconciler

    catcher = start_catcher(lose=0.3, seed=2)
    batch = messages(20)
    outcomes = kinds(transport_to(catcher.relay_url).deliver(batch))
    answers = HttpLogReconciler(catcher.http_url).found([outgoing.message_id for outgoing in batch])
    assert Kind.UNKNOWN in outcomes
    for outgoing, kind in zip(batch, outcomes, strict=True):
        kept = kind is Kind.ACCEPTED
        assert answers[outgoing.message_id] is (Answer.DELIVERED if kept else Answer.ABSENT)


def test_a_relay_that_takes_content_and_never_answers_is_given_up_after_two(start_server, transport_to):
    def swallow(wire: Wire) -> None:
        wire.greet()
        wire.lines(3)
        wire.say(b"250 Ok", b"250 Ok", b"354 Go")
        wire.content()

    outcomes = kinds(transport_to(start_server(swallow).relay_url).deliver(messages(10)))
    assert outcomes == [Kind.UNKNOWN] * 2 + [Kind.UNSENT] * 8


def test_a_connection_lost_between_messages_is_replaced(start_server, transport_to):
    def hang_up_after_one(wire: Wire) -> None:
        wire.greet()
        wire.lines(3)
        wire.say(b"250 Ok", b"250 Ok", b"354 Go")
        wire.content()
        wire.say(b"250 Taken")

    server = start_server(hang_up_after_one, accept_all)
    assert kinds(transport_to(server.relay_url).deliver(messages(4))) == [Kind.ACCEPTED] * 4
    assert len(server.wires) == 2


def test_a_service_that_closes_before_content_leaves_nothing_in_doubt(start_server, transport_to):
    def closing(wire: Wire) -> None:
        wire.greet()
        wire.lines(3)
        wire.say(b"421 4.3.2 Shutting down")

    outcomes = list(transport_to(start_server(closing).relay_url).deliver(messages(3)))
    assert kinds(outcomes) == [Kind.UNSENT] * 3
    assert "Shutting down" in outcomes[0].text


def test_a_service_that_closes_after_content_has_deferred_it(start_server, transport_to):
    def closing(wire: Wire) -> None:
        wire.greet()
        wire.lines(3)
        wire.say(b"250 Ok", b"250 Ok", b"354 Go")
        wire.content()
        wire.say(b"421 4.3.2 Shutting down")

    server = start_server(closing, accept_all)
    assert kinds(transport_to(server.relay_url).deliver(messages(2))) == [Kind.DEFERRED, Kind.ACCEPTED]


def test_an_open_data_after_a_refused_recipient_gets_an_empty_message(start_server, transport_to):
    contents: list[bytes] = []

    def careless(wire: Wire) -> None:
        wire.greet()
        wire.lines(3)
        wire.say(b"250 Ok", b"550 5.1.1 Unknown", b"354 Go")
        contents.append(wire.content())
        wire.say(b"554 5.5.1 No recipients")
        serve_on(wire)

    outcomes = list(transport_to(start_server(careless).relay_url).deliver(messages(2)))
    assert kinds(outcomes) == [Kind.FAILED, Kind.ACCEPTED]
    assert outcomes[0].enhanced == "5.1.1"
    assert contents == [b".\r\n"]


@pytest.mark.parametrize(
    "recipient",
    [
        "ana@example.com>\r\nRCPT TO:<eve@example.com",
        "ana@example.com\r\nDATA",
        "ana\n@example.com",
        "<ana@example.com>",
        "ana nowak@example.com",
        "ana\0@example.com",
        "nobody",
        "",
    ],
)
def test_an_address_cannot_smuggle_commands(catcher, transport_to, recipient):
    batch = [message("before@example.com"), message(recipient, 1), message("after@example.com")]
    outcomes = kinds(transport_to(catcher.relay_url).deliver(batch))
    assert outcomes == [Kind.ACCEPTED, Kind.FAILED, Kind.ACCEPTED]
    assert catcher.delivered_to() == ["before@example.com", "after@example.com"]


def test_an_address_in_other_letters_needs_a_relay_that_knows_them(catcher, start_server, transport_to):
    outgoing = message("zażółć@example.com")
    assert kinds(transport_to(catcher.relay_url).deliver([outgoing])) == [Kind.ACCEPTED]
    assert catcher.delivered_to() == ["zażółć@example.com"]
    outcomes = list(transport_to(start_server(accept_all).relay_url).deliver([outgoing, message("b@example.com")]))
    assert kinds(outcomes) == [Kind.FAILED, Kind.ACCEPTED]
    assert outcomes[0].enhanced == "5.6.7"


def test_a_relay_out_of_reach_leaves_everything_unsent(transport_to):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    outcomes = list(transport_to(f"smtp://127.0.0.1:{port}").deliver(messages(3)))
    assert kinds(outcomes) == [Kind.UNSENT] * 3
    assert str(port) in outcomes[0].text


def test_a_silent_relay_is_not_waited_for_for_ever(start_server, transport_to):
    server = start_server(lambda wire: time.sleep(1.5))
    url = server.relay_url.replace("timeout=5", "timeout=1")
    assert kinds(transport_to(url).deliver(messages(2))) == [Kind.UNSENT] * 2


def test_a_relay_that_does_not_speak_smtp_leaves_everything_unsent(start_server, transport_to):
    server = start_server(lambda wire: wire.say(b"HTTP/1.1 400 Bad Request", b"", b"what?"))
    assert kinds(transport_to(server.relay_url).deliver(messages(2))) == [Kind.UNSENT] * 2


def test_stopping_half_way_leaves_the_rest_unsent(catcher, transport_to):
    transport = transport_to(catcher.relay_url)
    outcomes = transport.deliver(messages(10))
    assert [next(outcomes).kind for _ in range(3)] == [Kind.ACCEPTED] * 3
    outcomes.close()
    time.sleep(0.1)
    assert len(catcher.delivered_to()) == 3
    assert kinds(transport.deliver([message("next@example.com")])) == [Kind.ACCEPTED]


def test_a_connection_carries_only_so_many_messages(start_server, transport_to):
    server = start_server(accept_all)
    transport = transport_to(server.relay_url + "&max_per_connection=3")
    assert kinds(transport.deliver(messages(8))) == [Kind.ACCEPTED] * 8
    assert len(server.wires) == 3


def test_a_connection_is_kept_between_batches(start_server, transport_to):
    server = start_server(accept_all)
    transport = transport_to(server.relay_url)
    for _ in range(3):
        assert kinds(transport.deliver(messages(2))) == [Kind.ACCEPTED] * 2
    assert len(server.wires) == 1


def test_an_idle_connection_is_asked_before_it_is_used(start_server, transport_to, monkeypatch):
    def one_batch(wire: Wire) -> None:
        wire.greet()
        for _ in range(4):
            line = wire.line()
            wire.say({b"DATA": b"354 Go"}.get(line, b"250 Ok"))
            if line == b"DATA":
                wire.content()
                wire.say(b"250 Taken")

    monkeypatch.setattr("ecrm.mail.smtp.IDLE_SECONDS", 0)
    server = start_server(one_batch, accept_all)
    transport = transport_to(server.relay_url)
    assert kinds(transport.deliver(messages(1))) == [Kind.ACCEPTED]
    assert kinds(transport.deliver(messages(1))) == [Kind.ACCEPTED]
    assert server.wires[0].heard[-1] == b"NOOP"


@pytest.mark.skipif(shutil.which("smtp-sink") is None, reason="postfix's smtp-sink is not installed")
def test_a_foreign_server_takes_thousands(transport_to):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    sink = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "100"])
    try:
        wait_for(port)
        outcomes = kinds(transport_to(f"smtp://127.0.0.1:{port}?reconcile=log").deliver(messages(2000)))
        assert outcomes == [Kind.ACCEPTED] * 2000
    finally:
        sink.terminate()
        sink.wait(10)


def wait_for(port: int) -> None:
    for _attempt in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("The sink did not start.")
