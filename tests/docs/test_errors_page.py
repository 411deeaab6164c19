"""docs/errors.md says what the dialects' tables say."""

from pathlib import Path

from tests.docs.errors_table import table

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


def test_table_matches_the_dialects() -> None:
    _, begin, rest = PAGE.read_text().partition("<!-- errors -->\n")
    block, end, _ = rest.partition("\n<!-- /errors -->")
    assert begin
    assert end
    assert block == table(), "print the table with: python -m tests.docs.errors_table"
