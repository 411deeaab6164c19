"""A change and its entry in the audit log are one transaction; entries are listed with filters, and end."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from mediatheque.errors import AssetNotFound, QuotaExceeded
from mediatheque.library import Library
from mediatheque.library.accounts.audit import acting_as
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.model import (
    Actor,
    ActorKind,
    AssetRef,
    AuditEntry,
    AuditFilter,
    Cursor,
    FileDefaults,
    Quota,
    Scope,
)
from mediatheque.records.accounts import audit as rows
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection
from tests import samples
from tests.library.accounts.test_quotas import take
from tests.library.ingest_requests import Content

SOMEBODY = Actor(kind=ActorKind.KEY, key_id=uuid4(), address="192.0.2.7", user_agent="curl/8", request_id="r1")


@pytest.fixture
def acting(workspace: UUID) -> Iterator[None]:
    with acting_as(SOMEBODY):
        yield


async def entries(library: Library, limit: int = 100, **wanted: object) -> list[AuditEntry]:
    return (await library.accounts.audit.page(AuditFilter(**wanted), None, limit))[0]  # type: ignore[arg-type]


async def actions(library: Library, **wanted: object) -> list[str]:
    return sorted(entry.action for entry in await entries(library, **wanted))


async def test_an_entry_tells_who_did_what_and_from_where(library: Library, workspace: UUID) -> None:
    before = datetime.now(UTC)
    with acting_as(SOMEBODY):
        asset = await take(library, workspace)
    (entry,) = await entries(library)
    assert entry == AuditEntry(
        id=entry.id,
        created_at=entry.created_at,
        workspace_id=workspace,
        action="asset.create",
        target_id=asset.id,
        related_id=None,
        actor=SOMEBODY,
    )
    assert before - timedelta(minutes=1) < entry.created_at < datetime.now(UTC) + timedelta(minutes=1)


async def test_what_the_library_does_by_itself_has_no_entry(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await library.catalog.assets.delete(workspace, asset.id)
    assert await entries(library) == []


async def test_the_actor_ends_with_the_transaction(library: Library, workspace: UUID) -> None:
    """The next user of the connection may be somebody else, or nobody."""
    with acting_as(SOMEBODY):
        await take(library, workspace)
        await library.catalog.tags.create(workspace, "a")
    await asyncio.gather(*(library.catalog.tags.create(workspace, name) for name in "bcdef"))
    await take(library, workspace)
    assert await actions(library) == ["asset.create", "tag.create"]


async def test_concurrent_actors_are_not_mixed_up(library: Library, workspace: UUID) -> None:
    async def act(name: str) -> tuple[UUID, UUID]:
        actor = Actor(kind=ActorKind.KEY, key_id=uuid4(), request_id=name)
        with acting_as(actor):
            asset = await take(library, workspace)
            await library.catalog.assets.delete(workspace, asset.id)
        assert actor.key_id
        return actor.key_id, asset.id

    expected = await asyncio.gather(*(act(name) for name in "abcdefgh"))
    found = await entries(library)
    assert {(entry.actor.key_id, entry.target_id) for entry in found} == set(expected)
    assert len(found) == 2 * len(expected)


@pytest.mark.usefixtures("acting")
async def test_what_is_rolled_back_leaves_no_entry(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await take(library, workspace)
    deleted = assets.delete

    async def fail(conn: Connection, *arguments: object) -> bool:
        await deleted(conn, *arguments)  # type: ignore[arg-type]
        return False

    monkeypatch.setattr(assets, "delete", fail)
    with pytest.raises(AssetNotFound):
        await library.catalog.assets.delete(workspace, asset.id)
    await library.accounts.quotas.set(workspace, Quota(max_assets=1))
    library.accounts.quotas._cached[workspace] = Quota()
    with pytest.raises(QuotaExceeded):
        await take(library, workspace)
    assert await actions(library) == ["asset.create", "workspace.quota"]


@pytest.mark.usefixtures("acting")
async def test_deleting_what_others_refer_to_is_one_change(library: Library, workspace: UUID) -> None:
    """What a foreign key deletes on behalf of a change has no entry of its own."""
    asset = await take(library, workspace)
    tag = await library.catalog.tags.create(workspace, "a")
    await library.catalog.asset_tags.assign(workspace, tag.id, _ref(asset.id))
    await library.catalog.tags.delete(workspace, tag.id)
    await library.catalog.assets.delete(workspace, asset.id)
    assert await actions(library) == ["asset.create", "asset.delete", "asset.tag", "tag.create", "tag.delete"]
    (tagged,) = await entries(library, action="asset.tag")
    assert (tagged.target_id, tagged.related_id) == (asset.id, tag.id)


@pytest.mark.usefixtures("acting")
async def test_what_changes_nothing_has_no_entry(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await library.catalog.assets.set_favorite(workspace, _ref(asset.id), False)
    await library.catalog.assets.set_favorite(workspace, _ref(asset.id), True)
    assert await actions(library) == ["asset.create", "asset.update"]


async def test_an_item_of_a_batch_is_its_keys(library: Library) -> None:
    """The worker completes it."""
    principal = await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))
    data = samples.srt()
    declared = DeclaredFile(name="a.srt", mime="application/x-subrip", size=len(data))
    created = await library.uploads.direct.create(principal, [declared], batched=True)
    upload = created.targets[0].session.upload
    await library.uploads.direct.receive(upload, Content(data))
    await library.uploads.direct.complete_requested(upload.id)
    assert {(entry.action, entry.actor.key_id) for entry in await entries(library)} == {
        ("asset.create", principal.key_id),
        ("upload.complete", principal.key_id),
    }


async def test_the_steps_of_an_upload_are_told(library: Library) -> None:
    principal = await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))
    with acting_as(SOMEBODY):
        upload = (await library.uploads.multipart.create(principal, "a", None, FileDefaults())).upload
        await library.uploads.multipart.put_part(upload, 1, Content(b"123"), 1000)
    found = await entries(library)
    assert [entry.action for entry in found] == ["upload.part", "upload.create"]
    assert {(entry.target_id, entry.related_id) for entry in found} == {(upload.id, upload.file_id)}


@pytest.mark.usefixtures("acting")
async def test_keys_and_workspaces_are_recorded(library: Library) -> None:
    key = await library.accounts.create_key("two", frozenset(Scope))
    principal = await library.accounts.authenticate(key)
    await library.accounts.revoke(principal.key_id)
    await library.catalog.access.set_defaults(principal.workspace_id, FileDefaults(lifetime_seconds=1))
    assert await actions(library) == ["key.create", "key.revoke", "workspace.create", "workspace.update"]
    assert {entry.workspace_id for entry in await entries(library)} == {principal.workspace_id}
    assert key.split("_", 2)[2] not in repr(await entries(library))


async def test_entries_are_filtered(library: Library, workspace: UUID) -> None:
    other = (
        await library.accounts.authenticate(await library.accounts.create_key("two", frozenset(Scope)))
    ).workspace_id
    with acting_as(SOMEBODY):
        asset = await take(library, workspace)
        await library.catalog.tags.create(workspace, "a")
        await library.catalog.assets.delete(workspace, asset.id)
    with acting_as(Actor(kind=ActorKind.CLI)):
        await library.catalog.tags.create(other, "a")
    assert await actions(library, workspace_id=other) == ["tag.create"]
    assert await actions(library, workspace_id=workspace, target_id=asset.id) == ["asset.create", "asset.delete"]
    assert await actions(library, action="asset") == ["asset.create", "asset.delete"]
    assert await actions(library, action="asset.create") == ["asset.create"]
    assert await actions(library, action="ass") == []
    assert await actions(library, action="tag.create", workspace_id=workspace) == ["tag.create"]
    assert len(await actions(library, key_id=SOMEBODY.key_id)) == 3
    now = datetime.now(UTC)
    assert await actions(library, since=now + timedelta(minutes=1)) == []
    assert len(await actions(library, since=now - timedelta(minutes=1), until=now + timedelta(minutes=1))) == 4


@pytest.mark.usefixtures("acting")
async def test_pages_are_complete_and_newest_first(library: Library, workspace: UUID) -> None:
    for name in "abcde":
        await library.catalog.tags.create(workspace, name)
    found: list[AuditEntry] = []
    more = True
    while more:
        after = _cursor(found[-1]) if found else None
        page, more = await library.accounts.audit.page(AuditFilter(workspace_id=workspace), after, 2)
        found += page
    assert len({entry.id for entry in found}) == 5
    assert found == sorted(found, key=lambda entry: (entry.created_at, entry.id), reverse=True)


@pytest.mark.usefixtures("acting")
async def test_old_entries_are_deleted_in_batches(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediatheque.library.accounts.audit._BATCH", 2)
    for name in "abcde":
        await library.catalog.tags.create(workspace, name)
    async with library.database.connection() as conn:
        await conn.execute("UPDATE audit_log SET created_at = created_at - interval '9 days'")
    await library.catalog.tags.create(workspace, "f")
    assert await library.accounts.audit.delete_old(timedelta(days=10)) == 0
    assert await library.accounts.audit.delete_old(timedelta(days=8)) == 5
    assert len(await entries(library)) == 1


FILTERS = {
    "": "audit_log_pkey",
    "workspace_id": "audit_log_workspace",
    "target_id": "audit_log_target",
    "key_id": "audit_log_key",
    "action": "audit_log_action",
}


@pytest.mark.parametrize("field", FILTERS)
async def test_every_filter_has_its_index(library: Library, workspace: UUID, field: str) -> None:
    """A page reads few rows, however many the log has."""
    async with library.database.connection() as conn:
        await conn.execute(
            """
            INSERT INTO audit_log (created_at, workspace_id, action, target_id, actor, key_id)
            SELECT now() - n * interval '1 s', CASE WHEN n %% 100 = 0 THEN %s ELSE md5((n %% 50)::text)::uuid END,
                CASE WHEN n %% 1000 = 0 THEN 'key.revoke' ELSE 'asset.create' END,
                md5((n %% 5000)::text)::uuid, 'key', md5((n %% 1000)::text)::uuid
            FROM generate_series(1, 30000) n
            """,
            (workspace,),
        )
        await conn.execute("ANALYZE audit_log")
        some = {"workspace_id": workspace, "target_id": UUID(int=5), "key_id": UUID(int=7), "action": "key.revoke"}
        wanted = {field: some[field]} if field else {}
        if field == "action":
            wanted["workspace_id"] = workspace
        plan = await _plan(conn, AuditFilter(**wanted))  # type: ignore[arg-type]
    assert FILTERS[field] in plan, plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


async def _plan(conn: Connection, wanted: AuditFilter) -> str:
    """The plan of a page."""

    class Explaining:
        async def execute(self, query: str, parameters: object) -> object:
            cursor = await conn.execute(f"EXPLAIN {query}".encode(), parameters)  # type: ignore[arg-type]
            lines.extend(str(row["QUERY PLAN"]) for row in await cursor.fetchall())
            return self

        async def fetchall(self) -> list[object]:
            return []

    lines: list[str] = []
    await rows.page(Explaining(), wanted, None, 100)  # type: ignore[arg-type]
    return "\n".join(lines)


def _ref(id: UUID) -> AssetRef:
    return AssetRef(asset_id=id)


def _cursor(entry: AuditEntry) -> Cursor:
    return Cursor(entry.created_at, entry.id)
