"""The Idempotency-Key header: the same key gets the same answer, and the work is done once."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
import structlog
from litestar import Response

from mediatheque.errors import IdempotencyKeyReused, Invalid, Malformed, Unacceptable
from mediatheque.http.asgi import header_text
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.request import Body, sha256_of
from mediatheque.model import StoredReply
from mediatheque.model.urls import normal_form

T = TypeVar("T")

_URL_FIELDS = frozenset({"url", "image_url", "video_url", "cover_image_url", "reference_images"})
"""Fields of request bodies that hold URLs, in every dialect."""
_MAX_KEY = 255
_MAX_PATH = 255
_log = structlog.get_logger()


async def idempotent(
    request: AppRequest,
    work: Callable[[Claim | None], Awaitable[T]],
    render: Callable[[T], tuple[int, bytes]],
    fingerprint: bytes | Callable[[], bytes] | None = None,
    *,
    upload: Body | None = None,
    digest: Callable[[AppRequest], Awaitable[bytes]] | None = None,
    characters: str = "",
) -> Response[bytes]:
    """Do the work, or replay the answer of an earlier request of the workspace with the same key, method and path.

    With a `fingerprint`, a key that was used with another fingerprint is refused; so it is with a `digest`, which
    reads the fingerprint from the body, only when there is an answer to replay. With an `upload`, the answer is
    replayed all the same, and a warning is logged if the bytes differ. With none, it is replayed for any request.
    Only successes are stored: a key whose request failed can be used again. A key is any text of up to 255 characters,
    or of those in `characters`, which is written as in a regular expression: `A-Za-z`.

    Raises `Invalid` for a malformed key, `InProgress` while an earlier request runs, and `IdempotencyKeyReused` for
    another fingerprint.
    """
    key = _key_of(request, characters)
    if key is None:
        return _response(*render(await work(None)))
    fingerprint = fingerprint() if callable(fingerprint) else fingerprint
    idempotency = request.library.idempotency
    claimed = await idempotency.claim(request.principal, _operation(request), key)
    if isinstance(claimed, StoredReply):
        if digest is not None:
            fingerprint = await _read_digest(digest, request)
        if fingerprint not in (None, claimed.fingerprint):
            raise IdempotencyKeyReused(param="Idempotency-Key")
        if upload is not None and await _differs(upload, claimed.fingerprint):
            _log.warning("idempotency_key_reused_for_different_upload")
        return _response(claimed.status, claimed.body, {"Idempotent-Replayed": "true"})
    async with idempotency.keep_lease(claimed):
        return _response(*render(await work(Claim(claimed, render, fingerprint))))


async def idempotent_part(
    request: AppRequest,
    number: int,
    work: Callable[[Claim | None], Awaitable[T]],
    render: Callable[[T], bytes],
    body: Body,
) -> bytes:
    """Do the work of one part of a request as `idempotent` does that of all of it, and return what it answers.

    Of a request that ended between two parts, those that are done are not done again. Raises as `idempotent` does.
    """
    key = _key_of(request, "")
    if key is None:
        return render(await work(None))
    idempotency = request.library.idempotency
    claimed = await idempotency.claim(request.principal, f"{_operation(request)} {number}", key)
    if isinstance(claimed, StoredReply):
        if await sha256_of(body) != claimed.fingerprint:
            raise IdempotencyKeyReused(param="Idempotency-Key")
        return claimed.body
    async with idempotency.keep_lease(claimed):
        return render(await work(Claim(claimed, lambda result: (200, render(result)))))


def _key_of(request: AppRequest, characters: str) -> str | None:
    """Return the key, None if there is none. Raises `Invalid` when it is malformed."""
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    key = header_text(sent)
    if not 1 <= len(key) <= _MAX_KEY or (characters and not re.fullmatch(f"[{characters}]+", key)):
        allowed = f" of {characters}" if characters else ""
        raise Invalid(f"Idempotency-Key must be 1-{_MAX_KEY} characters{allowed}.", param="Idempotency-Key")
    return key


def _operation(request: AppRequest) -> str:
    """Return method and path. Of a path too long for an index of the database it is the hash."""
    path: str = request.scope["path"]
    if len(path) > _MAX_PATH:
        path = f"sha256:{hashlib.sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"{request.method} {path}"


def fingerprint(value: object) -> bytes:
    """Return the SHA-256 of a request's decoded JSON body, in which URLs are the same however they are spelled.

    Raises `Malformed` for a body that is nested too deeply.
    """
    try:
        return hashlib.sha256(msgspec.json.encode(_with_normal_urls(msgspec.to_builtins(value)))).digest()
    except RecursionError:
        raise Malformed("The request body is nested too deeply.") from None


def _with_normal_urls(value: Any, name: str = "") -> Any:
    """Return the JSON value with the normal form of each URL in it. `name` is the field that holds the value."""
    match value:
        case dict():
            return {key: _with_normal_urls(each, key) for key, each in value.items()}
        case list() | tuple():
            return [_with_normal_urls(each, name) for each in value]
        case str() if name in _URL_FIELDS:
            return normal_form(value)
    return value


async def _differs(body: Body, fingerprint: bytes) -> bool:
    """Return whether the body has another fingerprint. A body that would have been refused has."""
    try:
        return await sha256_of(body) != fingerprint
    except (Malformed, Invalid, Unacceptable):
        return True


async def _read_digest(digest: Callable[[AppRequest], Awaitable[bytes]], request: AppRequest) -> bytes:
    """Return the digest. A body that would have been refused has none that was stored."""
    try:
        return await digest(request)
    except (Malformed, Invalid, Unacceptable):
        return b""


def _response(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(body, status_code=status, headers=headers, media_type="application/json")
