"""Request framing: no bytes may be read as two different requests (request smuggling, RFC 9112 section 11.2)."""

import pytest

from tests import samples
from tests.refusals.wire import AFTER, LAST, OUTER, SMUGGLED, exchange, parse_responses, post
from tests.server import Serve

ENDPOINTS = ["/v1/asset", "/files/upload", "/assets"]
END = b"0\r\n\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
BOTH = len(END + AFTER)

# Each could be read in two ways: as ending before AFTER, or as containing it.
AMBIGUOUS_HEADERS = {
    "length, then chunks": f"Content-Length: {BOTH}\r\nTransfer-Encoding: chunked\r\n",
    "chunks, then length": f"Transfer-Encoding: chunked\r\nContent-Length: {BOTH}\r\n",
    "length 0 and chunks": "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "chunked in capitals": f"Transfer-Encoding: CHUNKED\r\nContent-Length: {BOTH}\r\n",
    "two codings": f"Transfer-Encoding: identity, chunked\r\nContent-Length: {BOTH}\r\n",
    "chunked, but not last": f"Transfer-Encoding: chunked, identity\r\nContent-Length: {BOTH}\r\n",
    "two encodings": f"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: {BOTH}\r\n",
    "xchunked": f"Transfer-Encoding: xchunked\r\nContent-Length: {BOTH}\r\n",
    "quoted": f'Transfer-Encoding: "chunked"\r\nContent-Length: {BOTH}\r\n',
    "a space before the colon": f"Transfer-Encoding : chunked\r\nContent-Length: {BOTH}\r\n",
    "a vertical tab": f"Transfer-Encoding:\x0bchunked\r\nContent-Length: {BOTH}\r\n",
    "a folded value": f"Transfer-Encoding:\r\n chunked\r\nContent-Length: {BOTH}\r\n",
    "a folded header": f"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: {BOTH}\r\n",
    "a bare carriage return": f"X: y\rTransfer-Encoding: chunked\r\nContent-Length: {BOTH}\r\n",
    "a bare line feed": f"Transfer-Encoding: chunked\nContent-Length: {BOTH}\r\n",
    "two lengths": f"Content-Length: {len(END)}\r\nContent-Length: {BOTH}\r\n",
    "two lengths, the longer first": f"Content-Length: {BOTH}\r\nContent-Length: {len(END)}\r\n",
    "a list of lengths": f"Content-Length: {len(END)}, {BOTH}\r\n",
    "a list of one length": "Content-Length: 5, 5\r\n",
    "plus": "Content-Length: +5\r\n",
    "minus": "Content-Length: -5\r\n",
    "hexadecimal": "Content-Length: 0x5\r\n",
    "inner space": "Content-Length: 5 5\r\n",
    "no length": "Content-Length:\r\n",
    "exponent": "Content-Length: 5e0\r\n",
    "latin digits": "Content-Length: \xb2\r\n",
}


@pytest.fixture(scope="module")
def good_key(server: Serve) -> str:
    return server.new_key()


def expect_one_refusal(received: bytes) -> None:
    """Assert one refusal, after which the server closed the connection: what followed was not read as a request."""
    ((status, id_),) = parse_responses(received)
    assert status in (400, 401, 413, 422), received
    assert id_ in (OUTER, "")


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("key", ["good", "bad"])
@pytest.mark.parametrize("name", AMBIGUOUS_HEADERS)
def test_ambiguous_framing_closes_connection(server: Serve, good_key: str, name: str, key: str, path: str) -> None:
    head = post(path, good_key if key == "good" else "bad", AMBIGUOUS_HEADERS[name])
    expect_one_refusal(exchange(server.port, head + END + AFTER))


