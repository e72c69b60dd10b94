import socket

import pytest

from algotrendy.errors import InvalidArgumentError, PortInUseError
from algotrendy.platform.ports import bind, listen


def test_a_taken_port_is_refused_by_its_number() -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as refusal:
            listen("127.0.0.1", port)
    assert refusal.value.metadata["port"] == str(port)
    assert f"127.0.0.1:{port}" in str(refusal.value)


def test_a_port_that_shares_itself_is_taken_too() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError):
            listen("127.0.0.1", taken.getsockname()[1])


def test_port_zero_is_any_free_one() -> None:
    with listen("127.0.0.1", 0) as first, listen("127.0.0.1", 0) as second:
        ports = {listener.getsockname()[1] for listener in (first, second)}
    assert len(ports) == 2
    assert 0 not in ports


def test_a_port_listened_on_is_kept_until_it_is_closed() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortInUseError):
            bind("127.0.0.1", port)
    listen("127.0.0.1", port).close()


def test_a_foreign_address_is_refused() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        bind("192.0.2.1", 0)
    assert refusal.value.metadata["host"] == "192.0.2.1"
