"""Rich text as it is written in a plain text box, and the little HTML it is stored as.

    A blank line between paragraphs, a line end within one.
    **bold**, _italic_, ++underlined++, [words](https://shop.example)
    - a list        1. a numbered one
    {{ contact.given_name }} and other fields as they are; a backslash before a sign takes its meaning away

``to_html`` and ``from_html`` undo each other for everything that can be written here.
"""

from __future__ import annotations

import re
from html import escape

from contacts.texts.template_language import LIQUID_TAG

_BLOCK = re.compile(r"\n[ \t]*\n+")
_BULLET = re.compile(r"[ \t]*[-*•][ \t]+(.*)")
_NUMBER = re.compile(r"[ \t]*\d{1,3}[.)][ \t]+(.*)")
_INLINE = re.compile(
    r"\\(?P<literal>[\\*_+\[\]().\-])"
    r"|\*\*(?=\S)(?P<strong>.+?)(?<=\S)\*\*"
    r"|\+\+(?=\S)(?P<u>.+?)(?<=\S)\+\+"
    r"|(?<![\w\\])_(?=\S)(?P<em>.+?)(?<=[^\s\\])_(?!\w)"
    r"|\[(?P<words>[^\[\]]+)\]\((?P<url>[^()\s]+)\)",
    re.DOTALL,
)
_HIDDEN = re.compile("\ue000(\\d+)\ue001")


def to_html(marked: str) -> str:
    """Paragraphs, lists and marks as HTML; everything else is escaped."""
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match.group())
        return f"\ue000{len(tags) - 1}\ue001"

    text = re.sub("[\0\ue000\ue001]", "", marked).replace("\r\n", "\n").replace("\r", "\n")
    text = LIQUID_TAG.sub(hide, text).strip()
    html = "".join(_block(part) for part in _BLOCK.split(text) if part.strip())
    return _HIDDEN.sub(lambda match: escape(tags[int(match[1])]), html)


def _block(text: str) -> str:
    """A run of lines: list items where lines begin as such, paragraphs of the rest."""
    parts: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        tag, words = _line(line)
        if parts and parts[-1][0] == tag:
            parts[-1][1].append(words)
        else:
            parts.append((tag, [words]))
    return "".join(_element(tag, lines) for tag, lines in parts)


def _line(line: str) -> tuple[str, str]:
    for tag, pattern in (("ul", _BULLET), ("ol", _NUMBER)):
        if found := pattern.fullmatch(line):
            return tag, found[1]
    return "p", line.strip()


def _element(tag: str, lines: list[str]) -> str:
    if tag == "p":
        return f"<p>{_inline(chr(10).join(lines)).replace(chr(10), '<br>')}</p>"
    items = "".join(f"<li>{_inline(line)}</li>" for line in lines)
    return f"<{tag}>{items}</{tag}>"


def _inline(text: str) -> str:
    html, done = "", 0
    for match in _INLINE.finditer(text):
        html += escape(text[done : match.start()], quote=False) + _mark(match)
        done = match.end()
    return html + escape(text[done:], quote=False)


def _mark(match: re.Match[str]) -> str:
    if match["literal"]:
        return escape(match["literal"], quote=False)
    if match["words"]:
        return f'<a href="{escape(match["url"])}">{_inline(match["words"])}</a>'
    tag = next(tag for tag in ("strong", "em", "u") if match[tag])
    return f"<{tag}>{_inline(match[tag])}</{tag}>"
