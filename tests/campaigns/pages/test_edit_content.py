from __future__ import annotations

from typing import Any

import pytest

from campaigns.content.blocks import parse_blocks
from campaigns.models import Campaign, CampaignContent
from ecrm.audit.models import AuditEntry
from tests.campaigns.pages.forms import form_of, words
from tests.cast import Member


def test_words_come_back_as_they_were_written(alice: Member, draft: Campaign) -> None:
    form = form_of(draft, subject="New", b1__text="Hello", b2__html="**Now**\n\n- one\n- two")
    response = alice.post("edit_content", draft.pk, "en", form=form)
    assert response.status_code == 302
    content = words(draft)
    assert content.subject == "New"
    assert content.blocks[1]["html"] == "<p><strong>Now</strong></p><ul><li>one</li><li>two</li></ul>"
    page = alice.get("edit_content", draft.pk, "en").content.decode()
    assert "**Now**\n\n- one\n- two</textarea>" in page


def test_every_press_brings_the_writing_along(alice: Member, draft: Campaign) -> None:
    response = alice.post("edit_content", draft.pk, "en", form=form_of(draft, b1__text="Kept", do="down:b1"))
    blocks = words(draft).blocks
    assert [block["id"] for block in blocks] == ["b2", "b1", "b3"]
    assert blocks[1]["text"] == "Kept"
    assert response.url.endswith("?open=b1#block-b1")


def test_with_htmx_the_part_comes_back_and_an_autosave_leaves_the_fields_alone(alice: Member, draft: Campaign) -> None:
    part = alice.post("edit_content", draft.pk, "en", form=form_of(draft, do="add:image"), htmx=True)
    assert part.status_code == 200
    assert 'id="editor-form"' in part.content.decode()
    assert "<html" not in part.content.decode()
    form = form_of(draft, do="autosave", subject="While typing")
    saved = alice.post("edit_content", draft.pk, "en", form=form, htmx=True).content.decode()
    assert words(draft).subject == "While typing"
    assert 'id="editor-form"' not in saved
    assert f'name="version" value="{form["version"] + 1}"' in saved


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("b1__text", "Hi {{ contact.given_nam }}", "Did you mean “contact.given_name”?"),
        ("b1__text", "Hi {{ contact.given_name", "not written correctly"),
        ("b3__url", "javascript:alert(1)", "A link starts with https://"),
        ("b2__html", "[here](ftp://files.example)", "This link has no address."),
        ("b1__condition", "contact.town == 'Porto'", "There is no field “contact.town”"),
    ],
)
def test_a_mistake_is_said_at_its_block_and_kept_for_correction(
    alice: Member, draft: Campaign, field: str, typed: str, said: str
) -> None:
    alice.post("edit_content", draft.pk, "en", form=form_of(draft, **{field: typed}))
    page = alice.get("edit_content", draft.pk, "en").content.decode()
    slot = page.split(f'id="id_{field.replace("__", "-")}_slot"')[1].split("</div>")[0]
    assert said in slot
    assert "Blocks sending" in page


def test_an_image_without_words_is_not_ready(alice: Member, draft: Campaign) -> None:
    alice.post("edit_content", draft.pk, "en", form=form_of(draft, do="add:image"))
    added = words(draft).blocks[-1]["id"]
    page = alice.get("edit_content", draft.pk, "en").content.decode()
    assert 'class="error"' not in page.split(f'id="id_{added}-alt_slot"')[1].split("</div>")[0], "not begun yet"
    src = {f"{added}__src": "https://shop.example/a.jpg"}
    alice.post("edit_content", draft.pk, "en", form=form_of(draft, **src))
    page = alice.get("edit_content", draft.pk, "en").content.decode()
    assert "Describe the image" in page.split(f'id="id_{added}-alt_slot"')[1].split("</div>")[0]


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: all@example.com", "x" * 201])
def test_a_subject_that_cannot_be_one_is_refused_and_nothing_is_saved(
    alice: Member, draft: Campaign, subject: str
) -> None:
    response = alice.post("edit_content", draft.pk, "en", form=form_of(draft, subject=subject, b1__text="Changed"))
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode().split('id="id_subject_slot"')[1].split("</div>")[0]
    assert words(draft).subject == "Spring (en)"
    assert words(draft).blocks[0]["text"] != "Changed"


def test_a_form_that_was_tampered_with_loses_what_makes_no_sense(alice: Member, draft: Campaign) -> None:
    form = form_of(draft, do="explode:b1", b2__kind="script", b1__level="huge", b1__align="diagonal")
    form["order"] = ["b1", "b2", "b3", "../../etc", "b1"]
    assert alice.post("edit_content", draft.pk, "en", form=form).status_code == 302
    assert [block["id"] for block in words(draft).blocks] == ["b1", "b3"]
    assert alice.get("edit_content", draft.pk, "en").status_code == 200


