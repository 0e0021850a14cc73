"""Keeping lines of a body below the length mail can carry (998 octets, RFC 5322, 2.1.1)."""

from __future__ import annotations

import re

from contacts.texts.template_language import Tokens

LONGEST_LINE = 990
SLOT_OCTETS = 240  # what one value may take before its message is encoded instead
HTML_TARGET, WORDS_TARGET = 700, LONGEST_LINE

# A blank inside "<!--[if mso | IE]>" must stay one.
_WORDS = re.compile(r"(?:<!--\[if [^\]]*\]>|[^ \n])+| |\n")


def wrapped(marked: str, tokens: Tokens, *, target: int) -> str:
    """The text with blanks turned into line ends so that lines stay near `target` octets, each
    value counted at its greatest. In HTML a line end means the same as a blank."""
    lines: list[str] = []
    cost = 0
    for word in _WORDS.findall(marked.replace("\r\n", "\n").replace("\r", "\n")):
        width = octets(word, tokens)
        if word == " " and cost >= target - SLOT_OCTETS:
            word = "\n"
        elif word not in {" ", "\n"} and cost + width > target and lines and lines[-1] == " ":
            lines[-1] = "\n"
            cost = 0
        lines.append(word)
        cost = 0 if word == "\n" else cost + width
    return "".join(lines)


def fits(marked: str, tokens: Tokens) -> bool:
    """Whether every line stays short enough whatever the values."""
    return all(octets(line, tokens) <= LONGEST_LINE for line in marked.split("\n"))


def octets(marked: str, tokens: Tokens) -> int:
    found = tokens.at(marked)
    hidden = sum(end - start for start, end, _token in found)
    return len(marked.encode()) - hidden + SLOT_OCTETS * len(found)
