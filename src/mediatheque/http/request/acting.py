"""Who asks for the changes of a request, and from where, for the audit log."""

from uuid import UUID

from mediatheque.http.context import Connection, context_of
from mediatheque.model import Actor, ActorKind, current_actor

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_USER_AGENT = 200


def act(connection: Connection, kind: ActorKind, key_id: UUID, key_name: str = "") -> None:
    """Attribute the changes of this request to the key, or to a token that it created. Safe methods change nothing."""
    if connection.scope.get("method") in _SAFE:
        return
    agent = connection.headers.get("user-agent", "")[:_MAX_USER_AGENT]
    current_actor.set(
        Actor(
            kind=kind,
            key_id=key_id,
            key_name=key_name or None,
            address=context_of(connection).origins.client(connection),
            user_agent=(agent if agent.isprintable() else "".join(filter(str.isprintable, agent))) or None,
            request_id=connection.scope["state"].get("request_id"),
        )
    )
