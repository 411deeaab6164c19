"""Two workspaces never see or infer each other's content: not yours and not there are answered alike.

What is compared is the whole answer, save the id asked for, the request's own id and the date. Timing is not judged.
"""

import json
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import DOORS, FAL_UPLOAD, HEYGEN_V3, KREA, Endpoint, Sample, bearer, register

PICTURE = Sample(samples.png(), "image/png")


def told(answer: httpx.Response, id: UUID) -> tuple[int, dict[str, str], str]:
    """Everything an answer tells, but for what must differ."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    text = answer.text.replace(answer.headers["x-request-id"], "<request>")
    return answer.status_code, headers, text.replace(str(id), "<id>").replace(id.hex, "<id>")


def test_reading_by_id(http: httpx.Client, key: str, other_key: str) -> None:
    theirs, never = UUID(KREA.send(http, key, PICTURE).json()["id"]), uuid4()
    for spelling in (str, lambda id: id.hex, lambda id: str(id).upper()):
        answers = [http.get(f"/assets/{spelling(id)}", headers=bearer(other_key)) for id in (theirs, never)]
        assert told(answers[0], theirs) == told(answers[1], never)
        assert answers[0].status_code == 404
    assert http.get(f"/assets/{theirs}", headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("endpoint", DOORS, ids=lambda endpoint: endpoint.name)
def test_registering_by_url(http: httpx.Client, key: str, other_key: str, endpoint: Endpoint) -> None:
    url = httpx.URL(endpoint.url(endpoint.send(http, key, PICTURE).raise_for_status().json()))
    theirs, never = UUID(url.path.split("/")[3]), uuid4()
    for more in ({}, {"tag_ids": [str(uuid4())]}, {"collection_id": "x"}, {"prompt": "mine"}):
        unknown = str(url).replace(theirs.hex, never.hex)
        answers = [register(http, other_key, address, "image", **more) for address in (str(url), unknown)]
        assert told(answers[0], theirs) == told(answers[1], never)
        assert answers[0].status_code == 404
    wrong_kind = [register(http, other_key, address, "video") for address in (str(url), unknown)]
    assert told(wrong_kind[0], theirs) == told(wrong_kind[1], never), "the kind of a file is not told either"


@pytest.mark.parametrize("endpoint", DOORS, ids=lambda endpoint: endpoint.name)
def test_the_same_content_has_another_id_and_url_in_each(
    http: httpx.Client, key: str, other_key: str, endpoint: Endpoint
) -> None:
    first, second = (endpoint.send(http, who, PICTURE) for who in (key, other_key))
    assert first.status_code == second.status_code == 200
    assert endpoint.url(first.json()) != endpoint.url(second.json())
    assert _ids(first).isdisjoint(_ids(second))
    assert first.json().keys() == second.json().keys(), "nothing says that the content was known"
    assert set(first.headers) == set(second.headers)


def test_an_idempotency_key_is_its_owners(http: httpx.Client, key: str, other_key: str) -> None:
    once = {"idempotency-key": str(uuid4())}
    first, second = (
        http.post("/v3/assets", files={"file": samples.png()}, headers={"x-api-key": who, **once})
        for who in (key, other_key)
    )
    assert first.json()["data"]["asset_id"] != second.json()["data"]["asset_id"]
    assert HEYGEN_V3.url(first.json()) != HEYGEN_V3.url(second.json())
    assert "idempotent-replayed" not in second.headers


def test_what_one_says_about_a_file_the_other_never_reads(http: httpx.Client, key: str, other_key: str) -> None:
    secret = uuid4().hex
    for who, text in ((key, secret), (other_key, "")):
        url = FAL_UPLOAD.url(FAL_UPLOAD.send(http, who, PICTURE).json())
        asset = register(http, who, url, "image", **({"prompt": text} if text else {}), favorite=bool(text))
        assert (secret in asset.text, asset.json()["asset"]["is_favorited"]) == (bool(text), bool(text))


def _ids(answer: httpx.Response) -> set[str]:
    """Whatever in the answer looks like an identity."""
    words = json.dumps(answer.json()).replace("/", '"').split('"')
    return {word for word in words if len(word.replace("-", "")) == 32}
