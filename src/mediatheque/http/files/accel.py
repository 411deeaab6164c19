"""Handing a file's bytes over to nginx in front of this server.

nginx sends what the internal location in `X-Accel-Redirect` has. It copies Content-Type and Content-Disposition of the
response; its configuration, `deploy/nginx.conf`, adds the others. `X-Accel-Expires` says how long its cache may keep a
response. Clients see neither.
https://nginx.org/en/docs/http/ngx_http_upstream_module.html
"""

import time

from msgspec import Struct

from mediatheque.http.asgi import RawHeaders
from mediatheque.http.files.ranges import ByteRange

URI_SECONDS = 300
"""Time for which a presigned URL is good: nginx follows it at once, and clocks may differ by minutes."""

_OURS = frozenset({"if-match", "if-unmodified-since", "if-range"})
"""Conditions that nginx or a bucket would compare with their own entity tags and dates."""


class Accel(Struct, frozen=True, kw_only=True, gc=False):
    """What nginx is told of one file.

    `uri` is the internal location of its bytes. `public_until` is the time, in seconds since 1970, until which anyone
    may read it: infinity, or 0 for a file that is not public.
    """

    uri: bytes
    public_until: float

    def cache_headers(self) -> RawHeaders:
        """Let nginx's cache keep a public file until the end of this second, and nothing else."""
        now = int(time.time())
        return ((b"x-accel-expires", b"@%d" % now if now + 1 <= self.public_until else b"0"),)

    def rename(self, headers: RawHeaders) -> RawHeaders:
        """Rename Cache-Control of a public file, for nginx to add to a success: a copy would also be on its errors."""
        if not self.public_until:
            return headers
        return tuple((b"x-file-cache-control" if name == b"cache-control" else name, value) for name, value in headers)


def is_left_to_nginx(headers: dict[str, str], ranges: tuple[ByteRange, ...] | None) -> bool:
    """Whether nginx, or a bucket behind it, understands these Range and conditional headers as this server does.

    `ranges` are what is to be sent according to them; None is the whole file.
    """
    if "range" in headers and (ranges is None or "," in headers["range"]):
        return False
    return not _OURS & headers.keys()
