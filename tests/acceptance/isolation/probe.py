"""A request with places for names, as data, and all that its answer tells."""

import re
from typing import Any, NamedTuple

import httpx

from tests.acceptance.endpoints import bearer
from tests.acceptance.isolation.names import Named, ids_in

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)")
_REFUSED = 400
Told = tuple[int, dict[str, str], str]
"""Status, headers and body of an answer."""
_VOLATILE = ("date", "x-request-id")


class Probe(NamedTuple):
    """One request, where `{tag}` stands for another's tag and `{my_tag}` for the caller's own.

    `foreign` is the status that another's name is answered with, exactly as a name that never was; `own` the one of
    the same request with the caller's own things throughout.
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
        """The operation, as `route_of` names it."""
        return route_of(self.method, self.path)

    @property
    def reads(self) -> bool:
        return self.method in ("GET", "HEAD")

    @property
    def refused(self) -> bool:
        """Whether another's name is refused, rather than an unknown text that is fine."""
        return self.foreign >= _REFUSED

    @property
    def names_another(self) -> bool:
        """Whether anything of another's stands in it."""
        places = re.findall(r"{(\w+)}", f"{self.path} {self.json} {self.params} {self.headers}")
        return any(not place.startswith("my_") for place in {*places} - {"name", "number"})

    def send(self, http: httpx.Client, key: str, names: Named, **headers: str) -> httpx.Response:
        """The request with the names in their places."""
        request = {"params": self.params, "json": self.json, "headers": {**(self.headers or {}), **headers}}
        given = {part: _filled(template, names) for part, template in request.items() if template is not None}
        given["headers"] |= bearer(key)
        if self.content is not None:
            given["content"] = self.content
        return http.request(self.method, _filled(self.path, names), **given)


def route_of(method: str, path: str) -> str:
    """An operation, whatever its parameters are called."""
    return f"{method} {re.sub('{[^}]*}', '{}', path)}"


def told(answer: httpx.Response, *more: str) -> Told:
    """Everything that an answer tells, but for the date, the request's id, ids that stood in it, and `more` names.

    What was made has ids and times of its own, so these are left out where the request has made something.
    """
    request = answer.request
    text = answer.text.replace(answer.headers["x-request-id"], "<request>")
    names = {*more} | ids_in(f"{request.url} {request.headers.raw} {request.content.decode('latin-1')}")
    if answer.is_success and request.method not in ("GET", "HEAD"):
        names |= ids_in(text)
        text = _TIME.sub("<time>", text)
    for id in sorted(names):
        text = text.replace(id, "<id>")
    headers = {name: value for name, value in answer.headers.items() if name not in _VOLATILE}
    return answer.status_code, headers, text


def _filled(template: Any, names: Named) -> Any:
    if isinstance(template, str):
        return re.sub(r"{(\w+)}", lambda place: names[place[1]], template)
    if isinstance(template, dict):
        return {name: _filled(value, names) for name, value in template.items()}
    return [_filled(value, names) for value in template] if isinstance(template, list) else template
