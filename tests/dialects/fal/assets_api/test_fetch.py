"""Registration of remote URLs: only allowed hosts, and all checks of an upload."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import REGISTER, auth
from tests.dialects.idempotency import new_key
from tests.dialects.wire.remote_server import Origin

CASES = {
    "/gone": (502, "server_error"),
    "/broken": (502, "server_error"),
    "/partial": (502, "server_error"),
    "/zipped": (502, "server_error"),
    "/loop": (502, "server_error"),
    "/never": (502, "server_error"),
    "/picture.png?short": (502, "server_error"),
    "/away": (422, "validation_error"),
    "/metadata": (422, "validation_error"),
    "/to-a-file": (422, "validation_error"),
    "/page": (422, "validation_error"),
    "/damaged.png": (422, "validation_error"),
    "/empty.png": (422, "validation_error"),
    "/lies.png": (422, "validation_error"),
}


def register(client: httpx.Client, account: Account, url: str, type: str = "image", **headers: str) -> httpx.Response:  # noqa: A002
    return REGISTER.send(client, account.key, json={"url": url, "type": type}, headers=headers)


def test_allowed_url_is_fetched(strict_client: httpx.Client, limited: Account, origin: Origin) -> None:
    response = register(strict_client, limited, f"{origin.url}/picture.png")
    assert response.status_code == 201, response.text
    assert REGISTER.spec
    REGISTER.spec.check(response)
    asset = response.json()["asset"]
    assert asset["url"].startswith(str(strict_client.base_url).rstrip("/") + "/files/b/")
    assert asset["url"].endswith("/picture.png")
    assert (asset["title"], asset["content_type"], asset["width"]) == ("picture", "image/png", 64)
    assert strict_client.get(asset["url"]).content == samples.png()


def test_same_url_is_fetched_once(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, origin: Origin
) -> None:
    url = f"{origin.url}/picture.png?only={limited.workspace_id}"
    first = register(strict_client, limited, url)
    asked = len(origin.asked)
    assert register(strict_client, limited, url).content == first.content
    assert len(origin.asked) == asked
    assert strict_stored.count(limited)["asset"] == 1


def test_url_in_two_spellings_is_one_asset(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, origin: Origin
) -> None:
    before, key = strict_stored.count(limited), new_key()
    query = f"spelled={limited.workspace_id}"
    plain, escaped = f"{origin.url}/picture.png?{query}%20(1)", f"{origin.url}/%70icture.png?{query}%20%281%29"
    first = register(strict_client, limited, plain, **{"Idempotency-Key": key})
    assert first.status_code == 201, first.text
    replayed = register(strict_client, limited, escaped, **{"Idempotency-Key": key})
    assert (replayed.status_code, replayed.content) == (201, first.content)
    assert register(strict_client, limited, escaped).content == first.content
    assert strict_stored.count(limited)["asset"] == before["asset"] + 1


def test_each_workspace_fetches_its_own_copy(
    strict_client: httpx.Client, limited: Account, strict: object, strict_stored: StoredData, origin: Origin
) -> None:
    other = strict_stored.account(strict.new_key())  # type: ignore[attr-defined] # the fixture is a Serve
    url = f"{origin.url}/picture.png?shared"
    first, second = (register(strict_client, who, url).json()["asset"] for who in (limited, other))
    assert first["vector_id"] != second["vector_id"]
    assert first["url"] != second["url"]


def test_concurrent_fetches_make_one_asset(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, origin: Origin
) -> None:
    url = f"{origin.url}/picture.png?many={limited.workspace_id}"
    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda _: register(strict_client, limited, url), range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["asset"]["vector_id"] for answer in answers}) == 1
    counts = strict_stored.count(limited)
    assert (counts["asset"], counts["file"], counts["blob"]) == (1, 1, 1)


def test_content_disposition_names_the_asset(strict_client: httpx.Client, limited: Account, origin: Origin) -> None:
    asset = register(strict_client, limited, f"{origin.url}/named").json()["asset"]
    assert asset["url"].endswith("/" + quote("Grüße.png"))
    assert asset["title"] == "Grüße"


def test_redirect_to_allowed_host_is_followed(strict_client: httpx.Client, limited: Account, origin: Origin) -> None:
    assert register(strict_client, limited, f"{origin.url}/redirect").status_code == 201
    assert register(strict_client, limited, f"http://localhost:{origin.port}/redirect").status_code == 201


def test_size_limit_is_exact(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, origin: Origin
) -> None:
    assert register(strict_client, limited, f"{origin.url}/largest.wav", "audio").status_code == 201
    before = strict_stored.count(limited)
    response = register(strict_client, limited, f"{origin.url}/larger.wav", "audio")
    assert response.status_code == 422
    REGISTER.check_error(response, "validation_error")
    strict_stored.expect_counts(limited, before)


@pytest.mark.parametrize("path", CASES)
def test_unreadable_url_is_refused(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, origin: Origin, path: str
) -> None:
    before = strict_stored.count(limited)
    status, kind = CASES[path]
    response = register(strict_client, limited, origin.url + path)
    assert response.status_code == status, response.text
    REGISTER.check_error(response, kind)
    assert REGISTER.spec
    REGISTER.spec.check(response)
    strict_stored.expect_counts(limited, before)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{}/picture.png", "http://127.1:{}/", "http://0x7f000001:{}/", "http://127.0.0.1.nip.io:{}/"],
)
def test_alternative_host_spelling_is_refused(
    strict_client: httpx.Client, limited: Account, origin: Origin, url: str
) -> None:
    asked = len(origin.asked)
    port = origin.port if "127.0.0.1:" not in url else origin.port - 1
    assert register(strict_client, limited, url.format(port)).status_code == 422
    assert len(origin.asked) == asked


def test_idempotency_key_replays_fetch(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData, origin: Origin
) -> None:
    key, url = new_key(), f"{origin.url}/picture.png?key"
    first = register(strict_client, limited, url, **{"Idempotency-Key": key})
    assert first.status_code == 201
    assert register(strict_client, limited, url, **{"Idempotency-Key": key}).content == first.content
    assert register(strict_client, limited, url + "2", **{"Idempotency-Key": key}).status_code == 409
    assert strict_stored.count(limited)["asset"] == 1


def test_api_key_is_not_sent_to_origin(strict_client: httpx.Client, limited: Account, origin: Origin) -> None:
    """No header of the request is passed on; the test origin records all it receives."""
    assert register(strict_client, limited, f"{origin.url}/picture.png?private").status_code == 201
    assert auth(limited.key)["Authorization"] not in "".join(origin.headers)
