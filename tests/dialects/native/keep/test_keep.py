"""Keeping by API, with a server, a worker and providers of its own."""

from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from mediatheque.dialects.native.keep.shapes import ProviderName
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library.keep.config import KeepConfig
from mediatheque.providers.config import ProvidersConfig
from mediatheque.providers.registry import open_providers
from tests import samples
from tests.dialects.native.keep.client import Client
from tests.providers.vendors import KEY, Vendors
from tests.server import Serve


def test_request_becomes_an_asset(mine: Client, vendors: Vendors) -> None:
    id = vendors.fal_request("fal-ai/flux/dev", status="COMPLETED", result=vendors.fal_result("a.png"))
    order = {"provider": "fal", "request_id": id, "endpoint": "fal-ai/flux/dev", "key": KEY, "tags": ["fox"]}
    response = mine.send("POST", "/api/keep", json=order)
    assert response.status_code == 202
    keep = response.json()
    assert (keep["state"], keep["outputs"], keep["reason"]) == ("waiting", [], None)
    assert KEY not in response.text
    done = mine.ended(keep["id"])
    assert done["state"] == "done"
    [output] = done["outputs"]
    asset = mine.call("GET", f"/api/assets/{output['asset_id']}")
    assert (asset["request_id"], asset["caption"]) == (id, "a red fox")
    assert [tag["name"] for tag in asset["tags"]] == ["fox"]
    assert httpx.get(asset["url"]).content == samples.png()
    listed = mine.call("GET", "/api/keep", params={"state": "done", "provider": "fal", "request_id": id})
    assert listed == {"items": [done], "next_cursor": None}


