from __future__ import annotations

from typing import Any

from campaigns.models import Campaign
from campaigns.sending import services
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Role
from tests.campaigns.pages.forms import form_of
from tests.campaigns.sending import world
from tests.cast import Member, join, make_user


def preview(member: Member, campaign: Campaign, **query: Any) -> Any:
    return member.get("message_preview", campaign.pk, "en", query=query)


def test_it_is_what_is_sent_to_that_person(alice: Member, draft: Campaign, in_acme: Any) -> None:
    ana = world.person("ana@example.com", given_name="Ana", city="Porto")
    shown = preview(alice, draft, **{"as": ana.pk})
    expected = services.preview(draft, contact=ana)
    assert shown.content.decode() == expected.html
    assert preview(alice, draft, **{"as": ana.pk, "part": "text"}).content.decode() == expected.text
    assert "Hello Ana" in expected.html


def test_it_stands_in_a_frame_of_ours_where_nothing_can_act(alice: Member, draft: Campaign) -> None:
    response = preview(alice, draft)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    page = alice.get("edit_content", draft.pk, "en")
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_dark_is_what_a_dark_mail_program_shows(alice: Member, draft: Campaign) -> None:
    assert "@media (prefers-color-scheme: dark)" in preview(alice, draft).content.decode()
    dark = preview(alice, draft, scheme="dark").content.decode()
    assert "@media all" in dark
    assert "prefers-color-scheme" not in dark


def test_nobody_in_particular_gets_the_words_for_empty_fields(alice: Member, draft: Campaign, in_acme: Any) -> None:
    world.person("ana@example.com", given_name="Ana")
    assert "Hello friend" in preview(alice, draft, **{"as": "nobody"}).content.decode()


def test_a_block_with_a_mistake_is_left_out_until_it_is_corrected(alice: Member, draft: Campaign) -> None:
    alice.post("edit_content", draft.pk, "en", form=form_of(draft, b1__text="{{ contact.shoe_size }}"))
    shown = preview(alice, draft)
    assert shown.status_code == 200
    assert "Spring is here" in shown.content.decode()
    assert "1 block is not shown" in alice.get("edit_content", draft.pk, "en").content.decode()


def test_people_are_found_by_name_and_only_those_one_may_see(alice: Member, acme: Any, draft: Campaign) -> None:
    ana = world.person("ana@example.com", given_name="Ana", owner=alice.user)
    sam = join(make_user("Sam"), acme, Role.SALES)
    assert Membership.objects.get(user=sam.user).sight < Membership.objects.get(user=alice.user).sight
    found = alice.get("choose_reader", draft.pk, "en", query={"q": "ana"}, htmx=True).content.decode()
    assert f"?as={ana.pk}" in found
    hidden = sam.get("choose_reader", draft.pk, "en", query={"q": "ana"}, htmx=True).content.decode()
    assert f"?as={ana.pk}" not in hidden
    assert "Hello Ana" not in preview(sam, draft, **{"as": ana.pk}).content.decode()
