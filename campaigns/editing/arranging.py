"""What a person does with the list of blocks: adds, moves, copies, removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from campaigns.content.blocks import KINDS, Block

ADD, UP, DOWN, COPY, REMOVE = "add", "up", "down", "copy", "remove"
ACTS = frozenset({ADD, UP, DOWN, COPY, REMOVE})


@dataclass(frozen=True, slots=True)
class Arrangement:
    """``open_id`` is the block to go on with."""

    blocks: tuple[Block, ...]
    open_id: str = ""


def arrange(blocks: Sequence[Block], act: str, subject: str) -> Arrangement:
    """``subject`` is the kind to add, else the id of the block concerned. What cannot be done changes nothing."""
    listed = list(blocks)
    if act == ADD:
        return _with(listed, subject)
    place = next((i for i, block in enumerate(listed) if block.id == subject), None)
    if place is None or act not in ACTS:
        return Arrangement(tuple(listed))
    if act == COPY:
        copied = replace(listed[place], id=free_id(listed))
        listed.insert(place + 1, copied)
        return Arrangement(tuple(listed), copied.id)
    block = listed.pop(place)
    if act == REMOVE:
        return Arrangement(tuple(listed), listed[min(place, len(listed) - 1)].id if listed else "")
    listed.insert(max(place - 1, 0) if act == UP else place + 1, block)
    return Arrangement(tuple(listed), block.id)


def free_id(blocks: Sequence[Block]) -> str:
    """Above every number in use, so that an id never comes back while a page shows it."""
    numbers = [int(block.id[1:]) for block in blocks if block.id[:1] == "b" and block.id[1:].isdecimal()]
    return f"b{max(numbers, default=0) + 1}"


def _with(blocks: list[Block], kind: str) -> Arrangement:
    if kind not in KINDS:
        return Arrangement(tuple(blocks))
    added = KINDS[kind](id=free_id(blocks))
    return Arrangement((*blocks, added), added.id)
