"""The catcher keeps what it acknowledged, shows it, and answers for it."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from email.message import EmailMessage

import pytest

from ecrm.mail.catcher.store import Store
from tests.mail.catching import RunningCatcher
from tests.mail.test_hand_over import message, messages


def deliver(catcher: RunningCatcher, transport_to, batch) -> None:
    list(transport_to(catcher.relay_url).deliver(batch))


def letter(to: str = "ana@example.com", subject: str = "Zażółć", html: str = "") -> EmailMessage:
    composed = EmailMessage()
    composed["From"], composed["To"], composed["Subject"] = "Verdelume <ola@news.example>", to, subject
    composed["Message-ID"] = f"<{to}>"
    composed.set_content("Plain words")
    if html:
        composed.add_alternative(html, subtype="html")
    return composed


def post(catcher: RunningCatcher, composed: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
        client.send_message(composed)


def page(url: str, **headers: str) -> tuple[str, dict[str, str]]:
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read().decode(), dict(response.headers)


def test_an_ordinary_client_can_deliver_and_the_api_shows_the_message_open(catcher):
    post(catcher, letter(html='<p>Hello <a href="https://shop.example/?a=1&amp;b=2">shop</a></p>'))
    (opened,) = catcher.messages()
    assert (opened["to"], opened["subject"], opened["message_id"]) == (
        *("ana@example.com", "Zażółć"),
        "<ana@example.com>",
    )
    assert opened["text"].strip() == "Plain words"
    assert opened["links"] == ["https://shop.example/?a=1&b=2"]


def test_the_list_is_filtered_and_newest_first(catcher):
    for to, subject in [("ana@example.com", "One"), ("bob@example.com", "Two"), ("ana@example.com", "Three")]:
        post(catcher, letter(to, subject))

    def listed(query: str) -> list[str]:
        return [found["subject"] for found in catcher.get(f"/api/messages?{query}")["messages"]]

    assert listed("") == ["Three", "Two", "One"]
    assert listed("to=ANA") == ["Three", "One"]
    assert listed("to=ana&subject=one") == ["One"]
    assert listed("limit=1") == ["Three"]


def test_the_mailbox_can_be_read_on_a_page(catcher):
    post(catcher, letter(subject="<b>Bold</b> & ż", html="<p>Hello <script>alert(1)</script></p>"))
    listing, headers = page(catcher.http_url + "/")
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; ż" in listing
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    number = catcher.get("/api/messages")["messages"][0]["id"]
    for view in ("html", "text", "headers", "raw"):
        shown, _headers = page(f"{catcher.http_url}/messages/{number}?view={view}")
        assert "<script" not in shown
    framed, headers = page(f"{catcher.http_url}/messages/{number}/html")
    assert "<p>Hello" in framed
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]


def test_search_says_when_nothing_matches(catcher):
    post(catcher, letter())
    assert "ana@example.com" in page(catcher.http_url + "/?q=za%C5%BC")[0]
    shown = page(catcher.http_url + "/?q=%3Cnothing%3E")[0]
    assert "&lt;nothing&gt;" in shown
    assert "ana@example.com" not in shown


def test_the_log_is_complete_although_only_the_newest_mail_is_kept(start_catcher, transport_to):
    catcher = start_catcher(keep=100)
    deliver(catcher, transport_to, messages(500))
    assert len(catcher.get("/api/messages?limit=1000")["messages"]) == 100
    assert len(catcher.delivered_to()) == 500
    assert catcher.get("/api/log?limit=1")["counts"] == {"delivered": 500}


def test_emptying_the_mailbox_keeps_the_log(catcher, transport_to):
    deliver(catcher, transport_to, messages(2))
    request = urllib.request.Request(catcher.http_url + "/api/messages", method="DELETE")
    urllib.request.urlopen(request, timeout=10).close()
    assert catcher.get("/api/messages")["messages"] == []
    assert len(catcher.delivered_to()) == 2


def test_refusals_are_in_the_log(catcher, transport_to):
    deliver(catcher, transport_to, [message(f"{name}@example.com") for name in ("bounce", "later", "ana")])
    verdicts = {row["recipient"]: row["verdict"] for row in catcher.get("/api/log")["rows"]}
    assert verdicts == {
        "bounce@example.com": "rejected",
        "later@example.com": "deferred",
        "ana@example.com": "delivered",
    }


def test_ids_are_answered_for_by_query_and_by_list(catcher, transport_to):
    deliver(catcher, transport_to, messages(1))
    known, unknown = "<0.person0@news.example>", "<no@where>"
    asked = f"/api/log?message_id={known}&message_id={unknown}"
    assert catcher.get(asked)["answers"] == {known: "delivered", unknown: "absent"}


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"no json", b""])
def test_a_wrong_question_is_refused(catcher, body):
    request = urllib.request.Request(catcher.http_url + "/api/log", data=body, method="POST")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=10)
    assert error.value.code == 400
    error.value.close()


def test_a_page_of_another_site_cannot_read_the_mailbox_by_a_rebound_name(catcher):
    with pytest.raises(urllib.error.HTTPError) as error:
        page(catcher.http_url + "/api/messages", Host="evil.example")
    assert error.value.code == 421
    error.value.close()


def test_a_message_that_is_no_message_is_kept_and_shown(catcher):
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
        client.sendmail("a@b.example", ["ana@example.com"], b"\xff\xfe: \0\r\nContent-Type: multipart/x\r\n\r\nrubbish")
    (listed,) = catcher.get("/api/messages")["messages"]
    assert "rubbish" in page(f"{catcher.http_url}/messages/{listed['id']}?view=raw")[0]
    page(f"{catcher.http_url}/messages/{listed['id']}?view=html")


def test_commands_out_of_order_get_an_answer_and_do_no_harm(catcher):
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port) as client:
        client.ehlo()
        assert client.docmd("DATA")[0] == 554
        assert client.docmd("RCPT", "TO:<ana@example.com>")[0] == 503
        assert client.docmd("MAIL", "FROM ana")[0] == 501
        assert client.docmd("WHAT")[0] == 502
        client.sendmail("a@b.example", ["ana@example.com"], b"Subject: ok\r\n\r\nok")
    assert catcher.delivered_to() == ["ana@example.com"]


def test_content_that_comes_in_small_pieces_is_one_message(catcher):
    with socket.create_connection(("127.0.0.1", catcher.smtp_port), timeout=10) as wire:
        reader = wire.makefile("rb")
        everything = (
            b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ana@example.com>\r\nDATA\r\nSubject: s\r\n\r\n..x\r\n.\r\nQUIT\r\n"
        )
        for octet in everything:
            wire.sendall(bytes([octet]))
        replies = reader.read().decode().splitlines()
        reader.close()
    assert [line[:3] for line in replies][-2:] == ["250", "221"]
    assert catcher.messages()[0]["raw"] == "Subject: s\r\n\r\n.x\r\n"


def test_everything_survives_a_kill(tmp_path):
    first = start_process(tmp_path)
    with smtplib.SMTP("127.0.0.1", first.smtp_port) as client:
        client.send_message(letter())
        os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait(10)
    store = Store(tmp_path)
    assert store.answers(["<ana@example.com>"]) == {"<ana@example.com>": "delivered"}
    assert [listed.subject for listed in store.messages()] == ["Zażółć"]
    store.close()


def test_it_starts_as_a_program_and_stops_when_told(tmp_path):
    running = start_process(tmp_path)
    with urllib.request.urlopen(f"http://localhost:{running.http_port}/api/messages", timeout=10) as response:
        assert json.load(response) == {"messages": []}
    running.process.terminate()
    assert running.process.wait(10) == 0


class start_process:
    def __init__(self, folder) -> None:
        self.smtp_port, self.http_port = free_port(), free_port()
        ports = ["--smtp-port", str(self.smtp_port), "--http-port", str(self.http_port)]
        command = [sys.executable, "-m", "ecrm.mail.catcher", *ports, "--dir", str(folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _attempt in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.smtp_port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("The catcher did not start.")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]
