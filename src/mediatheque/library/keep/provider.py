"""What the library asks of a provider: a remote service that makes media, and whose results are kept.

The package `providers` has one class for each service; this package knows none of their words.
"""

import enum
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from mediatheque.errors import LibraryError
from mediatheque.library.ingest.request import Body

# A pair of surrogates, one that is alone (the group), or any other escape of JSON.
_ESCAPE = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)|\\.", re.DOTALL)


def read_json(body: bytes) -> Any:
    """Decode what a provider sent. Raises `msgspec.DecodeError`, `UnicodeDecodeError` and `RecursionError`.

    JavaScript writes half a character where it cuts a text inside an emoji; that is U+FFFD here, and loses no result.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return msgspec.json.decode(_ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body))


class Progress(enum.StrEnum):
    """How far a request is at its provider."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RequestRef(msgspec.Struct, frozen=True, kw_only=True):
    """A request at a provider: its id, and the endpoint that it was sent to where that is known."""

    request_id: str
    endpoint: str | None = None


class FoundOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A URL or data URI in a result; see `KeepOutput`."""

    path: str
    url: str
    name: str | None = None
    is_media: bool = False


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's record says about a request. `inputs` are URLs, `reason` is why it failed."""

    progress: Progress
    request_id: str | None = None
    endpoint: str | None = None
    outputs: tuple[FoundOutput, ...] = ()
    prompt: str | None = None
    inputs: tuple[str, ...] = ()
    reason: str | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it arrived: its headers in lower case, its body, and when that was."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    secret: str | None = None


class ProviderRefused(LibraryError):
    """The provider refuses to tell about the request, and would do so again."""


class RequestUnknown(ProviderRefused):
    """The provider does not know the request."""


class Provider(Protocol):
    """A remote service. Its methods raise `FetchFailed` when it does not answer, or not as documented."""

    name: str
    signs: bool
    """Whether its webhooks are signed. One that is not is a hint: what it says is asked for again where it can be."""
    signs_with_secret: bool
    """Whether they are signed with a secret that the hook must know."""

    def parse_url(self, url: str) -> RequestRef | None:
        """Return the request that a URL of the service's API names; None for any other URL."""
        ...

    def check(self, request: RequestRef, *, to_ask: bool) -> None:
        """Raise `Invalid` when no request can have that id and endpoint, `Missing` when more is needed `to_ask`."""
        ...

    def read(self, record: Any) -> Report:
        """Return what a record, as the service's API or its webhook has sent it, says. Raises `Invalid`."""
        ...

    async def ask(self, request: RequestRef, key: str | None) -> Report:
        """Ask for the record of the request. Raises `ProviderRefused`, `RequestUnknown` and `FetchFailed`."""
        ...

    async def verify(self, delivery: Delivery) -> None:
        """Raise `SignatureRefused` unless the delivery is the service's, and `Unavailable` when that cannot be told."""
        ...

    def body(self, url: str) -> Body:
        """Return the content of an output's URL, read from the service's hosts and no others."""
        ...
