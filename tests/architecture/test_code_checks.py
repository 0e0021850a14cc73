"""The tools that read the code: style, types, import contracts, templates, migrations."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PACKAGES = ["ecrm", "contacts", "consent", "campaigns", "analytics"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def run(*command):
    """Fail with what the tool has to say about the code, in full."""
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        pytest.fail(told.stdout + told.stderr, pytrace=False)


def test_ruff_has_nothing_to_say():
    run(BIN / "ruff", "check", "--no-cache", ".")


@pytest.mark.slow
def test_types_hold():
    run(BIN / "mypy", *PACKAGES, "manage.py")


def test_imports_point_down():
    run(BIN / "lint-imports", "--no-cache")


def test_templates_follow_djade():
    run(BIN / "djade", "--check", *TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_template_compiles(template):
    engines["django"].get_template(template.relative_to(ROOT / "templates").as_posix())


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_django_finds_no_mistakes(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        call_command("check", fail_level="WARNING", verbosity=0)
