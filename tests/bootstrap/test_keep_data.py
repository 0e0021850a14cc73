"""A data directory: one user at a time, a real PostgreSQL that survives being killed, and a way out."""

import os
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from ecrm.bootstrap import accounts, postgres, stack
from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.processes import Account
from ecrm.bootstrap.supervisor import Supervisor


@pytest.fixture
def data_dir():
    """Not below tmp_path, which the user of PostgreSQL cannot enter when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="ecrm-data-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


def start(data_dir, supervisor):
    servers = stack.Stack(data_dir, supervisor, settings=postgres.SAFE, database="ecrm")
    servers.start_postgres()
    return servers


@pytest.mark.slow
def test_what_was_committed_survives_a_crash_and_a_second_start(data_dir):
    with stack.only_user_of(data_dir):
        first = Supervisor(say=print)
        try:
            servers = start(data_dir, first)
            address = servers.values["ECRM_MIGRATE_DATABASE_URL"]
            with psycopg.connect(address) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            postmaster = int((data_dir / "database/postgres/postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            time.sleep(0.5)
        finally:
            first.stop()
        second = Supervisor(say=print)
        try:
            servers = start(data_dir, second)
            with psycopg.connect(servers.values["ECRM_MIGRATE_DATABASE_URL"]) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        finally:
            second.stop()
        stack.erase(data_dir)
        assert not (data_dir / "database").exists()


def test_two_commands_cannot_use_one_directory(tmp_path):
    again = stack.only_user_of(tmp_path / "data")
    with stack.only_user_of(tmp_path / "data"), pytest.raises(BootstrapError, match="Another eCRM is using"):
        again.__enter__()
    with stack.only_user_of(tmp_path / "data"):
        pass


def test_a_folder_that_is_not_ours_is_never_deleted(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BootstrapError, match="was not made by eCRM"):
        stack.erase(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_folder_with_other_files_is_not_taken_over(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BootstrapError, match="holds other files"):
        stack.prepare(tmp_path)


def test_a_closed_folder_is_seen_as_out_of_reach_and_left_alone(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    nobody = Account("nobody", uid=65534, gid=65534)
    assert not accounts.can_reach(nobody, closed / "inside")
    assert postgres.home_of(closed / "data", nobody).is_relative_to(accounts.SHARED_PLACE)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert accounts.can_reach(nobody, Path("/usr/bin/env"))
