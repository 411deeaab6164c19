import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediatheque.errors import FetchFailed, TooLarge, UrlRefused
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.fetch.fetch import RemoteBody, resolve
from mediatheque.model import DeclaredMetadata

LOOPBACK = ("127.0.0.0/8",)
Handler = Callable[[bytes, asyncio.StreamWriter], Any]


class MemorySink:
    def __init__(self) -> None:
        self.content = b""

    async def write(self, chunk: bytes | memoryview) -> None:
        self.content += chunk


class RemoteServer:
    """A server on loopback that dispatches paths to handlers and records requests."""

    def __init__(self, handlers: dict[bytes, Handler]) -> None:
        self.handlers = handlers
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            await self.handlers[request.split(b" ")[1].partition(b"?")[0]](request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def remote_server(tls: ssl.SSLContext | None = None, **handlers: Handler) -> AsyncIterator[RemoteServer]:
    running = RemoteServer({b"/" + name.encode(): handler for name, handler in handlers.items()})
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0, ssl=tls)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()


def respond(body: bytes, status: bytes = b"200 OK", **headers: str) -> Handler:
    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        lines = [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
        length = b"Content-Length: %d" % len(body)
        writer.write(b"\r\n".join([b"HTTP/1.1 " + status, length, *lines, b"", body]))

    return handler


def redirect(location: str, status: bytes = b"302 Found") -> Handler:
    return respond(b"", status, Location=location)


async def fetch_url(
    url: str, *, hosts: tuple[str, ...], dns: dict[str, list[str]] | None = None, **more: Any
) -> tuple[bytes, DeclaredMetadata]:
    async def fake_resolve(host: str, port: int) -> list[str]:
        if dns is None:
            return list(await resolve(host, port))
        if host not in dns:
            raise socket.gaierror
        return dns[host]

    config = FetchConfig(**{"hosts": hosts, "networks": LOOPBACK, "timeout_seconds": 10.0, **more})
    sink = MemorySink()
    declared = await RemoteBody(url, config, resolve=fake_resolve).stream_to(sink)
    return sink.content, declared


async def test_allowed_host_is_fetched() -> None:
    async with remote_server(**{"my%20cat.png": respond(b"bytes", Content_Type="image/png; x=1")}) as remote:
        host = f"media.test:{remote.port}"
        found = await fetch_url(f"http://{host}/my%20cat.png?x=1#f", hosts=(host,), dns={"media.test": ["127.0.0.1"]})
    assert found == (b"bytes", DeclaredMetadata(name="my cat.png", type="image/png"))
    (request,) = remote.requests
    lines = request.decode().split("\r\n")
    assert lines[0] == "GET /my%20cat.png?x=1 HTTP/1.1"
    headers = {line.split(": ")[0].lower(): line.split(": ")[1] for line in lines[1:] if line}
    assert headers == {"host": host, "accept": "*/*", "accept-encoding": "identity", "user-agent": "mediatheque"}


async def test_content_disposition_name_takes_precedence() -> None:
    named = respond(b"x", Content_Disposition="attachment; filename=\"a.png\"; filename*=UTF-8''%E2%82%AC.png")
    async with remote_server(x=named) as remote:
        host = f"127.0.0.1:{remote.port}"
        assert (await fetch_url(f"http://{host}/x", hosts=(host,)))[1].name == "€.png"


@pytest.mark.parametrize(
    "url",
    [
        "http://other.test/x",
        "http://media.test:8080/x",
        "https://media.test:22/x",
        "http://media.test:0/x",
        "http://sub.media.test/x",
        "http://media.test./x",
        "http://media.test.evil.test/x",
        "http://user@media.test/x",
        "http://user:secret@media.test/x",
        "http://media.test@evil.test/x",
        "http://evil.test\\@media.test/x",
        "http://evil.test#@media.test/x",
        "ftp://media.test/x",
        "file:///etc/passwd",
        "gopher://media.test:80/x",
        "//media.test/x",
        "media.test/x",
        "http://",
        "",
        "http://[::1]/x",
        "http://[::1/x",
        "http://127.0.0.1/x",
        "http://2130706433/x",
        "http://0x7f.1/x",
        "http://media.test:99999999/x",
        "http://media.test\n/x",
        "http://media.test/\x00",
        "http://\ud800/x",
        "http://xn--/x",
        "http://" + "a" * 100_000 + "/x",
    ],
)
async def test_url_off_allow_list_is_refused_without_lookup(url: str) -> None:
    async def must_not_resolve(host: str, port: int) -> list[str]:
        raise AssertionError("the name must not be resolved")

    with pytest.raises(UrlRefused) as caught:
        await RemoteBody(url, FetchConfig(hosts=("media.test",)), resolve=must_not_resolve).stream_to(MemorySink())
    assert caught.value.message == UrlRefused().message


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://v3b.fal.media/files/b/0a9b4900/PDbTGyzqRh1aijW2WQiY9_opengraph-1%20%281%29.png", True),
        ("https://fal.media/files/a.png", True),
        ("https://app-uploads.krea.ai/a.png", True),
        ("https://resource2.heygen.ai/image/0/original", True),
        ("https://files.heygen.com/asset/0.png", True),
        ("https://example.com/x", False),
        ("https://evilfal.media/x", False),
        ("https://fal.media.example.com/x", False),
        ("https://v3b.fal.media:8443/x", False),
        ("https://u@v3b.fal.media/x", False),
        ("https://.fal.media/x", False),
    ],
)
async def test_default_allows_the_vendors_files_alone(url: str, is_allowed: bool) -> None:
    async def away(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(FetchFailed if is_allowed else UrlRefused):
        await RemoteBody(url, FetchConfig(), resolve=away).stream_to(MemorySink())


async def test_allowed_host_in_a_private_network_is_refused() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    with pytest.raises(UrlRefused):
        await RemoteBody("https://v3b.fal.media/x", FetchConfig(), resolve=inside).stream_to(MemorySink())


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "fe80::1%lo"],
        [],
    ],
)
async def test_any_non_public_address_refuses_host(addresses: list[str]) -> None:
    async with remote_server(x=respond(b"secret")) as remote:
        host = f"media.test:{remote.port}"
        with pytest.raises(UrlRefused):
            await fetch_url(f"http://{host}/x", hosts=(host,), dns={"media.test": addresses}, networks=())
        assert not remote.requests


