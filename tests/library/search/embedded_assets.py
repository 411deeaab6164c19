"""What the library has made of its assets."""

import io
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image

from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.model import Asset
from tests.library.ingest_requests import ingest_request

RED, GREEN = (255, 0, 0), (0, 255, 0)


def plain(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(out, "PNG")
    return out.getvalue()


async def take(library: Library, workspace: UUID, data: bytes, name: str = "x.bin", **details: Any) -> Asset:
    """An asset, with a task to embed it that nobody has done yet."""
    return await library.ingest.create_asset(ingest_request(workspace, data, name=name, details=AssetFields(**details)))


async def query(library: Library, text: str, *parameters: object) -> list[dict[str, Any]]:
    async with library.database.connection() as conn:
        cursor = await conn.execute(text.encode(), parameters)
        return await cursor.fetchall() if cursor.description else []


async def vectors(library: Library, asset_id: UUID) -> dict[str, Any]:
    """Of each part, its vector or why there is none, in the active space."""
    found = await query(
        library,
        "SELECT part, vector::text, failure FROM embedding e JOIN embedding_model m ON m.id = e.model_id"
        " WHERE m.active AND asset_id = %s",
        asset_id,
    )
    return {row["part"]: _numbers(row["vector"]) if row["vector"] else row["failure"] for row in found}


async def embedding_models(library: Library) -> list[tuple[str, bool]]:
    rows = await query(library, "SELECT spec, active FROM embedding_model ORDER BY id")
    return [(row["spec"], row["active"]) for row in rows]


async def indexes(library: Library) -> int:
    (row,) = await query(library, "SELECT count(*) AS n FROM pg_indexes WHERE indexname ~ '^embedding_vectors_'")
    return int(row["n"])


async def waiting(library: Library) -> list[UUID]:
    """The assets for which there is a task."""
    rows = await query(library, "SELECT args FROM procrastinate_jobs WHERE task_name = 'embed_asset' ORDER BY id")
    return [UUID(row["args"]["asset_id"]) for row in rows]


def _numbers(vector: str) -> list[float]:
    return [round(float(each), 2) for each in np.fromstring(vector.strip("[]"), sep=",")]
