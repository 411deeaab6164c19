"""What is said about a stored file before a request for it comes: its headers, made once.

Stored files are strangers' files on our origin: the type is what sniffing found, a browser shows in place
only what is on an allow-list, and a policy keeps what it shows from running anything.
"""

from datetime import UTC, datetime
from email.utils import format_datetime

from msgspec import Struct

from mediatheque.http.content_disposition import render

IMMUTABLE = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"

RawHeaders = tuple[tuple[bytes, bytes], ...]

_INLINE_IMAGES = frozenset(
    f"image/{kind}" for kind in ("png", "jpeg", "webp", "gif", "avif", "heic", "heif", "bmp", "tiff")
)
_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
_PLAYER_POLICY = b"default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


class Representation(Struct, frozen=True, kw_only=True, gc=False):
    """The headers of a file, in the groups that answers are put together from. May be kept."""

    size: int
    etag: str
    modified: datetime
    content_type: bytes
    validator_headers: RawHeaders
    security_headers: RawHeaders
    full_headers: RawHeaders
    inline_disposition: bytes
    attachment_disposition: bytes


def represent(
    *, size: int, mime: str, name: str, sha256: bytes, created_at: datetime, cache_control: str = IMMUTABLE
) -> Representation:
    """The headers of a file. Pure: equal arguments give an equal result.

    `mime` is what sniffing found; `sha256` is the digest of the bytes and becomes the strong entity tag. `caching` is
    what caches are told.
    """
    etag = f'"{sha256.hex()}"'
    modified = created_at.astimezone(UTC).replace(microsecond=0)
    content_type = f"{mime}; charset=utf-8" if mime.startswith("text/") else mime
    validators = (
        (b"etag", etag.encode()),
        (b"last-modified", format_datetime(modified, usegmt=True).encode()),
        (b"cache-control", cache_control.encode()),
    )
    guards = _security_headers(mime)
    length = ((b"content-type", content_type.encode()), (b"content-length", b"%d" % size))
    return Representation(
        size=size,
        etag=etag,
        modified=modified,
        content_type=content_type.encode(),
        validator_headers=validators,
        security_headers=guards,
        full_headers=length + guards + validators,
        inline_disposition=render("inline" if is_inline(mime) else "attachment", name).encode(),
        attachment_disposition=render("attachment", name).encode(),
    )


def is_inline(mime: str) -> bool:
    """Whether a browser may show it instead of saving it.

    No SVG and no HTML, which can carry scripts; no PDF, because no viewer works under the sandbox policy.
    """
    return mime in _INLINE_IMAGES or mime.startswith(("video/", "audio/"))


def _security_headers(mime: str) -> RawHeaders:
    """A browser shows a lone video inside a page of its own making, which needs it as its `media-src`."""
    plays = mime.startswith(("video/", "audio/"))
    return (
        (b"accept-ranges", b"bytes"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", _PLAYER_POLICY if plays else _POLICY),
        (b"cross-origin-resource-policy", b"cross-origin"),
    )
