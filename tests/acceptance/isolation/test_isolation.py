"""No request discloses anything about another workspace.

A foreign name gets byte for byte the response of an unknown name. Timing is not tested.
"""

from typing import NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.across.libraries import CREATE, LOOKUPS, Create
from tests.acceptance.endpoints import Sample
from tests.acceptance.isolation import state
from tests.acceptance.isolation.names import MixedNames, Names, UnknownNames, ids_in
from tests.acceptance.isolation.probe import Comparable, Probe, comparable
from tests.acceptance.isolation.probes import PROBES
from tests.acceptance.isolation.seed import SeededWorkspace
from tests.samples import png


class TwoWorkspaces(NamedTuple):
    """Two keys and the seeded workspaces of both."""

    http: httpx.Client
    mine: SeededWorkspace
    theirs: SeededWorkspace

    def new(self, word: str | None = None) -> tuple[SeededWorkspace, SeededWorkspace]:
        """Return two new seeds, one in each workspace, with equal content."""
        word = word or uuid4().hex
        return SeededWorkspace(self.http, self.mine.key, word), SeededWorkspace(self.http, self.theirs.key, word)

    def foreign_content(self) -> state.State:
        return state.content(self.http, self.theirs.key, self.theirs)


@pytest.fixture(scope="module")
def two_workspaces(http: httpx.Client, target: tuple[str, str, str | None]) -> TwoWorkspaces:
    if target[2] is None:
        pytest.skip("needs MEDIATHEQUE_ACCEPTANCE_OTHER_KEY, a key of another workspace")
    return TwoWorkspaces(
        http, SeededWorkspace(http, target[1]).create_all(), SeededWorkspace(http, target[2]).create_all()
    )


def probe_id(probe: Probe) -> str:
    return f"{probe.route} {probe.json or probe.params or ''}"[:90]


@pytest.mark.parametrize("probe", [probe for probe in PROBES if probe.has_foreign_name], ids=probe_id)
def test_foreign_ids_look_unknown(two_workspaces: TwoWorkspaces, probe: Probe) -> None:
    fixed = probe.is_refused or probe.is_read
    targets = [two_workspaces.theirs if fixed else two_workspaces.new()[1].create_all() for _ in range(2)]
    before = {} if probe.is_read else two_workspaces.foreign_content()
    for other_spelling, theirs in zip((False, True), targets, strict=True):
        foreign, unknown = (
            _send(two_workspaces, probe, names, other_spelling) for names in (theirs, UnknownNames(theirs))
        )
        assert foreign == unknown
        assert foreign[0] == probe.foreign, foreign
        assert probe.is_read or two_workspaces.foreign_content() == before


def _send(two_workspaces: TwoWorkspaces, probe: Probe, others: Names, other_spelling: bool) -> Comparable:
    """Send the probe; use new names of the caller unless it is refused or read-only."""
    mine = two_workspaces.mine if probe.is_refused or probe.is_read else two_workspaces.new()[0]
    response = probe.send(two_workspaces.http, mine.key, MixedNames(others, mine, other_spelling=other_spelling))
    return comparable(response, others["workspace"])


@pytest.mark.parametrize("probe", [probe for probe in PROBES if probe.is_read], ids=probe_id)
def test_own_names_are_read(two_workspaces: TwoWorkspaces, probe: Probe) -> None:
    response = probe.send(
        two_workspaces.http, two_workspaces.mine.key, MixedNames(two_workspaces.mine, two_workspaces.mine)
    )
    assert response.status_code == probe.own, response.text


@pytest.mark.parametrize("probe", [probe for probe in PROBES if not probe.is_read], ids=probe_id)
def test_write_to_own_workspace_does_not_change_the_other(two_workspaces: TwoWorkspaces, probe: Probe) -> None:
    """Both workspaces have equal content and use the same Idempotency-Key."""
    mine, theirs = two_workspaces.new()
    headers = {"idempotency-key": mine["word"]}
    first = probe.send(two_workspaces.http, theirs.key, MixedNames(theirs, theirs), **headers)
    before = two_workspaces.foreign_content()
    second = probe.send(two_workspaces.http, mine.key, MixedNames(mine, mine), **headers)
    assert (first.status_code, second.status_code) == (probe.own, probe.own), second.text
    assert "idempotent-replayed" not in second.headers
    assert two_workspaces.foreign_content() == before


