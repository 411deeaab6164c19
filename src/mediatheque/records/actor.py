"""Who asks for changes, as the audit log's triggers read it: a setting of PostgreSQL that ends with the transaction."""

import msgspec

from mediatheque.model import current_actor

SET_ACTOR = "SELECT set_config('mediatheque.actor', %s, true) AS actor"
"""The statement that says it for the rest of the transaction; it takes `actor_text`."""


def actor_text() -> str | None:
    """Return the present actor as JSON, None when there is none."""
    actor = current_actor.get()
    return msgspec.json.encode(actor).decode() if actor else None
