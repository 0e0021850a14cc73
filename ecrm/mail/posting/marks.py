"""The simple marks of an answer: **bold**, _italic_, lists, links, [words](address). Text in, safe HTML out.

What is typed is escaped first; the few marks become tags afterwards, so nothing typed can be HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r"\b(https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]])")
_BOLD = re.compile(r"\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![\w_])_(?=[^\s_])([^\n]{1,2000}?)(?<=[^\s_])_(?![\w_])")
_ITEM = re.compile(r"\s{0,3}[-*•]\s+(.*)")
_NUMBERED = re.compile(r"\s{0,3}\d{1,3}[.)]\s+(.*)")
_WORDED = re.compile(r"\[([^\[\]\n]{1,500})\]\(((?:https?://|mailto:)[^\s<>\"'()]{1,2000})\)")
_BLANK = re.compile(r"\n[ \t]*\n+")


def html_of(text: str) -> SafeString:
    """Paragraphs and lists, for the page and for the mail."""
    return mark_safe("".join(_blocks(text.replace("\r\n", "\n"))))


def mail_html(text: str, signature: str) -> str:
    """A document as plain as the text: no colours, no tracking, nothing remote."""
    closing = f"<p>-- <br>{lines_of(signature)}</p>" if signature.strip() else ""
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{html_of(text)}{closing}</body></html>'


def lines_of(text: str) -> SafeString:
    """Lines without paragraphs or lists, as a signature has them."""
    return mark_safe(_lines(text.strip()))


def text_of(text: str) -> str:
    """The same as plain text: a link's address behind its words; other marks read well as they are."""
    return _WORDED.sub(r"\1 (\2)", text)


def _blocks(text: str) -> Iterator[str]:
    for block in _BLANK.split(text.strip()):
        lines = block.split("\n")
        tag, items = _items(lines)
        if items:
            yield f"<{tag}>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + f"</{tag}>"
        elif block.strip():
            yield f"<p>{_lines(block)}</p>"


def _items(lines: list[str]) -> tuple[str, list[str]]:
    """The words of a list and its tag; none when these lines are no list."""
    for tag, pattern in (("ul", _ITEM), ("ol", _NUMBERED)):
        found = [match.group(1) for line in lines if (match := pattern.fullmatch(line))]
        if found and len(found) == len(lines):
            return tag, found
    return "", []


def _lines(text: str) -> str:
    return "<br>".join(_inline(line) for line in text.split("\n"))


def _inline(line: str) -> str:
    """Links stand apart, so that marks inside an address are taken at their word."""
    worded = _WORDED.split(line)
    told = [_bare(words) for words in worded[::3]]
    links = [_anchor(url, words) for words, url in zip(worded[1::3], worded[2::3], strict=True)]
    return told[0] + "".join(link + rest for link, rest in zip(links, told[1:], strict=True))


def _bare(line: str) -> str:
    pieces = _LINK.split(line)
    return "".join(_anchor(piece, piece) if index % 2 else _marks(piece) for index, piece in enumerate(pieces))


def _marks(text: str) -> str:
    bold = _BOLD.sub(r"<strong>\1</strong>", str(escape(text)))
    return _ITALIC.sub(r"<em>\1</em>", bold)


def _anchor(url: str, words: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{escape(words)}</a>'
