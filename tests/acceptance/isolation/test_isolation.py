"""Whatever one workspace asks, it learns nothing of another: not what is there, not how much, not what it is called.

Another's name is answered byte for byte as a name that never was. Timing is not judged.
"""

from typing import NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.across.libraries import ENTRANCES, VIEWS, Enter
from tests.acceptance.endpoints import Sample
from tests.acceptance.isolation import state
from tests.acceptance.isolation.names import Between, Named, Never, ids_in
from tests.acceptance.isolation.probe import Probe, Told, told
from tests.acceptance.isolation.probes import PROBES
from tests.acceptance.isolation.seed import Things
from tests.samples import png


class Pair(NamedTuple):
    """Two keys, and what there is in their workspaces."""

    http: httpx.Client
    mine: Things
    theirs: Things

    def new(self, word: str | None = None) -> tuple[Things, Things]:
        """More in either, with the same content."""
        word = word or uuid4().hex
        return Things(self.http, self.mine.key, word), Things(self.http, self.theirs.key, word)

    def their_content(self) -> state.State:
        return state.content(self.http, self.theirs.key, self.theirs)


@pytest.fixture(scope="module")
def pair(http: httpx.Client, target: tuple[str, str, str | None]) -> Pair:
    if target[2] is None:
        pytest.skip("needs MEDIATHEQUE_ACCEPTANCE_OTHER_KEY, a key of another workspace")
    return Pair(http, Things(http, target[1]).everything(), Things(http, target[2]).everything())


def named(probe: Probe) -> str:
    return f"{probe.route} {probe.json or probe.params or ''}"[:90]


@pytest.mark.parametrize("probe", [probe for probe in PROBES if probe.names_another], ids=named)
def test_what_is_anothers_never_was(pair: Pair, probe: Probe) -> None:
    fixed = probe.refused or probe.reads
    targets = [pair.theirs if fixed else pair.new()[1].everything() for _ in range(2)]
    before = {} if probe.reads else pair.their_content()
    for respell, theirs in zip((False, True), targets, strict=True):
        foreign, never = (_told(pair, probe, names, respell) for names in (theirs, Never(theirs)))
        assert foreign == never
        assert foreign[0] == probe.foreign, foreign
        assert probe.reads or pair.their_content() == before


def _told(pair: Pair, probe: Probe, others: Named, respell: bool) -> Told:
    """A refusal changes nothing; else the caller's own things are new ones."""
    mine = pair.mine if probe.refused or probe.reads else pair.new()[0]
    answer = probe.send(pair.http, mine.key, Between(others, mine, respell=respell))
    return told(answer, others["workspace"])


@pytest.mark.parametrize("probe", [probe for probe in PROBES if probe.reads], ids=named)
def test_each_reads_its_own(pair: Pair, probe: Probe) -> None:
    answer = probe.send(pair.http, pair.mine.key, Between(pair.mine, pair.mine))
    assert answer.status_code == probe.own, answer.text


@pytest.mark.parametrize("probe", [probe for probe in PROBES if not probe.reads], ids=named)
def test_what_each_does_to_its_own_is_not_done_to_the_others(pair: Pair, probe: Probe) -> None:
    """Both have the same content, and use the same Idempotency-Key."""
    mine, theirs = pair.new()
    headers = {"idempotency-key": mine["word"]}
    first = probe.send(pair.http, theirs.key, Between(theirs, theirs), **headers)
    before = pair.their_content()
    second = probe.send(pair.http, mine.key, Between(mine, mine), **headers)
    assert (first.status_code, second.status_code) == (probe.own, probe.own), second.text
    assert "idempotent-replayed" not in second.headers
    assert pair.their_content() == before


def test_what_another_adds_and_removes_changes_no_answer(pair: Pair) -> None:
    mine, other = pair.new()
    mine.everything()
    state.settle(pair.http)
    before = _answers(pair, mine)
    other.everything()
    state.settle(pair.http)
    assert _answers(pair, mine) == before
    for path in ("/{asset}", "/tags/{tag}", "/collections/{collection}", "/characters/{character}"):
        Probe("DELETE", f"/v1/assets{path}").send(pair.http, other.key, other)
    state.settle(pair.http)
    assert _answers(pair, mine) == before


def _answers(pair: Pair, mine: Things) -> state.State:
    return state.lists(pair.http, mine.key, mine) | state.searches(pair.http, mine.key, mine)


def test_a_search_finds_nothing_of_anothers(pair: Pair) -> None:
    """Nor where it is told their words, or goes on from their cursor."""
    state.settle(pair.http)
    cursor = pair.theirs.ask("GET", "/v1/assets", params={"q": "bear", "limit": "1"})["next_cursor"]
    for params in ({"q": pair.theirs["word"]}, {"q": pair.theirs["tag_name"]}, {"q": "bear", "cursor": cursor}):
        page = pair.mine.ask("GET", "/v1/assets", params=params)
        assert page["assets"]
        for asset in page["assets"]:
            assert pair.mine.ask("GET", f"/v1/assets/{asset['vector_id']}")
        assert not ids_in(str(page)) & _their_ids(pair), params


def _their_ids(pair: Pair) -> set[str]:
    names = ("asset", "file", "tag", "collection", "character", "word")
    return {id for name in names for id in ids_in(pair.theirs[name])}


def test_a_smart_collection_resembles_no_picture_of_anothers(pair: Pair) -> None:
    state.settle(pair.http)
    for names in (pair.theirs, Never(pair.theirs)):
        filters = {"semantic": {"image_url": names["file"], "min_similarity": 0}}
        made = pair.mine.ask("POST", "/v1/assets/collections", json={"name": "alike", "filters": filters})
        page = pair.mine.ask("GET", f"/v1/assets/collections/{made['collection']['id']}/assets")
        assert (page["assets"], page["total_count"], page["scope_truncated"]) == ([], 0, False)


def test_a_handle_made_of_a_name_is_not_counted_on_from_anothers(pair: Pair) -> None:
    name = f"Mona {uuid4().hex}"
    for things in (pair.theirs, pair.mine):
        for number in ("", "-2"):
            body = {"name": name, "description": "a bear", "reference_images": [things["asset"]]}
            made = things.ask("POST", "/v1/assets/characters", json=body)["character"]
            assert made["character_identifier"] == name.lower().replace(" ", "-") + number


@pytest.mark.parametrize("enter", ENTRANCES.values(), ids=ENTRANCES)
def test_the_same_bytes_are_not_noticed(pair: Pair, enter: Enter) -> None:
    sample = Sample(png(seed=uuid4().int % 2**32), "image/png", "same.png")
    theirs = enter(pair.http, pair.theirs.key, sample)
    before = pair.their_content()
    own = enter(pair.http, pair.mine.key, sample)
    seen = {name: bool(look(pair.http, pair.mine.key, own)) for name, look in VIEWS.items()}
    assert seen == dict.fromkeys(VIEWS, True)
    assert not any(look(pair.http, pair.mine.key, theirs) for look in VIEWS.values())
    alike = pair.mine.ask("GET", f"/api/assets/{own}/similar")
    assert not ids_in(str(alike)) & ids_in(str(theirs))
    assert pair.their_content() == before
