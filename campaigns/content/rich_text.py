"""The little HTML an author may write: paragraphs, bold, italic, underline, links, lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from html.parser import HTMLParser

import nh3

from contacts.texts.template_language import LIQUID_TAG, unescaped

TAGS = frozenset({"p", "br", "strong", "b", "em", "i", "u", "a", "ul", "ol", "li"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_HREF = re.compile(r'(<a\b[^>]*\bhref=")([^"]*)(")')
_BLANK_LINES = re.compile(r"\n{3,}")


def sanitised(rich: str) -> str:
    """Well-formed HTML of the allowed tags only; Liquid must have been hidden before."""
    return nh3.clean(
        rich,
        tags=set(TAGS),
        attributes={"a": {"href"}},
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )


def link_addresses(rich: str) -> list[str]:
    """The addresses of the links, in order, as an author reads them. Empty for a link whose
    address is missing or of a kind that is dropped (`javascript:`)."""
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match.group())
        return f"ecrmtag{len(tags) - 1}x"

    clean = sanitised(LIQUID_TAG.sub(hide, unescaped(rich)))
    found = [_HREF.match(link) for link in re.findall(r"<a\b[^>]*>", clean)]
    return [
        re.sub(r"ecrmtag(\d+)x", lambda match: tags[int(match[1])], unescape(href.group(2))) if href else ""
        for href in found
    ]


def map_links(clean: str, change: Callable[[str], str]) -> str:
    """Sanitised HTML with every link's address replaced by `change(address)`."""
    return _HREF.sub(lambda match: match.group(1) + escape(change(unescape(match.group(2)))) + match.group(3), clean)


def as_text(clean: str) -> str:
    """Sanitised HTML in plain words: lists with dashes or numbers, addresses after their links."""
    reader = _TextReader()
    reader.feed(clean)
    reader.close()
    lines = (line.strip() for line in "".join(reader.words).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._lists: list[int] = []  # next number of an ordered list, 0 for dashes
        self._address = ""
        self._link_starts_at = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.words.append("\n")
        elif tag in {"ul", "ol"}:
            self._lists.append(1 if tag == "ol" else 0)
            self.words.append("\n")
        elif tag == "li":
            self.words.append("\n" + self._bullet())
        elif tag == "a":
            self._address = dict(attributes).get("href") or ""
            self._link_starts_at = len(self.words)

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.words.append("\n\n")
        elif tag in {"ul", "ol"}:
            self._lists = self._lists[:-1]
            self.words.append("\n\n" if not self._lists else "")
        elif tag == "a":
            self._close_link()

    def handle_data(self, data: str) -> None:
        self.words.append(re.sub(r"[ \t\r\n]+", " ", data))

    def _bullet(self) -> str:
        if not self._lists or not self._lists[-1]:
            return "- "
        number = self._lists[-1]
        self._lists[-1] += 1
        return f"{number}. "

    def _close_link(self) -> None:
        words = "".join(self.words[self._link_starts_at :]).strip()
        if self._address and self._address.removeprefix("mailto:") != words:
            self.words.append(f" ({self._address})")
        self._address = ""
