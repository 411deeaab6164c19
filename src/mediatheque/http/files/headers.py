"""The response headers of a stored file, computed once and reused for each request.

Users upload these files, and they are served from the library's own origin. So the type is the sniffed one, browsers
display only types on an allow-list, and a content security policy keeps displayed files from running scripts.
"""

from datetime import UTC, datetime
from email.utils import format_datetime

from msgspec import Struct

from mediatheque.http.asgi import RawHeaders
from mediatheque.http.content_disposition import render

IMMUTABLE = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"

_INLINE_IMAGES = frozenset(
    f"image/{kind}" for kind in ("png", "jpeg", "webp", "gif", "avif", "heic", "heif", "bmp", "tiff")
)
_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
_PLAYER_POLICY = b"default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


class Representation(Struct, frozen=True, kw_only=True, gc=False):
    """The headers of a file, in the groups that responses are assembled from. Immutable, so it can be cached.

    `etag` includes its quotes; `modified` is aware and has whole seconds. `full_headers` are those of a 200 response,
    except for Content-Disposition.
    """

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
    """Compute the headers of a file. Equal arguments give equal results.

    `mime` is the sniffed type; a text without a charset is UTF-8. `sha256` is the digest of the bytes and becomes the
    strong entity tag.
    """
    etag = f'"{sha256.hex()}"'
    modified = created_at.astimezone(UTC).replace(microsecond=0)
    content_type = f"{mime}; charset=utf-8" if mime.startswith("text/") and ";" not in mime else mime
    validators = (
        (b"etag", etag.encode()),
        (b"last-modified", format_datetime(modified, usegmt=True).encode()),
        (b"cache-control", cache_control.encode()),
    )
    security = _security_headers(mime)
    content = ((b"content-type", content_type.encode()), (b"content-length", b"%d" % size))
    return Representation(
        size=size,
        etag=etag,
        modified=modified,
        content_type=content_type.encode(),
        validator_headers=validators,
        security_headers=security,
        full_headers=content + security + validators,
        inline_disposition=render("inline" if is_inline(mime) else "attachment", name).encode(),
        attachment_disposition=render("attachment", name).encode(),
    )


def is_inline(mime: str) -> bool:
    """Whether a browser may display the type instead of downloading it.

    SVG and HTML may not, because they can contain scripts; PDF may not, because no viewer works under the sandbox
    policy.
    """
    return mime in _INLINE_IMAGES or mime.startswith(("video/", "audio/"))


def _security_headers(mime: str) -> RawHeaders:
    """Return the security headers.

    Browsers play a directly opened video in a generated page, so `media-src` must allow it.
    """
    is_playable = mime.startswith(("video/", "audio/"))
    return (
        (b"accept-ranges", b"bytes"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", _PLAYER_POLICY if is_playable else _POLICY),
        (b"cross-origin-resource-policy", b"cross-origin"),
    )
