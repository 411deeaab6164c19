"""Numbers in metadata that no 64 bits hold: seeds of generators, and floats that PostgreSQL writes as integers."""

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.native.endpoints import auth, create, inline

SEED = 2**64 - 1
LARGE = 10**30


def test_a_large_number_is_kept_shown_and_found(client: httpx.Client, fresh: Account) -> None:
    metadata = {"seed": SEED, "large": LARGE, "scale": 1e300}
    made = create(client, fresh.key, inline(samples.png(seed=64)), metadata=metadata)
    assert made.status_code == 201, made.text
    assert made.json()["metadata"] == metadata
    listed = client.get("/api/assets", headers=auth(fresh.key)).json()["items"]
    [shown] = [item["metadata"] for item in listed]
    assert shown | {"scale": float(shown["scale"])} == metadata
    for query in (
        f"metadata.seed={SEED}",
        f"metadata.large={LARGE}",
        f"metadata.large[gt]={LARGE - 1}",
        "metadata.large[lte]=1e31",
        "metadata.scale=1e300",
        "metadata.scale[gt]=9e299",
    ):
        found = client.get(f"/api/assets?{query}", headers=auth(fresh.key))
        assert [item["id"] for item in found.json()["items"]] == [made.json()["id"]], query
    assert not client.get(f"/api/assets?metadata.large={LARGE + 1}", headers=auth(fresh.key)).json()["items"]


def test_a_smart_collection_compares_large_numbers(client: httpx.Client, fresh: Account) -> None:
    made = create(client, fresh.key, inline(samples.png(seed=64)), metadata={"scale": 1e300, "seed": SEED}).json()
    for field, op, value in (("scale", "gte", 1e300), ("seed", "eq", SEED)):
        filters = {"field": f"metadata.{field}", "op": op, "value": value}
        collection = client.post("/api/collections", json={"name": "c", "filters": filters}, headers=auth(fresh.key))
        assert collection.status_code == 201, collection.text
        listed = client.get(f"/api/assets?collection_id={collection.json()['id']}", headers=auth(fresh.key))
        assert [item["id"] for item in listed.json()["items"]] == [made["id"]], field


@pytest.mark.parametrize("text", ["1e999", "9" * 400, "-1e999"])
def test_a_text_that_no_number_holds_is_a_text(client: httpx.Client, fresh: Account, text: str) -> None:
    made = create(client, fresh.key, inline(samples.png(seed=64)), metadata={"code": text}).json()
    found = client.get("/api/assets", params={"metadata.code": text}, headers=auth(fresh.key))
    assert found.status_code == 200, found.text
    assert [item["id"] for item in found.json()["items"]] == [made["id"]]
    refused = client.get("/api/assets", params={"metadata.code[gt]": text}, headers=auth(fresh.key))
    assert refused.status_code == 422
    assert refused.json()["param"] == "metadata.code[gt]"
