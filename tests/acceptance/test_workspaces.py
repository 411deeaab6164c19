"""A workspace cannot see or infer another's content: foreign and unknown ids get equal responses.

Whole responses are compared, except for the requested id, the request id and the date. Timing is not tested.
"""

import json
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import ENDPOINTS, FAL_UPLOAD, HEYGEN_V3, KREA, Endpoint, Sample, bearer, register

PNG = Sample(samples.png(), "image/png")


def comparable(response: httpx.Response, id: UUID) -> tuple[int, dict[str, str], str]:
    """Return the response without the parts that must differ."""
    headers = {name: value for name, value in response.headers.items() if name not in ("date", "x-request-id")}
    text = response.text.replace(response.headers["x-request-id"], "<request>")
    return response.status_code, headers, text.replace(str(id), "<id>").replace(id.hex, "<id>")


def test_foreign_id_looks_unknown_when_read(http: httpx.Client, key: str, other_key: str) -> None:
    foreign, unused = UUID(KREA.send(http, key, PNG).json()["id"]), uuid4()
    for spelling in (str, lambda id: id.hex, lambda id: str(id).upper()):
        responses = [http.get(f"/assets/{spelling(id)}", headers=bearer(other_key)) for id in (foreign, unused)]
        assert comparable(responses[0], foreign) == comparable(responses[1], unused)
        assert responses[0].status_code == 404
    assert http.get(f"/assets/{foreign}", headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_foreign_url_looks_unknown_when_registered(
    http: httpx.Client, key: str, other_key: str, endpoint: Endpoint
) -> None:
    url = httpx.URL(endpoint.url(endpoint.send(http, key, PNG).raise_for_status().json()))
    foreign, unused = UUID(url.path.split("/")[3]), uuid4()
    for more in ({}, {"tag_ids": [str(uuid4())]}, {"collection_id": "x"}, {"prompt": "mine"}):
        unknown = str(url).replace(foreign.hex, unused.hex)
        responses = [register(http, other_key, address, "image", **more) for address in (str(url), unknown)]
        assert comparable(responses[0], foreign) == comparable(responses[1], unused)
        assert responses[0].status_code == 404
    wrong_kind = [register(http, other_key, address, "video") for address in (str(url), unknown)]
    assert comparable(wrong_kind[0], foreign) == comparable(wrong_kind[1], unused), (
        "the kind of a foreign file must not be disclosed"
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_same_content_has_different_ids_in_each_workspace(
    http: httpx.Client, key: str, other_key: str, endpoint: Endpoint
) -> None:
    first, second = (endpoint.send(http, caller_key, PNG) for caller_key in (key, other_key))
    assert first.status_code == second.status_code == 200
    assert endpoint.url(first.json()) != endpoint.url(second.json())
    assert _ids(first).isdisjoint(_ids(second))
    assert first.json().keys() == second.json().keys(), "the response must not disclose that the content was known"
    assert set(first.headers) == set(second.headers)


def test_idempotency_keys_are_separate_between_workspaces(http: httpx.Client, key: str, other_key: str) -> None:
    idempotency_key = {"idempotency-key": str(uuid4())}
    first, second = (
        http.post("/v3/assets", files={"file": samples.png()}, headers={"x-api-key": caller_key, **idempotency_key})
        for caller_key in (key, other_key)
    )
    assert first.json()["data"]["asset_id"] != second.json()["data"]["asset_id"]
    assert HEYGEN_V3.url(first.json()) != HEYGEN_V3.url(second.json())
    assert "idempotent-replayed" not in second.headers


def test_asset_fields_are_separate_between_workspaces(http: httpx.Client, key: str, other_key: str) -> None:
    secret = uuid4().hex
    for caller_key, text in ((key, secret), (other_key, "")):
        url = FAL_UPLOAD.url(FAL_UPLOAD.send(http, caller_key, PNG).json())
        asset = register(http, caller_key, url, "image", **({"prompt": text} if text else {}), favorite=bool(text))
        assert (secret in asset.text, asset.json()["asset"]["is_favorited"]) == (bool(text), bool(text))


def _ids(response: httpx.Response) -> set[str]:
    """Return everything in the body that looks like an id."""
    words = json.dumps(response.json()).replace("/", '"').split('"')
    return {word for word in words if len(word.replace("-", "")) == 32}
