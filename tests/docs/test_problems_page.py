"""docs/native/errors.md has a row for each type of problem, with its status and title, and what to do about it."""

import re
from pathlib import Path

from mediatheque.dialects.native.errors import ERRORS, problem_title, slug_of
from tests.dialects.test_error_formats import ERROR_CLASSES

PAGE = Path(__file__).parents[2] / "docs" / "native" / "errors.md"
KINDS = ERROR_CLASSES.values()


def test_page_has_each_type_once() -> None:
    table = PAGE.read_text().partition("<!-- problems -->\n")[2].partition("\n<!-- /problems -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert all(re.fullmatch(r"[A-Z`].+\.", row[3]) for row in rows)
    expected = [[f"`{slug_of(kind)}`", str(ERRORS.mapping(kind).status), problem_title(kind)] for kind in KINDS]
    assert sorted(row[:3] for row in rows) == sorted(expected)
