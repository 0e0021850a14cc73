"""The simple marks of letters, answers and notes: what people type becomes what they meant."""

from __future__ import annotations

import pytest

from ecrm.mail.posting import marks


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "We have:\n- jugs\n- **lids**\nBye",
            "<p>We have:</p><ul><li>jugs</li><li><strong>lids</strong></li></ul><p>Bye</p>",
        ),
        ("1. wash\n2. dry", "<ol><li>wash</li><li>dry</li></ol>"),
        ("- jugs\n1. wash\n2. dry", "<p>- jugs</p><ol><li>wash</li><li>dry</li></ol>"),
        ("- only one", "<ul><li>only one</li></ul>"),
        ("Kind regards\n- Ana", "<p>Kind regards<br>- Ana</p>"),
        ("We open on\n1. May", "<p>We open on<br>1. May</p>"),
        ("One\n\n\nTwo", "<p>One</p><p>Two</p>"),
        ("- <b>\n- &", "<ul><li>&lt;b&gt;</li><li>&amp;</li></ul>"),
    ],
)
def test_what_is_typed_becomes_what_was_meant(text: str, html: str) -> None:
    assert marks.html_of(text) == html
