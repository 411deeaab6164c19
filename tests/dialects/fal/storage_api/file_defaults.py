"""Every way to upload to fal's storage, and the expiry and ACL of the file."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import GET_ACL, INITIATE, auth
from tests.dialects.fal.storage_api.multipart_uploads import Begin, begin_as_javascript, begin_as_python, put_all_parts

Headers = Mapping[str, str]
Upload = Callable[..., str]
NONE: Headers = {}


def lifecycle(**wishes: Any) -> Headers:
    """Build the lifecycle header that fal's JavaScript client sends."""
    return {"X-Fal-Object-Lifecycle": json.dumps(wishes)}


def preference(**wishes: Any) -> Headers:
    """Build the lifecycle header of fal's documentation."""
    return {"X-Fal-Object-Lifecycle-Preference": json.dumps(wishes)}


def nothing() -> None:
    """Do nothing; the default of a step between initiation and bytes."""


def _upload(
    client: httpx.Client, account: Account, wishes: Headers = NONE, meanwhile: Callable[[], None] = nothing
) -> str:
    headers = {**auth(account.key), "Content-Type": "image/png", **wishes}
    return str(client.post("/files/upload", content=samples.png(), headers=headers).json()["access_url"])


def _initiate(
    client: httpx.Client, account: Account, wishes: Headers = NONE, meanwhile: Callable[[], None] = nothing
) -> str:
    promise = INITIATE.send(client, account.key, json={"file_name": "a.png"}, headers=wishes).json()
    meanwhile()
    assert client.put(promise["upload_url"], content=samples.png()).status_code == 200
    return str(promise["file_url"])


def _parted(begin: Begin) -> Upload:
    def upload(
        client: httpx.Client, account: Account, wishes: Headers = NONE, meanwhile: Callable[[], None] = nothing
    ) -> str:
        begun = begin(client, account, "a.png", **wishes)
        parts = put_all_parts(begun, samples.png(), 4000)
        meanwhile()
        assert begun.complete(parts).status_code == 200
        return begun.url

    return upload


UPLOADS: dict[str, Upload] = {
    "upload": _upload,
    "promise": _initiate,
    "python": _parted(begin_as_python),
    "javascript": _parted(begin_as_javascript),
}


def lifetime(stored: StoredData, url: str) -> timedelta | None:
    """Return the time from creation to expiry."""
    query = "SELECT date_trunc('second', expires_at - created_at + interval '0.5 s') FROM file WHERE id = %s"
    row = stored.database.execute(query, [url.split("/")[-2]]).fetchone()
    assert row
    found: timedelta | None = row[0]
    return found


def acl_of(client: httpx.Client, account: Account, url: str) -> Any:
    return GET_ACL.send(client, account.key, params={"url": url}).json()
