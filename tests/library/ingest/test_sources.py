import asyncio
from uuid import UUID, uuid4

import pytest

from mediatheque.errors import AssetNotFound, TypeMismatch
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.policy import MIB
from mediatheque.library.ingest.sources import AssetContent, InlineContent, RemoteContent
from mediatheque.model import Kind
from tests import samples
from tests.library.ingest_requests import Content

URL = "https://media.example.com/a.png"


def remote() -> RemoteContent:
    return RemoteContent(URL, Content(samples.png()), MIB)


async def test_same_url_is_read_once_and_is_one_asset(library: Library, workspace: UUID) -> None:
    first = await library.importer.import_asset(workspace, remote(), AssetFields(caption="sea"))
    unread = RemoteContent(URL, Content(samples.jpeg()), MIB)
    second = await library.importer.import_asset(workspace, unread, AssetFields())
    assert second.id == first.id
    assert second.file.blob == first.file.blob


async def test_url_in_two_spellings_is_one_asset(library: Library, workspace: UUID) -> None:
    first, second = "https://media.example.com/a%20%281%29.png", "HTTPS://media.example.com:443/b/../a%20(1).png#x"
    assets = [
        await library.importer.import_asset(workspace, RemoteContent(url, Content(content), MIB), AssetFields())
        for url, content in ((first, samples.png()), (second, samples.jpeg()))
    ]
    assert assets[0].id == assets[1].id


async def test_url_that_an_older_server_stored_as_written_is_found(library: Library, workspace: UUID) -> None:
    """Servers of the version before may still run beside this one."""
    url = "https://media.example.com/a%20%281%29.png"
    source = RemoteContent(url, Content(samples.png()), MIB)
    asset = await library.importer.import_asset(workspace, source, AssetFields())
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET origin_url = %s WHERE id = %s", (url, asset.file.id))
    assert (await library.importer.import_asset(workspace, source, AssetFields())).id == asset.id


async def test_concurrent_imports_of_a_url_make_one_asset(library: Library, workspace: UUID) -> None:
    assets = await asyncio.gather(
        *(library.importer.import_asset(workspace, remote(), AssetFields()) for _ in range(6))
    )
    assert len({asset.id for asset in assets}) == 1


async def test_file_of_the_workspace_is_registered(library: Library, workspace: UUID) -> None:
    asset = await library.importer.import_asset(workspace, remote(), AssetFields())
    assert (await library.importer.import_asset(workspace, asset.file, AssetFields())).id == asset.id


async def test_content_of_an_asset_is_a_new_asset(library: Library, workspace: UUID) -> None:
    asset = await library.importer.import_asset(workspace, InlineContent(Content(samples.png())), AssetFields())
    copy = await library.importer.import_asset(workspace, AssetContent(asset.id), AssetFields())
    assert copy.id != asset.id
    assert copy.file.blob == asset.file.blob
    with pytest.raises(AssetNotFound):
        await library.importer.import_asset(workspace, AssetContent(uuid4()), AssetFields())


async def test_content_of_other_kinds_is_refused(library: Library, workspace: UUID) -> None:
    asset = await library.importer.import_asset(workspace, remote(), AssetFields())
    new = RemoteContent("https://media.example.com/b.png", Content(samples.png()), MIB)
    for source in (remote(), new, asset.file, AssetContent(asset.id), InlineContent(Content(samples.png()))):
        with pytest.raises(TypeMismatch):
            await library.importer.import_asset(workspace, source, AssetFields(), kinds=frozenset({Kind.VIDEO}))
