"""Settings of keeping other services' results."""

from base64 import urlsafe_b64decode
from typing import Annotated

from msgspec import Meta

from mediatheque.redaction import Discreet

KEY_BYTES = 32


class KeepConfig(Discreet, frozen=True, kw_only=True):
    """How results of fal, Krea, HeyGen and Replicate are kept, and how their keys are encrypted."""

    secret_key: str = ""
    """Key that encrypts the providers' keys and the secrets of hooks: 32 bytes in base64 (`openssl rand -base64 32`);
    several are separated by commas: the first encrypts, all decrypt. All servers and workers need the same. By default
    the key in `key_file`."""
    key_file: str = ""
    """File with that key, created for its owner alone when it is missing; by default `keep.key` in the data folder."""
    give_up_hours: Annotated[float, Meta(gt=0, le=8760)] = 48.0
    """Hours for which a request is polled, or an output fetched, before its keep becomes a dead letter."""
    fetch_seconds: Annotated[float, Meta(gt=0)] = 900.0
    """Longest duration of the fetch of one output, redirects included."""
    max_bytes: Annotated[int, Meta(gt=0)] = 5 * 1024 * 1024 * 1024
    """Largest output that is fetched."""

    def __post_init__(self) -> None:
        try:
            parse_keys(self.secret_key)
        except ValueError as error:
            raise ValueError(f"secret_key: {error}") from None


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Return the keys in the text. Raises ValueError when one is not 32 bytes in base64."""
    return tuple(_parse_key(part.strip()) for part in text.split(",") if part.strip())


def _parse_key(text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text.replace("+", "-").replace("/", "_"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("expected 32 bytes in base64")
    return key
