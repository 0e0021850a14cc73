"""`.venv` from an (empty) lock file, really made and really broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from ecrm.bootstrap import venv

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev"):
        (tmp_path / "requirements" / f"{name}.txt").write_text("# nothing\n")
    return tmp_path


@pytest.mark.slow
def test_it_is_made_once_and_again_when_the_lock_changes(root):
    assert venv.ensure(root, lock="dev")
    assert not venv.ensure(root, lock="dev")
    assert not venv.ensure(root, lock="base"), "dev holds all of base"

    (root / "requirements" / "base.txt").write_text("# something\n")
    assert not venv.is_current(root, lock="base")
    assert venv.ensure(root, lock="base")
    assert not venv.is_current(root, lock="dev"), "its packages may have been moved by base"


@pytest.mark.slow
def test_one_whose_python_is_gone_is_made_anew(root):
    venv.ensure(root, lock="base")
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(root / "gone")
    assert not venv.is_current(root, lock="base")
    venv.ensure(root, lock="base")
    assert subprocess.run([python, "-c", ""], check=False).returncode == 0


@pytest.mark.slow
def test_two_commands_at_once_make_it_once(root):
    code = f"from pathlib import Path; from ecrm.bootstrap import venv; venv.ensure(Path({str(root)!r}), lock='base')"
    command = [sys.executable, "-c", code]
    both = [subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Preparing" in text for text in told) == 1


def test_packages_that_cannot_be_had_are_said_in_a_sentence(root, monkeypatch):
    venv.ensure(root, lock="base")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    no_such = f"ecrm-no-such-package==1.0 --hash=sha256:{'0' * 64}\n"
    (root / "requirements" / "base.txt").write_text(no_such)
    with pytest.raises(venv.BootstrapError, match=r"requirements/base\.txt could not be installed"):
        venv.ensure(root, lock="base")
    assert not venv.is_current(root, lock="base")


def test_an_old_python_is_told_so():
    code = (
        "import sys, runpy; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path('manage.py', run_name='__main__')"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("eCRM needs Python 3.11 or newer; this is Python 3.9")


def test_bootstrap_needs_nothing_but_the_standard_library():
    code = "import ecrm.bootstrap.commands, ecrm.bootstrap.venv"
    assert subprocess.run([sys.executable, "-S", "-c", code], cwd=CHECKOUT, check=False).returncode == 0
