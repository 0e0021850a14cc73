"""Every page carries the strict policy; nothing on it needs an exception."""

from __future__ import annotations

import re

import pytest

from tests.cast import Member

PAGES = ["dashboard", "contact_list", "segment_list", "campaigns", "consent", "members"]


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_is_strict_and_the_page_keeps_it(alice: Member, name: str) -> None:
    response = alice.get(name)
    policy = response["Content-Security-Policy"]
    for rule in ("script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "object-src 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page)


def test_the_answer_cannot_be_framed_or_sniffed(alice: Member) -> None:
    response = alice.get("dashboard")
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
