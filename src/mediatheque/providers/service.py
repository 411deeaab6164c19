"""What the services have in common: how their APIs are asked, and from where their outputs are read."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import msgspec

from mediatheque.errors import FetchFailed, Invalid
from mediatheque.http.fetch import api
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.fetch.fetch import RemoteBody
from mediatheque.library.ingest.request import Body
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.provider import ProviderRefused, Report, RequestRef, RequestUnknown, read_json
from mediatheque.model.urls import normal_form
from mediatheque.providers.config import ProvidersConfig, api_host

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""Largest record of a request: outputs may be in it as data URIs."""
_PROMPTS = ("prompt", "text_prompt", "text", "script")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}")


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is reached: the URL of its API without a final slash, and what may be fetched from where."""

    url: str
    calls: FetchConfig
    outputs: FetchConfig

    @classmethod
    def of(
        cls, url: str, hosts: tuple[str, ...], config: ProvidersConfig, keep: KeepConfig, fetch: FetchConfig
    ) -> "Access":
        """Allow the API's host for calls, and the hosts of the service and of the operator for outputs."""
        calls = msgspec.structs.replace(
            fetch,
            hosts=(api_host(url),),
            max_bytes=MAX_RECORD_BYTES,
            timeout_seconds=config.answer_seconds,
            redirects=0,
        )
        outputs = msgspec.structs.replace(
            fetch, hosts=(*hosts, *fetch.hosts), max_bytes=keep.max_bytes, timeout_seconds=keep.fetch_seconds
        )
        return cls(url=url.rstrip("/"), calls=calls, outputs=outputs)


class Answer(msgspec.Struct, frozen=True):
    """An answer of an API: its status, and its JSON or None when it has none."""

    status: int
    record: Any


class Service:
    """Base of the services."""

    name = ""
    signs = True
    signs_with_secret = False

    def __init__(self, access: Access) -> None:
        self._access = access

    def check(self, request: RequestRef, *, to_ask: bool) -> None:
        """See `Provider`."""
        check_id(request.request_id)

    def body(self, url: str) -> Body:
        """See `Provider`."""
        return RemoteBody(url, self._access.outputs)

    def path_of(self, url: str) -> str | None:
        """Return the path of a URL of this service's API, decoded; None for any other URL."""
        prefix = normal_form(f"{self._access.url}/")
        url = normal_form(url)
        return unquote(url.removeprefix(prefix).partition("?")[0]).strip("/") if url.startswith(prefix) else None

    async def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Ask the API. Raises `ProviderRefused`, `RequestUnknown` and `FetchFailed`; other answers are returned."""
        answer = await api.get(f"{self._access.url}/{path}", headers, self._access.calls)
        status = answer.status
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ProviderRefused(f"{self.name} does not accept the API key ({status}).")
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise RequestUnknown(f"{self.name} does not know the request ({status}).")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER or status < HTTPStatus.OK:
            raise FetchFailed(f"The API answered with status {status}.", status=status)
        try:
            return Answer(status, read_json(answer.body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FetchFailed(f"The API answered with status {status} and no JSON.", status=status) from error


_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def check_id(id: str) -> None:
    """Raise `Invalid` unless the text can be the id of a request, which becomes a part of a URL."""
    if not _ID.fullmatch(id):
        raise Invalid("request_id is no id of a request: 1-200 letters, digits and . _ ~ : -", param="request_id")


def read_answer(read: Callable[[Any], Report], record: Any) -> Report:
    """Read what the API answered. Raises `FetchFailed` when it is nothing that the service documents."""
    try:
        return read(record)
    except Invalid as error:
        raise FetchFailed("The API answered with something else than a record.") from error


def members(value: Any) -> dict[str, Any]:
    """Return the members of a JSON object; none of any other value."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str | None:
    """Return the value if it is text that is not empty."""
    return value if isinstance(value, str) and value else None


def explanation(value: Any) -> str | None:
    """Return what a field that explains a failure says: text, or its message, or itself as JSON."""
    if value is None or value == "":
        return None
    inner = members(value)
    return text(value) or text(inner.get("message")) or text(inner.get("detail")) or msgspec.json.encode(value).decode()


def prompt_of(input: Any) -> str | None:
    """Return the prompt in a request's input, under the names that models give it."""
    found = members(input)
    return next(filter(None, (text(found.get(name)) for name in _PROMPTS)), None)
