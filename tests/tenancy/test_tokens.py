"""Public tokens: forged, swapped, truncated, and valid after the slug has changed."""

from __future__ import annotations

import pytest
from django.http import Http404

from ecrm.tenancy import tokens
from ecrm.tenancy.models import Tenant


def test_a_token_finds_its_tenant_and_object(acme: Tenant) -> None:
    token = tokens.make("preferences", 7, tenant_id=acme.pk)
    assert tokens.read("preferences", token) == tokens.Token(acme, 7)


def test_it_outlives_the_slug(acme: Tenant) -> None:
    token = tokens.make("preferences", 7, tenant_id=acme.pk)
    acme.slug = "renamed"
    acme.save()
    assert tokens.read("preferences", token).tenant == acme


def test_it_is_good_for_its_kind_only(acme: Tenant) -> None:
    with pytest.raises(Http404):
        tokens.read("click", tokens.make("preferences", 7, tenant_id=acme.pk))


def test_every_flipped_letter_is_refused(acme: Tenant) -> None:
    token = tokens.make("preferences", 7, tenant_id=acme.pk)
    for place in range(len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(Http404):
            tokens.read("preferences", token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize("rubbish", ["", "x", "====", "ł" * 43, "A" * 43, "A" * 5000])
def test_rubbish_is_refused(acme: Tenant, rubbish: str) -> None:
    with pytest.raises(Http404):
        tokens.read("preferences", rubbish)


def test_tenants_do_not_share_tokens(acme: Tenant, globex: Tenant) -> None:
    ours, theirs = tokens.make("p", 7, tenant_id=acme.pk), tokens.make("p", 7, tenant_id=globex.pk)
    with pytest.raises(Http404):
        tokens.read("p", theirs[:11] + ours[11:])
