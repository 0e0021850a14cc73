from __future__ import annotations

from campaigns.content.blocks import parse_blocks
from campaigns.editing.arranging import arrange

BLOCKS = parse_blocks([{"kind": "heading", "id": "b1", "text": "One"}, {"kind": "divider", "id": "b2"}])


def ids(act: str, subject: str) -> list[str]:
    return [block.id for block in arrange(BLOCKS, act, subject).blocks]


def test_blocks_move_and_stop_at_the_ends() -> None:
    assert ids("up", "b2") == ["b2", "b1"]
    assert ids("down", "b1") == ["b2", "b1"]
    assert ids("up", "b1") == ids("down", "b2") == ["b1", "b2"]


def test_a_new_block_has_an_id_of_its_own_and_is_the_one_to_go_on_with() -> None:
    arranged = arrange(BLOCKS, "add", "text")
    assert [block.kind for block in arranged.blocks] == ["heading", "divider", "text"]
    assert arranged.open_id == arranged.blocks[-1].id == "b3"


def test_a_copy_stands_behind_its_original() -> None:
    arranged = arrange(BLOCKS, "copy", "b1")
    assert [block.kind for block in arranged.blocks] == ["heading", "heading", "divider"]
    assert arranged.blocks[1].id not in {"b1", "b2"}


def test_removing_leads_to_the_next_block() -> None:
    arranged = arrange(BLOCKS, "remove", "b1")
    assert [block.id for block in arranged.blocks] == ["b2"]
    assert arranged.open_id == "b2"
    assert arrange(arranged.blocks, "remove", "b2").open_id == ""


def test_what_makes_no_sense_changes_nothing() -> None:
    assert ids("add", "marquee") == ids("up", "b9") == ids("explode", "b1") == ["b1", "b2"]
