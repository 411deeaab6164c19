"""Settings of the remote services whose results are kept."""

from base64 import urlsafe_b64decode
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from mediatheque.http.fetch.allow_list import AllowList

_ED25519_BYTES = 32

ApiUrl = Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]


class ProvidersConfig(Struct, frozen=True, kw_only=True):
    """Where the services are, and from which hosts their outputs are fetched (besides `fetch.hosts`)."""

    fal_url: ApiUrl = "https://queue.fal.run"
    """fal's queue."""
    fal_hosts: tuple[str, ...] = ("fal.media", "*.fal.media", "*.fal.run", "*.fal.ai", "storage.googleapis.com")
    """Hosts of fal's outputs, written as in `MEDIATHEQUE_FETCH_HOSTS`."""
    fal_jwks_url: ApiUrl = "https://rest.fal.ai/.well-known/jwks.json"
    """Where fal publishes the keys that its webhooks are signed with; they are kept in memory for a day."""
    fal_webhook_keys: tuple[str, ...] = ()
    """Those keys themselves (ED25519, base64url, the `x` of the JWKS): then nothing is read from that URL."""
    heygen_url: ApiUrl = "https://api.heygen.com"
    """HeyGen's API."""
    heygen_hosts: tuple[str, ...] = ("*.heygen.ai", "*.heygen.com")
    """Hosts of HeyGen's outputs."""
    krea_url: ApiUrl = "https://api.krea.ai"
    """Krea's API."""
    krea_hosts: tuple[str, ...] = ("*.krea.ai",)
    """Hosts of Krea's outputs."""
    replicate_url: ApiUrl = "https://api.replicate.com"
    """Replicate's API."""
    replicate_hosts: tuple[str, ...] = ("replicate.delivery", "*.replicate.delivery")
    """Hosts of Replicate's outputs."""
    answer_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """Longest duration of one request to an API."""
    leeway_seconds: Annotated[int, Meta(gt=0)] = 300
    """How old a signed webhook may be, and how far ahead its sender's clock."""

    def __post_init__(self) -> None:
        for name in ("fal_hosts", "heygen_hosts", "krea_hosts", "replicate_hosts"):
            try:
                AllowList(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        for key in self.fal_webhook_keys:
            if len(decode_key(key)) != _ED25519_BYTES:
                raise ValueError(f"fal_webhook_keys: expected {_ED25519_BYTES} bytes in base64url, not {key!r}")


def decode_key(text: str) -> bytes:
    """Return the bytes of a public key in base64url; none for any other text."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def api_host(url: str) -> str:
    """Return the host of an API's URL as an entry of an allow-list."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host
