"""What other systems send in place of an id when they know nobody: never an identity of a person.

One web shop that reports every guest as customer ``0`` would make one contact of all of them.
"""

from __future__ import annotations

import re

# Compared without case and without what wraps a word ("(null)", "<none>", "[object Object]").
_WORDS = """
    null nil none undefined nan na n/a n.a. empty blank missing unknown unset notset not_set not-set
    guest anonymous anon visitor user customer default noname no-name nobody no_id noid
    true false yes no on off id userid user_id customerid customer_id test_id
    object object-object objectobject deleted redacted removed placeholder tbd todo -1
"""
JUNK = frozenset(_WORDS.split())
_WRAPPING = re.compile(r"[\s\"'`()\[\]{}<>«»“”]+")
# Zeros, dashes and the like only: 0, 0000, 00000000-0000-0000-0000-000000000000, ---, #, ?.
_EMPTY = re.compile(r"[\W0_]*")
_REPEATED = re.compile(r"(?i)(x)\1{2,}")
# A template nobody filled in: {{ customer.id }}, ${id}, %CUSTOMER_ID%, *|ID|*.
_UNFILLED = re.compile(r"\{\{.*\}\}|\$\{.*\}|^%[A-Za-z_]+%$|^\*\|.*\|\*$|^\[\[.*\]\]$")


def is_junk(value: str) -> bool:
    """Whether this stands for nobody: ``null``, ``undefined``, ``guest``, ``0`` and their like."""
    bare = _WRAPPING.sub("", value).lower()
    return (
        bare in JUNK
        or _EMPTY.fullmatch(bare) is not None
        or _REPEATED.fullmatch(bare) is not None
        or _UNFILLED.search(value.strip()) is not None
    )
