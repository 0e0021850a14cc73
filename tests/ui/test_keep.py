"""Pieces of the shell are drawn once for all who may do the same, and show nothing of anybody."""

from __future__ import annotations

import re

from django.template import Context, Engine

from ecrm.tenancy.models import Tenant
from tests.cast import Member


def test_a_kept_piece_sees_only_what_it_is_kept_by() -> None:
    template = Engine.get_default().from_string(
        "{% keep shown %}{{ shown }}/{{ name }}/{{ request.user.email }}/{% csrf_token %}{% endkeep %}"
    )

    first = template.render(Context({"shown": "yes", "name": "Alice", "csrf_token": "one"}))
    second = template.render(Context({"shown": "yes", "name": "Bob", "csrf_token": "two"}))

    assert first.startswith("yes///")
    assert 'value="one"' in first
    assert second == first.replace("one", "two")


def test_each_role_and_each_workspace_has_its_own_menus(
    alice: Member, vera: Member, charlie: Member, acme: Tenant, globex: Tenant
) -> None:
    pages = {member: member.get("contact_list").content.decode() for member in (alice, vera, charlie)}

    assert alice.url("members") in pages[alice]
    assert vera.url("members") not in pages[vera]
    assert f"/{globex.slug}/" not in pages[alice]
    assert f"/{acme.slug}/" not in pages[charlie]


def test_forms_inside_carry_the_token_of_the_request(alice: Member, vera: Member) -> None:
    tokens = {}
    for member in (alice, vera):
        page = member.get("contact_list").content.decode()
        form = page.split("data-theme-form")[1].split("</form>")[0]
        tokens[member] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)

    assert all(len(found) == 1 and len(found[0]) == 64 for found in tokens.values())
    assert tokens[alice] != tokens[vera]
