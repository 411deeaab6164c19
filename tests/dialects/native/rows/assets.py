"""Assets and lineage."""

from tests import samples
from tests.dialects.native.endpoints import inline
from tests.dialects.native.rows.row import Row, at

ROWS = {
    "create_asset": Row(
        lambda _: {"json": {"source": inline(samples.png())}}, other={"json": {"source": inline(samples.jpeg())}}
    ),
    "get_asset": Row(at("/api/assets/{id}")),
    "delete_asset": Row(at("/api/assets/{id}")),
    "get_lineage": Row(at("/api/assets/{id}/lineage")),
}
