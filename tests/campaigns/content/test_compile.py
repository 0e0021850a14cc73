"""From blocks to a message a mail program can read."""

import re

import pytest

from campaigns.content.blocks import Button, Content, Heading, Image, Text
from campaigns.content.brand import Brand, Sender
from campaigns.content.compiler import Tracking
from campaigns.content.links import LinkRegistry
from campaigns.content.problems import ContentError
from ecrm.mail.handover import document_form
from tests.campaigns.content.making import BLOCKS, VALUES, body, compiled, content, received


def hrefs(message) -> list[str]:
    return re.findall(r'href="([^"]*)"', body(message, "html"))


def test_a_mail_program_finds_everything_in_its_place():
    message = received(compiled())
    assert message["from"].addresses[0].display_name == "Zażółć"
    assert message["to"].addresses[0].addr_spec == "ines@correio.example"
    assert message["to"].addresses[0].display_name == "Inês Prata"
    assert message["subject"] == "Refill for Inês"
    assert message["message-id"] == "<0123abc@news.example>"
    assert message["list-unsubscribe"] == "<https://crm.example/p/u/token>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message["list-id"] == "<news.example>"
    assert message["reply-to"].addresses[0].addr_spec == "help@example.com"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert not message.defects


@pytest.mark.parametrize("eight_bit", [True, False])
def test_both_bodies_say_the_same(eight_bit):
    message = received(compiled(), eight_bit=eight_bit)
    for subtype in ("plain", "html"):
        for words in ("Zażółć, Inês", "Order, 24 €", "Two candles", "Rua Inventada 1", "You agreed to the newsletter."):
            assert words in body(message, subtype)
        for address in ("https://shop.example/order", "https://crm.example/p/u/token", "https://crm.example/p/c/token"):
            assert address in body(message, subtype)
    assert all(line.isascii() for line in document_form(compiled().render(VALUES, eight_bit=False)).split(b"\r\n"))


def test_the_wire_form_keeps_the_rules_of_mail():
    octets = compiled(content(Text("t", html="<p>" + "long words " * 400 + "</p>"))).render(VALUES)[0]
    lines = octets.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert octets.endswith(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)


def test_an_address_too_long_for_a_line_still_arrives_whole():
    address = "https://shop.example/?q=" + "x" * 1500
    message = received(compiled(content(Button("b", label="Go", url=address))))
    assert address in hrefs(message)
    assert address in body(message, "plain")


@pytest.mark.parametrize("text", [".", "..", ".hidden", "First<br>.second<br>..third"])
def test_dots_at_the_start_of_lines_survive(text):
    message = received(compiled(content(Text("t", html=f"<p>{text}</p>"))))
    assert text.replace("<br>", "\n") in body(message, "plain").replace("\r\n", "\n")


@pytest.mark.parametrize("name", ["", ".", "..dots"])
def test_dots_from_values_survive(name):
    made = content(Text("t", html="<p>{{ contact.given_name }}. Hello</p>"))
    message = received(compiled(made), VALUES | {"contact.given_name": name})
    assert f"{name}. Hello" in body(message, "plain")
    assert f"{name}. Hello" in " ".join(body(message, "html").split())


def test_the_footer_speaks_the_message_s_language_and_cannot_be_left_out():
    message = received(compiled(language="pl"))
    assert message["content-language"] == "pl"
    assert '<html lang="pl"' in body(message, "html")
    assert "https://crm.example/p/u/token" in hrefs(message)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"brand": Brand("Verdelume", " ")}, "brand"),
        ({"brand": Brand("", "Street 1")}, "brand"),
        ({"sender": Sender("Ola", "ola@news.example\r\nBcc: x@y.example")}, "sender"),
        ({"sender": Sender("Ola", "ola@news.example", reply_to="a b")}, "sender"),
        ({"sender": Sender("Ola", "ola@news.example", list_id="a>\r\nX: y")}, "sender"),
        ({"sender": Sender("Ola", "ola@news.example", feedback_id="a\r\nX: y")}, "sender"),
    ],
)
def test_a_mailing_without_its_frame_is_refused(changed, field):
    with pytest.raises(ContentError) as error:
        compiled(**changed)
    assert [problem.field for problem in error.value.problems] == [field]


# Links


def test_clicks_are_counted_by_number_and_the_targets_remembered():
    links = LinkRegistry()
    message = received(compiled(tracking=Tracking.CLICKS, links=links))
    assert links.positions == {"https://shop.example/?a=1&b=2": 0, "https://shop.example/order": 1}
    assert links.labels[1] == "Order, 24 €"
    counted = [href for href in hrefs(message) if href.startswith(VALUES["click_base"])]
    assert counted == [f"{VALUES['click_base']}/{number}" for number in (0, 1, 1)]
    assert "https://shop.example" not in body(message, "html")
    assert f"{VALUES['click_base']}/0" in body(message, "plain")


