"""URLs that files came from, and those of requests' inputs, are stored in their normal form."""

from typing import Any

from alembic import op

from mediatheque.model.urls import normal_form

revision = "0009"
down_revision = "0008"

_UPDATES = {
    "file": (
        "SELECT id, origin_url FROM file WHERE origin_url IS NOT NULL ORDER BY created_at, id",
        """
        UPDATE file f SET origin_url = %(normal)s WHERE id = %(id)s AND NOT EXISTS
            (SELECT FROM file o WHERE o.workspace_id = f.workspace_id AND o.origin_url = %(normal)s)
        """,
    ),
    "generation_input": (
        "SELECT position, url FROM generation_input WHERE url IS NOT NULL ORDER BY position",
        """
        UPDATE generation_input g SET url = %(normal)s WHERE position = %(id)s AND NOT EXISTS
            (SELECT FROM generation_input o WHERE o.workspace_id = g.workspace_id AND o.request_id = g.request_id
             AND o.url = %(normal)s AND COALESCE(o.role, '') = COALESCE(g.role, ''))
        """,
    ),
}
"""For each table the query for its URLs, and the statement for one of them: the oldest row has the normal form."""


def upgrade() -> None:
    """Normalise the URLs. Of rows that become the same, the later ones stay as they are: each has an asset."""
    connection: Any = op.get_bind().connection.driver_connection
    for query, update in _UPDATES.values():
        urls = connection.execute(query)
        changed = [{"id": id, "normal": normal_form(url)} for id, url in urls if normal_form(url) != url]
        with connection.cursor() as cursor:
            cursor.executemany(update, changed)
