"""Duplicates."""

from tests.dialects.native.rows.row import Row

ROWS = {"list_duplicates": Row()}
