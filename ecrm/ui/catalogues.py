"""The translation catalogues, kept by Babel: no gettext tools are needed anywhere.

Strings are read from Python sources and, through Django's own ``templatize``, from templates.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
LOCALE = ROOT / "ecrm" / "locale"
SOURCES = ("ecrm", "contacts", "consent", "campaigns", "cases", "analytics", "templates")
# Languages besides English, whose texts stand in the code.
LANGUAGES = ("pl", "pt", "es", "fr")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
Key = tuple[str | None, str]


def extracted() -> Catalog:
    """Every string of the code, in order of file and line."""
    catalogue = Catalog(project="eCRM", charset="utf-8", fuzzy=False)
    for path in _files():
        name = path.relative_to(ROOT).as_posix()
        method, source = _source(path)
        for _line, message, comments, context in extract(
            method, io.BytesIO(source.encode()), KEYWORDS, ("Translators:",)
        ):
            catalogue.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalogue


def update(language: str) -> Catalog:
    """Brings one language's catalogue up to the code: new strings empty, unused ones gone."""
    kept = read(language)
    kept.update(extracted(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    write(language, kept)
    return kept


def read(language: str) -> Catalog:
    path = _path(language)
    if not path.exists():
        return Catalog(locale=language, project="eCRM", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(language: str, catalogue: Catalog) -> None:
    """Both files: the one people edit and the one Django reads."""
    path = _path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, sort_output=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(catalogue))


def compiled(catalogue: Catalog) -> bytes:
    target = io.BytesIO()
    write_mo(target, catalogue)
    return target.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """Strings that are not (wholly) translated."""
    return [str(message.id) for message in catalogue if message.id and not _is_whole(message.string)]


def keys(catalogue: Catalog) -> set[Key]:
    return {(message.context, _first(message.id)) for message in catalogue if message.id}


def _source(path: Path) -> tuple[str, str]:
    """A template becomes calls between rubbish, which Babel's lexer for scripts does not mind."""
    text = path.read_text(encoding="utf-8")
    return ("python", text) if path.suffix == ".py" else ("javascript", templatize(text))


def _first(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _is_whole(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def _path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def _files() -> Iterator[Path]:
    for folder in SOURCES:
        for pattern in ("*.py", "*.html", "*.txt"):
            yield from sorted(path for path in (ROOT / folder).rglob(pattern) if "migrations" not in path.parts)
