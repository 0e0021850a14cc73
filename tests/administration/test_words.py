"""Columns of the admins have words that can be translated."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.functional import Promise

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
def test_what_a_list_shows_has_a_word(model: Any, rows: Any) -> None:
    plain = []
    for name in {*rows.list_display, *map(str, rows.list_filter)} - {"id", "__str__"}:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if not isinstance(field.verbose_name, Promise):
            plain.append(name)
    assert plain == [], "add a word to ecrm.administration.words"


def test_words_are_no_migrations() -> None:
    field = apps.get_model("tenancy", "Tenant")._meta.get_field("created_at")
    assert isinstance(field.verbose_name, Promise)
    assert "verbose_name" not in field.deconstruct()[3]
