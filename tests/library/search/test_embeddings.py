"""What becomes of an asset's content and its words: a set of rows, whatever it is and whatever happens meanwhile."""

import asyncio
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import numpy as np
import pytest
from PIL import Image

from mediatheque.blobs import Disk
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.errors import ModelUnavailable, NotFound, Unreadable
from mediatheque.library import Library
from mediatheque.library.catalog.assets import insert_asset
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.media.sandbox.sandbox import Unexamined
from mediatheque.model import Asset, BlobState, EmbeddingModel
from mediatheque.records.search import embeddings as rows
from mediatheque.records.search.embeddings import AssetVectors
from tests import samples
from tests.embedding import layouts
from tests.embedding.photos import gallery
from tests.library.search.embedded_assets import GREEN, RED, embedding_models, plain, query, take, vectors, waiting

RED_VECTOR, RED_WORD = [0.58, -0.58, -0.58, 0], [0.58, -0.58, -0.58, 0]


def broken_png() -> bytes:
    """The header of a picture, and pixels that are none: it is let in, since that opens no pixels."""
    data, at = samples.png(), 33
    length = struct.unpack(">I", data[at : at + 4])[0]
    body = b"IDAT" + bytes(length)
    return data[: at + 4] + body + struct.pack(">I", zlib.crc32(body)) + data[at + 8 + length + 4 :]


async def test_picture_with_caption_has_two_vectors(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED), caption="green")
    await seeing.search.embeddings.embed(asset.id)
    found = await vectors(seeing, asset.id)
    assert found["content"] == RED_VECTOR
    assert found["caption"][:3] == [-0.58, 0.58, -0.58]


async def test_picture_without_caption_has_one_vector(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED), name="green.png")
    await seeing.search.embeddings.embed(asset.id)
    assert list(await vectors(seeing, asset.id)) == ["content"]


async def test_embedding_twice_stores_the_same_vectors(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED), caption="green")
    await asyncio.gather(*(seeing.search.embeddings.embed(asset.id) for _ in range(6)))
    assert sorted(row["part"] for row in await query(seeing, "SELECT part FROM embedding")) == ["caption", "content"]


@pytest.mark.parametrize("content", [samples.mp3, samples.glb, samples.wav], ids=lambda sample: sample.__name__)
async def test_asset_without_frames_is_embedded_by_title(
    seeing: Library, workspace: UUID, content: Callable[[], bytes]
) -> None:
    asset = await take(seeing, workspace, content(), title="red")
    await seeing.search.embeddings.embed(asset.id)
    assert await vectors(seeing, asset.id) == {"content": None, "caption": RED_WORD}


@pytest.mark.parametrize("content", [samples.mp4, samples.pdf], ids=lambda sample: sample.__name__)
async def test_video_and_pdf_are_embedded(seeing: Library, workspace: UUID, content: Callable[[], bytes]) -> None:
    asset = await take(seeing, workspace, content())
    await seeing.search.embeddings.embed(asset.id)
    found = await vectors(seeing, asset.id)
    assert list(found) == ["content"]
    blob = asset.file.blob
    model = await seeing.search.embedding_models.active()
    frames = await seeing.search.embeddings.frames_of(blob, await seeing.search.encoders.frame_edge(model))
    assert (len(frames) > 1) == (content is samples.mp4)
    assert found["content"] == pytest.approx(await seeing.search.encoders.encode_frames(model, frames), abs=0.02)
    assert sum(each * each for each in found["content"]) == pytest.approx(1, abs=0.05)


async def test_unreadable_file_stores_the_failure(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, broken_png(), caption="red")
    await seeing.search.embeddings.embed(asset.id)
    found = await vectors(seeing, asset.id)
    assert isinstance(found["content"], str)
    assert found["caption"] == RED_WORD


async def test_missing_bytes_store_the_failure(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED), caption="red")
    assert isinstance(seeing.store, Disk)
    seeing.store.local_path(asset.file.blob.storage_key).unlink()
    await seeing.search.embeddings.embed(asset.id)
    assert await vectors(seeing, asset.id) == {"content": "The file is not there.", "caption": RED_WORD}


