import socket

import pytest
from granian.net import SocketSpec

from mediatheque.listen import listen_address
from mediatheque.records.embedded import StartupError
from tests.server import free_port


@pytest.mark.parametrize(
    ("host", "address"),
    [("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("[::1]", "::1"), ("::", "::")],
)
def test_a_host_is_an_address_that_the_server_takes(host: str, address: str) -> None:
    port = free_port()
    if ":" in host and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    assert listen_address(host, port) == address
    SocketSpec(address, port, 16).build()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a..b", "x" * 64])
def test_a_host_that_is_not_here_is_one_line(host: str) -> None:
    with pytest.raises(StartupError, match=rf"^cannot listen on {host}:{(port := free_port())}: .+"):
        listen_address(host, port)


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match="Address already in use"):
            listen_address("localhost", port)


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
