import socket

import pytest

from algotrendy.errors import InvalidArgumentError, PortInUseError
from algotrendy.platform.ports import bind, free_port


def test_a_taken_port_is_refused_by_its_number() -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as refusal:
            free_port("127.0.0.1", port)
    assert refusal.value.metadata["port"] == str(port)
    assert f"127.0.0.1:{port}" in str(refusal.value)


def test_a_port_that_shares_itself_is_taken_too() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError):
            free_port("127.0.0.1", taken.getsockname()[1])


def test_port_zero_is_any_free_one() -> None:
    port = free_port("127.0.0.1", 0)
    assert port > 0
    assert free_port("127.0.0.1", port) == port


def test_a_foreign_address_is_refused() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        bind("192.0.2.1", 0)
    assert refusal.value.metadata["host"] == "192.0.2.1"
