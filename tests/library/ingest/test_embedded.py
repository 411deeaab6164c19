"""What files say about themselves, and their CRC-32, from the bytes to the rows."""

import asyncio
import zlib
from uuid import UUID

import msgspec
import pytest

from mediatheque.errors import AssetNotFound
from mediatheque.library import Library
from mediatheque.library.ingest.policy import Policy
from mediatheque.model import Scope
from tests import samples
from tests.library.ingest_requests import Content, ingest_request
from tests.library.search.embedded_assets import query, take
from tests.media.metadata import written

PNG = written.png({"parameters": "a cat\nSteps: 20", "Title": "Nachtkatze"})


@pytest.mark.parametrize("size", [None, 3_000_000], ids=["in memory", "in a file"])
async def test_crc32_is_that_of_all_bytes(library: Library, workspace: UUID, size: int | None) -> None:
    data = samples.jpeg(size_about=size)
    request = ingest_request(workspace, data)
    request = msgspec.structs.replace(request, body=Content(data, pieces=7), policy=Policy(max_bytes=1 << 30))
    asset = await library.ingest.create_asset(request)
    assert asset.file.blob.crc32 == zlib.crc32(data)
    assert (await library.catalog.assets.get(workspace, asset.id)).file.blob.crc32 == zlib.crc32(data)


async def test_copies_and_duplicates_say_the_same(library: Library, workspace: UUID) -> None:
    assets = await asyncio.gather(*(take(library, workspace, PNG) for _ in range(6)))
    for asset in assets:
        _, said = await library.catalog.assets.get_described(workspace, asset.id)
        assert said.data == {"text": {"parameters": "a cat\nSteps: 20", "Title": "Nachtkatze"}}
        assert said.generation
        assert said.generation.prompt == "a cat"
    assert len(await query(library, "SELECT blob_id FROM embedded_metadata")) == 1


async def test_what_is_said_goes_with_the_blob(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace, PNG)
    await library.catalog.assets.delete(workspace, asset.id)
    await query(library, "DELETE FROM blob")
    assert await query(library, "SELECT blob_id FROM embedded_metadata") == []


async def test_other_workspaces_see_nothing(library: Library, workspace: UUID) -> None:
    key = await library.accounts.create_key("two", frozenset(Scope))
    other = (await library.accounts.authenticate(key)).workspace_id
    asset = await take(library, workspace, PNG)
    with pytest.raises(AssetNotFound):
        await library.catalog.assets.get_described(other, asset.id)


async def test_hostile_texts_fail_no_upload(library: Library, workspace: UUID) -> None:
    """PostgreSQL refuses NUL in jsonb, and UTF-8 has no halves of surrogate pairs."""
    data = samples.png()
    texts = [b"parameters\0a\0 cat\nSteps: 1", b'prompt\0{"1":{"class_type":"A","inputs":{"text":"\\u0000\\ud800"}}}']
    chunks = b"".join(samples.png_chunk(b"tEXt", text) for text in texts)
    asset = await take(library, workspace, data[:33] + chunks + data[33:])
    _, said = await library.catalog.assets.get_described(workspace, asset.id)
    assert said.generation
    assert said.generation.prompt == "\ufffd"
    assert said.generation.steps == 1


async def test_stored_rows_are_bounded(library: Library, workspace: UUID) -> None:
    texts = {f"key {n}": "é" * 9_000 for n in range(40)} | {"prompt": "x" * 900_000}
    asset = await take(library, workspace, written.png(texts, packed=True))
    (row,) = await query(library, "SELECT length(data::text) AS n FROM embedded_metadata")
    assert row["n"] < 64 << 10
    _, said = await library.catalog.assets.get_described(workspace, asset.id)
    assert len(said.data["cut"]) == 38
