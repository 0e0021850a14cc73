"""Bytes to text whatever the mail says they are, and text that PostgreSQL can keep."""

from __future__ import annotations

import codecs
import re

# What mail programs write, and what they mean: the supersets that browsers read too (WHATWG Encoding).
_MEANT = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-mac-roman": "mac-roman",
}
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def decode(content: bytes, charset: str) -> str:
    """Never raises. The named charset, else UTF-8, else Windows-1252 with its gaps replaced."""
    for name in (_known(charset), "utf-8"):
        if name:
            try:
                return clean(content.decode(name))
            except (UnicodeError, ValueError):
                continue
    return clean(content.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Without NULs and lone surrogates."""
    return _UNKEEPABLE.sub("", text)


def _known(charset: str) -> str:
    name = charset.strip().strip("\"'").lower()[:40]
    name = _MEANT.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # "zip" and "rot13" are codecs too, and a bomb at that.
    return found.name if getattr(found, "_is_text_encoding", True) else ""
