"""Columns of the admins have words that can be translated."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise

from ecrm.administration.columns import shown
from ecrm.administration.platform_site import platform_site
from ecrm.administration.tenant_site import site as tenant_site

OURS = ("ecrm.", "contacts", "consent", "campaigns", "cases", "analytics")
PAGES = [
    (model, rows)
    for site in (platform_site, tenant_site)
    for model, rows in site._registry.items()
    if model.__module__.startswith(OURS)
]


@pytest.mark.parametrize(("model", "rows"), PAGES, ids=lambda each: getattr(getattr(each, "_meta", None), "label", ""))
def test_what_a_list_or_a_row_shows_has_a_word(model: Any, rows: Any) -> None:
    listed = [field for name in (*rows.list_display, *map(str, rows.list_filter)) if (field := column(model, name))]
    plain = {field.name for field in (*listed, *shown(model)) if not isinstance(field.verbose_name, Promise)}
    assert plain - {"id"} == set(), "add a word to ecrm.administration.words or row_words"


def column(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def test_words_are_no_migrations() -> None:
    field = apps.get_model("tenancy", "Tenant")._meta.get_field("created_at")
    assert isinstance(field.verbose_name, Promise)
    assert "verbose_name" not in field.deconstruct()[3]
