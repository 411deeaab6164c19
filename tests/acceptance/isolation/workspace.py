"""A workspace as a test fills it: with what is asked for, when it is asked for."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self
from uuid import uuid4

import httpx

from tests.acceptance.endpoints import bearer


class Workspace:
    """What a key's workspace has, by name. All texts are made of `word`: two of the same word have the same content."""

    makers: ClassVar[Mapping[str, "Maker"]]

    def __init__(self, http: httpx.Client, key: str, word: str | None = None) -> None:
        self.http, self.key = http, key
        self._made = {"word": word or uuid4().hex}

    def __getitem__(self, name: str) -> str:
        if name not in self._made:
            self._made[name] = self.makers[name](self)
        return self._made[name]

    def everything(self) -> Self:
        """The same, with nothing left to be made."""
        for name in self.makers:
            self[name]
        return self

    def ask(self, method: str, path: str, **request: Any) -> Any:
        answer = self.http.request(method, path, headers=bearer(self.key), **request)
        assert answer.is_success, (method, path, answer.text)
        return answer.json()


Maker = Callable[[Workspace], str]
"""Makes one thing, and answers what it is called."""
