"""Request templates with placeholders for names, and comparable responses."""

import re
from typing import Any, NamedTuple

import httpx

from tests.acceptance.endpoints import bearer
from tests.acceptance.isolation.names import Names, ids_in

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)")
_REFUSED = 400
Comparable = tuple[int, dict[str, str], str]
"""Status, headers and body of a response."""
_VOLATILE = ("date", "x-request-id")


class Probe(NamedTuple):
    """One request; `{tag}` is a foreign tag and `{my_tag}` the caller's own.

    `foreign` is the status for a foreign name, which must equal that for an unknown name; `own` is the status for the
    caller's own names throughout.
    """

    method: str
    path: str
    json: Any = None
    params: dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    content: bytes | None = None
    foreign: int = 404
    own: int = 200

    @property
    def route(self) -> str:
        """The operation, in the form of `route_of`."""
        return route_of(self.method, self.path)

    @property
    def is_read(self) -> bool:
        return self.method in ("GET", "HEAD")

    @property
    def is_refused(self) -> bool:
        """Whether a foreign name is refused, not just ignored."""
        return self.foreign >= _REFUSED

    @property
    def has_foreign_name(self) -> bool:
        """Whether the request contains a foreign name."""
        places = re.findall(r"{(\w+)}", f"{self.path} {self.json} {self.params} {self.headers}")
        return any(not place.startswith("my_") for place in {*places} - {"name", "number"})

    def send(self, http: httpx.Client, key: str, names: Names, **headers: str) -> httpx.Response:
        """Send the request with the placeholders filled."""
        request = {"params": self.params, "json": self.json, "headers": {**(self.headers or {}), **headers}}
        given = {part: _filled(template, names) for part, template in request.items() if template is not None}
        given["headers"] |= bearer(key)
        if self.content is not None:
            given["content"] = self.content
        return http.request(self.method, _filled(self.path, names), **given)


def route_of(method: str, path: str) -> str:
    """Return the operation with unnamed parameters."""
    return f"{method} {re.sub('{[^}]*}', '{}', path)}"


def comparable(response: httpx.Response, *more: str) -> Comparable:
    """Return the response without the date, the request id, ids of the request, and `more` names.

    If the request created something, its ids, times and revision are removed, too.
    """
    request = response.request
    text = response.text.replace(response.headers["x-request-id"], "<request>")
    names = {*more} | ids_in(f"{request.url} {request.headers.raw} {request.content.decode('latin-1')}")
    if response.is_success and request.method not in ("GET", "HEAD"):
        names |= ids_in(text) | set(re.findall(r'"revision":"(\w+)"', text))
        text = _TIME.sub("<time>", text)
    for id in sorted(names):
        text = text.replace(id, "<id>")
    headers = {name: value for name, value in response.headers.items() if name not in _VOLATILE}
    if headers.get("etag", "").strip('"') in names:
        headers["etag"] = "<revision>"
    return response.status_code, headers, text


def _filled(template: Any, names: Names) -> Any:
    if isinstance(template, str):
        return re.sub(r"{(\w+)}", lambda place: names[place[1]], template)
    if isinstance(template, dict):
        return {name: _filled(value, names) for name, value in template.items()}
    return [_filled(value, names) for value in template] if isinstance(template, list) else template
