"""Rooms stay small enough to be read: files, functions, templates."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE_DIRS = ("ecrm", "contacts", "consent", "campaigns", "analytics", "tests", "bench")
FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES, PART_LINES = 500, 60, 80, 60

# Longer files and functions, with the reason. A stale entry fails.
LONG_FILES: dict[str, str] = {"tests/factories.py": "one factory for each tenant model, looked up by name"}
LONG_FUNCTIONS: dict[str, str] = {}
LONG_TEMPLATES: dict[str, str] = {
    "templates/ui/gallery/catalogue.html": "one specimen after the other, looked up by name"
}


def test_files_hold_one_idea() -> None:
    files = [path for path in code("*.py") if "migrations" not in path.parts]
    files += [
        path for kind in ("*.css", "*.js") for path in (ROOT / "static").rglob(kind) if "vendor" not in path.parts
    ]
    long = {name(path) for path in files if lines(path) > FILE_LINES}
    assert long == set(LONG_FILES)


def test_functions_have_one_level() -> None:
    long = {
        f"{name(path)}:{node.name}"
        for path in code("*.py")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    }
    assert long == set(LONG_FUNCTIONS)


def test_templates_are_short() -> None:
    long = set()
    for path in (ROOT / "templates").rglob("*.html"):
        limit = PART_LINES if path.name.startswith("_") else TEMPLATE_LINES
        if lines(path) > limit:
            long.add(name(path))
    assert long == set(LONG_TEMPLATES)


def code(pattern: str) -> list[Path]:
    return [path for folder in CODE_DIRS for path in (ROOT / folder).rglob(pattern)]


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