async def test_name_is_resolved_once() -> None:
    lookups = []

    async def rebinding(host: str, port: int) -> list[str]:
        lookups.append((host, port))
        return ["127.0.0.1"] if len(lookups) == 1 else ["127.0.0.2"]

    async with remote_server(x=respond(b"bytes")) as remote:
        host = f"media.test:{remote.port}"
        sink = MemorySink()
        config = FetchConfig(hosts=(host,), networks=("127.0.0.1/32",))
        await RemoteBody(f"http://{host}/x", config, resolve=rebinding).stream_to(sink)
    assert (lookups, sink.content) == ([("media.test", remote.port)], b"bytes")


async def test_next_address_is_tried_after_refused_connection() -> None:
    async with remote_server(x=respond(b"bytes")) as remote:
        host = f"media.test:{remote.port}"
        dns = {"media.test": ["127.0.0.9", "127.0.0.1"]}
        assert (await fetch_url(f"http://{host}/x", hosts=(host,), dns=dns))[0] == b"bytes"


async def test_unknown_host_or_closed_port_fails() -> None:
    with pytest.raises(FetchFailed):
        await fetch_url("http://media.test/x", hosts=("media.test",), dns={})
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(FetchFailed):
            await fetch_url(f"http://{host}/x", hosts=(host,))


async def test_redirects_are_followed_to_allowed_hosts_only() -> None:
    async with remote_server(x=respond(b"other")) as other, remote_server(y=respond(b"bytes")) as remote:
        host = f"127.0.0.1:{remote.port}"
        targets = {
            "here": "/y",
            "again": f"http://{host}/here",
            "other": f"http://127.0.0.1:{other.port}/x",
            "metadata": "http://169.254.169.254/latest/meta-data/",
            "file": "file:///etc/passwd",
            "nowhere": "",
            "broken": "http://[::1",
            "loop": "/loop",
        }
        remote.handlers |= {b"/" + name.encode(): redirect(location) for name, location in targets.items()}
        for name in ("here", "again"):
            content, declared = await fetch_url(f"http://{host}/{name}", hosts=(host,))
            assert (content, declared.name) == (b"bytes", "y")
        for name in ("other", "metadata", "file", "broken"):
            with pytest.raises(UrlRefused):
                await fetch_url(f"http://{host}/{name}", hosts=(host,))
        assert not other.requests
        for name in ("nowhere", "loop"):
            with pytest.raises(FetchFailed):
                await fetch_url(f"http://{host}/{name}", hosts=(host,))
        remote.requests.clear()
        with pytest.raises(FetchFailed):
            await fetch_url(f"http://{host}/loop", hosts=(host,), redirects=3)
        assert len(remote.requests) == 4


