"""A mail's link names its reader to the tenant's own sites, and to nobody else."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from analytics.models import Site
from analytics.tracking import marking, sites, tokens
from contacts.models import Contact
from tests.analytics.tracking.visiting import ORIGIN
from tests.cast import Member


def test_an_own_site_learns_who_reads(shop: Site, dora: Contact) -> None:
    marked = urlsplit(marking.mark(f"{ORIGIN}/spring?size=5#top", dora.pk))
    assert (marked.path, marked.fragment) == ("/spring", "top")
    asked = parse_qs(marked.query)
    assert asked["size"] == ["5"]
    assert tokens.read(asked["e"][0], browser=b"ours") == dora.pk


@pytest.mark.parametrize(
    "url", ["https://other.example/", "http://shop.example/", "mailto:a@shop.example", "https://[x"]
)
def test_another_address_stays_as_it_was(shop: Site, dora: Contact, url: str) -> None:
    assert marking.mark(url, dora.pk) == url


def test_a_closed_site_is_told_nothing(shop: Site, dora: Contact, alice: Member) -> None:
    sites.close_site(site=shop, by=alice.user)
    assert marking.mark(f"{ORIGIN}/", dora.pk) == f"{ORIGIN}/"
