"""Operations on many assets."""

from tests.dialects.native.rows.row import Row, new_asset

ROWS = {
    "change_assets": Row(
        lambda suite: {"json": {"operation": "patch", "ids": [new_asset(suite)], "title": "Bear"}},
        other={"json": {"operation": "patch", "ids": ["x"], "caption": None}},
    ),
}
