"""Templates are compiled once a language: what reads the same for all its readers is text by then."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template import Context, Engine
from django.template.base import TextNode
from django.template.loader import get_template
from django.urls import set_script_prefix, set_urlconf
from django.utils import translation

from ecrm.tenancy.middleware import TENANT_URLCONF


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Ours over a folder of the test."""
    ours = Engine.get_default()
    return Engine(dirs=[str(tmp_path)], loaders=ours.loaders, builtins=ours.builtins, autoescape=True)


def test_every_language_has_its_own_words(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{% translate "Contacts" %}{% icon "users" %}')

    found = {}
    for language in ("en", "pl", "en"):
        with translation.override(language):
            template = engine.get_template("page.html")
            found[language] = template.render(Context())
            assert all(isinstance(node, TextNode) for node in template.nodelist)

    assert found["en"].startswith("Contacts<svg")
    assert found["pl"].startswith("Kontakty<svg")


def test_what_depends_on_the_page_stays_alive(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{% translate words %}{% icon name %}{% translate "Name" as said %}{{ said }}')

    first = engine.get_template("page.html").render(Context({"words": "Contacts", "name": "users"}))
    second = engine.get_template("page.html").render(Context({"words": "Cases", "name": "inbox"}))

    assert first.startswith("Contacts")
    assert "#users" in first
    assert second.startswith("Cases")
    assert "#inbox" in second
    assert second.endswith("Name")


def test_words_are_escaped_as_in_any_template(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("""{% translate "Fish & <chips>" %} {% translate "100%" %}""")

    assert engine.get_template("page.html").render(Context()) == "Fish & <chips> 100%"


def test_a_template_made_from_a_string_may_be_drawn_in_any_language() -> None:
    template = Engine.get_default().from_string('{% translate "Contacts" %}')

    with translation.override("pl"):
        assert template.render(Context()) == "Kontakty"
    with translation.override("en"):
        assert template.render(Context()) == "Contacts"


def test_addresses_are_those_of_the_workspace_and_the_record(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('{% url "contact_list" %} {% url "contact_page" pk %}')
    template = engine.get_template("page.html")
    set_urlconf(TENANT_URLCONF)
    try:
        shown = []
        for prefix, pk in (("/acme/", 7), ("/acme/", "8"), ("/globex/", 907060504030201)):
            set_script_prefix(prefix)
            shown.append(template.render(Context({"pk": pk})))
    finally:
        set_script_prefix("/")
        set_urlconf(None)

    assert shown == [
        "/acme/contacts/ /acme/contacts/7/",
        "/acme/contacts/ /acme/contacts/8/",
        "/globex/contacts/ /globex/contacts/907060504030201/",
    ]


def test_pages_use_it() -> None:
    with translation.override("fr"):
        nodes = get_template("_shell/lost_connection.html").template.nodelist  # type: ignore[attr-defined]
        assert all(isinstance(node, TextNode) for node in nodes)
