import socket
import subprocess
import sys

import pytest

from ecrm.bootstrap import ports
from ecrm.bootstrap.programs import ROOT


def listen(host, family=socket.AF_INET):
    server = socket.socket(family, socket.SOCK_STREAM)
    server.bind((host, 0))
    server.listen()
    return server


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("0.0.0.0", socket.AF_INET), ("::1", socket.AF_INET6)]
)
def test_a_port_somebody_answers_on_is_not_chosen(host, family):
    try:
        server = listen(host, family)
    except OSError:
        pytest.skip("this machine has no such address")
    with server:
        taken = server.getsockname()[1]
        assert not ports.is_free(taken)
        assert ports.choose(taken) != taken
    assert ports.wait_until_free(taken, seconds=2)
    assert ports.choose(taken) == taken


def test_a_chosen_port_can_be_listened_on():
    with socket.socket() as server:
        server.bind(("127.0.0.1", ports.choose()))


def test_a_port_is_not_given_out_twice():
    first = ports.choose()
    assert ports.choose(first, taken=frozenset({first})) != first


def test_two_that_start_together_choose_different_ports():
    """Before either of them listens."""
    asks = "import sys; from ecrm.bootstrap import ports; print(ports.choose(int(sys.argv[1])), flush=True); input()"
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        usual = found.getsockname()[1]
    command = [sys.executable, "-c", asks, str(usual)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    started = [subprocess.Popen(command, **pipes) for _each in range(3)]
    chosen = [int(each.stdout.readline()) for each in started]
    for each in started:
        each.communicate("\n")
    assert len(set(chosen)) == len(chosen)
    assert usual in chosen
    assert ports.choose(usual) == usual, "whoever chose it is gone"
    assert ports.choose(usual) == usual, "a server that starts again keeps its own"


def test_the_port_of_an_address():
    assert ports.port_of("postgres://a:b%2F@127.0.0.1:5433/c") == 5433
    assert ports.port_of("") is None
