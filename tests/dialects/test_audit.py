"""Every mutation of every dialect leaves its row in the audit log, and all that adds is refused at the quota.

The requests are the probes of the isolation tests, which cover every operation, and those of `CHANGES` where the probes
change nothing or are refused.
"""

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

import httpx
import psycopg
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.acceptance.endpoints import bearer
from tests.acceptance.isolation.names import MixedNames
from tests.acceptance.isolation.probe import Probe
from tests.acceptance.isolation.probes import PROBES
from tests.acceptance.isolation.seed import SeededWorkspace
from tests.acceptance.isolation.workspace import Maker, Workspace
from tests.dialects.database.snapshot import StoredData
from tests.dialects.test_isolation_table import operations
from tests.server import Serve

AGENT = {"user-agent": "the test's own/1.0"}
CHANGES_NOTHING = {
    "POST /storage/auth/token": "signs a token, and stores nothing",
    "POST /v1/storage/files/sign": "signs a URL, and stores nothing",
    "POST /storage/upload/{}/gcs/{}/{}": "tells the URL of a part",
}
ADDS = {
    "POST /assets",
    "POST /v1/assets/uploads",
    "POST /files/upload",
    "POST /storage/upload/initiate",
    "POST /storage/upload/initiate-multipart",
    "POST /files/upload/multipart",
    "PUT /storage/upload/{}",
    "PUT /storage/upload/{}/{}",
    "PUT /files/b/{}/{}/multipart/{}/{}",
    "POST /storage/upload/{}/complete",
    "POST /storage/upload/{}/gcs/{}/complete",
    "POST /files/b/{}/{}/multipart/{}/complete",
    "POST /v1/asset",
    "POST /v1/talking_photo",
    "POST /v3/assets",
    "POST /v3/assets/direct-uploads",
    "POST /v3/assets/direct-uploads/batches",
    "PUT /v3/assets/direct-uploads/{}",
    "POST /v3/assets/{}/complete",
    "POST /api/assets",
    "POST /api/assets/upload",
    "POST /api/assets/content",
    "PUT /api/assets/content",
    "PUT /api/assets/{}/content",
    "POST /api/assets/{}/versions",
}
"""The operations that add bytes or assets, or announce them."""
WITH_RESULTS = {"POST /api/assets/upload"}
"""Those whose answer has a result for each file, which may be a refusal."""
IN_FLIGHT = {
    "PUT /storage/upload/{}/{}",
    "PUT /files/b/{}/{}/multipart/{}/{}",
    "PUT /v3/assets/direct-uploads/{}",
}
"""Those whose bytes are not stored yet: the database does not refuse them."""

_PNG, _OTHER_PNG = samples.png(), samples.png(seed=77)
_INLINE = {"type": "base64", "media_type": "image/png", "data": b64encode(_OTHER_PNG).decode()}
_PARTS = {"parts": [{"partNumber": 1, "etag": sha256(_PNG).hexdigest()}]}


def _after(prepare: Callable[[Workspace], Any], name: str) -> Maker:
    """Return a maker of the thing of that name, which is prepared then."""

    def make(of: Workspace) -> str:
        prepare(of)
        return of[name]

    return make


def _put(of: Workspace, url: str) -> None:
    of.http.put(url, content=_PNG, headers=bearer(of.key)).raise_for_status()


def _new_asset(of: Workspace) -> str:
    file = of.http.post("/files/upload", content=_PNG, headers=bearer(of.key)).raise_for_status().json()["access_url"]
    return str(of.call("POST", "/v1/assets/uploads", json={"url": file, "type": "image"})["asset"]["vector_id"])


def _replace(of: Workspace, asset: str) -> None:
    of.http.put(f"/api/assets/{asset}/content", content=_OTHER_PNG, headers=bearer(of.key)).raise_for_status()


def _other_workspace(of: Workspace) -> str:
    return str(of.call("POST", "/api/workspaces", json={"name": f"other-{of['word']}"})["id"])


class Prepared(SeededWorkspace):
    """A workspace whose things can be in the states in which an operation changes them."""

    makers: ClassVar[dict[str, Maker]] = SeededWorkspace.makers | {
        "plain_asset": _new_asset,
        "full_parts": _after(lambda of: _put(of, of["parts_url"].replace("?", "/1?")), "parts"),
        "full_multipart": _after(
            lambda of: _put(of, "/multipart/".join(of["multipart"].split()) + "/1"), "multipart_id"
        ),
        "sent_asset": _after(lambda of: _put(of, of["direct_upload"].split()[1]), "direct_asset"),
        "replaced_asset": _after(lambda of: _replace(of, of["asset"]), "asset"),
        "provider": lambda _: "fal",
        "stored_provider": _after(
            lambda of: of.call("PUT", "/api/provider-keys/fal", json={"key": "key-of-fal"}), "provider"
        ),
        "unsigned_provider": lambda _: "krea",
        "hook_token": lambda of: of.call("POST", "/api/hooks", json={"provider": "krea"})["url"].rpartition("/")[2],
        "running_keep": lambda of: of.call("POST", "/api/keep", json=_RUNNING)["id"],
        "trashed_folder": _after(lambda of: of.call("POST", f"/v1/folders/{of['folder']}/trash"), "folder"),
        "other_workspace": _other_workspace,
        "suspended_workspace": _after(
            lambda of: of.call("POST", f"/api/workspaces/{of['other_workspace']}/suspend"), "other_workspace"
        ),
        "favorite_collection": _after(
            lambda of: of.call("POST", f"/v1/assets/collections/{of['collection']}/favorite"), "collection"
        ),
        "favorite_character": _after(
            lambda of: of.call("POST", f"/v1/assets/characters/{of['character']}/favorite"), "character"
        ),
    }


