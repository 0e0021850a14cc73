"""One person's values: they show as they are, and touch nothing around them."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.content.blocks import Button, Heading, Text
from campaigns.content.compiler import Tracking, preview
from contacts.texts.merge_fields import FieldKind, MergeField, registered
from ecrm.mail.handover import document_form
from tests.campaigns.content.making import VALUES, body, compiled, content, received

EVERYWHERE = content(
    Text("t", html="<p>{{ contact.given_name }} and {{ contact.given_name | upcase }}</p>"),
    Heading("h", text="{{ contact.given_name }}{{ contact.city }}"),
    Button("b", label="{{ contact.given_name }}", url="https://shop.example/?n={{ contact.given_name }}"),
    Text("c", condition='contact.city == "Porto"', html="<p>{{ contact.given_name }} from Porto</p>"),
    subject="{{ contact.given_name }}, hello",
)
MESSAGE = compiled(EVERYWHERE, tracking=Tracking.CLICKS | Tracking.OPENS)
HEADERS = received(MESSAGE).keys()
HOSTILE = [
    "\r\nBcc: eve@example.com",
    "x\r\n.\r\nMAIL FROM:<eve@example.com>",
    f"--{MESSAGE.boundary}--",
    f"\r\n--{MESSAGE.boundary}\r\nContent-Type: text/html\r\n\r\n<script>",
    "</p></div><script>alert(1)</script>",
    '" onmouseover="x()" a="',
    "<!-- {% if true %} -->",
    "{{ contact.email }}",
    "{% raw %}",
    f"{MESSAGE.tokens.marker}0x",
    "=?utf-8?b?PHNjcmlwdD4=?=",
    "a" * 5000,
    "ż" * 5000,
    "\0\x01\x08\x1b\x7f\x85\u2028",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿👩‍👩‍👧",
    ".\n.\n..",
]


def assert_sound(values: dict[str, str]) -> None:
    """The message keeps its headers, its two parts and its line lengths, and shows what the preview showed."""
    octets = MESSAGE.render(values)[0]
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert b"\r\n.\r\n" not in octets
    message = received(MESSAGE, values)
    assert message.keys() == HEADERS
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not message.defects
    shown = preview(MESSAGE, values)
    assert lines(body(message, "html")) == lines(shown.html)
    assert lines(body(message, "plain")) == lines(shown.text)
    assert "<script" not in body(message, "html")


def lines(text: str) -> list[str]:
    normal = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return normal.rstrip("\n").split("\n")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.one_of(st.text(), st.sampled_from(HOSTILE)), city=st.one_of(st.text(), st.just("Porto")))
def test_no_name_breaks_the_message(name, city):
    assert_sound(VALUES | {"contact.given_name": name, "to_name": name, "contact.city": city})


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_and_do_nothing(name):
    values = VALUES | {"contact.given_name": name, "to_name": name}
    assert_sound(values)
    assert_sound(values | {"contact.city": ""})


def test_two_values_together_cannot_make_what_none_could_alone():
    dashes = {"contact.given_name": "-", "contact.city": f"-{MESSAGE.boundary}--"}
    assert_sound(VALUES | dashes)


def test_eight_bit_and_encoded_messages_say_the_same():
    for subtype in ("plain", "html"):
        quick = body(received(MESSAGE), subtype)
        careful = body(received(MESSAGE, eight_bit=False), subtype)
        assert lines(quick) == lines(careful)


def test_preview_subject_is_the_subject_that_is_sent():
    values = VALUES | {"contact.given_name": "Łukasz\r\nBcc: x"}
    assert received(MESSAGE, values)["subject"] == preview(MESSAGE, values).subject == "Łukasz Bcc: x, hello"


# Fields, fallbacks, filters, conditions


def sentence(liquid: str, **values: str) -> str:
    """What a person reads where the author wrote this Liquid (underscores stand for dots)."""
    given = {name.replace("__", "."): value for name, value in values.items()}
    base = {key: value for key, value in VALUES.items() if not key.startswith("contact.")}
    message = received(compiled(content(Text("t", html=f"<p>⟦{liquid}⟧</p>"), subject="s")), base | given)
    plain = re.search(r"⟦(.*?)⟧", body(message, "plain"), re.DOTALL)
    html = re.search(r"⟦(.*?)⟧", body(message, "html"), re.DOTALL)
    assert plain
    assert html
    assert re.sub(r"<!--.*?-->", "", html[1]) == plain[1]
    return plain[1]


@pytest.mark.parametrize(
    ("liquid", "values", "shown"),
    [
        ("{{ contact.given_name }}", {"contact__given_name": "Ana"}, "Ana"),
        ("{{ contact.given_name }}", {}, ""),
        ('{{ contact.given_name | default: "friend" }}', {}, "friend"),
        ("{{ contact.given_name | default: 'friend' }}", {"contact__given_name": ""}, "friend"),
        ('{{ contact.given_name | default: "friend" }}', {"contact__given_name": "Ana"}, "Ana"),
        ('{{contact.given_name|upcase|default:"you"}}', {"contact__given_name": "żaba"}, "ŻABA"),
        ('{{ contact.given_name | upcase | default: "you" }}', {}, "you"),
        ("{{ contact.city | default: contact.country }}", {"contact__country": "PT"}, "PT"),
        ("{% if contact.company %}works{% else %}free{% endif %}", {"contact__company": "Acme"}, "works"),
        ("{% if contact.company %}works{% else %}free{% endif %}", {"contact__company": ""}, "free"),
        ("{% unless contact.company %}free{% endunless %}", {}, "free"),
        ("{% if contact.city == 'Porto' and contact.country == 'PT' %}a{% endif %}", {"contact__city": "Porto"}, ""),
        (
            "{% case contact.language %}{% when 'pl' %}Cześć{% else %}Hi{% endcase %}",
            {"contact__language": "pl"},
            "Cześć",
        ),
        (
            "{% if contact.company %}at {{ contact.company }}{% endif %}",
            {"contact__company": "Acme"},
            "at Acme",
        ),
    ],
)
def test_liquid_means_what_an_author_expects(liquid, values, shown):
    assert sentence(liquid, **values) == shown


def test_numbers_compare_as_numbers():
    fields = registered() | {"contact.orders": MergeField("contact.orders", "Orders", "3", FieldKind.NUMBER)}
    made = content(Text("t", html="<p>{% if contact.orders &gt; 9 %}many{% else %}few{% endif %}</p>"), subject="s")
    message = compiled(made, fields=fields)
    said = {
        count: body(received(message, VALUES | {"contact.orders": count}), "plain")[:4] for count in ("10", "9", "")
    }
    assert said == {"10": "many", "9": "few\r", "": "few\r"}


def test_a_conditional_block_shows_only_to_whom_it_is_meant():
    made = content(
        Text("a", html="<p>For all</p>"),
        Text("b", html="<p>Only Porto</p>", condition='contact.city == "Porto"'),
        Button("c", label="Only Lisbon", url="https://shop.example/l", condition='contact.city == "Lisboa"'),
        Text("d", html="<p>Last</p>"),
    )
    message = compiled(made, tracking=True)
    seen = {}
    for city in ("Porto", "Lisboa", ""):
        reached = received(message, VALUES | {"contact.city": city})
        for subtype in ("html", "plain"):
            shown = body(reached, subtype)
            seen[city, subtype] = [
                words for words in ("For all", "Only Porto", "Only Lisbon", "Last") if words in shown
            ]
            assert "{%" not in shown
            assert message.tokens.marker not in shown
    for subtype in ("html", "plain"):
        assert seen["Porto", subtype] == ["For all", "Only Porto", "Last"]
        assert seen["Lisboa", subtype] == ["For all", "Only Lisbon", "Last"]
        assert seen["", subtype] == ["For all", "Last"]


def test_the_inliner_does_not_move_a_condition_out_of_its_table():
    """It re-reads HTML and hoists bare text out of tables; comments it leaves where they are."""
    message = compiled(
        content(Text("a", html="<p>First</p>"), Text("b", html="<p>VIP</p>", condition="contact.company"))
    )
    html = re.sub(r"\s+", " ", body(received(message, VALUES | {"contact.company": "Acme"}), "html"))
    row = re.search(r"<tr>(?:(?!<tr>).)*VIP(?:(?!</tr>).)*</tr>", html)
    assert row
    without = re.sub(r"\s+", " ", body(received(message, VALUES | {"contact.company": ""}), "html"))
    assert html.replace(row[0], "") == without


@pytest.mark.parametrize(
    "missing", ["to_email", "message_id", "date", "unsubscribe_url", "preferences_url", "click_base"]
)
def test_a_message_is_not_made_without_what_it_needs(missing):
    values = {name: value for name, value in VALUES.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        compiled(tracking=Tracking.CLICKS).render(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message_id", "<a@b>\r\nBcc: x@y.example"),
        ("date", "today\r\nBcc: x@y.example"),
        ("unsubscribe_url", "https://a.example/>\r\nBcc: x@y.example"),
        ("unsubscribe_url", "javascript:alert(1)"),
        ("to_email", "ana@example.com>, <eve@example.com"),
        ("to_email", ""),
    ],
)
def test_a_wrong_header_value_is_an_error_and_never_a_header(name, value):
    with pytest.raises(ValueError, match=r"\w"):
        MESSAGE.render(VALUES | {name: value})


def test_a_link_field_that_holds_no_address_leads_nowhere():
    made = content(Text("t", html='<p><a href="{{ view_url }}">View</a></p>'), subject="s")
    for address in ("javascript:alert(1)", "", "data:text/html,x"):
        html = body(received(compiled(made), VALUES | {"view_url": address}), "html")
        assert re.search(r'<a\s+href="#"', html)
    html = body(received(compiled(made), VALUES | {"view_url": "https://crm.example/v?a=1&b=2"}), "html")
    assert 'href="https://crm.example/v?a=1&amp;b=2"' in html


def test_wire_form_and_document_form_agree_on_what_was_sent():
    octets = MESSAGE.render(VALUES)
    assert document_form(octets).startswith(b"From: ")
    assert document_form(octets).count(MESSAGE.boundary.encode()) == 4
