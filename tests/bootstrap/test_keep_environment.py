import os
import stat
import subprocess

from ecrm.bootstrap import environment

ODD = "a b'c\"d$e#f=g&h"


def test_what_is_written_is_read_back(tmp_path):
    values = {"ECRM_ONE": ODD, "ECRM_TWO": ""}
    environment.write(tmp_path, values)
    assert environment.read(tmp_path) == values


def test_a_shell_reads_the_same(tmp_path):
    environment.write(tmp_path, {"ECRM_ONE": ODD})
    script = f'. "{tmp_path}/env"; printf %s "$ECRM_ONE"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout == ODD


def test_only_the_owner_may_read_it(tmp_path):
    environment.write(tmp_path, {"ECRM_ONE": "1"})
    assert stat.S_IMODE((tmp_path / "env").stat().st_mode) == 0o600


def test_an_unused_directory_has_no_settings(tmp_path):
    assert environment.read(tmp_path) == {}


def test_passwords_survive_in_the_addresses():
    passwords = {"ecrm_app": "a/b@c:d%", "ecrm_migrate": "two", "ecrm_dispatch": "three"}
    values = environment.for_databases(passwords, port=5432, name="ecrm")
    assert environment.passwords_in(values) == passwords
    del values["ECRM_DATABASE_URL"]
    assert environment.passwords_in(values) == {}


def test_management_commands_find_the_demo_but_never_overrule_what_is_set(tmp_path, monkeypatch):
    (tmp_path / ".demo").mkdir()
    environment.write(tmp_path / ".demo", {"ECRM_DATABASE_URL": "demo", "ECRM_LOG_FORMAT": "demo"})
    monkeypatch.setenv("ECRM_DATABASE_URL", "mine")
    monkeypatch.delenv("ECRM_LOG_FORMAT", raising=False)
    environment.adopt_demo(tmp_path)
    assert "ECRM_LOG_FORMAT" not in os.environ
    monkeypatch.delenv("ECRM_DATABASE_URL")
    monkeypatch.setenv("ECRM_LOG_FORMAT", "mine")
    environment.adopt_demo(tmp_path)
    assert os.environ["ECRM_DATABASE_URL"] == "demo"
    assert os.environ["ECRM_LOG_FORMAT"] == "mine"
