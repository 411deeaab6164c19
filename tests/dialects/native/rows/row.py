"""One operation's row, and what rows are made of."""

from collections.abc import Callable
from typing import Any

import msgspec

from tests import samples
from tests.contracts.dialect import Suite
from tests.dialects.native.endpoints import auth, create, inline

Request = dict[str, Any]
"""Keyword arguments of `httpx.Client.request`; a `path` where the operation's own has parameters."""
Make = Callable[[Suite], Request]


class Row(msgspec.Struct, frozen=True):
    """`valid` makes a request that succeeds; what it has to create first, it creates.

    `other` makes the part of the request that is another payload for the same path: it must be there if the operation
    has a body. A request need not succeed with it. `shown_once` is a field that is null when the answer is repeated.
    """

    valid: Make = lambda _: {}
    other: Request | None = None
    shown_once: str = ""


def new_asset(suite: Suite) -> str:
    """Create an asset with the key of the suite, and return its id."""
    id = create(suite.client, suite.account.key, inline(samples.png())).json()["id"]
    counted(suite)
    return str(id)


def counted(suite: Suite) -> None:
    """Count what is stored anew, after something was created for a request."""
    suite.before = suite.stored.count(suite.account)


def post(suite: Suite, path: str, body: Any) -> Any:
    """Create something with the key of the suite, and return the answer."""
    response = suite.client.post(path, json=body, headers=auth(suite.account.key))
    assert response.is_success, response.text
    counted(suite)
    return response.json()


def at(template: str) -> Make:
    """Return the maker of a request about a new asset, whose id stands for `{id}` in the path."""
    return lambda suite: {"path": template.replace("{id}", new_asset(suite))}
