"""Whoever asks for what is in the trash gets, byte for byte, the answer to a name that nothing ever had."""

import re
from typing import NamedTuple

import httpx
import pytest

from tests.acceptance.endpoints import bearer
from tests.acceptance.isolation import state
from tests.acceptance.isolation.names import MixedNames, UnknownNames, ids_in
from tests.acceptance.isolation.probe import Probe, comparable
from tests.acceptance.isolation.probes import PROBES
from tests.acceptance.isolation.seed import SeededWorkspace
from tests.acceptance.target import Target

_OF_THE_ASSET = {"asset", "file", "request"}
"""The places of a probe that name an asset which can be in the trash."""
_TELLS_OF_THE_PAST = {"GET /api/audit"}
"""Operations that tell of what has been, too."""


class Seeds(NamedTuple):
    """Two seeds in one workspace: the first with its asset in the trash, the second made from that asset."""

    http: httpx.Client
    gone: SeededWorkspace
    kept: SeededWorkspace

    @property
    def trashed_ids(self) -> set[str]:
        return ids_in(self.gone["asset"]) | ids_in(self.gone["file"])


@pytest.fixture(scope="module")
def seeds(http: httpx.Client, target: Target) -> Seeds:
    return _trash_one(_seed(http, target))


def _seed(http: httpx.Client, target: Target) -> Seeds:
    gone, kept = (SeededWorkspace(http, target.key).create_all() for _ in range(2))
    made = {"url": kept["file"], "type": "image", "request_id": kept["request"]}
    kept.call("POST", "/v1/assets/uploads", json=made | {"inputs": [{"vector_id": gone["asset"]}]})
    return Seeds(http, gone, kept)


def _trash_one(seeds: Seeds) -> Seeds:
    seeds.http.delete(f"/api/assets/{seeds.gone['asset']}", headers=bearer(seeds.gone.key)).raise_for_status()
    return seeds


def _foreign(probe: Probe) -> set[str]:
    """Return the places for names that are not the caller's."""
    places = set(re.findall(r"{(\w+)}", f"{probe.path} {probe.json} {probe.params} {probe.headers}"))
    return {place for place in places if not place.startswith("my_")} - {"name", "number"}


def _names_only_the_asset(probe: Probe) -> bool:
    if probe.route in _TELLS_OF_THE_PAST:
        return False
    return bool(_foreign(probe)) and _foreign(probe) <= _OF_THE_ASSET


def _probe_id(probe: Probe) -> str:
    return f"{probe.route} {probe.json or probe.params or ''}"[:90]


@pytest.mark.parametrize("probe", [probe for probe in PROBES if _names_only_the_asset(probe)], ids=_probe_id)
def test_trashed_names_look_unknown(seeds: Seeds, probe: Probe) -> None:
    trashed, unknown = (
        comparable(probe.send(seeds.http, seeds.kept.key, MixedNames(names, seeds.kept)))
        for names in (seeds.gone, UnknownNames(seeds.gone))
    )
    assert trashed == unknown
    assert trashed[0] == probe.foreign, trashed


def test_no_list_count_or_search_has_it(http: httpx.Client, target: Target) -> None:
    """Also of what it was in: its collection, its tag, its character, its smart collection, what was made from it."""
    seeds = _seed(http, target)
    state.wait_for_worker(http)
    _trash_one(seeds)
    reads = [read for read in (*state.LISTS, *state.SEARCHES) if not _foreign(read) & _OF_THE_ASSET]
    assert len(reads) > 20
    for read in reads:
        response = read.send(seeds.http, seeds.gone.key, seeds.gone)
        assert response.is_success, response.text
        told = response.text.replace(f'"image_url":"{seeds.gone["file"]}"', "")  # a smart collection's filter, as given
        assert read.path == "/api/trash" or not ids_in(told) & seeds.trashed_ids, _probe_id(read)
    collection = seeds.gone.call("GET", f"/v1/assets/collections/{seeds.gone['collection']}")["collection"]
    assert collection["asset_count"] == 0
    lineage = seeds.kept.call("GET", f"/api/assets/{seeds.kept['asset']}/lineage")
    [node] = [node for node in lineage["nodes"] if node.get("id") == seeds.gone["asset"]]
    assert (node["deleted"], node["url"]) == (True, None)


def test_its_url_answers_keys_of_its_workspace_only(seeds: Seeds, target: Target) -> None:
    url = seeds.gone["file"]
    assert seeds.http.get(url, headers=bearer(target.key)).status_code == 200
    refused = [{}, {"authorization": "Bearer wrong"}]
    if target.other_key:
        refused.append(bearer(target.other_key))
    for headers in refused:
        assert seeds.http.get(url, headers=headers).status_code == 404, headers
