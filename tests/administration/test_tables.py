"""Every table of a tenant has its admin pages, at the same cost for one row and for many, and for its own rows only."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ecrm.administration.rows import EditableRows
from ecrm.administration.tenant_site import site
from ecrm.audit import words
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.administration.tables import TABLES, TENANT_MODELS, address, every_table, has_one_row, make_rows, queries
from tests.cast import Member

PAGES = ("change", "history", "delete")


def test_every_table_of_a_tenant_is_there() -> None:
    assert set(TENANT_MODELS) - set(TABLES) == set()


@every_table
def test_its_pages_answer_at_a_constant_cost(model: Any, acme: Tenant, alice: Member) -> None:
    row = make_rows(model, acme, 1)[0]
    response, few = queries(alice, address(model, "changelist"))
    assert response.status_code == 200
    for page in PAGES:
        answer = alice.get(address(model, page), row.pk)
        assert answer.status_code == (403 if page == "delete" and not site._registry[model].can_delete else 200), page
    assert alice.get(address(model, "add")).status_code == (200 if site._registry[model].can_add else 403)
    _response, few_of_one = queries(alice, address(model, "change"), row.pk)
    if has_one_row(model):
        return
    made = {row.pk, *(one.pk for one in make_rows(model, acme, 24))}
    _response, many_of_one = queries(alice, address(model, "change"), row.pk)
    assert len(many_of_one) == len(few_of_one), "\n".join(many_of_one)
    response, many = queries(alice, address(model, "changelist"))
    assert response.context["cl"].result_count >= len(made)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= 14, "\n".join(many)


@every_table
def test_it_keeps_to_its_tenant_and_its_roles(
    model: Any, acme: Tenant, alice: Member, bob: Member, charlie: Member, outsider: Member
) -> None:
    row = make_rows(model, acme, 1)[0]
    _nobody_else_gets_in(model, bob, outsider)
    _charlie_finds_nothing(model, row, charlie)
    _its_address_is_no_query_language(model, alice)


def _nobody_else_gets_in(model: Any, bob: Member, outsider: Member) -> None:
    name = address(model, "changelist")
    assert [member.get(name).status_code for member in (bob, outsider)] == [403, 404]
    signed_out = Client().get(bob.url(name))
    assert (signed_out.status_code, signed_out.url.partition("?")[0]) == (302, "/accounts/login/")


def _charlie_finds_nothing(model: Any, row: Any, charlie: Member) -> None:
    """Who may do everything in Globex, with the ids of Acme's rows."""
    for page in PAGES:
        assert charlie.get(address(model, page), row.pk).status_code in {403, 404}, page
        assert charlie.post(address(model, page), row.pk, form={"post": "yes"}).status_code in {403, 404, 405}, page
    assert charlie.get(address(model, "change"), row.pk).status_code == 404
    listed = charlie.get(address(model, "changelist")).context["cl"].queryset
    with tenant_context(charlie.tenant):
        assert row.pk not in set(listed.values_list("pk", flat=True))


def _its_address_is_no_query_language(model: Any, alice: Member) -> None:
    """A prefix asked for letter by letter would read out what the list does not show."""
    texts = (f.name for f in model._meta.concrete_fields if f.get_internal_type() in {"CharField", "TextField"})
    for lookup in (f"{next(texts, 'id')}__startswith", "tenant__name", "password__startswith"):
        assert alice.get(address(model, "changelist"), query={lookup: "A"}).status_code == 400, lookup


@every_table
def test_what_is_searched_is_found_by_an_index_or_on_a_small_table(model: Any) -> None:
    rows = site._registry[model]
    from ecrm.administration import columns

    loose = [lookup for lookup in rows.search_fields if not str(lookup).endswith("__exact")]
    assert rows.is_small or not loose
    if not rows.is_small and model._meta.managed:
        quick = columns.indexed(model) | {"external_id"}
        assert {str(lookup).removesuffix("__exact") for lookup in rows.search_fields} <= quick
    assert rows.is_small or tuple(rows.sortable_by or ()) == ()


@pytest.mark.parametrize("model", [m for m in TABLES if isinstance(site._registry[m], EditableRows)], ids=str)
def test_references_are_looked_up_and_never_listed(model: Any, acme: Tenant, alice: Member) -> None:
    rows = site._registry[model]
    relations = {f.name for f in model._meta.concrete_fields if f.many_to_one and f.name != "tenant" and f.editable}
    if rows.can_change or rows.can_add:
        shown = relations & set(rows.fields or relations)
        assert shown <= set(rows.get_autocomplete_fields(None))


def test_what_the_admin_does_has_words_in_the_audit() -> None:
    for model, rows in site._registry.items():
        if isinstance(rows, EditableRows) and not rows.audits_itself:
            noun = rows.noun or model._meta.model_name
            verbs = (("created", rows.can_add), ("changed", rows.can_change), ("removed", rows.can_delete))
            unnamed = [f"{noun}.{verb}" for verb, may in verbs if may and not words.is_known(f"{noun}.{verb}")]
            assert unnamed == []