def test_responses_do_not_depend_on_other_workspace(two_workspaces: TwoWorkspaces) -> None:
    mine, other = two_workspaces.new()
    mine.create_all()
    state.wait_for_worker(two_workspaces.http)
    before = _state_of(two_workspaces, mine)
    other.create_all()
    state.wait_for_worker(two_workspaces.http)
    assert _state_of(two_workspaces, mine) == before
    for path in ("/{asset}", "/tags/{tag}", "/collections/{collection}", "/characters/{character}"):
        Probe("DELETE", f"/v1/assets{path}").send(two_workspaces.http, other.key, other)
    state.wait_for_worker(two_workspaces.http)
    assert _state_of(two_workspaces, mine) == before


def _state_of(two_workspaces: TwoWorkspaces, mine: SeededWorkspace) -> state.State:
    return state.lists(two_workspaces.http, mine.key, mine) | state.searches(two_workspaces.http, mine.key, mine)


def test_search_finds_no_foreign_assets(two_workspaces: TwoWorkspaces) -> None:
    """Also with foreign words and with a foreign cursor."""
    state.wait_for_worker(two_workspaces.http)
    cursor = two_workspaces.theirs.call("GET", "/v1/assets", params={"q": "bear", "limit": "1"})["next_cursor"]
    for params in (
        {"q": two_workspaces.theirs["word"]},
        {"q": two_workspaces.theirs["tag_name"]},
        {"q": "bear", "cursor": cursor},
    ):
        page = two_workspaces.mine.call("GET", "/v1/assets", params=params)
        assert page["assets"]
        for asset in page["assets"]:
            assert two_workspaces.mine.call("GET", f"/v1/assets/{asset['vector_id']}")
        assert not ids_in(str(page)) & _foreign_ids(two_workspaces), params


def _foreign_ids(two_workspaces: TwoWorkspaces) -> set[str]:
    names = ("asset", "file", "tag", "collection", "character", "word")
    return {id for name in names for id in ids_in(two_workspaces.theirs[name])}


def test_smart_collection_ignores_foreign_example(two_workspaces: TwoWorkspaces) -> None:
    state.wait_for_worker(two_workspaces.http)
    for names in (two_workspaces.theirs, UnknownNames(two_workspaces.theirs)):
        filters = {"semantic": {"image_url": names["file"], "min_similarity": 0}}
        created = two_workspaces.mine.call("POST", "/v1/assets/collections", json={"name": "alike", "filters": filters})
        page = two_workspaces.mine.call("GET", f"/v1/assets/collections/{created['collection']['id']}/assets")
        assert (page["assets"], page["total_count"], page["scope_truncated"]) == ([], 0, False)


def test_generated_handle_ignores_foreign_handles(two_workspaces: TwoWorkspaces) -> None:
    name = f"Mona {uuid4().hex}"
    for workspace in (two_workspaces.theirs, two_workspaces.mine):
        for number in ("", "-2"):
            body = {"name": name, "description": "a bear", "reference_images": [workspace["asset"]]}
            created = workspace.call("POST", "/v1/assets/characters", json=body)["character"]
            assert created["character_identifier"] == name.lower().replace(" ", "-") + number


@pytest.mark.parametrize("create", CREATE.values(), ids=CREATE)
def test_upload_of_foreign_bytes_is_not_disclosed(two_workspaces: TwoWorkspaces, create: Create) -> None:
    sample = Sample(png(seed=uuid4().int % 2**32), "image/png", "same.png")
    theirs = create(two_workspaces.http, two_workspaces.theirs.key, sample)
    before = two_workspaces.foreign_content()
    own = create(two_workspaces.http, two_workspaces.mine.key, sample)
    found = {name: bool(find(two_workspaces.http, two_workspaces.mine.key, own)) for name, find in LOOKUPS.items()}
    assert found == dict.fromkeys(LOOKUPS, True)
    assert not any(find(two_workspaces.http, two_workspaces.mine.key, theirs) for find in LOOKUPS.values())
    similar = two_workspaces.mine.call("GET", f"/api/assets/{own}/similar")
    assert not ids_in(str(similar)) & ids_in(str(theirs))
    assert two_workspaces.foreign_content() == before
