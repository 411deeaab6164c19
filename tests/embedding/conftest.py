"""Embedders, opened once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mediatheque.embedding import Embedder, open_embedder
from tests.embedding import onnx_pair


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One for all workers of the run, which therefore race for it."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "embedding-cache"


@pytest.fixture(scope="session")
def basic(cache: Path) -> Embedder:
    return open_embedder("basic", cache)


@pytest.fixture(scope="session")
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Embedder]:
    """The embedder of that kind."""
    made: dict[str, Embedder] = {}

    def of(kind: str) -> Embedder:
        if kind == "basic":
            basic: Embedder = request.getfixturevalue("basic")
            return basic
        if kind not in made:
            folder = getattr(onnx_pair, kind)(tmp_path_factory.mktemp(kind))
            made[kind] = open_embedder(f"onnx-clip:{folder}", folder / "cache")
        return made[kind]

    return of
