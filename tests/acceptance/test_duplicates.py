"""Clients cannot observe that equal bytes are stored once."""

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import ENDPOINTS, KREA, Endpoint, Sample, bearer


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_second_upload_of_same_bytes_gets_same_response_shape(http: httpx.Client, key: str, endpoint: Endpoint) -> None:
    sample = Sample(samples.jpeg(33, 21), "image/jpeg")
    first, second = (endpoint.send(http, key, sample) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json().keys() == second.json().keys()
    assert endpoint.url(first.json()) != endpoint.url(second.json())
    assert http.get(endpoint.url(first.json())).content == http.get(endpoint.url(second.json())).content == sample.data


def test_uploads_of_same_bytes_keep_their_own_name_and_description(http: httpx.Client, key: str) -> None:
    def upload(name: str, text: str) -> dict[str, str]:
        files = {"file": (name, samples.png(7, 5), "image/png")}
        response = http.post("/assets", files=files, data={"description": text}, headers=bearer(key))
        return dict(response.raise_for_status().json())

    first, second = upload("one.png", "the first"), upload("two.png", "the second")
    assert first["id"] != second["id"]
    for asset, name, text in ((first, "one.png", "the first"), (second, "two.png", "the second")):
        read = http.get(f"/assets/{asset['id']}", headers=bearer(key)).json()
        assert read == asset
        assert read["description"] == text
        assert read["image_url"].endswith(f"/{name}")


def test_same_name_with_different_content_is_two_files(http: httpx.Client, key: str) -> None:
    urls = [
        KREA.url(KREA.send(http, key, Sample(data, "image/png", "same.png")).json())
        for data in (samples.png(8, 8), samples.png(9, 9))
    ]
    assert [http.get(url).content for url in urls] == [samples.png(8, 8), samples.png(9, 9)]
