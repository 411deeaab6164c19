"""What is like an asset: the same bytes, the same picture otherwise, another picture."""

import io
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import skimage
from PIL import Image

from mediatheque.errors import AssetNotFound
from mediatheque.library import Library
from mediatheque.model import Asset, Scope
from tests import samples
from tests.library.ingest_requests import ingest_request

PHOTOS = Path(skimage.__file__).parent / "data"


def photo(name: str) -> bytes:
    return (PHOTOS / name).read_bytes()


def edited(name: str, edit: Callable[[Image.Image], Image.Image], **options: object) -> bytes:
    out = io.BytesIO()
    edit(Image.open(PHOTOS / name).convert("RGB")).save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2))


async def take(library: Library, workspace: UUID, data: bytes, *, embed: bool = True) -> Asset:
    asset = await library.ingest.create_asset(ingest_request(workspace, data))
    if embed:
        await library.search.embeddings.embed(asset.id)
    return asset


async def other_workspace(library: Library) -> UUID:
    principal = await library.accounts.authenticate(await library.accounts.create_key("two", frozenset(Scope)))
    return principal.workspace_id


async def test_only_near_duplicates_are_flagged(library: Library, workspace: UUID) -> None:
    cat = await take(library, workspace, photo("chelsea.png"))
    again = await take(library, workspace, photo("chelsea.png"))
    scaled = await take(library, workspace, edited("chelsea.png", half, format="PNG"))
    recompressed = await take(library, workspace, edited("chelsea.png", lambda image: image, format="JPEG", quality=40))
    others = [await take(library, workspace, photo(name)) for name in ("coffee.png", "rocket.jpg", "coins.png")]
    found = await library.search.similar.find(workspace, cat.id, 20)
    first, *rest = found
    assert (first.asset.id, first.similarity, first.identical, first.duplicate) == (again.id, 1.0, True, True)
    near = {like.asset.id for like in found if like.duplicate and not like.identical}
    assert near == {scaled.id, recompressed.id}
    assert {like.asset.id for like in rest} - near == {asset.id for asset in others}
    assert [like.similarity for like in found] == sorted((like.similarity for like in found), reverse=True)
    assert all(0 <= like.similarity <= 1 for like in found)
    assert [like.asset.id for like in await library.search.similar.find(workspace, cat.id, 1)] == [again.id]


async def test_identical_bytes_are_found_without_vectors(library: Library, workspace: UUID) -> None:
    """And where there is nothing to see: in a sound."""
    for data in (photo("chelsea.png"), samples.mp3()):
        one, two = [await take(library, workspace, data, embed=False) for _ in range(2)]
        found = await library.search.similar.find(workspace, one.id, 20)
        assert [(like.asset.id, like.similarity, like.identical) for like in found] == [(two.id, 1.0, True)]


async def test_similar_assets_stay_in_the_workspace(library: Library, workspace: UUID) -> None:
    theirs = await other_workspace(library)
    mine = await take(library, workspace, photo("chelsea.png"))
    for data in (photo("chelsea.png"), edited("chelsea.png", half, format="PNG"), photo("coffee.png")):
        await take(library, theirs, data)
    assert await library.search.similar.find(workspace, mine.id, 20) == []
    with pytest.raises(AssetNotFound):
        await library.search.similar.find(theirs, mine.id, 20)
    with pytest.raises(AssetNotFound):
        await library.search.similar.find(workspace, uuid4(), 20)


async def test_expired_and_deleted_assets_are_not_similar(library: Library, workspace: UUID) -> None:
    kept, expired, deleted = [await take(library, workspace, photo("chelsea.png")) for _ in range(3)]
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() WHERE id = %s", (expired.file.id,))
    await library.catalog.assets.delete(workspace, deleted.id)
    assert await library.search.similar.find(workspace, kept.id, 20) == []
    with pytest.raises(AssetNotFound):
        await library.search.similar.find(workspace, expired.id, 20)


async def test_equal_captions_are_not_similar_content(library: Library, workspace: UUID) -> None:
    """Two that are described alike, and look otherwise, are no duplicates."""
    one, two = [await take(library, workspace, photo(name), embed=False) for name in ("chelsea.png", "rocket.jpg")]
    async with library.database.connection() as conn:
        await conn.execute("UPDATE asset SET caption = 'the very same words'")
    for asset in (one, two):
        await library.search.embeddings.embed(asset.id)
    [like] = await library.search.similar.find(workspace, one.id, 20)
    assert like.asset.id == two.id
    assert not like.duplicate
