"""Hashes under the permanent key are kept for ever: they must stay what the standard says."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecrm import keys


@given(purpose=st.text(max_size=20), message=st.binary(max_size=300))
def test_a_keyed_hash_is_the_hmac_of_the_standard(purpose, message):
    assert keys.keyed_hash(purpose, message) == hmac.digest(_key(purpose), message, hashlib.sha256)


def test_each_purpose_has_a_key_of_its_own():
    assert keys.keyed_hash("suppression", b"ana@example.org") != keys.keyed_hash("token", b"ana@example.org")


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 200])
def test_one_hash_leaves_nothing_behind_for_the_next(length):
    first = keys.keyed_hash("token", b"x" * length)
    keys.keyed_hash("token", b"something else")
    assert keys.keyed_hash("token", b"x" * length) == first


def _key(purpose):
    from django.conf import settings

    return hmac.digest(settings.PERMANENT_KEY, b"ecrm/" + purpose.encode(), hashlib.sha256)
