"""Assets with different values in every field that filters compare."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
from psycopg.types.json import Jsonb

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.endpoints import auth, create, inline

Params = list[tuple[str, str]]


class Made(msgspec.Struct):
    """A workspace's assets by the letters that stand for them."""

    account: Account
    client: httpx.Client
    stored: StoredData
    ids: dict[str, str] = {}

    def add(self, letter: str, data: bytes, *, media_type: str = "image/png", **fields: Any) -> str:
        """Create an asset with the metadata, the endpoint and the time of these fields."""
        answer = create(self.client, self.account.key, inline(data, media_type), title=fields.pop("title", letter))
        assert answer.status_code == 201, answer.text
        id = self.ids[letter] = answer.json()["id"]
        for column, value in fields.items():
            stored = Jsonb(value) if isinstance(value, dict) else value
            self.stored.database.execute(f"UPDATE asset SET {column} = %s WHERE id = %s", [stored, id])  # type: ignore[arg-type]
        return str(id)

    def tag(self, name: str, *letters: str) -> str:
        """Put a new tag on the assets, and return its id."""
        row = self.stored.database.execute(
            "INSERT INTO tag (id, workspace_id, name) VALUES (gen_random_uuid(), %s, %s) RETURNING id",
            [self.account.workspace_id, name],
        ).fetchone()
        assert row
        for letter in letters:
            self.stored.database.execute(
                "INSERT INTO asset_tag SELECT id, %s, created_at FROM asset WHERE id = %s", [row[0], self.ids[letter]]
            )
        return str(row[0])

    def letters(self, ids: list[str]) -> str:
        by_id = {id: letter for letter, id in self.ids.items()}
        return "".join(by_id[id] for id in ids)

    def get(self, path: str, params: Params | dict[str, str]) -> httpx.Response:
        return self.client.get(path, params=params, headers=auth(self.account.key))

    def pages(self, params: Params) -> Iterator[list[str]]:
        """The ids of every page of the list."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get("/api/assets", [*params, ("cursor", cursor)]).raise_for_status().json()
            yield [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]

    def list(self, *params: tuple[str, str]) -> str:
        """The letters of all assets of the list, in its order."""
        return self.letters([id for page in self.pages(list(params)) for id in page])


def fill(made: Made) -> None:
    """Five assets, `a` the oldest."""
    add = made.add
    add("a", samples.png(seed=1), metadata={"shot": "12", "score": 0.5, "ok": True}, created_at="2026-01-05T00:00Z")
    add("b", samples.png(40, 30), metadata={"shot": 12, "score": 1.5, "labels": ["x", "y"]}, created_at="2026-02-05Z")
    add("c", samples.jpeg(), media_type="image/jpeg", metadata={"camera": {"lens": 35}}, endpoint="fal-ai/flux")
    add("d", samples.wav(), media_type="audio/wav", title="B", external_id="D1", is_favorite=True)
    add("e", samples.mp4(), media_type="video/mp4", metadata={"a.b": None}, source="response", request_id="r1")
    made.stored.database.execute(
        "UPDATE asset SET created_at = '2026-03-05Z'::timestamptz + interval '1 day' * array_position(%s, id)"
        " WHERE id = ANY(%s)",
        [later := [UUID(made.ids[letter]) for letter in "cde"], later],
    )
