"""`manage.py` at the terminal."""

import pytest

from ecrm.bootstrap import benching, commands, stack


@pytest.fixture
def fresh_checkout(tmp_path, monkeypatch):
    """Nothing set up, nothing configured."""
    for name in [name for name in commands.os.environ if name.startswith("ECRM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ECRM_NO_BOOTSTRAP", "1")
    monkeypatch.setattr(commands, "ROOT", tmp_path)


@pytest.mark.usefixtures("fresh_checkout")
@pytest.mark.parametrize("arguments", [[], ["check"], ["no-such-command"]])
def test_before_anything_is_set_up_the_way_in_is_shown(arguments, capsys):
    assert commands.run(["manage.py", *arguments]) == 1
    told = capsys.readouterr().err
    assert "python3 manage.py demo" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("option", ["--port", "--data-dir", "--fresh", "--no-sample", "--smoke"])
def test_the_demo_explains_its_options(option, capsys, monkeypatch):
    monkeypatch.setenv("ECRM_NO_BOOTSTRAP", "1")
    with pytest.raises(SystemExit) as leaving:
        commands.run(["manage.py", "demo", "--help"])
    assert leaving.value.code == 0
    assert option in capsys.readouterr().out


def test_a_taken_port_that_was_asked_for_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ECRM_NO_BOOTSTRAP", "1")
    redis_port = commands.os.environ["ECRM_REDIS_URL"].rpartition(":")[2].partition("/")[0]
    asked = ["manage.py", "demo", "--port", redis_port, "--data-dir", str(tmp_path / "data")]
    assert commands.run(asked) == 1
    assert f"Port {redis_port} is in use" in capsys.readouterr().err


@pytest.mark.skipif(commands.os.geteuid() == 0, reason="root may use every folder")
def test_a_folder_of_somebody_else_is_refused_in_a_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ECRM_NO_BOOTSTRAP", "1")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert commands.run(["manage.py", "demo", "--data-dir", str(closed / "data")]) == 1
    assert "cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "option"), [("bench", "--json"), ("test", "--numprocesses")])
def test_no_server_is_started_to_tell_options(command, option, tmp_path, capfd, monkeypatch):
    """It would take half a minute, and be refused while another benchmark holds the folder."""
    monkeypatch.setenv("ECRM_NO_BOOTSTRAP", "1")
    monkeypatch.setattr(benching, "DATA_DIR", tmp_path / "bench")
    with stack.only_user_of(benching.DATA_DIR):
        assert commands.run(["manage.py", command, "--help"]) == 0
    assert option in capfd.readouterr().out
