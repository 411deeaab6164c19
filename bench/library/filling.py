"""Rows of assets by COPY, past the library: to have many of them soon. Nothing is measured here."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import numpy as np
import psycopg
import uuid_utils.compat as uuids
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg import sql

from bench.library.content import PHRASES, WORDS, Shape

_CHUNK = 20_000
_KINDS = (
    ("image", "image/png", 0.8),
    ("video", "video/mp4", 0.15),
    ("audio", "audio/mpeg", 0.04),
    ("3d", "model/gltf-binary", 0.01),
)
_EVERY_CAPTIONED, _EVERY_FAVORITE, _EVERY_FILED = 4, 50, 100
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


class Target(NamedTuple):
    """Where assets go: the workspace, its tags with the share of the assets that get them, collections, a folder.

    Into a collection goes one asset of so many, and at most so many of them. With `spread`, asset number n goes into
    the n-th of those workspaces, and on from the first.
    """

    workspace_id: UUID
    tags: dict[UUID, float] = {}
    collections: dict[UUID, tuple[int, int]] = {}
    folder_id: UUID | None = None
    spread: Sequence[UUID] = ()

    def workspace_of(self, number: int) -> UUID:
        return self.spread[number % len(self.spread)] if self.spread else self.workspace_id


class Batch(NamedTuple):
    """Some assets by number, what each is about, and their ids."""

    numbers: range
    about: np.ndarray
    ids: list[UUID]
    moments: list[datetime]


def moment(number: int) -> datetime:
    """When the asset of that number was made: a second after the one before."""
    return _BEGIN + timedelta(seconds=number)


def fill(
    conn: psycopg.Connection, target: Target, numbers: range, shape: Shape | None, *, captions: bool = True
) -> None:
    """Assets of these numbers; with vectors if their shape is given, of their captions only if `captions`."""
    register_vector(conn)
    for start in range(numbers.start, numbers.stop, _CHUNK):
        random = np.random.default_rng([target.workspace_id.int % 2**32, start])
        some = range(start, min(start + _CHUNK, numbers.stop))
        about = random.integers(0, len(PHRASES), len(some))
        batch = Batch(some, about, [uuids.uuid7() for _ in some], [moment(n) for n in some])
        with conn.transaction():
            _assets(conn, target, batch, random)
            _memberships(conn, target, batch, random)
            if shape:
                _vectors(conn, target, batch, random, shape, captions=captions)


def _copy(conn: psycopg.Connection, into: str, rows: Iterator[Sequence[object]]) -> None:
    with conn.cursor().copy(sql.SQL(f"COPY {into} FROM STDIN")) as copy:
        for row in rows:
            copy.write_row(row)


def _assets(conn: psycopg.Connection, target: Target, batch: Batch, random: np.random.Generator) -> None:
    owners, count = [target.workspace_of(n) for n in batch.numbers], len(batch.numbers)
    kinds = [_KINDS[n] for n in random.choice(len(_KINDS), count, p=[share for *_, share in _KINDS])]
    words = [[WORDS[n] for n in three] for three in random.integers(0, len(WORDS), (count, 3))]
    blobs, files = [uuid4() for _ in kinds], [uuid4() for _ in kinds]
    _copy(
        conn,
        "blob (id, workspace_id, sha256, size, storage_key, mime, kind, width, height)",
        (
            (b, own, b.bytes * 2, 1000, b.hex, mime, kind, 100, 100)
            for b, own, (kind, mime, _) in zip(blobs, owners, kinds, strict=True)
        ),
    )
    _copy(
        conn,
        "file (id, workspace_id, blob_id, name)",
        ((f, own, b, f"img_{n}.png") for f, own, b, n in zip(files, owners, blobs, batch.numbers, strict=True)),
    )
    _copy(
        conn,
        "asset (id, workspace_id, file_id, kind, title, caption, source, is_favorite, folder_id, created_at)",
        (
            (
                batch.ids[at],
                owners[at],
                files[at],
                kinds[at][0],
                f"{words[at][2]} {n}",
                f"{PHRASES[batch.about[at]]} {words[at][0]} {words[at][1]}" if _captioned(n) else None,
                "upload" if n % 2 else "response",
                n % _EVERY_FAVORITE == 0,
                target.folder_id if n % _EVERY_FILED == 0 else None,
                batch.moments[at],
            )
            for at, n in enumerate(batch.numbers)
        ),
    )


def _memberships(conn: psycopg.Connection, target: Target, batch: Batch, random: np.random.Generator) -> None:
    chosen = {tag: np.flatnonzero(random.random(len(batch.ids)) < share) for tag, share in target.tags.items()}
    _copy(
        conn,
        "asset_tag (asset_id, tag_id, asset_created_at)",
        ((batch.ids[at], tag, batch.moments[at]) for tag, some in chosen.items() for at in some),
    )
    _copy(
        conn,
        "collection_asset (collection_id, asset_id, asset_created_at)",
        (
            (collection, id, at)
            for collection, (every, most) in target.collections.items()
            for id, at, n in zip(batch.ids, batch.moments, batch.numbers, strict=True)
            if n % every == 0 and n // every < most
        ),
    )


def _vectors(
    conn: psycopg.Connection,
    target: Target,
    batch: Batch,
    random: np.random.Generator,
    shape: Shape,
    *,
    captions: bool,
) -> None:
    """In the first space, which is the active one."""
    captioned = [at for at, n in enumerate(batch.numbers) if captions and _captioned(n)]
    pictures, said = shape.pictures(random, batch.about), shape.captions(random, batch.about[captioned])
    parts = (("content", range(len(batch.ids)), pictures), ("caption", captioned, said))
    copying = "COPY embedding (asset_id, model_id, part, workspace_id, vector) FROM STDIN (FORMAT binary)"
    with conn.cursor().copy(copying) as copy:
        copy.set_types(["uuid", "int4", "text", "uuid", "halfvec"])
        for part, where, vectors in parts:
            for at, vector in zip(where, vectors, strict=True):
                owner = target.workspace_of(batch.numbers[at])
                copy.write_row((batch.ids[at], 1, part, owner, HalfVector(vector)))


def _captioned(number: int) -> bool:
    return number % _EVERY_CAPTIONED == 0
