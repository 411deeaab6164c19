"""An asset created through any dialect gets an embedding task."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.test_across_dialects import UPLOADS

_TASKS = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'embed_asset' AND args->>'asset_id' = %s"

CreateAsset = Callable[[httpx.Client, Account, bytes], tuple[str, str]]


@pytest.mark.parametrize("endpoint", UPLOADS, ids=lambda endpoint: endpoint.__name__)
def test_each_asset_gets_one_embedding_task(
    client: httpx.Client, fresh: Account, stored: StoredData, endpoint: CreateAsset
) -> None:
    """Also for content that is already stored."""
    ids = {UUID(endpoint(client, fresh, samples.png(seed=51))[0]) for _ in range(2)}
    assert len(ids) == 2
    for id in ids:
        assert stored.database.execute(_TASKS, [str(id)]).fetchone() == (1,)
