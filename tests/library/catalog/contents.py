"""Contents of assets for tests of versions, and what is stored of them."""

import secrets
from uuid import UUID

from mediatheque.library import Library
from mediatheque.library.maintenance.verify import Finding, Verification
from mediatheque.model import Asset
from mediatheque.records.database import fetch_one
from tests import samples
from tests.library.ingest_requests import Content, ingest_request

MAX_BYTES = 1 << 20


def picture() -> bytes:
    """A picture that is like no other."""
    return samples.jpeg() + secrets.token_bytes(8)


async def take(library: Library, workspace: UUID, data: bytes | None = None) -> Asset:
    return await library.ingest.create_asset(ingest_request(workspace, data or picture(), name="a.jpg"))


async def replace(library: Library, asset: Asset, data: bytes | None = None, if_match: str | None = None) -> Asset:
    return await library.replacements.replace(
        asset.workspace_id, asset.id, Content(data or picture()), max_bytes=MAX_BYTES, if_match=if_match
    )


async def numbers(library: Library, asset: Asset) -> list[int]:
    """The numbers of all versions, the current one first."""
    found, more = await library.catalog.versions.page(asset.workspace_id, asset.id, None, 1000)
    assert not more
    return [version.number for version in found]


async def content_of(library: Library, asset: Asset, number: int) -> bytes:
    found, _ = await library.catalog.versions.page(asset.workspace_id, asset.id, number + 1, 1)
    (version,) = found
    assert version.number == number
    blob = version.file.blob
    return b"".join([chunk async for chunk in library.store.read(blob.storage_key, 0, blob.size)])


async def stored_keys(library: Library) -> set[str]:
    return {stored.key async for stored in library.store.list_objects()}


async def findings(library: Library) -> list[Finding]:
    """What `verify` finds: wrong bytes and rows, and assets that nobody will embed."""
    return [finding async for finding in Verification(library.database, library.store).findings()]


async def count(library: Library, table: str) -> int:
    async with library.database.connection() as conn:
        return int((await fetch_one(await conn.execute(f"SELECT count(*) AS n FROM {table}")))["n"])  # type: ignore[arg-type]
