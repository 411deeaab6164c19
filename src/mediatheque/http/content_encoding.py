"""Content codings of bodies. Bytes are stored as they are sent, so a body that has one is not read."""

from collections.abc import Iterable

from mediatheque.errors import UnsupportedEncoding

_IDENTITY = frozenset({"", "identity"})
_NOT_ENCODED = frozenset({"", "binary", "8bit", "7bit"})
_MAX_SHOWN = 50


def codings_of(values: Iterable[str]) -> list[str]:
    """Return the codings that the values of Content-Encoding name, without `identity`, in lower case."""
    names = (name.strip().lower() for value in values for name in value.split(","))
    return [name for name in names if name not in _IDENTITY]


def refuse_content_encoding(values: Iterable[str]) -> None:
    """Raise `UnsupportedEncoding` when the values of Content-Encoding name a coding."""
    if codings := codings_of(values):
        raise UnsupportedEncoding(f"Content-Encoding {', '.join(codings)[:_MAX_SHOWN]} is not read: send plain bytes.")


def refuse_transfer_encoding(value: str) -> None:
    """Raise `UnsupportedEncoding` when a part's Content-Transfer-Encoding changes its bytes (RFC 2045)."""
    if value.strip().lower() not in _NOT_ENCODED:
        shown = value.strip()[:_MAX_SHOWN]
        raise UnsupportedEncoding(f"Content-Transfer-Encoding {shown} is not read: send plain bytes.")
