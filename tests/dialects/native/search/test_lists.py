"""Lists of assets: every filter and every order."""

import itertools
from uuid import UUID, uuid4

import httpx
import pytest

from tests.dialects.database.snapshot import Account
from tests.dialects.native.endpoints import auth, check_error
from tests.dialects.native.search.library import Made

FILTERS = [
    ("kind=image", "cba"),
    ("kind=image&kind=AUDIO", "dcba"),
    ("mime_type=image/jpeg", "c"),
    ("source=response", "e"),
    ("endpoint=fal-ai/flux", "c"),
    ("endpoint=fal-ai/flux&endpoint=x", "c"),
    ("request_id=r1", "e"),
    ("external_id=D1", "d"),
    ("external_id=d1", ""),
    ("favorite=true", "d"),
    ("favorite=false", "ecba"),
    ("tag=RED", "ba"),
    ("tag=red&tag=blue", "cba"),
    ("tag=red&tag=blue&tag_mode=all", "b"),
    ("tag=red&tag=unknown&tag_mode=all", ""),
    ("tag=unknown", ""),
    ("folder_id=none", "edcba"),
    (f"folder_id={UUID(int=5)}", ""),
    ("created_at[lt]=2026-02-01T00:00:00Z", "a"),
    ("created_at[gte]=2026-02-05T00:00:00Z&created_at[lt]=2026-03-01T00:00:00Z", "b"),
    ("width[gte]=40&width[lte]=40", "b"),
    ("height[gt]=29&height[lt]=31&kind=image", "b"),
    ("duration[gt]=0", "ed"),
    ("size[gte]=1", "edcba"),
    ("size[lt]=1", ""),
    ("metadata.shot=12", "ba"),
    ('metadata.shot="12"', "a"),
    ("metadata.shot=13&metadata.shot=12", "ba"),
    ("metadata.shot[neq]=12", "edc"),
    ("metadata.shot[exists]=true", "ba"),
    ("metadata.shot[exists]=false", "edc"),
    ("metadata.score[gte]=0.5", "ba"),
    ("metadata.score[gt]=0.5", "b"),
    ("metadata.score[gt]=0&metadata.score[lt]=1", "a"),
    ("metadata.shot[lte]=12", "b"),
    ("metadata.ok=true", "a"),
    ("metadata.ok=false", ""),
    ("metadata.labels=y", "b"),
    ("metadata.camera.lens=35", "c"),
    ("metadata.camera.lens[gte]=35&kind=image", "c"),
    ("metadata.camera=35", ""),
    ("metadata.a\\.b[exists]=true", "e"),
    ("metadata.a.b[exists]=true", ""),
    ("generation.model=flux", ""),
    ("generation.model[exists]=false", "edcba"),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=[query for query, _ in FILTERS])
def test_filters(made: Made, query: str, expected: str) -> None:
    assert made.list(*httpx.QueryParams(query).multi_items()) == expected


@pytest.mark.parametrize("field", ["created_at", "title", "size", "duration"])
def test_orders_and_their_reverse(made: Made, field: str) -> None:
    key = {"title": "mime_type"}.get(field, field)
    up = made.list(("sort", field), ("limit", "2"))
    assert made.list(("sort", f"-{field}"), ("limit", "2")) == up[::-1]
    assert sorted(up) == list("abcde")
    items = made.get("/api/assets", {"sort": field}).json()["items"]
    if field == "title":
        assert [item["title"] for item in items] == ["a", "b", "B", "c", "e"] or "Bb" in up
    else:
        values = [item[key] or 0 for item in items]
        assert values == sorted(values)


def test_newest_come_first(made: Made) -> None:
    assert made.list(("limit", "1")) == "edcba"


def test_generation_that_the_file_tells(made: Made) -> None:
    made.stored.database.execute(
        """
        INSERT INTO embedded_metadata (blob_id, workspace_id, data, generation)
        SELECT f.blob_id, f.workspace_id, '{}', '{"model": "flux", "seed": 42, "prompt": "a cat"}'
        FROM asset a JOIN file f ON f.id = a.file_id WHERE a.id = %s
        """,
        [made.ids["a"]],
    )
    assert made.list(("generation.model", "flux")) == "a"
    assert made.list(("generation.seed", "42"), ("sort", "size")) == "a"
    assert made.list(("generation.seed[gt]", "42")) == ""
    assert made.list(("generation.model[neq]", "flux")) == "edcb"


@pytest.mark.parametrize(
    "query",
    [
        "sort=name",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "cursor=p.x",
        "kind=x",
        "folder_id=x",
        "tag_id=x",
        "tag_mode=some",
        "favorite=maybe",
        "size[gte]=x",
        "size[gte]=1.5",
        "size[gte]=-1",
        "width[lt]=99999999999",
        "created_at[gte]=yesterday",
        "created_at[gte]=2026-01-01",
        "duration[lt]=nan",
        "metadata.score[gte]=x",
        "metadata.score[gte]=NaN",
        "metadata.score[gte]=",
        "metadata.score[like]=1",
        "metadata.score[in]=1",
        "metadata.score[exists]=yes",
        "metadata.=1",
        "metadata.a..b=1",
        "metadata.a=%00",
        "metadata." + "a." * 8 + "a=1",
        "metadata." + "a" * 1001 + "=1",
        "metadata.a=" + "a" * 2001,
        "&".join(f"metadata.k{n}=1" for n in range(21)),
        "&".join(f"metadata.k={n}" for n in range(51)),
        "&".join(f"tag=t{n}" for n in range(101)),
    ],
    ids=lambda query: query[:40],
)
def test_refused(made: Made, query: str) -> None:
    answer = made.get("/api/assets", httpx.QueryParams(query).multi_items())
    assert answer.status_code == 422
    check_error(answer)
    assert answer.json()["param"]


def test_cursor_of_another_order_is_refused(made: Made) -> None:
    cursors = {
        sort: made.get("/api/assets", {"sort": sort, "limit": "1"}).json()["next_cursor"]
        for sort in ("-created_at", "created_at", "title", "size", "-duration")
    }
    for (sort, cursor), other in itertools.product(cursors.items(), cursors):
        answer = made.get("/api/assets", {"sort": other, "cursor": cursor})
        assert answer.status_code == (200 if sort == other else 422)


def test_unknown_and_foreign_collections_look_alike(made: Made, client: httpx.Client, fresh: Account) -> None:
    row = made.stored.database.execute(
        "INSERT INTO collection (id, workspace_id, name) VALUES (gen_random_uuid(), %s, 'c') RETURNING id",
        [made.account.workspace_id],
    ).fetchone()
    assert row
    assert made.list(("collection_id", str(row[0]))) == ""
    for path in ("/api/assets", "/api/facets", "/api/search"):
        answers = [
            client.get(path, params={"collection_id": str(id), "q": "x"}, headers=auth(fresh.key))
            for id in (row[0], uuid4())
        ]
        assert {answer.status_code for answer in answers} == {404}


def test_another_workspaces_tags_and_metadata_find_nothing(made: Made, client: httpx.Client, fresh: Account) -> None:
    tag = made.get("/api/assets", {"tag": "red"}).json()["items"][0]["tags"][0]["id"]
    for params in ({"tag_id": tag}, {"tag": "red"}, {"metadata.shot": "12"}, {"external_id": "D1"}):
        answer = client.get("/api/assets", params=params, headers=auth(fresh.key)).json()
        assert answer == {"items": [], "next_cursor": None}
