"""Rows of requests to models, with their inputs and outputs. They stay when the assets are deleted."""

from collections.abc import Sequence
from uuid import UUID

from mediatheque.model import Asset, GenerationIO, Origin, Provenance
from mediatheque.records.database import Connection


async def upsert(conn: Connection, workspace_id: UUID, provenance: Provenance) -> None:
    """Insert the request, or fill in what its row lacks."""
    await conn.execute(
        """
        INSERT INTO generation AS g (workspace_id, request_id, endpoint, prompt) VALUES (%s, %s, %s, %s)
        ON CONFLICT (workspace_id, request_id) DO UPDATE
        SET endpoint = COALESCE(g.endpoint, EXCLUDED.endpoint), prompt = COALESCE(g.prompt, EXCLUDED.prompt)
        WHERE (g.endpoint, g.prompt)
            IS DISTINCT FROM (COALESCE(g.endpoint, EXCLUDED.endpoint), COALESCE(g.prompt, EXCLUDED.prompt))
        """,
        (workspace_id, provenance.request_id, provenance.endpoint, provenance.prompt),
    )


async def fill(
    conn: Connection, asset: Asset, source: Origin, request_id: str | None, endpoint: str | None
) -> str | None:
    """Fill in the asset's missing provenance, and return the id of the request that made it.

    Values of another request than the one recorded are ignored.
    """
    cursor = await conn.execute(
        """
        UPDATE asset SET request_id = COALESCE(request_id, %(request_id)s),
            endpoint = CASE WHEN request_id <> %(request_id)s THEN endpoint ELSE COALESCE(endpoint, %(endpoint)s) END,
            source = CASE WHEN request_id IS NULL AND endpoint IS NULL AND (source = %(upload)s OR %(made)s)
                          THEN %(source)s ELSE source END
        WHERE workspace_id = %(workspace_id)s AND id = %(id)s RETURNING request_id
        """,
        {
            "workspace_id": asset.workspace_id,
            "id": asset.id,
            "request_id": request_id,
            "endpoint": endpoint,
            "source": source,
            "upload": Origin.UPLOAD,
            "made": source is Origin.RESPONSE,
        },
    )
    row = await cursor.fetchone()
    return row["request_id"] if row else None


async def add_output(conn: Connection, workspace_id: UUID, output: GenerationIO) -> None:
    """Record the asset as an output of the request, unless another request is recorded."""
    await conn.execute(
        """
        INSERT INTO generation_output (workspace_id, asset_id, request_id, kind) VALUES (%s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        (workspace_id, output.asset_id, output.request_id, output.kind),
    )


async def add_inputs(conn: Connection, workspace_id: UUID, inputs: Sequence[GenerationIO]) -> None:
    """Record the inputs in this order, without those that are recorded with the same role."""
    if not inputs:
        return
    await conn.execute(
        """
        INSERT INTO generation_input (workspace_id, request_id, asset_id, kind, url, character_id, role)
        SELECT %s, request_id, asset_id, kind, url, character_id, role
        FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[])
            WITH ORDINALITY AS i (request_id, asset_id, kind, url, character_id, role, number)
        ORDER BY number
        ON CONFLICT DO NOTHING
        """,
        (
            workspace_id,
            [each.request_id for each in inputs],
            [each.asset_id for each in inputs],
            [each.kind for each in inputs],
            [each.url for each in inputs],
            [each.character_id for each in inputs],
            [each.role for each in inputs],
        ),
    )
