"""A workspace whose things are created when a test first names them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self
from uuid import uuid4

import httpx

from tests.acceptance.endpoints import bearer


class Workspace:
    """What a key's workspace has, by name. Texts contain `word`: instances with the same word have equal content."""

    makers: ClassVar[Mapping[str, "Maker"]]

    def __init__(self, http: httpx.Client, key: str, word: str | None = None) -> None:
        self.http, self.key = http, key
        self._made = {"word": word or uuid4().hex}

    def __getitem__(self, name: str) -> str:
        if name not in self._made:
            self._made[name] = self.makers[name](self)
        return self._made[name]

    def create_all(self) -> Self:
        """Create all things, and return self."""
        for name in self.makers:
            self[name]
        return self

    def call(self, method: str, path: str, **request: Any) -> Any:
        response = self.http.request(method, path, headers=bearer(self.key), **request)
        assert response.is_success, (method, path, response.text)
        return response.json()


Maker = Callable[[Workspace], str]
"""Creates one thing and returns its name."""