MALFORMED_CHUNKS = {
    "0x": b"0x5\r\nhello\r\n",
    "plus": b"+5\r\nhello\r\n",
    "minus": b"-5\r\nhello\r\n",
    "a space before": b" 5\r\nhello\r\n",
    "a line before": b"\r\n5\r\nhello\r\n",
    "bare line feeds": b"5\nhello\n",
    "a carriage return too many": b"5\r\r\nhello\r\n",
    "longer than it says": b"5\r\nhelloX\r\n",
    "no end of line": b"5\r\nhello",
    "no number": b"\r\nhello\r\n",
    "more than 64 bits": b"10000000000000005\r\nhello\r\n",
    "a quoted line end": b'5;a="\r\n"\r\nhello\r\n',
    "an endless extension": b"5;" + b"x" * 100_000 + b"\r\nhello\r\n",
}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("key", ["good", "bad"])
@pytest.mark.parametrize("name", MALFORMED_CHUNKS)
def test_malformed_chunk_closes_connection(server: Serve, good_key: str, name: str, key: str, path: str) -> None:
    head = post(path, good_key if key == "good" else "bad", "Transfer-Encoding: chunked\r\n")
    expect_one_refusal(exchange(server.port, head + MALFORMED_CHUNKS[name] + END + AFTER))


WELL_FORMED = {
    "a length": ("Content-Length: 5\r\n", b"hello"),
    "the same length twice": ("Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"),
    "nothing": ("Content-Length: 0\r\n", b""),
    "a request as body": (f"Content-Length: {len(AFTER)}\r\n", AFTER),
    "chunks": ("Transfer-Encoding: chunked\r\n", HELLO),
    "a request as chunk": ("Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(AFTER), AFTER)),
    "trailers": ("Transfer-Encoding: chunked\r\n", HELLO[:-2] + b"Content-Length: 99\r\nX-Request-Id: trailer\r\n\r\n"),
}


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("key", ["good", "bad"])
@pytest.mark.parametrize("name", WELL_FORMED)
def test_pipelined_requests_are_answered_in_order_and_bodies_are_not_requests(
    server: Serve, good_key: str, name: str, key: str, path: str
) -> None:
    """Sent at once and in chunks: the responses match the requests, in their order."""
    headers, body = WELL_FORMED[name]
    head = post(path, good_key if key == "good" else "bad", headers)
    for chunks in ([head + body + LAST], [head, body + LAST], [head, body[:3], body[3:], LAST]):
        (first, outer), *rest = parse_responses(exchange(server.port, *chunks, pause=0.02))
        assert (outer, rest) == (OUTER, [(200, "last")])
        assert 400 <= first < 500


def chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) + END


def test_chunked_framing_takes_precedence_over_content_length(server: Serve, good_key: str) -> None:
    """RFC 9112 section 6.1 allows it if the connection is closed; the HTTP server hides the length."""
    body = chunked(samples.png())
    head = post("/v1/asset", good_key, f"Content-Length: {len(body) - 9}\r\nTransfer-Encoding: chunked\r\n")
    assert parse_responses(exchange(server.port, head + body + AFTER)) == [(200, OUTER)]


@pytest.mark.parametrize("codings", ["gzip, chunked", "identity, chunked", "deflate, chunked"])
def test_transfer_coding_other_than_chunked_is_refused(server: Serve, good_key: str, codings: str) -> None:
    """RFC 9112 section 6.1. Otherwise the encoded bytes would be stored."""
    head = post("/v1/asset", good_key, f"Transfer-Encoding: {codings}\r\nConnection: close\r\n")
    ((status, _),) = parse_responses(exchange(server.port, head + chunked(samples.png())))
    assert status in (400, 501)


def test_smuggled_response_fails_the_check() -> None:
    """The responses that a smuggled request would cause."""
    received = b"HTTP/1.1 400 Bad\r\nx-request-id: outer\r\n\r\nHTTP/1.1 200 OK\r\nx-request-id: smuggled\r\n\r\n"
    assert parse_responses(received) == [(400, OUTER), (200, SMUGGLED)]
    with pytest.raises(ValueError, match="unpack"):
        expect_one_refusal(received)
