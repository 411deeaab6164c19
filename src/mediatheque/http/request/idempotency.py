"""The Idempotency-Key header: the same key gets the same answer, and the work is done once."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
import structlog
from litestar import Request, Response

from mediatheque.errors import Conflict, Invalid, Malformed, Unacceptable
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import principal_of
from mediatheque.library.idempotency import Claim, StoredReply
from mediatheque.library.ingest.request import Body

T = TypeVar("T")

_KEY = re.compile(r"[A-Za-z0-9_\-:.]{1,255}")
_log = structlog.get_logger()


async def idempotent(
    request: Request[Any, Any, Any],
    work: Callable[[Claim | None], Awaitable[T]],
    render: Callable[[T], tuple[int, bytes]],
    asked: bytes | Body | None,
) -> Response[bytes]:
    """Do the work, or replay the answer of an earlier request with the same key, on the same route and path.

    `asked` tells what this request asks for. Given as a fingerprint, another one under the same key is a `Conflict`;
    given as the body of an upload, the original is replayed all the same and a warning is logged; None replays it for
    whatever is asked. `Invalid` for a key outside the alphabet, `InProgress` while the original runs. Only success is
    kept: after a refusal the key is free.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return _reply(*render(await work(None)))
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key must be 1-255 characters of A-Z a-z 0-9 _ - : .", param="Idempotency-Key")
    idempotency = context_of(request).library.idempotency
    scope = f"{request.method} {request.scope['path']}"
    claimed = await idempotency.claim(principal_of(request).key_id, scope, key)
    if isinstance(claimed, StoredReply):
        return await _replay(claimed, asked)
    fingerprint = asked if isinstance(asked, bytes) else None
    async with idempotency.holding(claimed):
        return _reply(*render(await work(Claim(claimed, render, fingerprint))))


def fingerprint(wanted: object) -> bytes:
    """The SHA-256 of a request's JSON body, as it was understood."""
    return hashlib.sha256(msgspec.json.encode(wanted)).digest()


async def _replay(concluded: StoredReply, asked: bytes | Body | None) -> Response[bytes]:
    if isinstance(asked, bytes):
        if asked != concluded.fingerprint:
            raise Conflict("This Idempotency-Key was used for a different request.", param="Idempotency-Key")
    elif asked is not None and await _differs(asked, concluded.fingerprint):
        _log.warning("idempotency key reused for a different body; the original response is replayed")
    return _reply(concluded.status, concluded.body, {"Idempotent-Replayed": "true"})


async def _differs(asked: Body, fingerprint: bytes) -> bool:
    """A body that would have been refused is another one, too."""
    try:
        return await fingerprint_of(asked) != fingerprint
    except (Malformed, Invalid, Unacceptable):
        return True


def _reply(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(body, status_code=status, headers=headers, media_type="application/json")


async def fingerprint_of(body: Body) -> bytes:
    """The SHA-256 of the bytes that the body would have stored."""
    digest = _Digest()
    await body.stream_to(digest)
    return digest.hash.digest()


class _Digest:
    """A sink that only hashes."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    async def write(self, chunk: bytes | memoryview) -> None:
        self.hash.update(chunk)
