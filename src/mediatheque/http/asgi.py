"""Types of the ASGI protocol (https://asgi.readthedocs.io/en/latest/specs/www.html).

Loosely typed on purpose: the framework's types know neither the servers' extensions (pathsend) nor `state`, and every
step would need a cast.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Scope = Any
"""A connection's properties: a dict with string keys."""
Message = Any
"""One event of a connection: a dict with a `type`."""
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Any, Any], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
"""Header fields; names in lower case, as ASGI requires."""
RawHeaders = tuple[tuple[bytes, bytes], ...]
"""The same, immutable."""
