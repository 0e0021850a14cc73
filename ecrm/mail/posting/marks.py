"""The simple marks of an answer: **bold**, _italic_, lists, links, [words](address). Text in, safe HTML out.

What is typed is escaped first; the few marks become tags afterwards, so nothing typed can be HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_LINK = re.compile(r"\b(https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]])")
_BOLD = re.compile(r"\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*")
_ITALIC = re.compile(r"(?<![\w_])_(?=[^\s_])([^\n]{1,2000}?)(?<=[^\s_])_(?![\w_])")
_LISTS = {"ul": re.compile(r"\s{0,3}[-*•]\s+(.*)"), "ol": re.compile(r"\s{0,3}\d{1,3}[.)]\s+(.*)")}
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
    return mark_safe(_broken(text.strip().splitlines()))


def text_of(text: str) -> str:
    """The same as plain text: a link's address behind its words; other marks read well as they are."""
    return _WORDED.sub(r"\1 (\2)", text)


def unmarked(text: str) -> str:
    """The words alone, for a line of a list."""
    return _ITALIC.sub(r"\1", _BOLD.sub(r"\1", _WORDED.sub(r"\1", text)))


def _blocks(text: str) -> Iterator[str]:
    for block in _BLANK.split(text.strip()):
        for tag, lines in _runs(block.split("\n")):
            if tag:
                yield f"<{tag}>" + "".join(f"<li>{_inline(_said(line))}</li>" for line in lines) + f"</{tag}>"
            elif any(line.strip() for line in lines):
                yield f"<p>{_broken(lines)}</p>"


def _runs(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """With the tag of a list, or "". A list is a block of items, or several of them in a row among other
    lines: a single dash among those may be anything."""
    others: list[str] = []
    for tag, found in groupby(lines, _tag):
        run = list(found)
        if not tag or len(run) == 1 < len(lines):
            others += run
            continue
        if others:
            yield "", others
            others = []
        yield tag, run
    if others:
        yield "", others


def _tag(line: str) -> str:
    return next((tag for tag, pattern in _LISTS.items() if pattern.fullmatch(line)), "")


def _said(item: str) -> str:
    return next(found.group(1) for pattern in _LISTS.values() if (found := pattern.fullmatch(item)))


def _broken(lines: list[str]) -> str:
    return "<br>".join(_inline(line) for line in lines)


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