async def test_cookies_are_not_sent_after_redirect() -> None:
    first = respond(b"", b"302 Found", Location="/y", Set_Cookie="a=b")
    async with remote_server(x=first, y=respond(b"bytes")) as remote:
        host = f"127.0.0.1:{remote.port}"
        await fetch_url(f"http://{host}/x", hosts=(host,))
    assert b"ookie" not in remote.requests[1]


async def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with remote_server(x=respond(b"bytes")) as remote:
        host = f"127.0.0.1:{remote.port}"
        assert (await fetch_url(f"http://{host}/x", hosts=(host,)))[0] == b"bytes"


@pytest.mark.parametrize("status", [b"404 Not Found", b"500 Oh", b"204 None", b"206 Part", b"304 Same"])
async def test_status_other_than_200_fails(status: bytes) -> None:
    async with remote_server(x=respond(b"", status)) as remote:
        host = f"127.0.0.1:{remote.port}"
        with pytest.raises(FetchFailed):
            await fetch_url(f"http://{host}/x", hosts=(host,))


async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
        await writer.drain()


async def trickling(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(_: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def cut(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")


async def not_http(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def long_headers(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000_000)


@pytest.mark.parametrize("handler", [trickling, silent])
async def test_slow_server_fails_after_timeout(handler: Handler) -> None:
    async with remote_server(x=handler) as remote:
        host = f"127.0.0.1:{remote.port}"
        with pytest.raises(FetchFailed, match="took longer than"):
            await fetch_url(f"http://{host}/x", hosts=(host,), timeout_seconds=0.4)


@pytest.mark.parametrize("handler", [cut, not_http, long_headers])
async def test_broken_response_fails(handler: Handler) -> None:
    async with remote_server(x=handler) as remote:
        host = f"127.0.0.1:{remote.port}"
        with pytest.raises(FetchFailed, match="could not be read"):
            await fetch_url(f"http://{host}/x", hosts=(host,))


async def test_content_over_limit_is_too_large() -> None:
    async with remote_server(x=endless, y=respond(bytes(1001)), z=respond(bytes(1000))) as remote:
        host = f"127.0.0.1:{remote.port}"
        for name in "xy":
            with pytest.raises(TooLarge) as caught:
                await fetch_url(f"http://{host}/{name}", hosts=(host,), max_bytes=1000)
            assert caught.value.limit == 1000
        assert len((await fetch_url(f"http://{host}/z", hosts=(host,), max_bytes=1000))[0]) == 1000


async def test_compressed_content_is_refused() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with remote_server(x=respond(bomb, Content_Encoding="gzip")) as remote:
        host = f"127.0.0.1:{remote.port}"
        with pytest.raises(FetchFailed, match="encoded"):
            await fetch_url(f"http://{host}/x", hosts=(host,))


async def test_error_of_sink_is_raised() -> None:
    class Full:
        async def write(self, chunk: bytes | memoryview) -> None:
            raise TimeoutError("the disk")

    async with remote_server(x=respond(b"bytes")) as remote:
        host = f"127.0.0.1:{remote.port}"
        with pytest.raises(TimeoutError, match="the disk"):
            await RemoteBody(f"http://{host}/x", FetchConfig(hosts=(host,), networks=LOOPBACK)).stream_to(Full())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=media.test"
    files = ["-addext", "subjectAltName=DNS:media.test", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run([openssl, *make.split(), *files], check=True, capture_output=True)
    return folder


async def test_tls_certificate_must_match_host_name(certificate: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    names: list[Any] = []
    tls.sni_callback = lambda _, name, __: names.append(name)
    ca_file = str(certificate / "cert.pem")
    async with remote_server(tls, x=respond(b"bytes")) as remote:
        hosts = (f"media.test:{remote.port}", f"other.test:{remote.port}")
        dns = {"media.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}
        found = await fetch_url(f"https://{hosts[0]}/x", hosts=hosts, dns=dns, ca_file=ca_file)
        assert found[0] == b"bytes"
        assert names == ["media.test"]
        with pytest.raises(FetchFailed):
            await fetch_url(f"https://{hosts[1]}/x", hosts=hosts, dns=dns, ca_file=ca_file)
        with pytest.raises(FetchFailed):
            await fetch_url(f"https://{hosts[0]}/x", hosts=hosts, dns=dns)


@pytest.mark.parametrize(
    "setting", [{"networks": ["10.0.0.1/8"]}, {"networks": ["x"]}, {"max_bytes": 0}, {"timeout_seconds": 0}]
)
def test_invalid_settings_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(setting, FetchConfig)
