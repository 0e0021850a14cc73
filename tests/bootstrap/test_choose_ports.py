import socket

import pytest

from ecrm.bootstrap import ports


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


def test_the_port_of_an_address():
    assert ports.port_of("postgres://a:b%2F@127.0.0.1:5433/c") == 5433
    assert ports.port_of("") is None