_RUNNING = {"provider": "krea", "response": {"job_id": "j", "status": "processing"}, "key": "key-of-krea"}
_PLAIN = {"vector_id": "{plain_asset}"}
CHANGES = {
    each.route: each
    for each in (
        Probe("POST", "/v1/assets/favorite", json=_PLAIN),
        Probe("POST", "/v1/assets/tags", json={"name": "new"}),
        Probe("POST", "/v1/assets/tags/{tag}/assign", json=_PLAIN),
        Probe("POST", "/v1/assets/collections/{collection}/assets", json=_PLAIN),
        Probe("POST", "/v1/assets/collections/{favorite_collection}/unfavorite"),
        Probe("POST", "/v1/assets/characters/{favorite_character}/unfavorite"),
        Probe("PUT", "/v1/assets/tags", json=_PLAIN | {"tag_ids": ["{tag}"]}),
        Probe("PUT", "/v1/storage/settings", json={"expiration_duration_seconds": 60}),
        Probe("POST", "/storage/upload/{full_parts}/complete", params={"token": "{parts_token}"}, json=_PARTS),
        Probe("POST", "/storage/upload/{full_parts}/gcs/{parts_token}/complete", json=_PARTS),
        Probe("POST", "/files/b/{multipart_file}/{name}/multipart/{full_multipart}/complete", json=_PARTS),
        Probe("POST", "/v3/assets/{sent_asset}/complete", json={}),
        Probe("POST", "/v1/folders/{trashed_folder}/restore"),
        Probe("POST", "/api/collections/{collection}/members", json={"add": ["{plain_asset}"]}),
        Probe("POST", "/api/collections/{inner}/move", json={"parent_id": None}),
        Probe("POST", "/api/folders/{trashed_folder}/restore"),
        Probe("PUT", "/api/assets/{asset}/content", content=_OTHER_PNG),
        Probe("PUT", "/api/assets/content", params={"external_id": "new-{word}"}, content=_OTHER_PNG),
        Probe("POST", "/api/assets/{asset}/versions", json={"source": _INLINE}),
        Probe("POST", "/api/assets/{replaced_asset}/versions/{number}/restore"),
        Probe("DELETE", "/api/assets/{replaced_asset}/versions/{number}"),
        Probe("POST", "/api/keep/{running_keep}/cancel"),
        Probe("POST", "/api/keep/{keep}/retry"),
        Probe("POST", "/api/hooks/{unsigned_provider}/{hook_token}", json={"job_id": "{word}", "status": "failed"}),
        Probe("PUT", "/api/provider-keys/{provider}", json={"key": "key-of-fal"}),
        Probe("DELETE", "/api/provider-keys/{stored_provider}"),
        Probe("DELETE", "/api/trash", headers={"x-prepared": "{trashed}"}),
        Probe("POST", "/api/workspaces", json={"name": "new-{word}"}),
        Probe("PATCH", "/api/workspaces/{other_workspace}", json={"name": "new-{word}"}),
        Probe("POST", "/api/workspaces/{other_workspace}/suspend"),
        Probe("POST", "/api/workspaces/{suspended_workspace}/resume"),
        Probe("PUT", "/api/workspaces/{other_workspace}/quota", json={"max_bytes": 1, "max_assets": None}),
        Probe("DELETE", "/api/workspaces/{other_workspace}"),
    )
}
MUTATIONS = sorted(
    route for route in operations() - CHANGES_NOTHING.keys() if route.split()[0] not in ("GET", "HEAD", "OPTIONS")
)


def probe_of(route: str) -> Probe:
    """The request that changes something."""
    found = [each for each in PROBES if each.route == route and each.own < 400]
    return CHANGES.get(route) or found[0]


@pytest.fixture
def database(server: Serve) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def mine(server: Serve, client: httpx.Client) -> Prepared:
    return Prepared(client, server.new_key(Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.INSTANCE))


def send(probe: Probe, mine: Prepared) -> httpx.Response:
    return probe.send(mine.http, mine.key, MixedNames(mine, mine), **AGENT)