def test_a_second_language_shares_the_numbers():
    links = LinkRegistry()
    compiled(tracking=True, links=links)
    compiled(content(Button("b", label="Zamów", url="https://shop.example/pl")), tracking=True, links=links)
    assert links.positions["https://shop.example/pl"] == 2


def test_a_number_is_never_given_out_twice():
    links = LinkRegistry(positions={"https://shop.example/gone": 5})
    compiled(tracking=True, links=links)
    assert sorted(links.positions.values()) == [5, 6, 7]


def test_who_did_not_agree_to_tracking_gets_plain_links_and_no_pixel():
    message = received(compiled(tracking=Tracking.NONE))
    assert "https://shop.example/?a=1&amp;b=2" in hrefs(message)
    assert VALUES["click_base"] not in body(message, "html") + body(message, "plain")
    assert VALUES["open_url"] not in body(message, "html")


def test_the_way_out_is_never_led_through_the_counter():
    message = received(compiled(tracking=Tracking.CLICKS | Tracking.OPENS))
    assert {"https://crm.example/p/u/token", "https://crm.example/p/c/token"} <= set(hrefs(message))
    assert body(message, "html").count(VALUES["open_url"]) == 1


def test_personal_links_are_not_counted_and_their_values_encoded():
    links = LinkRegistry()
    made = content(Button("b", label="Go", url="https://shop.example/?n={{ contact.given_name }}&x=1"))
    message = received(compiled(made, tracking=True, links=links), VALUES | {"contact.given_name": 'I&"ñ'})
    assert "https://shop.example/?n=I%26%22%C3%B1&amp;x=1" in hrefs(message)
    assert links.positions == {}


def test_an_address_in_other_letters_travels_in_ascii():
    message = received(compiled(content(Button("b", label="Go", url="https://gęślą.pl/jaźń?ą=ę"))))
    assert "https://xn--gl-qla2f4p.pl/ja%C5%BA%C5%84?%C4%85=%C4%99" in hrefs(message)


# What authors may write


def test_html_outside_the_allowed_is_dropped():
    html = (
        '<p onclick="x()">A<script>alert(1)</script><img src=x onerror=y><iframe src=z></iframe><b style="x">B</b></p>'
    )
    shown = body(received(compiled(content(Text("t", html=html)))), "html")
    assert "<b>B</b>" in shown
    assert not re.search(r"<script|onclick|onerror|<iframe|alert", shown)


@pytest.mark.parametrize("text", ["<b>not bold</b>", "a < b & c > d", '"quotes"', "{ braces }", "100 %}"])
def test_plain_fields_show_what_was_typed(text):
    made = content(Heading("h", text=text), Image("i", src="https://img.example/a.png", alt=text), subject=text)
    message = received(compiled(made))
    assert text in body(message, "plain")
    assert message["subject"] == text
    without_attributes = re.sub(r'="[^"]*"', "", body(message, "html"))
    assert "<b>not bold" not in without_attributes


def test_lists_and_paragraphs_read_well_in_plain_text():
    html = "<p>One<br>two</p><ul><li>first</li><li>second <a href='https://a.example/'>link</a></li></ul><ol><li>x</li><li>y</li></ol><p>End</p>"
    plain = body(received(compiled(content(Text("t", html=html)))), "plain").replace("\r\n", "\n")
    assert plain.startswith("One\ntwo\n\n- first\n- second link (https://a.example/)\n\n1. x\n2. y\n\nEnd\n")


def test_no_font_is_fetched_from_elsewhere():
    html = body(received(compiled()), "html")
    assert "fonts.googleapis" not in html
    assert "@import" not in html
    assert "<link" not in html


def test_blocks_survive_their_json_form():
    made = content()
    again = Content.from_json(made.subject, made.blocks_json(), made.preheader)
    assert again == made


@pytest.mark.parametrize(
    "blocks",
    [
        None,
        {},
        ["x"],
        [{"kind": "script"}],
        [{"kind": "heading", "text": 5}],
        [{"kind": "heading", "level": True}],
        [{"kind": "heading", "surprise": "x"}],
        [{"kind": "divider"}] * 101,
    ],
)
def test_json_of_another_shape_is_refused(blocks):
    with pytest.raises(ContentError):
        Content.from_json("Subject", blocks)


def test_compiling_twice_gives_the_same_bytes():
    assert compiled().render(VALUES) == compiled().render(VALUES)
    assert compiled(content(*BLOCKS[:3])).boundary != compiled().boundary