async def test_deleted_asset_stores_no_vectors(seeing: Library, workspace: UUID) -> None:
    await seeing.search.embeddings.embed(uuid4())
    asset = await take(seeing, workspace, plain(RED), caption="red")
    model = await seeing.search.embedding_models.active()
    await seeing.catalog.assets.delete(workspace, asset.id)
    await seeing.search.embeddings.embed(asset.id)
    async with seeing.database.transaction() as conn:  # it went while it was looked at
        await rows.put(conn, asset, model, AssetVectors(caption=RED_WORD))
    assert await query(seeing, "SELECT 1 FROM embedding") == []


async def test_embedding_beside_concurrent_deletions(seeing: Library, workspace: UUID) -> None:
    """Neither waits for the other for ever, and nothing is left."""
    assets = [await take(seeing, workspace, plain((n, 0, 0)), caption="red") for n in range(12)]
    await asyncio.gather(*(seeing.search.embeddings.embed(asset.id) for asset in assets))
    await query(seeing, "UPDATE file SET expires_at = now()")
    model = await seeing.search.embedding_models.active()
    work = [_put(seeing, asset, model) for asset in assets for _ in range(3)]
    await asyncio.gather(*work[:18], seeing.maintenance.garbage.run(), *work[18:])
    await seeing.maintenance.garbage.run()
    assert await query(seeing, "SELECT 1 FROM embedding") == []


async def _put(library: Library, asset: Asset, model: EmbeddingModel) -> None:
    async with library.database.transaction() as conn:
        await rows.put(conn, asset, model, AssetVectors(content=RED_VECTOR, caption=RED_WORD))


async def test_vectors_are_stored_by_one_statement(seeing: Library, workspace: UUID) -> None:
    """A worker, which may wait for a processor after each, holds no lock meanwhile that a deletion waits for."""
    model = await seeing.search.embedding_models.active()
    for caption in (None, "red"):
        asset = await take(seeing, workspace, plain(RED), caption=caption)
        conn = AsyncMock()
        await rows.put(conn, asset, model, AssetVectors(content=RED_VECTOR, caption=caption and RED_WORD))
        assert [call[0] for call in conn.mock_calls] == ["execute"]
        async with seeing.database.connection() as real:
            await real.execute(*conn.execute.await_args.args)
        assert await vectors(seeing, asset.id) == {"content": RED_VECTOR} | ({"caption": RED_WORD} if caption else {})


async def test_storing_vectors_does_not_wait_for_the_disk(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED))
    model = await seeing.search.embedding_models.active()
    async with seeing.database.transaction() as conn:
        await rows.put(conn, asset, model, AssetVectors(content=RED_VECTOR))
        assert await (await conn.execute("SHOW synchronous_commit")).fetchone() == {"synchronous_commit": "off"}
    assert await query(seeing, "SHOW synchronous_commit") == [{"synchronous_commit": "on"}]


async def test_new_caption_is_embedded_by_another_task(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED))
    assert await waiting(seeing) == [asset.id]
    await seeing.search.embeddings.embed(asset.id)
    async with seeing.database.transaction() as conn:
        await insert_asset(conn, asset.file, AssetFields(caption="green"))
    assert await waiting(seeing) == [asset.id] * 2
    await seeing.search.embeddings.embed(asset.id)
    assert (await vectors(seeing, asset.id)).keys() == {"content", "caption"}
    model = await seeing.search.embedding_models.active()
    async with seeing.database.transaction() as conn:  # whoever has looked before the caption came is too late
        await rows.put(conn, asset, model, AssetVectors(content=RED_VECTOR))
    assert (await vectors(seeing, asset.id)).keys() == {"content", "caption"}


async def test_duplicate_upload_creates_no_task(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED))
    async with seeing.database.transaction() as conn:
        await insert_asset(conn, asset.file, AssetFields(favorite=True))
    assert await waiting(seeing) == [asset.id]


class Broken(Exception):
    pass


async def test_task_is_committed_with_the_asset(seeing: Library, workspace: UUID) -> None:
    kept = await take(seeing, workspace, plain(GREEN))

    async def work_that_breaks() -> None:
        async with seeing.database.transaction() as conn:
            await insert_asset(conn, kept.file, AssetFields(caption="late"))
            raise Broken

    with pytest.raises(Broken):
        await work_that_breaks()
    assert await waiting(seeing) == [kept.id]


