"""A client of the native API with an admin key."""

from typing import Any, Self

import httpx

from mediatheque.model import Scope
from tests.durability.helpers.processes import eventually
from tests.server import Serve


class Client:
    """Requests of one workspace."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self.http, self.key = http, key

    @classmethod
    def new(cls, server: Serve, http: httpx.Client) -> Self:
        return cls(http, server.new_key(Scope.ADMIN))

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}", **request.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **request)

    def call(self, method: str, path: str, **request: Any) -> Any:
        response = self.send(method, path, **request)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def ended(self, id: str) -> Any:
        """The keep once it has ended."""

        def has_ended() -> bool:
            return self.call("GET", f"/api/keep/{id}")["state"] not in ("waiting", "saving")

        eventually(has_ended, 60)
        return self.call("GET", f"/api/keep/{id}")
