"""The two steps of a registration: upload a file, register its URL."""

from typing import Any

import httpx

from tests.dialects.database.snapshot import Account
from tests.dialects.fal.endpoints import REGISTER, auth


def host(client: httpx.Client, account: Account, data: bytes, mime: str, name: str = "my file", **more: str) -> str:
    headers = {**auth(account.key), "Content-Type": mime, "X-Fal-File-Name": name, **more}
    answer = client.post("/files/upload", content=data, headers=headers)
    assert answer.is_success, answer.text
    return str(answer.json()["access_url"])


def register(client: httpx.Client, account: Account, url: str, type: str = "image", **more: Any) -> httpx.Response:  # noqa: A002
    return REGISTER.send(client, account.key, json={"url": url, "type": type, **more})
