"""Lists, searches and facets."""

from tests.dialects.native.rows.row import Row, at, new_asset

_FILTERS = {"kind": "image", "size[gte]": "1", "metadata.shot": "12", "metadata.score[lt]": "0.5", "tag": "bear"}

ROWS = {
    "list_assets": Row(lambda _: {"params": {**_FILTERS, "sort": "-size"}}),
    "search_assets": Row(lambda suite: {"params": {"like": new_asset(suite), **_FILTERS}}),
    "list_similar": Row(at("/api/assets/{id}/similar")),
    "count_facets": Row(lambda _: {"params": {"by": ["kind", "month"], **_FILTERS}}),
}
