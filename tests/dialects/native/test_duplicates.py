"""GET /api/duplicates. The rules are tested in tests/library/catalog/test_duplicates.py."""

import httpx

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.native.endpoints import auth, create, inline


def test_groups_of_the_same_bytes(client: httpx.Client, fresh: Account) -> None:
    contents = [samples.png(seed=n) for n in (91, 92, 91, 93, 92, 91)]
    made = [create(client, fresh.key, inline(data)).json() for data in contents]
    first = client.get("/api/duplicates", params={"limit": 1}, headers=auth(fresh.key)).json()
    assert [(group["total"], group["sha256"]) for group in first["items"]] == [(2, made[1]["sha256"])]
    assert first["items"][0]["assets"] == [made[1], made[4]]
    rest = client.get("/api/duplicates", params={"cursor": first["next_cursor"]}, headers=auth(fresh.key)).json()
    assert [group["assets"] for group in rest["items"]] == [[made[0], made[2], made[5]]]
    assert rest["next_cursor"] is None


def test_other_workspaces_have_no_part_in_it(client: httpx.Client, fresh: Account, account: Account) -> None:
    data = samples.png(seed=94)
    create(client, account.key, inline(data))
    create(client, fresh.key, inline(data))
    assert client.get("/api/duplicates", headers=auth(fresh.key)).json() == {"items": [], "next_cursor": None}
