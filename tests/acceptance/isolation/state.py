"""Everything that a key is told of its workspace."""

import re
import time

import httpx

from tests.acceptance.isolation.names import Named
from tests.acceptance.isolation.probe import Probe

_PATIENCE = 60.0
_WAITING = re.compile(r'^mediatheque_queue_depth{.*state="(?:waiting|running)".*} ([0-9.]+)$', re.MULTILINE)


def _read(path: str, **params: str) -> Probe:
    return Probe("GET", path, params=params)


_CONTENT = (
    _read("/v1/assets", limit="100"),
    _read("/v1/assets/tags"),
    _read("/v1/assets/collections"),
    _read("/v1/assets/characters"),
    _read("/v1/storage/settings"),
    _read("/v1/asset/list", limit="10"),
    _read("/v1/folders", limit="10"),
    _read("/v1/assets/{asset}/lineage"),
    _read("/v1/assets/collections/{collection}/hierarchy"),
    _read("/v1/assets/collections/{collection}/assets"),
    _read("/v1/assets/characters/{character}"),
    _read("/v1/storage/files/acl", url="{file}"),
    _read("/v1/storage/files/acl", url="{hidden}"),
    _read("/v3/assets/statuses", asset_ids="{asset},{direct_asset}", batch_ids="{batch}"),
    _read("/files/b/{hidden_id}/{name}"),
)
LISTS = (
    *_CONTENT,
    _read("/assets", limit="1000"),
    _read("/v1/assets", section="favorites"),
    _read("/v1/assets", section="generated"),
    _read("/v1/assets/collections/{inner}"),
    _read("/v1/talking_photo.list"),
    _read("/v3/assets", limit="100"),
    _read("/v3/assets/batches/{batch}"),
    _read("/api/assets", limit="1000"),
    _read("/api/assets/{asset}/lineage"),
)
SEARCHES = (
    _read("/v3/assets/search", query="bear", type="image"),
    _read("/v1/assets", q="a bear"),
    _read("/v1/assets", q="a bear", limit="3"),
    _read("/v1/assets", q="bear {word}"),
    _read("/v1/assets", q="bare", tag_id="{tag}"),
    _read("/v1/assets", q="tag {word}", collection_id="{collection}"),
    _read("/v1/assets", search_image_url="{file}"),
    _read("/v1/assets/collections/{smart}/assets"),
    _read("/v1/assets", character_identifier="{handle}"),
    _read("/api/search", q="a bear"),
    _read("/api/search", like="{asset}"),
    _read("/api/assets/{asset}/similar"),
)
"""They depend on what the worker has seen of the assets."""

State = dict[str, tuple[int, str]]


def content(http: httpx.Client, key: str, things: Named) -> State:
    """What is there, each fact once."""
    return _told(http, key, things, _CONTENT)


def lists(http: httpx.Client, key: str, things: Named) -> State:
    """The same, as every dialect tells it."""
    return _told(http, key, things, LISTS)


def searches(http: httpx.Client, key: str, things: Named) -> State:
    """What is found. To be asked when nothing is waiting."""
    return _told(http, key, things, SEARCHES)


def _told(http: httpx.Client, key: str, things: Named, reads: tuple[Probe, ...]) -> State:
    answers = [(read, read.send(http, key, things)) for read in reads]
    assert all(answer.is_success for _, answer in answers), [answer.text for _, answer in answers]
    return {f"{read.path} {read.params}": (answer.status_code, answer.text) for read, answer in answers}


def settle(http: httpx.Client) -> None:
    """Wait until the worker has seen everything."""
    deadline = time.monotonic() + _PATIENCE
    while any(float(depth) for depth in _WAITING.findall(http.get("/metrics").text)):
        assert time.monotonic() < deadline, "the worker does not come to an end"
        time.sleep(0.1)
