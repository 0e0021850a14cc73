"""The README's and the docs' commands, links and settings are real."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "bench").glob("*.md"))]
VARIABLE = re.compile(r"\bECRM_[A-Z][A-Z_]*[A-Z]\b")
# Read by code that is no setting of the product.
NOT_SETTINGS = {"ECRM_ONE", "ECRM_TWO"}


def commands() -> list[str]:
    """Every `python3 manage.py …` in a code block or between backticks."""
    found = set()
    for page in PAGES:
        for match in re.finditer(r"python3 manage\.py [^`\n]+", page.read_text()):
            found.add(re.split(r"\s{2,}|\s#|…|\.\.\.|\[|NAME", match.group())[0].strip())
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_the_command_exists_with_its_options(command: str) -> None:
    _python, _manage, name, *rest = shlex.split(command)
    told = what_it_says(name)
    assert told.returncode == 0, told.stderr
    if name != "test":
        for option in (word.partition("=")[0] for word in rest if word.startswith("--")):
            assert option in told.stdout


@cache
def what_it_says(name: str) -> subprocess.CompletedProcess[str]:
    """About itself. The docs name some commands ten times, and each start takes seconds."""
    return subprocess.run(
        [sys.executable, "manage.py", name, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_its_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    read = set(VARIABLE.findall((ROOT / "ecrm" / "settings.py").read_text()))
    read |= set(VARIABLE.findall((ROOT / "manage.py").read_text()))
    read |= {name for path in (ROOT / "ecrm" / "bootstrap").glob("*.py") for name in VARIABLE.findall(path.read_text())}
    documented = set(VARIABLE.findall((ROOT / "docs" / "configuring.md").read_text()))
    assert documented == read - NOT_SETTINGS


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 70
