"""Blocks as MJML and as plain words, Liquid already hidden behind markers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from campaigns.content import links, rich_text
from campaigns.content.blocks import Block, Button, Divider, Heading, Image, Text, condition_tag
from campaigns.content.brand import Brand
from campaigns.content.links import LinkRegistry
from contacts.texts.template_language import Context, Tokens, unescaped

LINK_COLOUR = "#15616d"
HEADING_SIZES = {1: "28px", 2: "22px", 3: "18px"}

# Colours of the message itself; the dark ones are for mail programs that ask.
_STYLE = """
a { color: LINK; }
img { font-family: Helvetica, Arial, sans-serif; }
h1, h2, h3, p, ul, ol { margin: 0 0 12px; }
@media (prefers-color-scheme: dark) {
  body, .page, .page > table { background: #16181a !important; }
  .card, .card > table { background: #1f2326 !important; }
  .words div, .words h1, .words h2, .words h3, .words p, .words li { color: #eceae4 !important; }
  .words a { color: #9fd0d8 !important; }
  .fine div, .fine p { color: #a9adb0 !important; }
  .fine a { color: #c9cdd0 !important; }
}
"""


class Tracking(IntFlag):
    """What of a message is led through us. Decided per person: compile once for each kind."""

    NONE = 0
    CLICKS = 1
    OPENS = 2


@dataclass(slots=True)
class Writer:
    """Turns blocks into both bodies, side by side, so that they cannot say different things."""

    tokens: Tokens
    brand: Brand
    registry: LinkRegistry
    tracking: Tracking
    mjml: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def write(self, block: Block) -> None:
        """Append a block to both bodies, inside its condition if it has one."""
        opening = self.tokens.control(condition_tag(block)) if block.condition else ""
        closing = self.tokens.control("{% endif %}") if block.condition else ""
        markup, words = self._bodies(block)
        self.mjml.append(f"{opening}{markup}{closing}")
        self.words.append(f"{opening}{words}\n\n{closing}")

    def _bodies(self, block: Block) -> tuple[str, str]:
        match block:
            case Heading():
                return self._heading(block)
            case Text():
                return self._text(block)
            case Button():
                return self._button(block)
            case Image():
                return self._image(block)
            case Divider():
                return '<mj-divider border-width="1px" border-color="#d9d5cc" padding="12px 24px" />', "-" * 40
        raise AssertionError(block)

    def _heading(self, block: Heading) -> tuple[str, str]:
        words = self.tokens.hide(block.text)
        size = HEADING_SIZES[block.level]
        tag = f"h{block.level}"
        markup = _mj_text(f"<{tag} style={_q(_heading_style(size))}>{escape(words)}</{tag}>", block.align)
        return markup, words

    def _text(self, block: Text) -> tuple[str, str]:
        clean = rich_text.sanitised(self.tokens.hide(unescaped(block.html)))
        clean = rich_text.map_links(clean, lambda address: self._link(self._restore(address)))
        words = rich_text.as_text(clean)
        markup = self.tokens.replace(clean, lambda token, marker: f"<!-- {marker} -->" if token.is_control else marker)
        return _mj_text(markup, block.align), words

    def _button(self, block: Button) -> tuple[str, str]:
        label, address = self.tokens.hide(block.label), self._link(block.url, block.label)
        markup = (
            f"<mj-button href={_q(address)} align={_q(block.align)} css-class={_q('button')}"
            f" background-color={_q(self.brand.colour)} color={_q(self.brand.on_colour)}>{escape(label)}</mj-button>"
        )
        return markup, f"{label}: {address}"

    def _image(self, block: Image) -> tuple[str, str]:
        alt, source = self.tokens.hide(block.alt), self._address(block.src)
        href = f" href={_q(self._link(block.url, block.alt))}" if block.url else ""
        width = f" width={_q(f'{block.width}px')}" if block.width else ""
        markup = f"<mj-image src={_q(source)} alt={_q(alt)}{href}{width} />"
        return markup, f"[{alt}]" + (f" {self._link(block.url)}" if block.url else "")

    # Addresses

    def _link(self, address: str, label: str = "") -> str:
        """A link's address as it goes out: counted, personal or as it is."""
        address = address.strip()
        is_counted = self.tracking & Tracking.CLICKS and links.is_countable(address) and "{{" not in address
        if not is_counted:
            return self._address(address)
        position = self.registry.position(links.ascii_url(address), label)
        return f"{self.tokens.output('click_base', Context.ADDRESS)}/{position}"

    def _address(self, address: str) -> str:
        """An address with its merge fields hidden: a whole one, or parts of its query."""
        address = address.strip()
        if address.startswith("{{"):
            return self.tokens.hide(address, Context.ADDRESS)
        return links.ascii_url(self.tokens.hide(address, Context.QUERY))

    def _restore(self, address: str) -> str:
        """An address out of a rich text as its author wrote it."""
        return self.tokens.replace(address, lambda token, _marker: token.source)


def mjml_document(writer: Writer, *, language: str, subject: str, preheader: str, footer: tuple[str, str]) -> str:
    """The whole message as MJML. A font is always set: without one a remote font is linked."""
    brand = writer.brand
    style = _STYLE.replace("LINK", LINK_COLOUR)
    return f"""<mjml lang={_q(language)} dir="ltr"><mj-head>
<mj-title>{escape(subject)}</mj-title><mj-preview>{escape(preheader)}</mj-preview>
<mj-raw><meta name="color-scheme" content="light dark" />
<meta name="supported-color-schemes" content="light dark" /></mj-raw>
<mj-attributes><mj-all font-family={_q(brand.font)} />
<mj-text font-size="16px" line-height="1.55" color="#1d2326" padding="8px 24px" />
<mj-button font-size="16px" font-weight="600" inner-padding="13px 24px" border-radius="6px" padding="12px 24px" />
<mj-image padding="8px 24px" /></mj-attributes>
<mj-style>{style}</mj-style></mj-head>
<mj-body background-color="#f4f2ed" css-class="page" width="600px">
<mj-section css-class="card" background-color="#ffffff" padding="24px 0 16px"><mj-column>
{"".join(writer.mjml)}
</mj-column></mj-section>
<mj-section padding="16px 0 32px"><mj-column>
<mj-text css-class="fine" font-size="13px" line-height="1.6" color="#5c6266" align="center">{footer[0]}</mj-text>
</mj-column></mj-section></mj-body></mjml>"""


def plain_document(writer: Writer, *, footer: tuple[str, str]) -> str:
    return "".join(writer.words) + "-- \n" + footer[1] + "\n"


def footer(writer: Writer) -> tuple[str, str]:
    """The end of every message, in markup and in words: why, who and where, and the way out."""
    brand, tokens = writer.brand, writer.tokens
    lines = [line.strip() for line in brand.postal_address.splitlines() if line.strip()]
    unsubscribe = tokens.output("unsubscribe_url", Context.ADDRESS)
    preferences = tokens.output("preferences_url", Context.ADDRESS)
    reason = f"<p>{escape(brand.reason)}</p>" if brand.reason else ""
    markup = (
        f"{reason}<p>{escape(brand.name)}<br />{'<br />'.join(map(escape, lines))}</p>"
        f"<p><a href={_q(unsubscribe)}>{escape(_('Unsubscribe'))}</a> · "
        f"<a href={_q(preferences)}>{escape(_('Your preferences'))}</a></p>"
    )
    words = [brand.reason] if brand.reason else []
    words += [brand.name, *lines, "", f"{_('Unsubscribe')}: {unsubscribe}", f"{_('Your preferences')}: {preferences}"]
    return markup, "\n".join(words)


def _mj_text(markup: str, align: str) -> str:
    return f'<mj-text css-class="words" align={_q(align)}>{markup}</mj-text>'


def _heading_style(size: str) -> str:
    return f"font-size:{size};line-height:1.25;font-weight:600;margin:0"


def _q(value: Any) -> str:
    return f'"{escape(str(value))}"'
