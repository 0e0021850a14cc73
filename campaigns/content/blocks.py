"""The blocks of a message, their JSON form, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from campaigns.content import links, rich_text
from campaigns.content.problems import ContentError, Problem
from contacts.texts.merge_fields import FieldKind, Fields, registered
from contacts.texts.template_language import paths_in, problems_in, read_token, unescaped

ALIGNMENTS = ("left", "center", "right")
MOST_BLOCKS = 100
LONGEST_TEXT = 20_000
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Block:
    """`condition` is a Liquid condition (`contact.city == "Porto"`): who lacks it gets no block."""

    kind: ClassVar[str]

    id: str
    condition: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Heading(Block):
    kind: ClassVar[str] = "heading"

    text: str = ""
    level: int = 1
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Text(Block):
    """`html` is what `rich_text` allows; anything else is dropped when it is compiled."""

    kind: ClassVar[str] = "text"

    html: str = ""
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Button(Block):
    kind: ClassVar[str] = "button"

    label: str = ""
    url: str = ""
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Image(Block):
    """`width` in CSS pixels, 0 for as wide as the message."""

    kind: ClassVar[str] = "image"

    src: str = ""
    alt: str = ""
    url: str = ""
    width: int = 0


@dataclass(frozen=True, slots=True)
class Divider(Block):
    kind: ClassVar[str] = "divider"


KINDS: dict[str, type[Block]] = {kind.kind: kind for kind in (Heading, Text, Button, Image, Divider)}


@dataclass(frozen=True, slots=True)
class Content:
    """What one message says in one language. `preheader` is what inboxes show after the subject."""

    subject: str
    blocks: tuple[Block, ...]
    preheader: str = ""

    @classmethod
    def from_json(cls, subject: str, blocks: object, preheader: str = "") -> Content:
        """Raises `ContentError` for a shape that is not ours; wording is judged by `problems`."""
        return cls(subject, parse_blocks(blocks), preheader)

    def blocks_json(self) -> list[dict[str, Any]]:
        return [block.to_json() for block in self.blocks]


def parse_blocks(listed: object) -> tuple[Block, ...]:
    """Blocks from their JSON form. Unknown kinds, keys and types are errors, never ignored."""
    if not isinstance(listed, list) or len(listed) > MOST_BLOCKS:
        raise ContentError([Problem("", "blocks", _("The blocks of this message cannot be read."))])
    blocks: list[Block] = []
    found: list[Problem] = []
    for position, entry in enumerate(listed):
        try:
            blocks.append(_parse_block(entry, position))
        except ContentError as error:
            found += error.problems
    if found:
        raise ContentError(found)
    return tuple(blocks)


def problems(content: Content, merge_fields: Fields | None = None) -> list[Problem]:
    """Everything that keeps the content from being sent, each at its block and field."""
    known = registered() if merge_fields is None else merge_fields
    found = [*_subject_problems(content, known)]
    for block in content.blocks:
        found += _PROBLEMS[block.kind](block, known)
        found += _condition_problems(block, known)
    if not content.blocks:
        found.append(Problem("", "blocks", _("The message has no blocks yet.")))
    return found


def liquid_sources(content: Content) -> Iterator[tuple[str, str, str]]:
    """(block id, field, text) of every text that may hold Liquid, conditions left out."""
    yield "", "subject", content.subject
    yield "", "preheader", content.preheader
    for block in content.blocks:
        for name in ("text", "html", "label", "url", "src", "alt"):
            if text := getattr(block, name, ""):
                yield block.id, name, unescaped(text) if name == "html" else text


def addresses(content: Content) -> Iterator[tuple[str, str, str]]:
    """(block id, field, address) of every link and image."""
    for block in content.blocks:
        for name in ("url", "src"):
            if address := getattr(block, name, ""):
                yield block.id, name, address
        if isinstance(block, Text):
            for address in rich_text.link_addresses(block.html):
                yield block.id, "html", address


def _parse_block(entry: object, position: int) -> Block:
    if not isinstance(entry, Mapping) or entry.get("kind") not in KINDS:
        raise ContentError(
            [Problem("", "blocks", _("Block %(number)d is of no known kind.") % {"number": position + 1})]
        )
    kind = KINDS[entry["kind"]]
    block_id = str(entry.get("id") or f"b{position + 1}")
    given = {name: value for name, value in entry.items() if name not in {"kind", "id"}}
    allowed = {field.name: field for field in fields(kind)}
    wrong = [
        name for name, value in given.items() if name not in allowed or type(value) is not type(allowed[name].default)
    ]
    if wrong:
        message = _("This block cannot be read: %(names)s.") % {"names": ", ".join(map(str, wrong))}
        raise ContentError([Problem(block_id, str(wrong[0]), message)])
    return kind(id=block_id, **given)


def _subject_problems(content: Content, known: Fields) -> Iterator[Problem]:
    if not content.subject.strip():
        yield Problem("", "subject", _("Write a subject."))
    if len(content.subject) > LONGEST_SUBJECT:
        yield Problem("", "subject", _("The subject is too long."))
    for name, text in (("subject", content.subject), ("preheader", content.preheader)):
        yield from _text_problems("", name, text, known)
        if any(character in text for character in "\r\n"):
            yield Problem("", name, _("This has to be a single line."))


def _heading_problems(block: Heading, known: Fields) -> Iterator[Problem]:
    yield from _required(block, "text", block.text, _("Write the heading."))
    yield from _text_problems(block.id, "text", block.text, known)
    yield from _alignment_problems(block, block.align)
    if block.level not in {1, 2, 3}:
        yield Problem(block.id, "level", _("A heading has level 1, 2 or 3."))


def _rich_problems(block: Text, known: Fields) -> Iterator[Problem]:
    yield from _required(block, "html", rich_text.as_text(rich_text.sanitised(block.html)), _("Write the text."))
    yield from _text_problems(block.id, "html", unescaped(block.html), known)
    yield from _alignment_problems(block, block.align)
    for address in rich_text.link_addresses(block.html):
        yield from _address_problems(block.id, "html", address, known)


def _button_problems(block: Button, known: Fields) -> Iterator[Problem]:
    yield from _required(block, "label", block.label, _("Say what the button does."))
    yield from _text_problems(block.id, "label", block.label, known)
    yield from _address_problems(block.id, "url", block.url, known)
    yield from _alignment_problems(block, block.align)


def _image_problems(block: Image, known: Fields) -> Iterator[Problem]:
    yield from _required(
        block, "alt", block.alt, _("Describe the image for those who do not see it, or whose mail program hides it.")
    )
    yield from _text_problems(block.id, "alt", block.alt, known)
    yield from _address_problems(block.id, "src", block.src, known, is_image=True)
    if block.url:
        yield from _address_problems(block.id, "url", block.url, known)
    if not 0 <= block.width <= 600:
        yield Problem(block.id, "width", _("An image is at most 600 pixels wide."))


def _no_problems(block: Block, known: Fields) -> Iterator[Problem]:
    return iter(())


def _condition_problems(block: Block, known: Fields) -> Iterator[Problem]:
    if not block.condition:
        return
    if "%}" in block.condition or "{%" in block.condition or "{{" in block.condition:
        yield Problem(block.id, "condition", _("Write the condition alone, without braces."))
        return
    for message in problems_in(condition_tag(block) + "{% endif %}", known):
        yield Problem(block.id, "condition", message)


def condition_tag(block: Block) -> str:
    return f"{{% if {block.condition} %}}"


def _text_problems(block_id: str, name: str, text: str, known: Fields) -> Iterator[Problem]:
    if len(text) > LONGEST_TEXT:
        yield Problem(block_id, name, _("This text is too long."))
        return
    for message in problems_in(text, known):
        yield Problem(block_id, name, message)


def _address_problems(
    block_id: str, name: str, address: str, known: Fields, *, is_image: bool = False
) -> Iterator[Problem]:
    if "{%" in address:
        yield Problem(block_id, name, _("A condition cannot be part of an address. Use two blocks."))
        return
    if liquid := problems_in(address, known):
        yield from (Problem(block_id, name, message) for message in liquid)
        return
    stripped = address.strip()
    if stripped.startswith("{{"):
        if not _is_whole_address(stripped, known):
            yield Problem(block_id, name, _("An address can only start with a field that is itself a link."))
        return
    if message := links.problem_with(_without_tags(stripped)):
        yield Problem(block_id, name, message)
    elif is_image and not links.is_countable(stripped):
        yield Problem(block_id, name, _("An image needs an address that starts with https://."))


def _is_whole_address(address: str, known: Fields) -> bool:
    if not address.endswith("}}") or address.count("{{") != 1:
        return False
    names = paths_in(address)
    path = read_token(address).path
    return names == (path,) and known[path].kind is FieldKind.ADDRESS


def _without_tags(address: str) -> str:
    head, *rest = address.split("{{")
    return head + "".join("x" + part.partition("}}")[2] for part in rest)


def _alignment_problems(block: Block, align: str) -> Iterator[Problem]:
    if align not in ALIGNMENTS:
        yield Problem(block.id, "align", _("Align left, centre or right."))


def _required(block: Block, name: str, text: str, message: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(block.id, name, message)


_PROBLEMS: dict[str, Callable[[Any, Fields], Iterator[Problem]]] = {
    "heading": _heading_problems,
    "text": _rich_problems,
    "button": _button_problems,
    "image": _image_problems,
    "divider": _no_problems,
}
