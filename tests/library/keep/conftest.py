"""A library whose providers are played by a server of this process, and attempts made by hand."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque.blobs import Disk
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library import Library
from mediatheque.library.keep.config import KeepConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.providers.config import ProvidersConfig
from mediatheque.providers.registry import open_providers
from mediatheque.records.database import Database, DatabaseConfig
from tests.data_folder import Template
from tests.library.keep.attempts import Attempts
from tests.providers.vendors import Vendors

KEEP = KeepConfig(secret_key=b64encode(bytes(range(32))).decode())


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with Vendors() as running:
        yield running


@pytest.fixture
async def library(database_url: str, tmp_path: Path, sandbox: Sandbox, vendors: Vendors) -> AsyncIterator[Library]:
    fetch = FetchConfig(hosts=(vendors.host,), networks=("127.0.0.0/8",))
    config = ProvidersConfig(
        fal_url=vendors.url,
        fal_jwks_url=f"{vendors.url}/jwks.json",
        heygen_url=f"{vendors.url}/heygen",
        krea_url=f"{vendors.url}/krea",
        replicate_url=f"{vendors.url}/replicate",
    )
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        yield Library(
            database,
            Disk(tmp_path / "blobs"),
            sandbox,
            EmbeddingConfig(cache=Template.models),
            keep=KEEP,
            providers=open_providers(config, KEEP, fetch),
        )


@pytest.fixture
def attempts(library: Library, workspace: UUID, vendors: Vendors) -> Attempts:
    return Attempts(library, workspace, vendors)