def prepare(probe: Probe, mine: Prepared) -> None:
    """Create all that the request names."""
    for name in re.findall(r"{(\w+)}", f"{probe.path} {probe.json} {probe.params} {probe.headers}"):
        mine[name.removeprefix("my_")]


@pytest.mark.parametrize("route", MUTATIONS)
def test_mutation_has_an_audit_row(
    database: psycopg.Connection, mine: Prepared, stored: StoredData, route: str
) -> None:
    probe, account = probe_of(route), stored.account(mine.key)
    prepare(probe, mine)
    response = send(probe, mine)
    assert response.is_success, response.text
    rows = database.execute(
        "SELECT DISTINCT key_id, host(address), user_agent FROM audit_log WHERE request_id = %s",
        [response.headers["x-request-id"]],
    ).fetchall()
    assert rows == [(account.key_id, "127.0.0.1", AGENT["user-agent"])]
    workspaces = database.execute(
        "SELECT DISTINCT workspace_id FROM audit_log WHERE request_id = %s", [response.headers["x-request-id"]]
    ).fetchall()
    if not route.split()[1].startswith("/api/workspaces"):
        assert workspaces == [(account.workspace_id,)]


@pytest.mark.parametrize("route", MUTATIONS)
def test_what_adds_is_refused_at_the_quota(
    database: psycopg.Connection, mine: Prepared, stored: StoredData, route: str
) -> None:
    """The quota is what is stored already, so that an operation that adds nothing is not refused."""
    probe, account = probe_of(route), stored.account(mine.key)
    prepare(probe, mine)
    before = stored.count(account)
    database.execute(
        "INSERT INTO workspace_quota (workspace_id, max_bytes, max_assets)"
        " SELECT %(id)s, coalesce(sum(bytes), 0), coalesce(sum(assets), 0) FROM ("
        "  SELECT bytes, assets FROM usage_change WHERE workspace_id = %(id)s"
        "  UNION ALL SELECT bytes, assets FROM usage_total WHERE workspace_id = %(id)s"
        " ) counted",
        {"id": account.workspace_id},
    )
    response = send(probe, mine)
    while response.is_success and route in IN_FLIGHT:  # a server goes by a former quota for two seconds
        time.sleep(0.2)
        before = stored.count(account)
        response = send(probe, mine)
    if route not in ADDS:
        assert response.is_success, response.text
        return
    assert response.status_code in (400, 402, 403) or route in WITH_RESULTS, response.text
    assert "workspace's quota of" in response.text
    after = stored.count(account)
    assert {name: after[name] for name in ("blob", "file", "asset", "kept upload")} == {
        name: before[name] for name in ("blob", "file", "asset", "kept upload")
    }
    assert after["stored"] <= before["stored"]
    assert after["spooled"] == before["spooled"]
    assert not database.execute(
        "SELECT FROM audit_log WHERE request_id = %s", [response.headers["x-request-id"]]
    ).fetchall()


def test_a_refused_mutation_leaves_no_row(database: psycopg.Connection, mine: Prepared) -> None:
    response = Probe("DELETE", "/v1/assets/{word}").send(mine.http, mine.key, mine, **AGENT)
    assert response.status_code == 404
    assert rows_of(database, response) == []


def test_a_replayed_answer_leaves_no_second_row(database: psycopg.Connection, mine: Prepared) -> None:
    probe = probe_of("POST /v3/assets")
    first, again = [send(probe._replace(headers=(probe.headers or {}) | {"idempotency-key": "k"}), mine) for _ in "12"]
    assert again.headers["idempotent-replayed"] == "true"
    assert [row[0] for row in rows_of(database, first)] == ["asset.create"]
    assert rows_of(database, again) == []


def test_a_token_is_told_from_a_key(database: psycopg.Connection, mine: Prepared) -> None:
    by_token = send(probe_of("PUT /storage/upload/{}"), mine)
    by_key = send(probe_of("POST /files/upload"), mine)
    assert {row[1] for row in rows_of(database, by_token)} == {"token"}
    assert {row[1] for row in rows_of(database, by_key)} == {"key"}
    assert sorted(row[0] for row in rows_of(database, by_token)) == ["file.create", "upload.complete"]


def test_a_request_through_fals_proxy_is_recorded(database: psycopg.Connection, mine: Prepared) -> None:
    headers = bearer(mine.key) | {"x-fal-target-url": f"https://rest.fal.ai/v1/assets/{mine['asset']}"}
    response = mine.http.delete("/api/fal/proxy", headers=headers)
    assert [(row[0], row[2]) for row in rows_of(database, response)] == [("asset.delete", UUID(mine["asset"]))]


def rows_of(database: psycopg.Connection, response: httpx.Response) -> list[Any]:
    return database.execute(
        "SELECT action, actor, target_id FROM audit_log WHERE request_id = %s", [response.headers["x-request-id"]]
    ).fetchall()
