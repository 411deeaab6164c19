"""Everything that a key can read about its workspace."""

import re
import time

import httpx

from tests.acceptance.isolation.names import Names
from tests.acceptance.isolation.probe import Probe

_TIMEOUT_SECONDS = 60.0
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
    _read("/api/keep", limit="1000", state="failed"),
    _read("/api/keep/{keep}"),
    _read("/api/hooks", limit="1000"),
    _read("/api/provider-keys"),
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
    _read("/api/assets", sort="title", kind="image"),
    _read("/api/facets"),
    _read("/api/tags", limit="1000"),
    _read("/api/collections", limit="100"),
    _read("/api/collections/{collection}/tree"),
    _read("/api/folders", limit="1000"),
    _read("/api/assets/{asset}/versions"),
    _read("/api/duplicates"),
    _read("/api/trash", limit="1000"),
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
"""Their results depend on the tasks that the worker has done."""

State = dict[str, tuple[int, str]]


def content(http: httpx.Client, key: str, workspace: Names) -> State:
    """Read the workspace's content, each fact once."""
    return _send_all(http, key, workspace, _CONTENT)


def lists(http: httpx.Client, key: str, workspace: Names) -> State:
    """Read it through the lists of every dialect."""
    return _send_all(http, key, workspace, LISTS)


def searches(http: httpx.Client, key: str, workspace: Names) -> State:
    """Read search results; call it when no task is waiting."""
    return _send_all(http, key, workspace, SEARCHES)


def _send_all(http: httpx.Client, key: str, workspace: Names, reads: tuple[Probe, ...]) -> State:
    responses = [(read, read.send(http, key, workspace)) for read in reads]
    assert all(response.is_success for _, response in responses), [response.text for _, response in responses]
    return {f"{read.path} {read.params}": (response.status_code, response.text) for read, response in responses}


def wait_for_worker(http: httpx.Client) -> None:
    """Wait until the worker has no task left."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while any(float(depth) for depth in _WAITING.findall(http.get("/metrics").text)):
        assert time.monotonic() < deadline, "the worker did not finish its tasks"
        time.sleep(0.1)
