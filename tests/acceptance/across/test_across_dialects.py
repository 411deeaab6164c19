"""One asset seen from every door: whichever way it came in, it is everywhere, and removed anywhere it is nowhere."""

import httpx
import pytest

from tests import samples
from tests.acceptance.across.libraries import ENTRANCES, EXITS, VIEWS, remove
from tests.acceptance.endpoints import Sample

PNG = Sample(samples.png(), "image/png", "across.png")


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_what_comes_in_at_one_door_is_seen_at_every_other(http: httpx.Client, key: str, entrance: str) -> None:
    id = ENTRANCES[entrance](http, key, PNG)
    seen = {name: look(http, key, id) for name, look in VIEWS.items()}
    assert set(seen) == set(VIEWS)
    urls = {each.url for each in seen.values() if each}
    assert len(urls) == 1, seen
    assert all(each and (each.id, each.kind) == (id, "image") for each in seen.values()), seen
    assert http.get(urls.pop()).content == PNG.data


@pytest.mark.parametrize("exit_", EXITS)
@pytest.mark.parametrize("entrance", ["krea", "direct_upload", "fal_parts"])
def test_what_is_removed_at_one_door_is_gone_from_all(http: httpx.Client, key: str, entrance: str, exit_: str) -> None:
    id = ENTRANCES[entrance](http, key, PNG)
    seen = VIEWS["ours"](http, key, id)
    assert seen
    removed = remove(http, key, exit_, id)
    assert removed.is_success, removed.text
    assert {name for name, look in VIEWS.items() if look(http, key, id)} == set()
    assert http.get(seen.url).status_code == httpx.codes.NOT_FOUND
    again = {name: remove(http, key, name, id).status_code for name in EXITS}
    assert again == dict.fromkeys(EXITS, 404)


@pytest.mark.parametrize("exit_", EXITS)
def test_nobody_removes_anothers(http: httpx.Client, key: str, other_key: str, exit_: str) -> None:
    id = ENTRANCES["krea"](http, key, PNG)
    assert remove(http, other_key, exit_, id).status_code == httpx.codes.NOT_FOUND
    assert all(look(http, key, id) for look in VIEWS.values())
    assert not any(look(http, other_key, id) for look in VIEWS.values())


@pytest.mark.parametrize(
    ("data", "mime", "kind"), [(samples.mp4(), "video/mp4", "video"), (samples.wav(), "audio/wav", "audio")]
)
def test_every_kind_is_called_by_its_name(http: httpx.Client, key: str, data: bytes, mime: str, kind: str) -> None:
    id = ENTRANCES["heygen_v3"](http, key, Sample(data, mime, "sound"))
    assert {seen.kind if (seen := look(http, key, id)) else None for look in VIEWS.values()} == {kind}
