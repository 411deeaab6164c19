"""Assets of two workspaces as Python objects and as rows."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from mediatheque.model import (
    And,
    Comparison,
    Condition,
    Cursor,
    DocumentComparison,
    DocumentExists,
    EmbeddingModel,
    Field,
    Filter,
    IdIn,
    Kind,
    Operator,
    Or,
)
from mediatheque.records.database import Connection
from tests.records import documents

MINE, THEIRS = UUID(int=1), UUID(int=2)
TAGS = [UUID(int=10 + n) for n in range(3)]
COLLECTIONS = [UUID(int=20 + n) for n in range(3)]
UNKNOWN = UUID(int=99)
MIMES = {Kind.IMAGE: "image/png", Kind.VIDEO: "video/mp4", Kind.DOCUMENT: "application/pdf"}
BEGINNING = datetime(2026, 11, 21, 12, tzinfo=UTC)


def moment(number: int) -> datetime:
    return BEGINNING + timedelta(microseconds=number)


class SeededAsset(msgspec.Struct, frozen=True):
    """An asset with the values that filters look at. Of two with the same `at`, the greater id is newer."""

    id: UUID
    at: int
    mine: bool
    kind: Kind
    source: str
    endpoint: str | None
    favorite: bool
    expired: bool
    trashed: bool
    tags: frozenset[UUID]
    collections: frozenset[UUID]
    near: int
    title: str = "t"
    size: int = 1
    duration: float | None = None
    external_id: str | None = None
    metadata: dict[str, Any] = {}

    @property
    def hidden(self) -> bool:
        """Whether no list, count or search shows it."""
        return self.expired or self.trashed

    @property
    def cursor(self) -> Cursor:
        return Cursor(moment(self.at), self.id)


def _some(ids: list[UUID]) -> st.SearchStrategy[frozenset[UUID]]:
    return st.frozensets(st.sampled_from(ids))


ASSETS = st.builds(
    SeededAsset,
    st.uuids(),
    st.integers(0, 3),
    st.integers(0, 4).map(bool),
    st.sampled_from(list(MIMES)),
    st.sampled_from(["upload", "response", "request"]),
    st.sampled_from([None, "fal-ai/flux", "fal-ai/kling"]),
    st.booleans(),
    st.integers(0, 4).map(lambda n: n == 4),
    st.integers(0, 4).map(lambda n: n == 4),
    _some(TAGS),
    _some(COLLECTIONS),
    st.integers(0, 5),
    st.sampled_from(["b", "B", "a", "a b", "ü", "z" * 300, "z" * 299, "日"]),
    st.integers(1, 3),
    st.sampled_from([None, 0.5, 2.0]),
    st.none(),
    documents.DOCUMENTS,
)
ASSET_LISTS = st.lists(ASSETS, max_size=12, unique_by=lambda thing: thing.id)


def matches(asset: SeededAsset, wanted: Filter) -> bool:
    """Whether the asset matches the filter."""
    tags, asked = asset.tags, set(wanted.tag_ids)
    return (
        (not wanted.kinds or asset.kind in wanted.kinds)
        and (not wanted.types or MIMES[asset.kind] in wanted.types)
        and (not wanted.sources or asset.source in wanted.sources)
        and (asset.favorite or not wanted.favorites)
        and (not asked or (asked <= tags if wanted.all_tags else bool(asked & tags)))
        and (wanted.collection_id is None or wanted.collection_id in asset.collections)
        and (not wanted.character_ids or bool(set(wanted.character_ids) & asset.collections))
        and (wanted.condition is None or condition_holds(asset, wanted.condition))
    )


def condition_holds(asset: SeededAsset, condition: Condition) -> bool:
    match condition:
        case And(parts):
            return all(condition_holds(asset, part) for part in parts)
        case Or(parts):
            return any(condition_holds(asset, part) for part in parts)
        case IdIn(ids):
            return asset.id in ids
        case Comparison(Field.TAG | Field.COLLECTION as field, operator, values):
            own = asset.tags if field is Field.TAG else asset.collections
            return bool(own & set(values)) is not (operator is Operator.NEQ)
        case Comparison(field, operator, values):
            return _compare(_value(asset, field), operator, values)
        case DocumentComparison() | DocumentExists():
            return documents.holds(asset.metadata, condition)
    raise TypeError


def _value(asset: SeededAsset, field: Field) -> object:
    return {
        Field.ENDPOINT: asset.endpoint,
        Field.STATUS: "completed",
        Field.TYPE: asset.kind.value,
        Field.SOURCE: asset.source,
        Field.CREATED_AT: moment(asset.at),
        Field.MIME_TYPE: MIMES[asset.kind],
        Field.SIZE: asset.size,
        Field.DURATION: asset.duration,
        Field.FAVORITE: asset.favorite,
        Field.EXTERNAL_ID: asset.external_id,
    }.get(field)


def _compare(own: Any, operator: Operator, values: tuple[Any, ...]) -> bool:
    if operator in (Operator.EQ, Operator.IN):
        return own in values
    if operator is Operator.NEQ:
        return own != values[0]
    return own is not None and documents.ORDERS[operator](own, values[0])


async def insert_workspaces(conn: Connection) -> None:
    """Insert two workspaces, one of them with tags and collections."""
    for id in (MINE, THEIRS):
        await conn.execute("INSERT INTO workspace (id, name) VALUES (%s, %s)", (id, id.hex))
    for id in TAGS:
        await conn.execute("INSERT INTO tag (id, workspace_id, name) VALUES (%s, %s, %s)", (id, MINE, id.hex))
    for id in COLLECTIONS:
        await conn.execute("INSERT INTO collection (id, workspace_id, name) VALUES (%s, %s, 'c')", (id, MINE))


_INSERT_ASSET = (
    """
    INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind, duration)
    VALUES (%(id)s, %(workspace)s, %(digest)s, %(size)s, %(key)s, %(mime)s, %(kind)s, %(duration)s)
    """,
    """
    INSERT INTO file (id, workspace_id, blob_id, name, expires_at, trashed_at)
    VALUES (%(id)s, %(workspace)s, %(id)s, 'n', CASE WHEN %(expired)s THEN now() END,
            CASE WHEN %(trashed)s THEN now() END)
    """,
    """
    INSERT INTO asset (id, workspace_id, file_id, kind, title, source, endpoint, is_favorite, metadata, external_id,
                       created_at, trashed_at)
    VALUES (%(id)s, %(workspace)s, %(id)s, %(kind)s, %(title)s, %(source)s, %(endpoint)s, %(favorite)s, %(metadata)s,
            %(external_id)s, %(at)s, CASE WHEN %(trashed)s THEN now() END)
    """,
)


async def insert_assets(conn: Connection, assets: Iterable[SeededAsset], model: EmbeddingModel) -> None:
    for thing in assets:
        workspace = MINE if thing.mine else THEIRS
        values = {
            **msgspec.structs.asdict(thing),
            "workspace": workspace,
            "digest": thing.id.bytes * 2,
            "key": thing.id.hex,
            "mime": MIMES[thing.kind],
            "at": moment(thing.at),
            "metadata": Jsonb(thing.metadata),
        }
        for statement in _INSERT_ASSET:
            await conn.execute(statement, values)
        for table, of, ids in (("asset_tag", "tag", thing.tags), ("collection_asset", "collection", thing.collections)):
            for id in ids if thing.mine and not thing.trashed else ():
                await conn.execute(
                    f"INSERT INTO {table} (asset_id, {of}_id, asset_created_at) VALUES (%s, %s, %s)",
                    (thing.id, id, moment(thing.at)),
                )
        await conn.execute(
            "INSERT INTO embedding (asset_id, model_id, part, workspace_id, vector) VALUES (%s, %s, 'content', %s, %s)",
            (thing.id, model.id, workspace, f"[1,{thing.near},0]"),
        )


_INSERT_MANY = (
    """
    WITH n AS (SELECT gen_random_uuid() AS id, w FROM generate_series(1, 5010), unnest(%(workspaces)s::uuid[]) w),
        b AS (INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)
              SELECT id, w, sha256(id::text::bytea), 1, id::text, 'image/png', 'image' FROM n)
    INSERT INTO file (id, workspace_id, blob_id, name) SELECT id, w, id, 'n' FROM n
    """,
    """
    INSERT INTO asset (id, workspace_id, file_id, kind, title, source, created_at)
    SELECT id, workspace_id, id, 'image', 't', 'upload', now() FROM file
    """,
    """
    INSERT INTO embedding (asset_id, model_id, part, workspace_id, vector)
    SELECT asset.id, %(space)s, part, workspace_id,
        format('[1,%%s,0]', abs(hashtext(asset.id::text) %% 99991) / 1e5)::halfvec
    FROM asset, unnest(ARRAY['content', 'caption']) AS part
    """,
)


async def insert_many_assets(conn: Connection, model: EmbeddingModel, *workspaces: UUID) -> None:
    """Insert so many assets into each workspace that searches use the vector index, each with two similar vectors."""
    for statement in _INSERT_MANY:
        await conn.execute(statement, {"workspaces": list(workspaces), "space": model.id})


async def delete_assets(conn: Connection, ids: Iterable[UUID] | None = None) -> None:
    """Delete these assets, or all."""
    every = ids is None
    for table in ("asset", "file", "blob"):
        await conn.execute(f"DELETE FROM {table} WHERE %s OR id = ANY(%s)", (every, list(ids or ())))