def test_two_people_who_write_at_once_lose_nothing(alice: Member, mara: Member, draft: Campaign) -> None:
    form = form_of(draft)
    mara.post("edit_content", draft.pk, "en", form=form | {"subject": "Mara's"})
    late = alice.post("edit_content", draft.pk, "en", form=form | {"subject": "Alice's", "b1-text": "Alice's heading"})
    page = late.content.decode()
    assert late.status_code == 422
    assert words(draft).subject == "Mara's"
    assert "Mara" in page
    assert "Alice&#x27;s heading" in page
    assert "Save mine as a new campaign" in page


def test_a_block_that_could_not_be_saved_comes_back_open(alice: Member, mara: Member, draft: Campaign) -> None:
    form = form_of(draft, do="add:heading")
    refused = alice.post("edit_content", draft.pk, "en", form=form | {"subject": "x" * 201}, htmx=True)
    mara.post("edit_content", draft.pk, "en", form=form_of(draft, subject="Mara's"))
    late = alice.post("edit_content", draft.pk, "en", form=form | {"subject": "Alice's"}, htmx=True)

    for answer in (refused, late):
        last = answer.content.decode().split('name="order"')[-1]
        assert answer.status_code == 422
        assert '<details name="block" open>' in last


def test_the_later_version_can_replace_or_stand_beside(alice: Member, mara: Member, draft: Campaign) -> None:
    form = form_of(draft)
    mara.post("edit_content", draft.pk, "en", form=form | {"subject": "Mara's"})
    alice.post("edit_content", draft.pk, "en", form=form | {"subject": "Alice's", "do": "as_copy"})
    copied = Campaign.objects.latest("id")
    assert (words(draft).subject, words(copied).subject) == ("Mara's", "Alice's")
    draft.refresh_from_db()
    seen = draft.content_version
    alice.post("edit_content", draft.pk, "en", form=form | {"subject": "Alice's", "do": f"overwrite:{seen}"})
    assert words(draft).subject == "Alice's"
    third = alice.post("edit_content", draft.pk, "en", form=form | {"subject": "Again", "do": f"overwrite:{seen}"})
    assert third.status_code == 422, "what was saved since was not seen"


def test_a_sitting_is_audited_once(alice: Member, draft: Campaign) -> None:
    for subject in ("a", "b", "c"):
        alice.post("edit_content", draft.pk, "en", form=form_of(draft, subject=subject))
    assert AuditEntry.objects.filter(action="campaign.written", subject_id=draft.pk).count() == 1


def test_what_has_been_sent_keeps_its_words(alice: Member, draft: Campaign) -> None:
    form = form_of(draft, subject="Too late")
    Campaign.objects.filter(pk=draft.pk).update(state="sending", started_at="2026-01-01T00:00Z")
    assert alice.post("edit_content", draft.pk, "en", form=form).url == alice.url("campaign", draft.pk)
    assert words(draft).subject == "Spring (en)"


def test_another_language_begins_with_the_words_of_one(alice: Member, draft: Campaign) -> None:
    begin = alice.get("edit_content", draft.pk, "pt").content.decode()
    assert "Start from English" in begin
    assert not CampaignContent.objects.filter(language="pt").exists(), "looking changes nothing"
    for _second_click in range(2):
        alice.post("copy_content", draft.pk, "pt", form={"source": "en"})
    assert parse_blocks(words(draft, "pt").blocks) == parse_blocks(words(draft, "en").blocks)
    alice.post("remove_content", draft.pk, "pt")
    assert [each.language for each in draft.contents.all()] == ["en"]
    alice.post("remove_content", draft.pk, "en")
    assert [each.language for each in draft.contents.all()] == ["en"], "the last one stays"


def test_a_language_nobody_here_writes_in_is_not_found(alice: Member, draft: Campaign) -> None:
    assert alice.get("edit_content", draft.pk, "xx").status_code == 404
    assert alice.post("copy_content", draft.pk, "fr", form={"source": "en"}).status_code == 302
    assert not CampaignContent.objects.filter(language="fr").exists()


def test_readers_see_the_message_without_the_editor(vera: Member, draft: Any) -> None:
    assert vera.get("campaign_content", draft.pk).url == vera.url("read_message", draft.pk, "en")
    assert vera.get("edit_content", draft.pk, "en").status_code == 403
    assert "editor-form" not in vera.get("read_message", draft.pk, "en").content.decode()
