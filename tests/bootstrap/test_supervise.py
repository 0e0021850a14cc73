"""The supervisor with tiny programs of its own: it restarts, gives up, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecrm.bootstrap.leftovers import Record
from ecrm.bootstrap.processes import Program, describe_exit
from ecrm.bootstrap.supervisor import ChildFailed, Supervisor

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(said):
    supervisor = Supervisor(say=said.append, deaths_allowed=2, first_delay=0.1)
    yield supervisor
    supervisor.stop()


@pytest.fixture
def program(tmp_path):
    def make(code, *, name="child", **options):
        return Program(
            name=name,
            command=(sys.executable, "-S", "-c", code),
            log=tmp_path / "logs" / f"{name}.log",
            **{"stop_seconds": 5.0, **options},
        )

    return make


def wait_for(fact, seconds=10):
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_starting_waits_until_the_program_serves(supervisor, program, tmp_path):
    sign = tmp_path / "sign"
    code = f"import time; time.sleep(0.3); open({str(sign)!r}, 'w'); {SLEEP}"
    supervisor.start(program(code, is_ready=sign.exists))
    assert sign.exists()


def test_a_program_that_dies_while_starting_is_named_with_reason_and_log(supervisor, program):
    broken = program("import sys; print('no such table'); sys.exit(3)", is_ready=lambda: False)
    with pytest.raises(ChildFailed) as failure:
        supervisor.start(broken)
    text = str(failure.value)
    assert "child ended with exit code 3" in text
    assert str(broken.log) in text
    assert "no such table" in text


def test_a_program_that_never_serves_is_given_up(supervisor, program):
    with pytest.raises(ChildFailed, match="did not answer within"):
        supervisor.start(program(SLEEP, is_ready=lambda: False, ready_seconds=0.5))


def test_a_killed_program_is_started_again(supervisor, program, said):
    child = supervisor.start(program(SLEEP))
    os.kill(child.pid, signal.SIGKILL)
    supervisor.watch(until=lambda: any("runs again" in line for line in said))
    assert any("signal 9 (SIGKILL)" in line for line in said)
    assert any("child.log" in line for line in said)


def test_a_program_that_keeps_dying_ends_the_run(supervisor, program):
    supervisor.start(program("raise SystemExit(7)"))
    with pytest.raises(ChildFailed, match=r"ended 3 times in a minute, last with exit code 7"):
        supervisor.watch()


def test_stopping_goes_backwards(supervisor, program, tmp_path):
    notes = tmp_path / "notes"
    code = (
        "import signal, sys, time\n"
        "def leave(*_):\n"
        "    open({notes!r}, 'a').write({name!r})\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "open({ready!r}, 'w')\n"
        "time.sleep(60)\n"
    )
    for name in "abc":
        ready = tmp_path / f"ready-{name}"
        source = code.format(notes=str(notes), name=name, ready=str(ready))
        supervisor.start(program(source, name=name, is_ready=ready.exists))
    supervisor.stop()
    assert notes.read_text() == "cba"


def test_a_program_that_does_not_listen_is_killed_in_time(supervisor, program, said, tmp_path):
    ready = tmp_path / "ready"
    code = f"import signal; signal.signal(15, signal.SIG_IGN); open({str(ready)!r}, 'w'); {SLEEP}"
    child = supervisor.start(program(code, is_ready=ready.exists, stop_seconds=0.5))
    began = time.monotonic()
    supervisor.stop()
    assert not is_running(child.pid)
    assert time.monotonic() - began < 5
    assert said == ["child did not stop by itself and was killed."]


def test_workers_of_a_killed_program_go_with_it(supervisor, program, tmp_path):
    pid_file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        f"worker = subprocess.Popen([sys.executable, '-S', '-c', {SLEEP!r}])\n"
        f"open({str(pid_file)!r} + 'x', 'w').write(str(worker.pid))\n"
        f"import os; os.rename({str(pid_file)!r} + 'x', {str(pid_file)!r})\n"
        "time.sleep(60)\n"
    )
    child = supervisor.start(program(code, is_ready=pid_file.exists))
    worker = int(pid_file.read_text())
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: not child.is_alive())
    supervisor.tend()
    wait_for(lambda: not is_running(worker))


def test_a_step_must_end_well(supervisor, program):
    supervisor.run_step(program("pass", name="good"))
    with pytest.raises(ChildFailed, match="bad ended with exit code 1"):
        supervisor.run_step(program("raise ValueError", name="bad"))


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's help")
def test_children_die_with_a_parent_that_was_killed(tmp_path):
    pid_file = tmp_path / "pid"
    code = (
        "import sys, pathlib, time\n"
        "from ecrm.bootstrap.processes import Child, Program\n"
        f"command = (sys.executable, '-S', '-c', {SLEEP!r})\n"
        f"program = Program('child', command, pathlib.Path({str(tmp_path / 'log')!r}))\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(Child(program).pid) + ' ')\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    wait_for(lambda: pid_file.exists() and pid_file.read_text().endswith(" "))
    child = int(pid_file.read_text())
    assert is_running(child)
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_running(child))


def test_leftovers_of_a_killed_run_are_ended_and_strangers_are_not(program, tmp_path):
    record = Record(tmp_path / "children.json")
    killed_run = Supervisor(say=print, record=record)
    child = killed_run.start(program(SLEEP))
    assert record.end_leftovers() == 1
    wait_for(lambda: not is_running(child.pid))
    stranger = subprocess.Popen([sys.executable, "-S", "-c", SLEEP])
    try:
        record.path.write_text(f'[{{"pid": {stranger.pid}, "began": "1", "signal": 9}}]')
        assert record.end_leftovers() == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        killed_run.stop()


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (2, "exit code 2"), (-9, "signal 9 (SIGKILL)"), (-240, "signal 240")]
)
def test_an_exit_is_put_into_words(code, words):
    assert describe_exit(code) == words
