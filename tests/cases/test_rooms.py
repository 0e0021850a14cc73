"""Cases in other rooms: segments, the palette, settings, merging."""

from __future__ import annotations

import pytest

from cases import services
from cases.models import Case, CaseMessage, CaseSettings
from contacts import criteria, merging
from contacts.criteria import Scope
from contacts.models import Contact
from contacts.services import create_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member


def fits(contact: Contact, key: str, operator: str, value: object = None) -> bool:
    asked = criteria.get(key).compile(operator, value, Scope.current())
    return Contact.objects.filter(asked, pk=contact.pk).exists()


def test_segments_ask_how_cases_stand(acme: Tenant, alice: Member, case: Case, rita: Contact) -> None:
    with tenant_context(acme):
        quiet = create_contact(by=None, name="Quiet")
        assert fits(rita, "case_open", "yes")
        assert fits(quiet, "case_open", "no")
        assert fits(rita, "case_state", "any_of", ["new"])
        assert fits(rita, "case_priority", "none_of", [4])
        services.solve_case(case=case, by=alice.user)
        assert not fits(rita, "case_open", "yes")
        assert fits(rita, "case_state", "any_of", ["solved"])
        assert "1001" in criteria.get("case_state").explain(rita, "any_of", ["solved"], Scope.current())
        assert fits(rita, "event:case.opened", "ever")


@pytest.mark.parametrize("words", ["chipped", "1001", "Rita"])
def test_the_palette_finds_cases(bob: Member, charlie: Member, case: Case, words: str) -> None:
    assert f"/cases/{case.pk}/" in bob.get("palette", query={"q": words}).content.decode()
    assert f"/cases/{case.pk}/" not in charlie.get("palette", query={"q": words}).content.decode()


def test_settings_are_kept_and_used(acme: Tenant, bob: Member, vera: Member) -> None:
    form = {"signature": "Your Acme", "reply_goal_hours": "4", "reopen_days": "7", "identity": ""}
    form["told_of_new"] = "managers"
    assert vera.get("case_settings").status_code == 403
    assert "support.acme@in.localhost" in bob.get("case_settings").content.decode()
    assert bob.post("case_settings", form=form).status_code == 302
    assert bob.post("case_settings", form={**form, "reply_goal_hours": "0"}).status_code == 422
    with tenant_context(acme):
        assert CaseSettings.objects.get().signature == "Your Acme"


@pytest.mark.parametrize("model", [Case, CaseMessage])
def test_merging_moves_cases_and_gives_them_back(acme: Tenant, case: Case, rita: Contact, model: type) -> None:
    with tenant_context(acme):
        other = create_contact(by=None, name="Rita R.")
        handler = next(each for each in merging.handlers() if each.model is model)
        assert handler.move is not None
        assert handler.undo is not None
        moved = handler.move(rita.pk, other.pk)
        assert model.objects.filter(contact=other).count() == 1
        handler.undo(moved, rita.pk)
        assert model.objects.filter(contact=rita).count() == 1
