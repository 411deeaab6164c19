"""Real clients that upload 24 MiB and are refused, and clients that misbehave, against a real server."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.http.wire import raw, serving

MIB = 1024 * 1024
SIZE = 24 * MIB
NODE = shutil.which("node")
CURL = shutil.which("curl")

FETCH = """
const [url, kind, tries] = process.argv.slice(1);
const bytes = Buffer.alloc(24 * 1024 * 1024, 7);
for (let i = 0; i < Number(tries); i++) {
  let body = bytes;
  if (kind === "form") { body = new FormData(); body.set("file", new Blob([bytes]), "big.bin"); }
  try {
    const answer = await fetch(url, { method: "POST", body });
    console.log(answer.status, await answer.text());
  } catch (error) {
    console.log("broken", error.cause?.code ?? error.message);
  }
}
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving("tests.http.upload.uploads:app") as port:
        yield port


@pytest.fixture(scope="module")
def impatient_port() -> Iterator[int]:
    """Of a server that waits half a second for the next bytes: a busy client of other tests may take longer."""
    with serving("tests.http.upload.uploads:impatient") as port:
        yield port


async def raised(port: int) -> str:
    """What the server raised since it was last asked; waits for something."""
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while not (said := (await client.get(f"http://127.0.0.1:{port}/raised")).text):
            await asyncio.sleep(0.02)
        return said


@pytest.fixture(autouse=True)
async def forget(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://127.0.0.1:{port}/raised")


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "big.bin"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


async def output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
    stdout, stderr = await process.communicate()
    return (stdout + stderr).decode()


@pytest.mark.parametrize("status", [401, 400, 429])
@pytest.mark.parametrize("kind", ["form", "buffer"])
@pytest.mark.skipif(NODE is None, reason="needs node")
async def test_node_reads_the_refusal(port: int, kind: str, status: int) -> None:
    assert NODE is not None
    url = f"http://127.0.0.1:{port}/refuse/{status}"
    said = await output(NODE, "--input-type=module", "-e", FETCH, "--", url, kind, "3")
    assert said.split("\n")[:3] == [f"{status} refused"] * 3


@pytest.mark.skipif(NODE is None, reason="needs node")
async def test_node_reads_the_refusal_during_the_body(port: int) -> None:
    assert NODE is not None
    said = await output(NODE, "--input-type=module", "-e", FETCH, "--", f"http://127.0.0.1:{port}/form", "form", "2")
    assert said.split("\n")[:2] == ["400 TooLarge"] * 2


@pytest.mark.parametrize("status", [401, 400, 429])
@pytest.mark.parametrize("method", ["form", "raw", "chunked", "without-expect"])
@pytest.mark.skipif(CURL is None, reason="needs curl")
async def test_curl_reads_the_refusal(port: int, big: Path, status: int, method: str) -> None:
    assert CURL is not None
    ways = {
        "form": ["-F", f"file=@{big}"],
        "raw": ["--data-binary", f"@{big}"],
        "chunked": ["-T", str(big), "-X", "POST", "-H", "Transfer-Encoding: chunked"],
        "without-expect": ["-F", f"file=@{big}", "-H", "Expect:"],
    }
    url = f"http://127.0.0.1:{port}/refuse/{status}"
    said = await output(CURL, "-sS", "-w", " %{http_code} %{size_upload}", *ways[method], url)
    words = said.split()
    assert words[:2] == ["refused", str(status)], said
    if method == "form":
        assert int(words[2]) == 0


@pytest.mark.parametrize("status", [401, 400, 429])
async def test_httpx_reads_the_refusal(port: int, big: Path, status: int) -> None:
    url = f"http://127.0.0.1:{port}/refuse/{status}"
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(2):
            with big.open("rb") as file:
                answer = await client.post(url, files={"file": file})
            assert (answer.status_code, answer.text) == (status, "refused")


async def test_httpx_uploads(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        answer = await client.post("/raw", content=bytes(SIZE))
        assert (answer.status_code, answer.text) == (201, str(SIZE))
        answer = await client.post("/form", files={"file": ("größe.bin", bytes(MIB))})
        assert (answer.status_code, answer.text) == (201, f"größe.bin {MIB}")


def status_and_body(answer: bytes) -> tuple[bytes, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b" ")[1], body


LENGTH_5 = b"POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("request_", [LENGTH_5 + b"ab", CHUNKED + b"2\r\nab\r\n", CHUNKED + b"5\r\nab"])
async def test_stalled_upload_is_answered_and_closed(impatient_port: int, request_: bytes) -> None:
    answers = await asyncio.gather(*(raw(impatient_port, request_) for _ in range(20)))
    assert [status_and_body(answer) for answer in answers] == [(b"400", b"BodyTooSlow")] * 20


async def test_malformed_chunks(port: int) -> None:
    await raw(port, CHUNKED + b"zz\r\nab\r\n")
    assert await raised(port) == "BodyIncomplete"


@pytest.mark.parametrize("request_", [LENGTH_5 + b"ab", CHUNKED + b"2\r\nab\r\n"])
async def test_hang_up_is_an_incomplete_body(port: int, request_: bytes) -> None:
    await raw(port, request_, hang_up=True)
    assert await raised(port) == "BodyIncomplete"


async def test_content_length_with_chunks_closes_the_connection(port: int) -> None:
    """Granian takes the chunks and hides the length; what follows is not taken for a second request."""
    smuggled = (
        b"POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + LENGTH_5
    )
    answer = await raw(port, smuggled + b"abcde")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close" in answer


async def test_connection_is_kept_after_a_drained_refusal(port: int) -> None:
    refused = b"POST /refuse/401 HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000)
    last = b"POST /refuse/429 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    answer = await raw(port, refused + last)
    assert b" 401 " in answer
    assert b" 429 " in answer
    assert b"<still open>" not in answer
