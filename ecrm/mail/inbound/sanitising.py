"""HTML of strangers, made safe to show, and HTML as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

LONGEST = 1_000_000
_TAGS = (
    {"a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del", "div", "dl"}
    | {"dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li"}
    | {"ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot"}
    | {"th", "thead", "tr", "tt", "u", "ul"}
)
_LAYOUT = {"align", "valign", "width", "height", "bgcolor", "dir", "lang", "title", "style"}
_ATTRIBUTES = {
    "*": _LAYOUT,
    "a": {"href"},
    "img": {"src", "alt"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "ol": {"start", "type"},
}
# Only what cannot fetch, cover the page or leave its box.
_STYLES = (
    {"color", "background-color", "font-family", "font-size", "font-style", "font-weight", "line-height", "width"}
    | {"text-align", "text-decoration", "text-transform", "vertical-align", "white-space", "height", "max-width"}
    | {f"{kind}{side}" for kind in ("padding", "margin") for side in ("", "-left", "-right", "-top", "-bottom")}
    | {f"border{side}" for side in ("", "-left", "-right", "-top", "-bottom", "-collapse", "-radius", "-color")}
)
_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_REMOTE = re.compile(r' src="(https?:[^"]*)"', re.IGNORECASE)
_INLINE_IMAGE = re.compile(r"(?:cid:|https?:|data:image/(?:png|gif|jpeg|webp);base64,)", re.IGNORECASE)
_TAG = re.compile(r"<(?!(?:br|img|hr|col|meta|link|input|area|base|wbr)\b)(/?)[a-z]", re.IGNORECASE)
_FETCHES = re.compile(r"url|image|\\", re.IGNORECASE)
MOST_TAGS = 50_000
DEEPEST = 5_000  # unclosed <p>, <li> and <td> count as depth too


def sanitise(html: str) -> str:
    """Safe to show in a frame without scripts: no script, form, frame, style sheet, event handler or
    address that runs. Remote pictures wait in ``data-remote-src``, so that nothing is fetched until
    a person asks; ``cid:`` and embedded pictures stay. Idempotent."""
    html = _bounded(html)
    cleaned = nh3.clean(
        html.replace("data-remote-src=", "src="),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
        clean_content_tags={"script", "style", "title", "noscript", "template", "textarea", "select", "svg", "math"},
        strip_comments=True,
    )
    return _IMAGE.sub(lambda image: _REMOTE.sub(r' data-remote-src="\1"', image[0]), cleaned)


def plain(html: str) -> str:
    """What a reader of sanitised HTML would see, as text: lines where blocks end, quotes behind ">"."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


def _bounded(html: str) -> str:
    """Tags beyond any real mail's, in number or depth, fall away: building their tree would take minutes."""
    html = html[:LONGEST]
    tags = _TAG.findall(html)
    depth = deepest = 0
    for closing in tags:
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    if len(tags) > MOST_TAGS or deepest > DEEPEST:
        return re.sub(r"<[^<>]{0,2000}>?", " ", html)
    return html


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "src":
        return value if _INLINE_IMAGE.match(value.strip()) else None
    if attribute == "href" and value.strip().lower().startswith(("data:", "cid:")):
        return None
    if attribute == "style":
        return ";".join(each for each in value.split(";") if not _FETCHES.search(each))
    return value


class _Reader(HTMLParser):
    _BLOCKS = frozenset(
        {"p", "div", "tr", "table", "ul", "ol", "li", "blockquote", "pre", "center", "figure", "dl", "dt", "dd", "hr"}
        | {"h1", "h2", "h3", "h4", "h5", "h6"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._break()
            self._depth += 1
        elif tag == "br":
            self._new_line()
        elif tag in self._BLOCKS:
            self._break()
        elif tag in {"td", "th"} and self._line().strip():
            self._lines[-1] += " "
        if tag == "li":
            self._lines[-1] += "- "

    def handle_endtag(self, tag: str) -> None:
        if tag in self._BLOCKS:
            self._break()
        if tag == "p":
            self._new_line()
        if tag == "blockquote":
            self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        text = re.sub(r"[ \t\r\n\f]+", " ", data)
        if not self._line().strip():
            text = text.lstrip(" ")
        if text and not self._lines[-1]:
            self._lines[-1] = "> " * min(self._depth, 5)
        self._lines[-1] += text

    def text(self) -> str:
        lines = [line.replace("\xa0", " ").rstrip() for line in self._lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def _line(self) -> str:
        return self._lines[-1].lstrip("> ")

    def _new_line(self) -> None:
        self._lines.append("")

    def _break(self) -> None:
        if self._lines[-1].strip():
            self._new_line()
