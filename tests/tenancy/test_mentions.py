"""Members named with @: what is offered names one of them and nobody else, and is understood where it stands."""

from __future__ import annotations

import pytest

from ecrm.tenancy import mentions
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member, join


def member(tenant: Tenant, name: str, email: str) -> User:
    user = User.objects.create_user(email, "correct horse battery", name=name)
    join(user, tenant, "support")
    return user


@pytest.fixture
def alike(alice: Member, in_acme: Tenant) -> dict[str, User]:
    """Two of one name, of whom each can be meant; two more share what their address begins with as well."""
    people = {
        "one": ("Bea Lopes", "bea.lopes@acme.example"),
        "other": ("Bea Lopes", "beatriz@acme.example"),
        "twin": ("Kim", "kim@acme.example"),
        "far twin": ("Kim", "kim@home.example"),
        "junior": ("Rui Costa Jr.", "rui@acme.example"),
        "quoted": ('Ana "Nana" Dias', "ana.dias@acme.example"),
        "nameless": ("", "desk@acme.example"),
        "polish": ("Łucja", "lucja@acme.example"),
    }
    return {key: member(in_acme, name, email) for key, (name, email) in people.items()}


def test_each_handle_means_its_member_alone(alike: dict[str, User]) -> None:
    handles = dict(mentions.handles())
    assert set(alike.values()) < set(handles)
    for user, handle in handles.items():
        assert mentions.of(f"({handle}, please look. {handle}") == [user], handle


def test_a_handle_is_the_name_where_that_is_ones_own(alike: dict[str, User]) -> None:
    handles = {user.email: handle for user, handle in mentions.handles()}
    assert handles["alice@example.com"] == "@Alice"
    assert handles["lucja@acme.example"] == "@Łucja"
    assert handles["rui@acme.example"] == '@"Rui Costa Jr."'
    assert handles["bea.lopes@acme.example"] == "@bea.lopes"
    assert handles["beatriz@acme.example"] == "@beatriz"
    assert handles["kim@home.example"] == '@"kim@home.example"'
    assert handles["desk@acme.example"] == "@desk"


def test_a_name_of_two_still_means_both(alike: dict[str, User]) -> None:
    assert set(mentions.of('@"Bea Lopes", who can?')) == {alike["one"], alike["other"]}


def test_colleagues_are_found_by_what_is_typed(
    alice: Member, bob: Member, vera: Member, outsider: Member, charlie: Member, alike: dict[str, User]
) -> None:
    both = alice.get("named_members", query={"q": "bea lo"}).content.decode()
    assert both.count('role="option"') == 2
    assert "bea.lopes@acme.example" in both
    assert "beatriz@acme.example" in both
    assert 'data-handle="@Łucja"' in alice.get("named_members", query={"q": "luc"}).content.decode()
    assert "Alice" not in alice.get("named_members", query={"q": "alice"}).content.decode(), "nobody tells themselves"
    assert "option" not in alice.get("named_members", query={"q": "zzz"}).content.decode()
    assert "Alice" in vera.get("named_members").content.decode()
    assert outsider.get("named_members").status_code == 404
    assert "Bea" not in charlie.get("named_members", query={"q": "bea"}).content.decode()
