"""What is found before sending, and where it says to look."""

import pytest

from campaigns.content.blocks import Button, Divider, Heading, Image, Text
from campaigns.content.brand import Brand
from campaigns.content.checks import Severity, can_be_sent, check
from campaigns.content.problems import ContentError
from tests.campaigns.content.making import BRAND, SENDER, compiled, content


def findings(*blocks, brand=BRAND, **envelope):
    made = content(*blocks, **({"subject": "Hello"} | envelope))
    return check(made, language="en", brand=brand, sender=SENDER)


def of(severity, found):
    return [(finding.block_id, finding.field, finding.message) for finding in found if finding.severity is severity]


@pytest.mark.parametrize(
    ("block", "field", "said"),
    [
        (Heading("x", text=" "), "text", "heading"),
        (Heading("x", text="Hi", level=9), "level", "level"),
        (Text("x", html="<p> </p>"), "html", "Write the text"),
        (Text("x", html="<p>{{ contact.first_name }}</p>"), "html", "contact.given_name|contact.first_name"),
        (Text("x", html="<p>{{ contact.givenname }}</p>"), "html", "Did you mean “contact.given_name”"),
        (Text("x", html="<p>{{ contact.given_name | nope }}</p>"), "html", "nope"),
        (Text("x", html="<p>{{ contact.given_name </p>"), "html", "not written correctly"),
        (Text("x", html="<p>{% if contact.city %}open</p>"), "html", "not written correctly"),
        (Text("x", html="<p>{% for x in contact %}{% endfor %}</p>"), "html", "not written correctly"),
        (Text("x", html="<p>{{ contact.__class__ }}</p>"), "html", "There is no field"),
        (Text("x", html="<p>{{ contact.given_name.size }}</p>"), "html", "There is no field"),
        (Text("x", html="<p>{% if contact.city > 3 %}x{% endif %}</p>"), "html", "not written correctly"),
        (Text("x", html='<p><a href="javascript:alert(1)">x</a></p>'), "html", "no address"),
        (Text("x", html='<p><a href="/relative">x</a></p>'), "html", "starts with https"),
        (Button("x", label="", url="https://a.example"), "label", "button"),
        (Button("x", label="Go", url=""), "url", "no address"),
        (Button("x", label="Go", url="shop.example"), "url", "starts with https"),
        (Button("x", label="Go", url="https://"), "url", "not a web address"),
        (Button("x", label="Go", url="https://a b.example"), "url", "blanks"),
        (Button("x", label="Go", url="{{ contact.city }}"), "url", "itself a link"),
        (Button("x", label="Go", url="{{ view_url }}/more"), "url", "itself a link"),
        (Button("x", label="Go", url="https://a.example/{% if contact.city %}x{% endif %}"), "url", "two blocks"),
        (Button("x", label="Go", url="https://a.example", align="top"), "align", "Align"),
        (Image("x", src="https://a.example/a.png", alt=""), "alt", "Describe"),
        (Image("x", src="mailto:a@b.example", alt="A"), "src", "https"),
        (Image("x", src="https://a.example/a.png", alt="A", width=900), "width", "600"),
        (Divider("x", condition="contact.town == 1"), "condition", "contact.town"),
        (Divider("x", condition="contact.city =="), "condition", "not written correctly"),
        (Divider("x", condition="true %}{{ contact.city }}{% if true"), "condition", "without braces"),
    ],
)
def test_a_mistake_blocks_sending_and_is_shown_at_its_field(block, field, said):
    found = findings(block)
    assert not can_be_sent(found)
    ((block_id, at, message),) = of(Severity.BLOCKER, found)
    assert (block_id, at) == ("x", field)
    assert any(words in message for words in said.split("|"))
    with pytest.raises(ContentError):
        compiled(content(block, subject="Hello"))


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("", "subject"),
        ("a" * 201, "too long"),
        ("{{ contact.nme }}", "There is no field"),
        ("a\r\nBcc: b", "single line"),
    ],
)
def test_the_subject_is_checked_too(subject, said):
    (first, *_rest) = of(Severity.BLOCKER, findings(subject=subject))
    assert first[:2] == ("", "subject")
    assert said in first[2]


def test_a_message_without_blocks_or_address_cannot_be_sent():
    assert not can_be_sent(check(content().__class__("Hello", ()), language="en", brand=BRAND, sender=SENDER))
    assert [field for _, field, _ in of(Severity.BLOCKER, findings(brand=Brand("V", "")))] == ["brand"]


@pytest.mark.parametrize(
    ("block", "field", "said"),
    [
        (Text("x", html="<p>Hi {{ contact.given_name }}</p>"), "html", "no fallback"),
        (Button("x", label="Go", url="http://shop.example"), "url", "not encrypted"),
        (Button("x", label="Go", url="https://localhost:8000/x"), "url", "own network"),
        (Button("x", label="Go", url="http://192.168.1.4/x"), "url", "own network"),
        (Image("x", src="http://intranet/a.png", alt="A"), "src", "own network"),
        (Button("x", label="Go", url="https://a.example/?c={{ contact.email }}"), "url", "not counted"),
    ],
)
def test_a_doubt_warns_but_does_not_block(block, field, said):
    found = findings(block)
    assert can_be_sent(found)
    (warned,) = of(Severity.WARNING, found)
    assert warned[:2] == ("x", field)
    assert said in warned[2]


def test_a_good_message_has_nothing_to_say():
    good = [
        Heading("h", text='Hi {{ contact.given_name | default: "friend" }}'),
        Text(
            "t",
            html='<p>{{ contact.email }} <a href="{{ unsubscribe_url }}">a</a> <a href="mailto:a@b.example">x</a></p>',
        ),
        Text("u", html="<p>{% if contact.company %}yes{% endif %}</p>"),
        Button("b", label="Go", url="https://shop.example"),
    ]
    assert findings(*good) == []


def test_weight_and_envelope_warnings():
    heavy = [Text(f"t{number}", html="<p>" + "words " * 3000 + "</p>") for number in range(6)]
    fields = [field for _, field, _ in of(Severity.WARNING, findings(*heavy, subject="s" * 60, preheader=""))]
    assert fields == ["subject", "preheader", "blocks"]
