"""GET /v1/asset/list and POST /v1/asset/{id}/delete: the `{error, data}` envelope."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database import rows
from tests.dialects.database.rows import BEGINNING, Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal import endpoints as fal
from tests.dialects.heygen_v1.endpoints import CREATE, DELETE, FOLDERS, LIST, TRASH, UPLOAD, auth
from tests.dialects.idempotency import assets
from tests.dialects.krea import endpoints as krea
from tests.dialects.wire import sockets
from tests.dialects.wire.form import file_part, form
from tests.server import Serve


def upload(client: httpx.Client, account: Account, data: bytes, declared: str, **query: str) -> dict[str, Any]:
    headers = {"Content-Type": declared}
    response = UPLOAD.send(client, account.key, content=data, headers=headers, params=query)
    assert response.status_code == 200, response.text
    return dict(response.json()["data"])


def listed(client: httpx.Client, account: Account, **query: str) -> dict[str, Any]:
    response = LIST.send(client, account.key, params=query)
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["error", "data"]
    assert response.json()["error"] is None
    return dict(response.json()["data"])


def folder(client: httpx.Client, account: Account) -> str:
    return str(CREATE.send(client, account.key, json={"name": "a folder"}).json()["data"]["id"])


def refused(response: httpx.Response, status: int, code: int) -> None:
    assert response.status_code == status, response.text
    LIST.check_error(response, code)


def test_empty_list_is_complete(client: httpx.Client, fresh: Account) -> None:
    assert listed(client, fresh) == {"assets": [], "total": 0, "token": None}


def test_list_is_complete_and_newest_first(client: httpx.Client, fresh: Account) -> None:
    posted = [upload(client, fresh, samples.png(), "image/png"), upload(client, fresh, samples.mp4(), "video/mp4")]
    for asset in posted:
        del asset["meta"], asset["image_key"]
    body = listed(client, fresh)
    assert body == {"assets": posted[::-1], "total": 2, "token": None}
    assert list(body["assets"][0]) == ["id", "name", "file_type", "folder_id", "created_ts", "url"]


def test_created_ts_is_in_whole_seconds(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    rows.put_assets(stored, fresh, [Row(999_999, uuid4())])
    assert listed(client, fresh)["assets"][0]["created_ts"] == int(BEGINNING.timestamp())


def test_other_dialects_assets_keep_their_kind(client: httpx.Client, fresh: Account) -> None:
    """The vendor has no names for 3D models and documents; ours are used."""
    krea.UPLOAD.upload(client, fresh.key, samples.glb())
    assert [asset["file_type"] for asset in listed(client, fresh)["assets"]] == ["3d"]
    assert listed(client, fresh, file_type="3d")["total"] == 1
    assert listed(client, fresh, file_type="document")["total"] == 0


def test_file_type_filters_assets(client: httpx.Client, fresh: Account) -> None:
    known = {
        "image": upload(client, fresh, samples.png(), "image/png")["id"],
        "video": upload(client, fresh, samples.mp4(), "video/mp4")["id"],
        "audio": upload(client, fresh, samples.wav(), "audio/wav")["id"],
    }
    for kind, id in known.items():
        for spelling in (kind, kind.upper()):
            body = listed(client, fresh, file_type=spelling)
            assert ([asset["id"] for asset in body["assets"]], body["total"]) == ([id], 1)
    assert listed(client, fresh, file_type="")["total"] == 3


@pytest.mark.parametrize("file_type", ["picture", "image,video", "\0", " "])
def test_invalid_file_type_is_refused(client: httpx.Client, account: Account, file_type: str) -> None:
    refused(LIST.send(client, account.key, params={"file_type": file_type}), 400, 40012)


def test_limit_is_0_to_100(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """A limit of 0 returns the total only."""
    rows.put_assets(stored, fresh, [Row(n, uuid4()) for n in range(101)])
    assert listed(client, fresh, limit="0") == {"assets": [], "total": 101, "token": None}
    for query in ({}, {"limit": "100"}):
        body = listed(client, fresh, **query)
        assert (len(body["assets"]), body["total"]) == (100, 101)
        last = listed(client, fresh, token=body["token"])
        assert (len(last["assets"]), last["total"], last["token"]) == (1, 101, None)
    refused(LIST.send(client, fresh.key, params={"limit": "101"}), 400, 40012)


def test_expired_assets_are_not_listed(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    id = folder(client, fresh)
    for _ in range(2):
        asset = upload(client, fresh, samples.png(), "image/png", folder_id=id)
    stored.database.execute(
        "UPDATE file SET expires_at = now() - interval '1 second' WHERE id = (SELECT file_id FROM asset WHERE id = %s)",
        [asset["id"]],
    )
    for query in ({}, {"folder_id": id}, {"file_type": "image"}):
        body = listed(client, fresh, **query)
        assert (len(body["assets"]), body["total"]) == (1, 1)
    folders = FOLDERS.send(client, fresh.key).json()["data"]["folders"]
    assert [each["direct_children_count"] for each in folders] == [1]
    refused(DELETE.send(client, fresh.key, path=f"/v1/asset/{asset['id']}/delete"), 404, 404)


class TestFolders:
    """Folders of assets. Uploading into a folder is our extension."""

    def test_upload_is_filed_in_folder(self, client: httpx.Client, fresh: Account) -> None:
        id = folder(client, fresh)
        filed = upload(client, fresh, samples.png(), "image/png", folder_id=id)
        loose = upload(client, fresh, samples.png(), "image/png", folder_id="")
        assert (filed["folder_id"], loose["folder_id"]) == (id, "")
        assert [asset["id"] for asset in listed(client, fresh, folder_id=id)["assets"]] == [filed["id"]]
        assert [asset["id"] for asset in listed(client, fresh, folder_id=str(UUID(id)))["assets"]] == [filed["id"]]
        assert [asset["id"] for asset in listed(client, fresh, folder_id="")["assets"]] == [loose["id"]]
        assert listed(client, fresh)["total"] == 2

    def test_upload_into_unavailable_folder_is_refused(
        self, client: httpx.Client, account: Account, fresh: Account, stored: StoredData
    ) -> None:
        """Unknown, foreign and trashed folders get the same answer, and nothing is stored."""
        theirs, trashed = folder(client, account), folder(client, fresh)
        TRASH.send(client, fresh.key, path=f"/v1/folders/{trashed}/trash")
        before = stored.count(fresh)
        answers = [
            UPLOAD.send(client, fresh.key, content=samples.png(), params={"folder_id": id})
            for id in (theirs, trashed, uuid4().hex, "no id", "é", "0" * 500)
        ]
        for answer in answers:
            refused(answer, 404, 404)
        assert len({answer.content for answer in answers}) == 1
        refused(UPLOAD.send(client, fresh.key, content=samples.png(), params={"folder_id": "\0"}), 400, 40012)
        stored.expect_counts(fresh, before)

    def test_folder_is_checked_before_body(self, client: httpx.Client, server: Serve, fresh: Account) -> None:
        """An Expect: 100-continue gets no 100."""
        trashed = folder(client, fresh)
        TRASH.send(client, fresh.key, path=f"/v1/folders/{trashed}/trash")
        for id in (trashed, uuid4().hex):
            headers = {**auth(fresh.key), "Content-Type": "image/png", "Expect": "100-continue"}
            head = sockets.head("POST", f"/v1/asset?folder_id={id}", headers, 1_000_000)
            answer = sockets.exchange(server.port, head, seconds=5)
            assert answer
            refused(answer, 404, 404)

    def test_foreign_and_unknown_folders_look_alike(
        self, client: httpx.Client, account: Account, fresh: Account
    ) -> None:
        answers = [
            LIST.send(client, fresh.key, params={"folder_id": id}) for id in (folder(client, account), uuid4().hex, "x")
        ]
        for answer in answers:
            refused(answer, 404, 404)
        assert len({answer.content for answer in answers}) == 1

    def test_assets_of_trashed_folder_stay_listed(self, client: httpx.Client, fresh: Account) -> None:
        id = folder(client, fresh)
        filed = upload(client, fresh, samples.png(), "image/png", folder_id=id)
        TRASH.send(client, fresh.key, path=f"/v1/folders/{id}/trash")
        for query in ({}, {"folder_id": id}):
            assert [asset["folder_id"] for asset in listed(client, fresh, **query)["assets"]] == [id]
        assert client.get(filed["url"]).content == samples.png()
        assert listed(client, fresh, folder_id="")["total"] == 0


class TestDelete:
    def test_delete_returns_asset_then_not_found(
        self, client: httpx.Client, fresh: Account, stored: StoredData
    ) -> None:
        id = folder(client, fresh)
        asset = upload(client, fresh, samples.png(), "image/png", folder_id=id)
        assert client.get(asset["url"]).status_code == 200
        response = DELETE.send(client, fresh.key, path=f"/v1/asset/{UUID(asset['id'])}/delete")
        del asset["meta"], asset["image_key"]
        assert response.json() == {"error": None, "data": asset}
        assert client.get(asset["url"]).status_code == 404, "this process has just served it"
        again = DELETE.send(client, fresh.key, path=f"/v1/asset/{asset['id']}/delete")
        refused(again, 404, 404)
        assert again.json()["message"] == "Asset not found."
        assert assets(stored, fresh) == 0

    def test_foreign_and_unknown_assets_look_alike(
        self, client: httpx.Client, account: Account, fresh: Account
    ) -> None:
        asset = upload(client, account, samples.png(), "image/png")
        answers = [DELETE.send(client, fresh.key, path=f"/v1/asset/{id}/delete") for id in (asset["id"], uuid4().hex)]
        for answer in answers:
            refused(answer, 404, 404)
        assert answers[0].content == answers[1].content
        assert client.get(asset["url"]).status_code == 200

    @pytest.mark.parametrize("id", ["1", "list", "%00", "0" * 31, "é"])
    def test_malformed_id_is_not_found(self, client: httpx.Client, account: Account, id: str) -> None:
        refused(DELETE.send(client, account.key, path=f"/v1/asset/{id}/delete"), 404, 404)

    def test_asset_of_other_dialect_can_be_deleted(self, client: httpx.Client, fresh: Account) -> None:
        body = krea.UPLOAD.upload(client, fresh.key, samples.png()).json()
        response = DELETE.send(client, fresh.key, path=f"/v1/asset/{body['id']}/delete")
        assert response.json()["data"]["id"] == UUID(body["id"]).hex
        assert krea.GET.send(client, fresh.key, path=f"/assets/{body['id']}").status_code == 404
        registration = {"url": body["image_url"], "type": "image"}
        assert fal.REGISTER.send(client, fresh.key, json=registration).status_code == 404


def test_errors_have_both_envelopes(client: httpx.Client, account: Account) -> None:
    """For a multipart body, as the live service answers it, and for an invalid list query."""
    upload = UPLOAD.send(client, account.key, content=form(file_part(b"x")), headers={"Content-Type": "multipart/x"})
    assert upload.json() == {
        "code": 40001,
        "data": None,
        "msg": "asset data must be provided",
        "message": "asset data must be provided",
        "error": {"code": "missing_params", "message": "asset data must be provided"},
    }
    said = "limit must be a whole number from 0 to 100."
    assert LIST.send(client, account.key, params={"limit": "x"}).json() == {
        "code": 40012,
        "data": None,
        "msg": said,
        "message": said,
        "error": {"code": "invalid_query_param", "message": said},
    }
