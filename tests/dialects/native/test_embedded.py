"""What files say about themselves: shown by GET /api/assets/{id} and searched, whichever way the bytes came."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.registration import host, register
from tests.dialects.fal.storage_api.multipart_uploads import begin_as_javascript, begin_as_python
from tests.dialects.heygen_v3.upload_sessions import complete, presign, put
from tests.dialects.native.endpoints import auth, create, inline
from tests.dialects.wire.remote_server import Origin
from tests.media.metadata import written
from tests.media.metadata.test_c2pa import SIGNED

Way = Callable[[httpx.Client, Account, bytes], str]
"""Uploads a PNG and returns the asset's id, in any dialect's spelling."""


def picture(word: str) -> bytes:
    return written.png({"parameters": f"a {word} at night\nNegative prompt: {word}less\nSteps: 20, Seed: 7"})


def _form(client: httpx.Client, account: Account, data: bytes) -> str:
    answer = client.post("/assets", files={"file": ("a.png", data)}, headers=auth(account.key))
    return str(answer.json()["id"])


def _raw(client: httpx.Client, account: Account, data: bytes) -> str:
    headers = {"X-API-Key": account.key, "Content-Type": "image/png"}
    return str(client.post("/v1/asset", content=data, headers=headers).json()["data"]["id"])


def _hosted(client: httpx.Client, account: Account, data: bytes) -> str:
    answer = register(client, account, host(client, account, data, "image/png"))
    return str(answer.json()["asset"]["vector_id"])


def _in_parts(begin: Callable[..., Any]) -> Way:
    def upload(client: httpx.Client, account: Account, data: bytes) -> str:
        begun = begin(client, account, "a.png", "image/png")
        parts = [begun.keep(1, data[:700]), begun.keep(2, data[700:])]
        assert begun.complete(parts).status_code == 200
        return str(register(client, account, begun.url).json()["asset"]["vector_id"])

    return upload


def _direct(client: httpx.Client, account: Account, data: bytes) -> str:
    slot = presign(client, account, data)
    put(client, slot, data)
    return str(complete(client, account, slot).json()["data"]["asset_id"])


def _inline(client: httpx.Client, account: Account, data: bytes) -> str:
    return str(create(client, account.key, inline(data)).json()["id"])


WAYS: dict[str, Way] = {
    "a form": _form,
    "a raw body": _raw,
    "a hosted file": _hosted,
    "parts": _in_parts(begin_as_python),
    "parts with a token": _in_parts(begin_as_javascript),
    "a direct upload": _direct,
    "base64": _inline,
}


def get(client: httpx.Client, account: Account, id: str) -> dict[str, Any]:
    answer = client.get(f"/api/assets/{id}", headers=auth(account.key))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_reads_what_the_file_says(client: httpx.Client, account: Account, way: str) -> None:
    word = f"w{uuid4().hex[:12]}"
    data = picture(word)
    asset = get(client, account, WAYS[way](client, account, data))
    assert asset["crc32"] == f"{zlib.crc32(data):08x}"
    assert asset["embedded"]["text"]["parameters"].startswith(f"a {word}")
    generation = {name: value for name, value in asset["generation"].items() if value is not None}
    assert generation == {
        "tool": "automatic1111",
        "prompt": f"a {word} at night",
        "negative_prompt": f"{word}less",
        "seed": 7,
        "steps": 20,
    }


def test_import_from_a_url_reads_what_the_file_says(
    strict_client: httpx.Client, limited: Account, origin: Origin
) -> None:
    made = create(strict_client, limited.key, {"type": "url", "url": f"{origin.url}/generated.png"}).json()
    asset = get(strict_client, limited, made["id"])
    assert asset["generation"]["prompt"] == "a cat at night"
    assert asset["crc32"] == made["crc32"] == f"{zlib.crc32(strict_client.get(asset['url']).content):08x}"


def test_file_that_says_nothing(client: httpx.Client, account: Account) -> None:
    data = samples.png(seed=41)
    asset = get(client, account, _inline(client, account, data))
    assert (asset["embedded"], asset["generation"], asset["crc32"]) == ({}, None, f"{zlib.crc32(data):08x}")


def search(client: httpx.Client, account: Account, words: str) -> list[str]:
    answer = client.get("/api/search", params={"q": words}, headers=auth(account.key))
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_words_of_the_prompt_find_the_asset_in_its_workspace_alone(
    client: httpx.Client, account: Account, fresh: Account
) -> None:
    word = f"zebra{uuid4().hex[:8]}"
    id = _inline(client, account, picture(word))
    theirs = _inline(client, fresh, picture(word))
    assert search(client, account, word) == [id]
    assert search(client, fresh, word) == [theirs]
    assert search(client, account, f"{word}less") != [id], "a negative prompt names what is not there"
    assert client.get(f"/api/assets/{theirs}", headers=auth(account.key)).status_code == 404


def test_title_counts_more_than_the_prompt(client: httpx.Client, fresh: Account) -> None:
    word = f"quagga{uuid4().hex[:8]}"
    said = _inline(client, fresh, picture(word))
    titled = create(client, fresh.key, inline(samples.png(seed=43)), title=f"a {word} at night").json()["id"]
    assert search(client, fresh, word) == [titled, said]


def test_replaced_content_is_found_by_its_own_words(client: httpx.Client, fresh: Account) -> None:
    old, new = (f"tapir{uuid4().hex[:8]}" for _ in range(2))
    id = _inline(client, fresh, picture(old))
    replaced = client.put(f"/api/assets/{id}/content", content=picture(new), headers=auth(fresh.key))
    assert replaced.status_code == 200, replaced.text
    assert get(client, fresh, id)["generation"]["prompt"] == f"a {new} at night"
    with_words = [
        client.get("/api/search", params={"q": f'"{word} at night"'}, headers=auth(fresh.key)) for word in (old, new)
    ]
    assert [[item["id"] for item in answer.json()["items"]] for answer in with_words] == [[], [id]]


@pytest.mark.parametrize("name", SIGNED)
def test_signed_file_is_stored_as_it_is(client: httpx.Client, account: Account, name: str) -> None:
    data = Path(SIGNED[name]).read_bytes()
    asset = get(client, account, _inline(client, account, data))
    assert asset["embedded"]["c2pa"]["claim_generator"] == "Mediatheque test 1.2"
    assert client.get(asset["url"]).content == data
