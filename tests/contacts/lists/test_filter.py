"""The page that writes a filter: conditions by name, and nothing that its reader may not know."""

from __future__ import annotations

import pytest

from contacts.fields import defining
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cast import Member
from tests.contacts.conftest import add


def test_a_condition_is_added_by_its_name(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", country="PT")

    page = alice.post("draft_filter", form={"find": "Job title", "do": "find:"}, htmx=True)

    assert [row.criterion for row in page.context["board"].rows] == ["job_title"]


def test_enter_in_that_field_adds_and_leads_nowhere(alice: Member, acme: Tenant) -> None:
    page = alice.post("apply_filter", form={"find": "Job title"})

    assert page.status_code == 200
    assert [row.criterion for row in page.context["board"].rows] == ["job_title"]


def test_what_nothing_asks_about_is_said(alice: Member, acme: Tenant) -> None:
    page = alice.post("draft_filter", form={"find": "shoelaces", "do": "find:"}, htmx=True)

    assert "Nothing asks about “shoelaces”" in page.content.decode()


def test_a_hidden_field_is_not_counted_for_whom_it_is_hidden_from(bob: Member, alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        defining.create(
            entity="contact", kind="text", label="Salary", key="salary", by=None, visible_to=[Role.MARKETER]
        )
    add(acme, name="Ana", custom_fields={"salary": "high"})
    add(acme, name="Rui", custom_fields={"salary": "low"})
    asked = {"c.0": "field:salary", "p.0": "field:salary", "o.0": "any_of", "v.0.value": "high"}

    told, not_told = (one.post("draft_filter", form=asked, htmx=True).context["board"] for one in (alice, bob))

    assert told.total == 1
    assert not_told.total == 2
    assert [row.criterion for row in not_told.rows] == [""]


def test_figures_are_of_whom_the_list_will_show(sam: Member, alice: Member, acme: Tenant) -> None:
    add(acme, name="Mine", country="PT", owner=sam.user)
    add(acme, name="Alices", country="PT", owner=alice.user)

    page = sam.get("filter_contacts", query={"country": "PT"})

    assert (page.context["board"].everybody, page.context["board"].total) == (1, 1)


@pytest.mark.parametrize("name", ["city", "contry", "Stage"])
def test_what_is_no_filter_in_an_address_is_said(alice: Member, acme: Tenant, name: str) -> None:
    add(acme, name="Ana")
    page = alice.get("contact_list", query={name: "Porto", "sort": "name"})

    assert f"“{name}” in the address of this page is no filter" in page.content.decode()
    assert [row.name for row in page.context["rows"]] == ["Ana"]


@pytest.mark.parametrize(
    "query", [{"sort": "name", "density": "compact"}, {"utm_source": "letter"}, {"all": "1", "count": "exact"}]
)
def test_what_belongs_in_an_address_is_not_complained_of(alice: Member, acme: Tenant, query: dict[str, str]) -> None:
    assert "is no filter" not in alice.get("contact_list", query=query).content.decode()


def test_what_the_list_asks_already_is_not_refused(alice: Member, acme: Tenant) -> None:
    """A view saved before a word was refused is opened, and something else is added."""
    opened = alice.get("filter_contacts", query={"where": "email.domain:localhost,"})
    assert "“localhost” is not a domain" in opened.content.decode()
    form = {
        "opened": opened.context["opened"],
        "c.0": "email",
        "p.0": "email",
        "o.0": "domain",
        "v.0.value": "localhost",
        "c.1": "country",
        "p.1": "country",
        "o.1": "any_of",
        "v.1.value": "PT",
    }
    assert alice.post("apply_filter", form=form).status_code == 302
    assert alice.post("apply_filter", form={**form, "v.0.value": "acme"}).status_code == 422