def test_list_pages_through_all_keeps(mine: Client) -> None:
    ids = []
    for number in range(3):
        job = {"job_id": f"job-{number}", "status": "failed"}
        ids.append(mine.call("POST", "/api/keep", json={"provider": "krea", "response": job})["id"])
    first = mine.call("GET", "/api/keep", params={"limit": 2})
    second = mine.call("GET", "/api/keep", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [keep["id"] for keep in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("order", "param"),
    [
        ({"provider": "sora", "request_id": "x"}, "provider"),
        ({"request_id": "x"}, "provider"),
        ({"provider": "krea"}, "request_id"),
        ({"provider": "krea", "request_id": "x"}, "key"),
        ({"provider": "krea", "request_id": "x", "key": "short"}, "key"),
        ({"provider": "krea", "request_id": "x", "key": "with a blank"}, "key"),
        ({"provider": "krea", "request_id": "x", "url": "https://api.krea.ai/jobs/x"}, "url"),
        ({"provider": "krea", "url": "ftp://api.krea.ai/jobs/x"}, "url"),
        ({"provider": "krea", "response": []}, "response"),
        ({"provider": "krea", "request_id": "x", "key": KEY, "metadata": []}, "metadata"),
        ({"provider": "krea", "request_id": "x", "key": KEY, "metadata": {"a": "b" * 20_000}}, "metadata"),
        ({"provider": "krea", "request_id": "x", "key": KEY, "tag": "unknown field"}, "tag"),
    ],
)
def test_order_that_cannot_work_is_refused(mine: Client, order: dict[str, Any], param: str) -> None:
    response = mine.send("POST", "/api/keep", json=order)
    assert (response.status_code, response.json()["param"]) == (422, param)
    assert mine.call("GET", "/api/keep")["items"] == []


def test_stored_key_is_used_and_never_shown(mine: Client, keeper: Serve, vendors: Vendors) -> None:
    secret = f"{KEY}"
    shown = mine.call("PUT", "/api/provider-keys/krea", json={"key": secret})
    assert (shown["provider"], shown["hint"]) == ("krea", secret[-4:])
    assert mine.call("GET", "/api/provider-keys") == {"items": [shown]}
    assert mine.call("GET", "/api/provider-keys/krea") == shown
    id = uuid4().hex
    vendors.krea_job(id, "completed", "a.png")
    keep = mine.call("POST", "/api/keep", json={"provider": "krea", "request_id": id})
    assert mine.ended(keep["id"])["state"] == "done"
    assert mine.call("DELETE", "/api/provider-keys/krea") is None
    assert mine.send("GET", "/api/provider-keys/krea").status_code == 404
    assert mine.send("POST", "/api/keep", json={"provider": "krea", "request_id": "x"}).status_code == 422


def test_keys_are_in_no_row_and_no_log(mine: Client, keeper: Serve, vendors: Vendors) -> None:
    """Also while the keep runs, and in the answer that is kept for its Idempotency-Key."""
    secret = f"vendor-secret-{uuid4().hex}"
    headers = {"idempotency-key": uuid4().hex}
    mine.call("PUT", "/api/provider-keys/heygen", json={"key": secret}, headers=headers)
    order = {"provider": "fal", "request_id": uuid4().hex, "endpoint": "fal-ai/flux", "key": secret}
    keep = mine.call("POST", "/api/keep", json=order, headers=headers)
    created = mine.call("POST", "/api/hooks", json={"provider": "heygen", "secret": secret}, headers=headers)
    token = created["url"].rpartition("/")[2]
    assert mine.ended(keep["id"])["reason"] == "fal does not accept the API key (401)."
    keeper_says = httpx.post(created["url"], content=b"{}")
    assert keeper_says.status_code == 401
    with psycopg.connect(keeper.database_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = str(connection.execute(f"SELECT t::text FROM {table} t").fetchall())
            for text in (secret, token, secret.encode().hex(), token.encode().hex()):
                assert text not in rows, table
    log = keeper.log() + keeper.out.read_text()
    assert secret not in log
    assert token not in log


def test_new_hook_tells_its_url_once(mine: Client, keeper: Serve) -> None:
    headers = {"idempotency-key": uuid4().hex}
    body = {"provider": "fal", "endpoint": "fal-ai/flux", "title": "Fox", "metadata": {"shot": 1}}
    created = mine.call("POST", "/api/hooks", json=body, headers=headers)
    assert created["url"].startswith(f"{keeper.url}/api/hooks/fal/mth_")
    replayed = mine.send("POST", "/api/hooks", json=body, headers=headers)
    assert replayed.headers["idempotent-replayed"] == "true"
    assert replayed.json() == {**created, "url": None}
    assert mine.call("GET", f"/api/hooks/{created['id']}") == {**created, "url": None}
    assert mine.call("GET", "/api/hooks") == {"items": [{**created, "url": None}], "next_cursor": None}


def test_webhook_of_fal_becomes_an_asset(mine: Client, vendors: Vendors) -> None:
    hook = mine.call("POST", "/api/hooks", json={"provider": "fal", "endpoint": "fal-ai/flux", "title": "Fox"})
    received = vendors.send_fal(hook["url"], f"r-{uuid4().hex}", vendors.fal_result("a.png"))
    assert received.status_code == 200, received.text
    done = mine.ended(received.json()["keep_id"])
    assert (done["state"], done["endpoint"]) == ("done", "fal-ai/flux")
    assert mine.call("GET", f"/api/assets/{done['outputs'][0]['asset_id']}")["title"] == "Fox"


def test_webhook_that_is_not_signed_is_refused(mine: Client) -> None:
    for provider in ("fal", "heygen", "replicate"):
        hook = mine.call("POST", "/api/hooks", json={"provider": provider, "secret": "whsec_c2VjcmV0"})
        response = httpx.post(hook["url"], json={"request_id": "r", "status": "OK", "payload": {}})
        assert response.status_code == 401
        assert response.json()["type"] == "urn:mediatheque:error:signature-refused"
    assert mine.call("GET", "/api/keep")["items"] == []


def test_unknown_and_revoked_tokens_look_alike(mine: Client, vendors: Vendors) -> None:
    hook = mine.call("POST", "/api/hooks", json={"provider": "krea"})
    url = httpx.URL(hook["url"])
    mine.call("DELETE", f"/api/hooks/{hook['id']}")
    bodies = set()
    for path in (url.path, f"{url.path}x", url.path.replace("/krea/", "/fal/"), "/api/hooks/sora/x"):
        response = httpx.post(url.copy_with(path=path), json={"job_id": "j", "status": "failed"})
        assert response.status_code == 404
        bodies.add(str({**response.json(), "request_id": ""}))
    assert len(bodies) == 1
    assert mine.call("GET", "/api/keep")["items"] == []


def test_webhook_is_bounded(mine: Client) -> None:
    hook = mine.call("POST", "/api/hooks", json={"provider": "krea"})
    large = b'{"job_id": "j", "status": "failed", "x": "%s"}' % (b"x" * (16 * 1024 * 1024))
    assert httpx.post(hook["url"], content=large, timeout=60).status_code in (400, 413)
    fits = b'{"job_id": "j", "status": "failed", "x": "%s"}' % (b"x" * (15 * 1024 * 1024))
    assert httpx.post(hook["url"], content=fits, timeout=60).status_code == 200


def test_heygen_may_look_whether_there_is_somebody(mine: Client) -> None:
    """It sends OPTIONS before it takes an endpoint."""
    hook = mine.call("POST", "/api/hooks", json={"provider": "heygen"})
    assert httpx.options(hook["url"]).is_success


def test_workspaces_do_not_see_each_other(mine: Client, theirs: Client, vendors: Vendors) -> None:
    """Not even that the other one keeps the same request, has a hook, or a key."""
    id = vendors.fal_request("fal-ai/flux", status="COMPLETED", result=vendors.fal_result("a.png"))
    order = {"provider": "fal", "request_id": id, "endpoint": "fal-ai/flux", "key": KEY}
    foreign = theirs.call("POST", "/api/keep", json=order)
    theirs.call("PUT", "/api/provider-keys/fal", json={"key": KEY})
    hook = theirs.call("POST", "/api/hooks", json={"provider": "fal"})
    assert mine.call("GET", "/api/keep") == {"items": [], "next_cursor": None}
    assert mine.call("GET", "/api/provider-keys") == {"items": []}
    assert mine.call("GET", "/api/hooks") == {"items": [], "next_cursor": None}
    for method, path in (
        ("GET", f"/api/keep/{foreign['id']}"),
        ("POST", f"/api/keep/{foreign['id']}/cancel"),
        ("POST", f"/api/keep/{foreign['id']}/retry"),
        ("GET", f"/api/hooks/{hook['id']}"),
        ("DELETE", f"/api/hooks/{hook['id']}"),
        ("GET", "/api/provider-keys/fal"),
        ("DELETE", "/api/provider-keys/fal"),
    ):
        assert mine.send(method, path).status_code == 404
    own = mine.call("POST", "/api/keep", json=order)
    assert own["id"] != foreign["id"]
    done, theirs_done = mine.ended(own["id"]), theirs.ended(foreign["id"])
    assert done["outputs"][0]["asset_id"] != theirs_done["outputs"][0]["asset_id"]


def test_names_of_providers_are_those_that_there_are() -> None:
    assert {name.value for name in ProviderName} == set(open_providers(ProvidersConfig(), KeepConfig(), FetchConfig()))


def test_key_file_is_in_the_data_folder(keeper: Serve) -> None:
    assert (keeper.data / "keep.key").stat().st_mode & 0o777 == 0o600
