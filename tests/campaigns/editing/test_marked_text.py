"""What a person types into a plain box, and what becomes of it."""

from __future__ import annotations

import pytest

from campaigns.content import rich_text
from campaigns.content.blocks import Content, problems
from campaigns.editing.marked_text import to_html
from campaigns.editing.plain_form import from_html


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("One\nmore", "<p>One<br>more</p>"),
        ("**bold** and _italic_ and ++under++", "<strong>bold</strong> and <em>italic</em> and <u>under</u>"),
        ("**_both_**", "<strong><em>both</em></strong>"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("See [the shop](https://shop.example/a?b=1&c=2).", 'href="https://shop.example/a?b=1&amp;c=2">the shop</a>'),
    ],
)
def test_signs_become_marks(typed: str, shown: str) -> None:
    assert shown in to_html(typed)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("snake_case_name and 2 * 3", "snake_case_name and 2 * 3"),
        (r"\*\*not bold\*\*", "**not bold**"),
        ("3 < 4 & 5 > 2", "3 < 4 & 5 > 2"),
    ],
)
def test_everything_else_is_read_as_it_was_typed(typed: str, read: str) -> None:
    assert rich_text.as_text(rich_text.sanitised(to_html(typed))) == read


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello <strong>you</strong>, <em>nice</em><br>line</p>",
        "<p>before</p><ul><li>one</li><li>two <u>x</u></li></ul><p>after</p>",
        "<ol><li>a</li><li>b</li></ol>",
        "<p>- no list</p><p>1. nor this</p>",
        "<p>a * b ** c _d_ e__f \\ [x](y) ++</p>",
        '<p><a href="https://shop.example/?q=%28x%29">words</a></p>',
        "<p>Hi {{ contact.given_name | default: &quot;*you*&quot; }}!</p>",
        '<p><a href="https://shop.example/?c={{ contact.city }}">near</a></p>',
        "<p>{% if contact.city == &quot;Porto&quot; %}Hi{% endif %}</p>",
    ],
)
def test_what_is_stored_comes_back_the_same(html: str) -> None:
    assert to_html(from_html(html)) == html


def test_fields_survive_with_their_quotes() -> None:
    html = to_html(
        'Hi **{{ contact.given_name | default: "friend" }}**, [see](https://a.example/?n={{ contact.city }})'
    )
    content = Content.from_json("Hello", [{"kind": "text", "id": "b1", "html": html}])
    assert problems(content) == []
    wrong = to_html("Hi {{ contact.given_nam }}")
    content = Content.from_json("Hello", [{"kind": "text", "id": "b1", "html": wrong}])
    assert [(each.block_id, each.field) for each in problems(content)] == [("b1", "html")]
