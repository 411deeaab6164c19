"""Assets, search and lineage."""

from tests import samples
from tests.dialects.native.endpoints import inline
from tests.dialects.native.rows.row import Row, at, new_asset

ROWS = {
    "create_asset": Row(
        lambda _: {"json": {"source": inline(samples.png())}}, other={"json": {"source": inline(samples.jpeg())}}
    ),
    "list_assets": Row(),
    "get_asset": Row(at("/api/assets/{id}")),
    "delete_asset": Row(at("/api/assets/{id}")),
    "get_lineage": Row(at("/api/assets/{id}/lineage")),
    "search_assets": Row(lambda suite: {"params": {"like": new_asset(suite)}}),
    "list_similar": Row(at("/api/assets/{id}/similar")),
}
