"""What came back from the editor's form: the words, the blocks in their order, and the wish."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from django.http import QueryDict

from campaigns.content.blocks import KINDS, MOST_BLOCKS, Block
from campaigns.editing.marked_text import to_html

_ID = re.compile(r"[a-z][a-z0-9]{0,15}")
_KIND = "kind"


@dataclass(frozen=True, slots=True)
class Draft:
    """``version`` is the content version the form was made from, None for one that says nonsense."""

    subject: str
    preheader: str
    blocks: tuple[Block, ...]
    version: int | None
    act: str
    act_on: str

    @property
    def blocks_json(self) -> list[dict[str, Any]]:
        return [block.to_json() for block in self.blocks]


def read(posted: QueryDict) -> Draft:
    """Never raises: a form that was tampered with loses what makes no sense.

    ``do`` is ``act:subject``, as in ``up:b3`` or ``add:text``; empty just saves.
    """
    ids = [each for each in dict.fromkeys(posted.getlist("order")) if _ID.fullmatch(each)][:MOST_BLOCKS]
    blocks = tuple(block for block_id in ids if (block := _block(posted, block_id)))
    act, _colon, act_on = posted.get("do", "").partition(":")
    version = posted.get("version", "")
    return Draft(
        subject=posted.get("subject", ""),
        preheader=posted.get("preheader", ""),
        blocks=blocks,
        version=int(version[:9]) if version.isdecimal() else None,
        act=act,
        act_on=act_on,
    )


def _block(posted: QueryDict, block_id: str) -> Block | None:
    kind = KINDS.get(posted.get(f"{block_id}-{_KIND}", ""))
    if kind is None:
        return None
    names = [field for field in fields(kind) if field.name != "id"]
    values = {field.name: _value(posted.get(f"{block_id}-{field.name}"), field.name, field.default) for field in names}
    return kind(id=block_id, **values)


def _value(text: str | None, name: str, default: Any) -> Any:
    if text is None:
        return default
    text = text.replace("\0", "")
    if isinstance(default, int):
        # What is no number is kept as one that is refused at its field.
        text = text.strip()
        return int(text[:6]) if text.isdecimal() else 0 if not text else -1
    return to_html(text) if name == "html" else text.strip()
