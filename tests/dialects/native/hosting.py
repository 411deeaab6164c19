"""Upload and request of a photo."""

import httpx

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.fal import endpoints as fal

DATA = samples.jpeg(800, 600, seed=60)
SIZE = len(DATA)


def host(client: httpx.Client, account: Account, data: bytes, declared: str = "", name: str = "photo") -> str:
    headers = {
        **fal.auth(account.key),
        "X-Fal-File-Name": name.encode(),
        **({"Content-Type": declared} if declared else {}),
    }
    response = client.post("/files/upload", content=data, headers=headers)
    assert response.status_code == 200, response.text
    return str(response.json()["access_url"])


def get(client: httpx.Client, url: str, **headers: str) -> httpx.Response:
    return client.get(
        url, headers={"Accept-Encoding": "identity", **{k.replace("_", "-"): v for k, v in headers.items()}}
    )