async def test_unavailable_second_model_does_not_fail_the_task(
    seeing: Library, workspace: UUID, siglip: str, tmp_path: Path
) -> None:
    """Its model may be on another machine: the reindex looks for what it lacks."""
    await seeing.search.embedding_models.active()
    await seeing.search.embedding_models.add(siglip)
    await query(seeing, "UPDATE embedding_model SET spec = %s WHERE NOT active", f"onnx-clip:{tmp_path}")
    asset = await take(seeing, workspace, plain(RED))
    await seeing.search.embeddings.embed(asset.id)
    assert await vectors(seeing, asset.id) == {"content": RED_VECTOR}
    assert len(await embedding_models(seeing)) == 2


async def test_task_waits_for_an_unavailable_model(library: Library, workspace: UUID, tmp_path: Path) -> None:
    away = EmbeddingConfig(model=f"onnx-clip:{tmp_path / 'away'}")
    without = Library(library.database, library.store, library.sandbox, away)
    asset = await take(without, workspace, plain(RED))
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            await without.search.embeddings.embed(asset.id)
    assert await embedding_models(without) == []


async def state_of(library: Library, asset: Asset) -> tuple[BlobState | None, str | None]:
    blob = (await library.catalog.assets.get(asset.workspace_id, asset.id)).file.blob
    return blob.state, blob.state_reason


async def test_pixels_that_do_not_decode_are_told_on_every_asset_of_the_content(
    seeing: Library, workspace: UUID
) -> None:
    asset = await take(seeing, workspace, broken_png())
    assert await state_of(seeing, asset) == (None, None)
    await seeing.search.embeddings.embed(asset.id)
    damaged = (BlobState.DAMAGED, "The picture is damaged and cannot be opened. Please save it anew.")
    assert await state_of(seeing, asset) == damaged
    again = await take(seeing, workspace, broken_png())
    assert (again.file.blob.state, again.file.blob.state_reason) == damaged
    sound = await take(seeing, workspace, plain(RED))
    await seeing.search.embeddings.embed(sound.id)
    assert await state_of(seeing, sound) == (None, None)


async def test_state_is_that_of_the_last_attempt(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED))
    for failure, state in (
        (Unexamined(), BlobState.UNDECODED),
        (Unreadable("It is damaged."), BlobState.DAMAGED),
        (NotFound(), BlobState.DAMAGED),  # missing bytes say nothing about the content
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(seeing.search.embeddings, "frames_of", AsyncMock(side_effect=failure))
            await seeing.search.embeddings.embed(asset.id)
        assert (await state_of(seeing, asset))[0] == state
    await seeing.search.embeddings.embed(asset.id)
    assert await state_of(seeing, asset) == (None, None)


async def test_video_without_a_frame_is_undecoded(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, samples.mp4())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeing.search.embeddings, "frames_of", AsyncMock(return_value=[]))
        await seeing.search.embeddings.embed(asset.id)
    assert await state_of(seeing, asset) == (BlobState.UNDECODED, "No picture of the video can be decoded.")


async def test_vector_of_a_picture_is_that_of_the_reference_for_a_model_of_any_size(
    library: Library, workspace: UUID, tmp_path: Path
) -> None:
    """The frame has enough pixels for it, and each model gets frames of its own size."""
    out = io.BytesIO()
    Image.fromarray(gallery()["hubble_deep_field"]).save(out, "JPEG", quality=90)
    pixels = np.asarray(Image.open(out))
    references = {}
    for side in (224, 512):
        references[side] = layouts.transformers(tmp_path / str(side), side)
    config = EmbeddingConfig(model=f"onnx-clip:{tmp_path / '224'}")
    seeing = Library(library.database, library.store, library.sandbox, config)
    await seeing.search.embedding_models.active()
    await seeing.search.embedding_models.add(f"onnx-clip:{tmp_path / '512'}")
    asset = await take(seeing, workspace, out.getvalue())
    await seeing.search.embeddings.embed(asset.id)
    for row in await query(
        seeing, "SELECT spec, vector::text FROM embedding JOIN embedding_model m ON m.id = model_id"
    ):
        vector = np.array(json.loads(row["vector"]))
        expected = references[int(Path(row["spec"]).name)].image(pixels)
        assert vector @ expected / np.linalg.norm(vector) / np.linalg.norm(expected) > 0.999, row["spec"]
