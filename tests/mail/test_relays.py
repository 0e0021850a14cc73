"""One URL says where mail goes, how, and what the relay can tell afterwards."""

import pytest

from ecrm.mail.reconcilers import Answer, HttpLogReconciler, ReconcileError, reconciler_for
from ecrm.mail.relays import Reconcile, Relay, RelayError, Tls


def test_reads_everything_a_url_can_say():
    relay = Relay.parse(
        "smtp://ana%40example.com:s%2Fcret@mail.example:2587"
        "?reconcile=log&tls=none&max_per_connection=50&window=20&timeout=9"
    )
    assert (relay.host, relay.port, relay.username, relay.password) == (
        *("mail.example", 2587),
        *("ana@example.com", "s/cret"),
    )
    assert (relay.reconcile, relay.tls, relay.max_per_connection) == (Reconcile.LOG, Tls.NONE, 50)
    assert (relay.window, relay.timeout) == (20, 9.0)
    assert "s/cret" not in repr(relay)


@pytest.mark.parametrize(
    ("url", "window"),
    [
        ("smtp://127.0.0.1:25", 1),
        ("smtp://127.0.0.1:25?window=200", 1),
        ("smtp://127.0.0.1:25?reconcile=log", 500),
        ("anymail+postmark://?reconcile=api&window=9999", 500),
        ("anymail+sparkpost://", 1),
    ],
)
def test_a_relay_that_cannot_be_asked_gets_one_message_at_a_time(url, window):
    assert Relay.parse(url).window == window


@pytest.mark.parametrize(
    ("url", "tls", "port"),
    [
        ("smtp://127.0.0.1:2525", Tls.NONE, 2525),
        ("smtp://mail.example", Tls.STARTTLS, 25),
        ("smtps://mail.example", Tls.IMPLICIT, 465),
        ("smtp://mail.example:587?tls=none", Tls.NONE, 587),
    ],
)
def test_mail_leaves_this_machine_encrypted_unless_told_otherwise(url, tls, port):
    relay = Relay.parse(url)
    assert (relay.tls, relay.port) == (tls, port)


def test_a_provider_is_named_in_the_scheme():
    relay = Relay.parse("anymail+postmark://?reconcile=api")
    assert relay.backend == "anymail.backends.postmark.EmailBackend"
    assert not relay.is_smtp


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:99999",
        "smtp://mail.example?reconcile=perhaps",
        "smtp://mail.example?window=0",
        "smtp://mail.example?tsl=none",
        "anymail+post-mark://",
        "smtp://mail.example?reconcile=api",
        "anymail+amazon_ses://?reconcile=api",
    ],
)
def test_a_url_with_a_mistake_is_refused_without_telling_the_password(url):
    with pytest.raises(RelayError) as error:
        Relay.parse(url.replace("//mail", "//ana:hidden@mail"))
    assert "hidden" not in str(error.value)


def test_asks_the_log_for_many_ids_at_once(catcher, transport_to):
    from tests.mail.test_hand_over import messages

    batch = messages(3)
    list(transport_to(catcher.relay_url).deliver(batch))
    asked = [outgoing.message_id for outgoing in batch] + [f"<{number}@nowhere>" for number in range(1200)]
    answers = HttpLogReconciler(catcher.http_url).found(asked)
    assert len(answers) == len(asked)
    assert [key for key, answer in answers.items() if answer is Answer.DELIVERED] == asked[:3]


def test_a_log_that_does_not_answer_teaches_nothing():
    with pytest.raises(ReconcileError):
        HttpLogReconciler("http://127.0.0.1:9").found(["<a@b>"])


def test_only_a_relay_with_a_log_is_asked():
    assert reconciler_for(Relay.parse("smtp://127.0.0.1"), log_url="http://127.0.0.1:9") is None
    assert reconciler_for(Relay.parse("smtp://127.0.0.1?reconcile=log"), log_url="") is None
    assert reconciler_for(Relay.parse("smtp://127.0.0.1?reconcile=log"), log_url="http://127.0.0.1:9")
