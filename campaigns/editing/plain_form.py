"""Stored rich text back into what a text box shows (the counterpart of ``marked_text``)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from campaigns.content import rich_text
from contacts.texts.template_language import LIQUID_TAG, unescaped

_MARKS = {"strong": "**", "b": "**", "em": "_", "i": "_", "u": "++"}
_MEANS_SOMETHING = re.compile(r"[\\*\[\]]|(?<!\w)_|_(?!\w)|\+\+")
_STARTS_A_LIST = re.compile(r"(?m)^([ \t]*)(?:([-•])(?=[ \t])|(\d{1,3})([.)])(?=[ \t]))")
_HIDDEN = re.compile("\ue000(\\d+)\ue001")


def from_html(html: str) -> str:
    """What ``marked_text.to_html`` makes this HTML of. Nested lists become flat ones."""
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match.group())
        return f"\ue000{len(tags) - 1}\ue001"

    reader = _Reader()
    reader.feed(rich_text.sanitised(LIQUID_TAG.sub(hide, unescaped(html))))
    reader.close()
    return _HIDDEN.sub(lambda match: tags[int(match[1])], reader.marked)


class _Reader(HTMLParser):
    """Collects inline pieces and closes them into blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[tuple[str, str]] = []  # (kind, text): p, ul or ol
        self._pieces: list[str] = []
        self._lists: list[str] = []
        self._links: list[tuple[str, int]] = []

    @property
    def marked(self) -> str:
        self._close_block()
        text = ""
        former = ""
        for kind, words in self._blocks:
            text += "" if not text else "\n" if kind == former != "p" else "\n\n"
            text += words
            former = kind
        return text

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"p", "ul", "ol", "li"}:
            self._close_block()
        if tag in {"ul", "ol"}:
            self._lists.append(tag)
        elif tag == "br":
            self._pieces.append("\n")
        elif tag == "a":
            self._links.append((dict(attributes).get("href") or "", len(self._pieces)))
        elif tag in _MARKS:
            self._pieces.append(_MARKS[tag])

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "ul", "ol", "li"}:
            self._close_block(is_item=tag == "li")
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "a" and self._links:
            self._close_link()
        elif tag in _MARKS:
            self._close_mark(_MARKS[tag])

    def handle_data(self, data: str) -> None:
        words = re.sub(r"[ \t\r\n]+", " ", data)
        self._pieces.append(_MEANS_SOMETHING.sub(lambda match: "\\" + "\\".join(match.group()), words))

    def _close_mark(self, sign: str) -> None:
        """Blanks go outside: ``**word **`` is no mark."""
        if sign not in self._pieces:
            return
        start = len(self._pieces) - 1 - self._pieces[::-1].index(sign)
        words = "".join(self._pieces[start + 1 :])
        core = words.strip()
        before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :] if core else ""
        self._pieces[start:] = [f"{before}{sign}{core}{sign}{after}" if core else words]

    def _close_link(self) -> None:
        address, start = self._links.pop()
        words = "".join(self._pieces[start:])
        safe = address.replace("(", "%28").replace(")", "%29")
        self._pieces[start:] = [f"[{words}]({safe})" if address and words.strip() else words]

    def _close_block(self, *, is_item: bool = False) -> None:
        words = "\n".join(line.strip() for line in "".join(self._pieces).split("\n")).strip()
        self._pieces, self._links = [], []
        if not words:
            return
        kind = self._lists[-1] if self._lists else "p"
        if kind == "p":
            self._blocks.append(("p", _STARTS_A_LIST.sub(_escaped_start, words)))
            return
        sign = "-" if kind == "ul" else f"{self._number()}."
        self._blocks.append((kind, f"{sign} {' '.join(words.split(chr(10)))}"))

    def _number(self) -> int:
        count = 0
        for kind, _words in reversed(self._blocks):
            if kind != "ol":
                break
            count += 1
        return count + 1


def _escaped_start(match: re.Match[str]) -> str:
    bullet, number, dot = match[2], match[3], match[4]
    return f"{match[1]}\\{bullet}" if bullet else f"{match[1]}{number}\\{dot}"
