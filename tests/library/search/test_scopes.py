"""How large a scope is taken to be."""

from uuid import UUID, uuid4

import pytest

from mediatheque.library import Library
from mediatheque.model import AssetRef, CollectionType, Filter, Scope
from mediatheque.records.collections import collections
from mediatheque.records.database import Connection
from mediatheque.records.search import scopes
from tests.library.search.embedded_assets import GREEN, RED, plain, take


@pytest.fixture
async def other(library: Library) -> UUID:
    principal = await library.accounts.authenticate(await library.accounts.create_key("two", frozenset(Scope)))
    return principal.workspace_id


async def two_assets(library: Library, workspace: UUID) -> list[UUID]:
    made = [await take(library, workspace, plain(colour)) for colour in (RED, GREEN)]
    for asset in made:
        await library.search.embeddings.embed(asset.id)
    return [asset.id for asset in made]


async def character(conn: Connection, workspace: UUID) -> UUID:
    id, values = uuid4(), {"name": "a", "description": "b", "identifier": "a"}
    await collections.insert(
        conn, id=id, workspace_id=workspace, collection_type=CollectionType.CHARACTER, values=values
    )
    return id


async def test_size_of_a_foreign_tag_is_not_revealed(
    seeing: Library, workspace: UUID, other: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has two vectors is large here: that a search was cut short must not tell what the others have."""
    monkeypatch.setattr(scopes, "_MIN_SMALL", 1)
    await two_assets(seeing, workspace)
    tag = await seeing.catalog.tags.create(other, "a")
    async with seeing.database.connection() as conn:
        somebody = await character(conn, other)
    for id in await two_assets(seeing, other):
        await seeing.catalog.asset_tags.assign(other, tag.id, AssetRef(asset_id=id))
        await seeing.collections.members.add(other, somebody, AssetRef(asset_id=id))
    model = await seeing.search.embedding_models.active()
    wanted = (Filter(tag_ids=(tag.id,)), Filter(tag_ids=(tag.id,), all_tags=True), Filter(character_ids=(somebody,)))
    async with seeing.database.connection() as conn:
        assert not (await scopes.estimate_size(conn, model, workspace, Filter())).small
        for each in wanted:
            assert (await scopes.estimate_size(conn, model, workspace, each)).small
            assert not (await scopes.estimate_size(conn, model, other, each)).small
