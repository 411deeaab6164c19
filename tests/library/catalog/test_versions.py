"""Replaced content: the asset stays itself, older content stays under its URL, and no bytes are lost or left."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from mediatheque.errors import AssetNotFound, Conflict, NotFound, PreconditionFailed, TypeMismatch, VersionNotFound
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.sources import AssetContent, InlineContent
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.model import Acl, AclEffect, Scope, revision_of
from mediatheque.records.search import embeddings
from mediatheque.records.search.embeddings import AssetVectors
from tests import samples
from tests.library.catalog.contents import content_of, count, findings, numbers, picture, replace, stored_keys, take
from tests.library.ingest_requests import Content, ingest_request

AT_ONCE = timedelta(seconds=-60)


async def collect(library: Library) -> None:
    await GarbageCollector(library.database, library.store, AT_ONCE).run()


@pytest.fixture
async def other(library: Library) -> UUID:
    principal = await library.accounts.authenticate(await library.accounts.create_key("two", frozenset(Scope)))
    return principal.workspace_id


async def test_asset_keeps_all_but_its_content(library: Library, workspace: UUID) -> None:
    tag = await library.catalog.tags.create(workspace, "sea")
    fields = AssetFields(title="Waves", caption="at noon", tag_ids=(tag.id,), favorite=True)
    old, new = picture(), samples.png()
    asset = await library.ingest.create_asset(ingest_request(workspace, old, name="waves.jpg", details=fields))
    after = await replace(library, asset, new)
    assert after == await library.catalog.assets.get(workspace, asset.id)
    assert (after.id, after.title, after.caption, after.tags, after.is_favorite, after.created_at, after.kind) == (
        asset.id,
        "Waves",
        "at noon",
        (tag,),
        True,
        asset.created_at,
        asset.kind,
    )
    assert (after.version, after.file.blob.media_info.mime, after.file.name) == (2, "image/png", "waves.png")
    assert after.file.id != asset.file.id
    assert (await library.catalog.files.get_public(asset.file.id)).blob == asset.file.blob
    assert await numbers(library, asset) == [2, 1]
    assert [await content_of(library, asset, number) for number in (1, 2)] == [old, new]
    assert await findings(library) == []


async def test_same_content_changes_nothing(library: Library, workspace: UUID) -> None:
    data = picture()
    asset = await take(library, workspace, data)
    assert await replace(library, asset, data) == asset
    assert (await library.replacements.replace_by(workspace, asset.id, AssetContent(asset.id))) == asset
    assert await numbers(library, asset) == [1]


@pytest.mark.parametrize("by", ["bytes", "asset"])
async def test_content_of_another_kind_is_refused(library: Library, workspace: UUID, by: str) -> None:
    asset = await take(library, workspace)
    document = await library.ingest.create_asset(ingest_request(workspace, samples.pdf()))
    source = AssetContent(document.id) if by == "asset" else InlineContent(Content(samples.pdf() + b" "))
    with pytest.raises(TypeMismatch):
        await library.replacements.replace_by(workspace, asset.id, source)
    assert await library.catalog.assets.get(workspace, asset.id) == asset
    assert len(await stored_keys(library)) == 2


async def test_restored_version_is_a_new_one(library: Library, workspace: UUID) -> None:
    contents = [picture() for _ in range(3)]
    asset = await take(library, workspace, contents[0])
    for data in contents[1:]:
        await replace(library, asset, data)
    restored = await library.catalog.versions.restore(workspace, asset.id, 1)
    assert (restored.version, restored.file.blob) == (4, asset.file.blob)
    assert await numbers(library, asset) == [4, 3, 2, 1]
    assert [await content_of(library, asset, number) for number in (1, 2, 3, 4)] == [*contents, contents[0]]
    assert await library.catalog.versions.restore(workspace, asset.id, 4) == restored
    assert len(await stored_keys(library)) == 3
    with pytest.raises(VersionNotFound):
        await library.catalog.versions.restore(workspace, asset.id, 5)


async def test_content_of_another_asset_is_taken_without_copying_bytes(library: Library, workspace: UUID) -> None:
    asset, source = await take(library, workspace), await take(library, workspace)
    after = await library.replacements.replace_by(workspace, asset.id, AssetContent(source.id))
    assert (after.id, after.file.blob, after.version) == (asset.id, source.file.blob, 2)
    assert len(await stored_keys(library)) == 2
    inline = await library.replacements.replace_by(workspace, asset.id, InlineContent(Content(picture())))
    assert inline.version == 3
    await library.catalog.assets.delete(workspace, source.id)
    await collect(library)
    assert await content_of(library, asset, 2)


async def test_only_the_newest_versions_are_kept(library: Library, workspace: UUID) -> None:
    few = Library(library.database, library.store, library.sandbox, max_versions=2)
    asset = await take(library, workspace)
    for _ in range(4):
        await replace(few, asset)
    assert await numbers(few, asset) == [5, 4, 3]
    await collect(few)
    assert len(await stored_keys(few)) == 3
    with pytest.raises(NotFound):
        await few.catalog.files.get_public(asset.file.id)
    assert await findings(few) == []


async def test_no_version_is_kept_if_so_configured(library: Library, workspace: UUID) -> None:
    none = Library(library.database, library.store, library.sandbox, max_versions=0)
    asset = await replace(none, await take(library, workspace))
    assert await numbers(none, asset) == [2]
    restored = await none.catalog.versions.restore(workspace, asset.id, 2)
    assert restored == asset


async def test_content_that_an_older_version_has_is_kept_when_another_one_is_deleted(
    library: Library, workspace: UUID
) -> None:
    data = picture()
    asset = await take(library, workspace, data)
    await replace(library, asset)
    await library.catalog.versions.restore(workspace, asset.id, 1)
    await library.catalog.versions.delete(workspace, asset.id, 1)
    await collect(library)
    assert await content_of(library, asset, 3) == data
    assert await findings(library) == []


async def test_deleted_version_ends_with_its_url_and_bytes(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await replace(library, asset)
    assert await library.catalog.versions.delete(workspace, asset.id, 1) == asset.file.id
    assert await numbers(library, asset) == [2]
    with pytest.raises(NotFound):
        await library.catalog.files.get_public(asset.file.id)
    with pytest.raises(VersionNotFound):
        await library.catalog.versions.delete(workspace, asset.id, 1)
    with pytest.raises(Conflict):
        await library.catalog.versions.delete(workspace, asset.id, 2)
    assert (await replace(library, asset)).version == 3
    await collect(library)
    assert len(await stored_keys(library)) == 2


async def test_deleted_asset_ends_with_all_its_versions(library: Library, workspace: UUID) -> None:
    asset, kept = await take(library, workspace), await take(library, workspace)
    for _ in range(3):
        await replace(library, asset)
    await library.catalog.assets.delete(workspace, asset.id)
    with pytest.raises(NotFound):
        await library.catalog.files.get_public(asset.file.id)
    await collect(library)
    assert [await count(library, table) for table in ("file", "blob", "asset_version")] == [1, 1, 0]
    assert await stored_keys(library) == {kept.file.blob.storage_key}


async def test_expired_asset_ends_with_all_its_versions(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() + interval '1 day' WHERE id = %s", (asset.file.id,))
    after = await replace(library, asset)
    assert after.file.expires_at is not None
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() WHERE id = %s", (after.file.id,))
    await collect(library)
    assert [await count(library, table) for table in ("asset", "file", "asset_version")] == [0, 0, 0]
    await collect(library)
    assert await stored_keys(library) == set()


async def test_expired_version_ends_alone(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await replace(library, asset)
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() WHERE id = %s", (asset.file.id,))
    assert await numbers(library, asset) == [2]
    await collect(library)
    assert [await count(library, table) for table in ("asset", "file", "asset_version")] == [1, 1, 0]


@pytest.mark.parametrize("at", ["current", "older"])
async def test_acl_is_that_of_all_versions(library: Library, workspace: UUID, at: str) -> None:
    asset = await take(library, workspace)
    after = await replace(library, asset)
    acl = Acl(default_effect=AclEffect.HIDE)
    changed = await library.catalog.access.set_acl(workspace, (after if at == "current" else asset).file.id, acl)
    assert set(changed) == {asset.file.id, after.file.id}
    latest = await replace(library, asset)
    for id in (asset.file.id, after.file.id, latest.file.id):
        assert (await library.catalog.files.get_public(id)).acl == acl


async def test_url_that_the_asset_was_imported_from_goes_on_to_name_it(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET origin_url = 'https://a.example/x' WHERE id = %s", (asset.file.id,))
    after = await replace(library, asset)
    assert after.file.origin_url == "https://a.example/x"
    assert await library.catalog.files.find_by_origin(workspace, "https://a.example/x") == after.file


async def test_url_of_an_older_version_names_the_asset(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    after = await replace(library, asset)
    file = await library.catalog.files.find(workspace, asset.file.id)
    assert file is not None
    registered = await library.catalog.files.register(file, AssetFields())
    assert (registered.id, registered.file) == (asset.id, after.file)
    assert await count(library, "asset") == 1


async def test_revision_must_match(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    after = await replace(library, asset, if_match=revision_of(asset))
    for action in (
        replace(library, asset, if_match=revision_of(asset)),
        library.catalog.versions.restore(workspace, asset.id, 1, revision_of(asset)),
        library.replacements.replace_by(workspace, asset.id, AssetContent(asset.id), revision_of(asset)),
    ):
        with pytest.raises(PreconditionFailed):
            await action
    assert await library.catalog.assets.get(workspace, asset.id) == after
    assert len(await stored_keys(library)) == 2


async def test_other_workspaces_see_no_versions(library: Library, workspace: UUID, other: UUID) -> None:
    mine, theirs = await take(library, workspace), await take(library, other)
    await replace(library, mine)
    for id in (mine.id, uuid4()):
        for action in (
            library.catalog.versions.page(other, id, None, 10),
            library.catalog.versions.restore(other, id, 1),
            library.catalog.versions.delete(other, id, 1),
            library.replacements.replace(other, id, Content(picture()), max_bytes=1 << 20),
            library.replacements.replace_by(other, theirs.id, AssetContent(id)),
        ):
            with pytest.raises(AssetNotFound):
                await action
    assert await numbers(library, mine) == [2, 1]


async def test_covers_and_reference_images_follow(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    character, collection = uuid4(), uuid4()
    async with library.database.connection() as conn:
        await conn.execute(
            """
            INSERT INTO collection (id, workspace_id, name, type, identifier, cover_file_id) VALUES
                (%s, %s, 'c', 'character', 'ada', NULL), (%s, %s, 'm', 'manual', NULL, %s)
            """,
            (character, workspace, collection, workspace, asset.file.id),
        )
        await conn.execute("INSERT INTO character_reference VALUES (%s, 0, %s)", (character, asset.file.id))
        after = await replace(library, asset)
        cursor = await conn.execute(
            """
            SELECT cover_file_id AS id FROM collection WHERE id = %s
            UNION ALL SELECT file_id FROM character_reference
            """,
            (collection,),
        )
        assert [row["id"] for row in await cursor.fetchall()] == [after.file.id] * 2


async def test_former_content_is_not_found_by_its_vectors(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    model = await library.search.embedding_models.active()
    vectors = AssetVectors(content=[0.1] * model.dimensions, caption=[0.1] * model.dimensions)
    async with library.database.connection() as conn:
        await embeddings.put(conn, asset, model, vectors)
        await replace(library, asset)
        cursor = await conn.execute("SELECT part FROM embedding WHERE asset_id = %s", (asset.id,))
        assert [row["part"] for row in await cursor.fetchall()] == ["caption"]
        await embeddings.put(conn, asset, model, vectors)  # a worker that had begun before
        cursor = await conn.execute("SELECT part FROM embedding WHERE asset_id = %s", (asset.id,))
        assert [row["part"] for row in await cursor.fetchall()] == ["caption"]
        cursor = await conn.execute("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'embed_asset'")
        assert (await cursor.fetchone() or {})["n"] == 2


async def test_pages_of_versions(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    for _ in range(3):
        await replace(library, asset)
    before, seen = None, []
    while True:
        found, more = await library.catalog.versions.page(workspace, asset.id, before, 2)
        seen += [version.number for version in found]
        if not more:
            break
        before = seen[-1]
    assert seen == [4, 3, 2, 1]
