"""An asset created through any dialect is visible in all, and deleted through any it is gone from all."""

import httpx
import pytest

from tests import samples
from tests.acceptance.across.libraries import CREATE, DELETE, LOOKUPS, remove
from tests.acceptance.endpoints import Sample

PNG = Sample(samples.png(), "image/png", "across.png")


@pytest.mark.parametrize("create", CREATE)
def test_asset_created_in_one_dialect_is_found_in_all(http: httpx.Client, key: str, create: str) -> None:
    id = CREATE[create](http, key, PNG)
    found = {name: find(http, key, id) for name, find in LOOKUPS.items()}
    assert set(found) == set(LOOKUPS)
    urls = {each.url for each in found.values() if each}
    assert len(urls) == 1, found
    assert all(each and (each.id, each.kind) == (id, "image") for each in found.values()), found
    assert http.get(urls.pop()).content == PNG.data


@pytest.mark.parametrize("delete", DELETE)
@pytest.mark.parametrize("create", ["krea", "direct_upload", "fal_parts"])
def test_asset_deleted_in_one_dialect_is_gone_from_all(http: httpx.Client, key: str, create: str, delete: str) -> None:
    id = CREATE[create](http, key, PNG)
    found = LOOKUPS["native"](http, key, id)
    assert found
    removed = remove(http, key, delete, id)
    assert removed.is_success, removed.text
    assert {name for name, find in LOOKUPS.items() if find(http, key, id)} == set()
    assert http.get(found.url).status_code == httpx.codes.NOT_FOUND
    again = {name: remove(http, key, name, id).status_code for name in DELETE}
    assert again == dict.fromkeys(DELETE, 404)


@pytest.mark.parametrize("delete", DELETE)
def test_foreign_asset_cannot_be_deleted(http: httpx.Client, key: str, other_key: str, delete: str) -> None:
    id = CREATE["krea"](http, key, PNG)
    assert remove(http, other_key, delete, id).status_code == httpx.codes.NOT_FOUND
    assert all(find(http, key, id) for find in LOOKUPS.values())
    assert not any(find(http, other_key, id) for find in LOOKUPS.values())


@pytest.mark.parametrize(
    ("data", "mime", "kind"), [(samples.mp4(), "video/mp4", "video"), (samples.wav(), "audio/wav", "audio")]
)
def test_kind_is_the_same_in_all_dialects(http: httpx.Client, key: str, data: bytes, mime: str, kind: str) -> None:
    id = CREATE["heygen_v3"](http, key, Sample(data, mime, "sound"))
    assert {found.kind if (found := find(http, key, id)) else None for find in LOOKUPS.values()} == {kind}
