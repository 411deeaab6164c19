"""Registration of files that are deleted meanwhile."""

import asyncio
from uuid import UUID

import pytest

from mediatheque.errors import NotFound
from mediatheque.library import Library
from mediatheque.library.catalog.assets import DeletedAsset
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.model import Asset, Filter
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.rounds import rounds


async def test_registering_a_deleted_file(library: Library, workspace: UUID) -> None:
    asset = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    await library.catalog.assets.delete(workspace, asset.id)
    with pytest.raises(NotFound):
        await library.catalog.files.register(asset.file, AssetFields(caption="late"))
    assert await library.catalog.assets.count(workspace, Filter()) == 0


@pytest.mark.sampled
async def test_concurrent_registrations_and_deletions(library: Library, workspace: UUID) -> None:
    """No call fails with a conflict, a deadlock or a foreign key, and deleted assets stay deleted."""
    for round_number in range(rounds(20)):
        asset = await library.ingest.create_asset(ingest_request(workspace, samples.png(), name=f"{round_number}.png"))
        done = await asyncio.gather(
            library.catalog.files.register(asset.file, AssetFields(caption="a")),
            library.catalog.assets.delete(workspace, asset.id),
            library.catalog.files.register(asset.file, AssetFields(favorite=True)),
            library.catalog.assets.delete(workspace, asset.id),
            return_exceptions=True,
        )
        assert all(isinstance(each, Asset | DeletedAsset | NotFound) for each in done), done
        assert sum(isinstance(each, DeletedAsset) for each in (done[1], done[3])) == 1
        assert await library.catalog.assets.count(workspace, Filter()) == 0
        assert await library.catalog.files.find(workspace, asset.file.id) is None
