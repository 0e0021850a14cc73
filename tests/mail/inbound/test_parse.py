"""Any mail becomes a letter."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from ecrm.mail.inbound.letter import BounceReport, ComplaintReport
from ecrm.mail.inbound.parsing import parse
from tests.mail.inbound.mails import bounce_of, complaint_about, html_mail, mail


def raw(head: str, body: str | bytes = "hello") -> bytes:
    return head.encode() + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def test_an_ordinary_mail():
    letter = parse(
        mail("Dzień dobry,\ngdzie paczka?", To="Acme <support.acme@in.localhost>, b@c.example", Cc="d@e.example")
    )
    assert (letter.sender.name, letter.sender.address) == ("Ana Silva", "ana@example.com")
    assert [box.address for box in letter.to] == ["support.acme@in.localhost", "b@c.example"]
    assert [box.address for box in letter.cc] == ["d@e.example"]
    assert letter.subject == "My order"
    assert letter.date == datetime(2026, 6, 5, 10, 12, tzinfo=UTC)
    assert letter.message_id == "one@example.com"
    assert letter.text == letter.reply_text == "Dzień dobry,\ngdzie paczka?"
    assert (letter.html, letter.attachments, letter.is_automatic, letter.report, letter.problems) == (
        "",
        (),
        False,
        None,
        (),
    )


def test_what_it_answers():
    letter = parse(mail(In_Reply_To="<c@x>", References="<a@x> <b@x> <c@x>"))
    assert letter.in_reply_to == "c@x"
    assert letter.references == ("a@x", "b@x", "c@x")
    assert letter.answered_ids == ("c@x", "b@x", "a@x")


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?q?Za=C5=BC=C3=B3=C5=82=C4=87?=", "Zażółć"),
        ("=?iso-8859-2?Q?Za=BF=F3=B3=E6?= now", "Zażółć now"),
        ("=?utf-8?b?xb4=?= =?utf-8?b?4oKs?=", "ž€"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?x-unknown?q?caf=E9?=", "café"),
        ("=?utf-8?b?A?=", "=?utf-8?b?A?="),
        ("two\r\n lines", "two lines"),
        ("=?utf-8?q?evil=0D=0ABcc:_all@x.example?=", "evil Bcc: all@x.example"),
        ("a=?utf-8?q?=00?=b\0c", "a b c".replace(" ", " ")),
    ],
)
def test_subjects(written, subject):
    read = parse(raw(f"Subject: {written}")).subject
    assert read.replace(" ", "") == subject.replace(" ", "")
    assert "\n" not in read
    assert "\0" not in read


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ('"Silva, Ana" <ana@example.com>', "Silva, Ana", "ana@example.com"),
        ("ana@example.com (Ana Silva)", "Ana Silva", "ana@example.com"),
        ("ana@example.com", "", "ana@example.com"),
        ("=?utf-8?q?Jos=C3=A9?= <jose@example.com>", "José", "jose@example.com"),
        ("<ana@example.com", "", ""),
        ("Ana <ana at example.com>", "", ""),
        ("Ana <ana@example.com>>>", "Ana", "ana@example.com"),
        ("Friends: ana@example.com, b@example.com;", "", "ana@example.com"),
        ("undisclosed-recipients:;", "", ""),
        ("Ana <ana@example.com\r\nBcc: all@x.example>", "", ""),
    ],
)
def test_senders(written, name, address):
    sender = parse(raw(f"From: {written}")).sender
    assert (sender.name, sender.address) == (name, address)


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "żółw".encode(), "żółw"),
        ("iso-8859-2", "żółw".encode("iso-8859-2"), "żółw"),
        ("us-ascii", "żółw".encode(), "żółw"),
        ("utf-8", "café €".encode("cp1252"), "café €"),
        ("x-nobody-knows", "żółw".encode(), "żółw"),
        ("gb2312", "鎔".encode("gb18030"), "鎔"),
        ("zip", b"plain", "plain"),
        ("utf-16", "hé".encode("utf-16"), "hé"),
    ],
)
def test_charsets(charset, body, text):
    assert parse(raw(f"Content-Type: text/plain; charset={charset}", body)).text == text


def test_transfer_encodings_cut_short_give_what_there_is():
    whole = base64.b64encode(b"Hello there, Acme").decode()
    assert parse(raw("Content-Transfer-Encoding: base64", whole[:-3])).text == "Hello there, Ac"
    assert parse(raw("Content-Transfer-Encoding: quoted-printable", "caf=C3=A9=\r\n au lait =Z1")).text.startswith(
        "café au lait"
    )


def test_html_alone_gives_text_too():
    letter = parse(html_mail("<p>Hello<br>Acme</p><blockquote>old</blockquote>"))
    assert letter.text == "Hello\nAcme\n\n> old"
    assert letter.reply_text == "Hello\nAcme"


def test_attachments_keep_their_names_and_pictures_their_ids():
    message = EmailMessage()
    message["From"] = "ana@example.com"
    message.set_content("See the pictures")
    message.add_alternative('<p>See <img src="cid:pic@x"> and <img src="http://t.example/p.gif"></p>', subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<pic@x>", filename="pic.png")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="../../Façade <1>.pdf")
    message.add_attachment(mail(), maintype="application", subtype="octet-stream", filename="")
    letter = parse(message.as_bytes())
    picture, pdf, nameless = letter.attachments
    assert (picture.name, picture.content_id, picture.content) == ("pic.png", "pic@x", b"\x89PNG")
    assert (pdf.name, pdf.content_type, pdf.size) == ("Façade 1.pdf", "application/pdf", 4)
    assert nameless.name == "attachment-3.bin"
    assert '<img src="cid:pic@x">' in letter.html
    assert 'data-remote-src="http://t.example/p.gif"' in letter.html
    assert ' src="http' not in letter.html
    assert letter.text == "See the pictures"


def test_a_mail_passed_on_is_an_attachment_and_not_read_into():
    inner = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n<script>"
    letter = parse(raw('Content-Type: multipart/mixed; boundary="s"', f"--s\r\n\r\nlook\r\n--s\r\n{inner}\r\n--s--"))
    assert letter.text == "look"
    assert [(each.name, each.content) for each in letter.attachments] == [
        ("attachment-1.eml", b"Subject: inner\r\n\r\n<script>")
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"List-Id": "<news.example>"},
        {"Subject": "Out of office: back on Monday"},
        {"Subject": "Automatische Antwort", "Auto-Submitted": "auto-generated; owner-email=x"},
        {"Subject": "Autoodpowiedź: nie ma mnie"},
        {"Subject": "Réponse automatique : absent"},
    ],
)
def test_automatic_mail(headers):
    assert parse(mail(**headers)).is_automatic


def test_a_person_is_not_automatic():
    assert not parse(
        mail(Auto_Submitted="no", X_Auto_Response_Suppress="All"), sender="ana@example.com", channel="smtp"
    ).is_automatic
    assert parse(mail(), sender="", channel="smtp").is_automatic


def test_a_bounce():
    letter = parse(bounce_of("<abc@acme.example>", status="5.0.0"), sender="", channel="smtp")
    assert isinstance(letter.report, BounceReport)
    assert letter.report.message_id == "abc@acme.example"
    (bounced,) = letter.report.recipients
    assert (bounced.address, bounced.action, bounced.status, bounced.code) == (
        "ana@example.com",
        "failed",
        "5.1.1",
        550,
    )
    assert letter.is_automatic


def test_a_bounce_of_a_server_that_keeps_to_no_standard():
    said = (
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<ana@example.com>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        "Message-ID: <abc@acme.example>\nSubject: Spring\n"
    )
    letter = parse(
        mail(said, From="MAILER-DAEMON@mx.example", Message_ID="<own@mx.example>"), sender="", channel="smtp"
    )
    assert isinstance(letter.report, BounceReport)
    assert [each.address for each in letter.report.recipients] == ["ana@example.com"]
    assert letter.report.message_id == "abc@acme.example"


def test_a_complaint():
    report = parse(complaint_about("<abc@acme.example>")).report
    assert report == ComplaintReport("abuse", "ana@example.com", "abc@acme.example")


def test_only_who_is_trusted_says_how_the_sender_was_checked(settings):
    said = mail(Authentication_Results="mx.acme.example; spf=fail; dkim=pass; dkim=fail; dmarc=none")
    assert parse(said, channel="smtp").authentication == {}
    assert parse(said, channel="imap").authentication == {"spf": "fail", "dkim": "pass", "dmarc": "none"}
    settings.TRUSTED_AUTHSERV = "mx.acme.example"
    assert parse(said, channel="smtp").authentication["spf"] == "fail"
    settings.TRUSTED_AUTHSERV = "mx.other.example"
    assert parse(said, channel="imap").authentication == {}
