"""When two URLs are the same: their normal form by RFC 3986, section 6.

The normal form is for comparisons alone. What is fetched is the URL as the client wrote it, since servers may sign it.
"""

import re
from ipaddress import AddressValueError, IPv6Address

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986, appendix B, for URLs with an authority.
_PARTS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?")
_AUTHORITY = re.compile(r"(?P<userinfo>.*@)?(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]*))?", re.DOTALL)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# RFC 3986 reserves `! ' ( ) *` and RFC 2396 did not. They delimit nothing in http URLs, and of the functions that write
# URLs some escape them (Python's `quote`) and some do not (JavaScript's `encodeURIComponent`).
_SAME_WHEN_ESCAPED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!'()*")
_NEVER_BARE = re.compile(r"""[\x00-\x20\x7f"<>\\^`{|}\[\]]|%(?![0-9A-Fa-f]{2})""")


def normal_form(url: str) -> str:
    """Return the same text for URLs that name the same resource; text that is no URL is returned as it is.

    Alike are: upper and lower case of scheme, host and escapes; a character that needs no escape and its escape; a host
    and its IDNA form; the default port and none; `.` and `..` in the path and what they stand for; an empty path and
    `/`; with and without a fragment, which is never sent. Everything that a server may tell apart stays different:
    escaped delimiters (`%2F`), `+` and `%20`, the order of the query, an empty query, a final slash, a final dot.
    """
    parts = _PARTS.match(url)
    authority = _AUTHORITY.fullmatch(parts["authority"]) if parts else None
    if parts is None or authority is None:
        return url
    scheme = parts["scheme"].lower()
    host = normal_host(authority["host"])
    path = _without_dot_segments(_normal_text(parts["path"])) or "/"
    return f"{scheme}://{authority['userinfo'] or ''}{host}{_port(scheme, authority['port'])}{path}" + _normal_text(
        parts["query"] or ""
    )


def normal_host(host: str) -> str:
    """Return the host in lower case, a name beyond ASCII by IDNA, an IPv6 address in its shortest form."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1]).compressed}]"
        return host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except (AddressValueError, idna.IDNAError):
        return host.lower()


def _port(scheme: str, text: str | None) -> str:
    if not text or int(text[:20]) == DEFAULT_PORTS.get(scheme):
        return ""
    return f":{text.lstrip('0') or '0'}"


def _normal_text(text: str) -> str:
    """Normalise the escapes of a path or a query."""
    bare = _NEVER_BARE.sub(lambda found: f"%{ord(found[0]):02X}", _escaped(text))
    return _ESCAPES.sub(lambda found: "".join(map(_normal_byte, bytes.fromhex(found[0].replace("%", "")))), bare)


def _normal_byte(byte: int) -> str:
    return chr(byte) if byte in _SAME_WHEN_ESCAPED else f"%{byte:02X}"


def _escaped(text: str) -> str:
    """Escape what is beyond ASCII."""
    return _BEYOND_ASCII.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), text
    )


def _without_dot_segments(path: str) -> str:
    """Resolve `.` and `..` (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "".join(f"/{segment}" for segment in kept)
