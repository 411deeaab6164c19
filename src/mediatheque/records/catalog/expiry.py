"""Rows of files whose time is up."""

from mediatheque.records.database import Connection


async def delete_expired(conn: Connection, limit: int) -> int:
    """Delete files past their `expires_at`, and their assets, in the caller's transaction; how many.

    Their blobs are doomed unless other files refer to them. A file that somebody holds is left for the next time. Files
    are locked first, as by everybody who removes one, then blobs, by their ids. Then memberships of assets are, by the
    assets' ids, as by whoever deletes a tag or a collection.
    """
    cursor = await conn.execute(
        """
        SELECT id, blob_id FROM file WHERE expires_at <= now() ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
        """,
        (limit,),
    )
    rows = await cursor.fetchall()
    files, blobs = [row["id"] for row in rows], list({row["blob_id"] for row in rows})
    await conn.execute("SELECT FROM blob WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (blobs,))
    for memberships in ("asset_tag", "collection_asset"):
        await conn.execute(
            f"""
            SELECT FROM {memberships} m JOIN asset a ON a.id = m.asset_id
            WHERE a.file_id = ANY(%s) ORDER BY m.asset_id FOR UPDATE OF m
            """,
            (files,),
        )
    await conn.execute("DELETE FROM asset WHERE file_id = ANY(%s)", (files,))
    await conn.execute("DELETE FROM file WHERE id = ANY(%s)", (files,))
    await conn.execute(
        """
        UPDATE blob SET unreferenced_since = now()
        WHERE id = ANY(%s) AND unreferenced_since IS NULL AND NOT EXISTS (SELECT FROM file WHERE blob_id = blob.id)
        """,
        (blobs,),
    )
    return len(files)
