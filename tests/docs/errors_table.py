"""The table of docs/errors.md, from the dialects' own tables. `python -m tests.docs.errors_table` prints it."""

import sys
from collections.abc import Iterator

from mediatheque.dialects import DIALECTS
from mediatheque.errors import LibraryError
from mediatheque.http.dialect import ErrorFormat

_ERROR_FORMATS = [error_format for dialect in DIALECTS for error_format in dialect.error_formats]
_HEADINGS = {
    "krea": "Krea",
    "fal": "fal Assets",
    "fal-platform-storage": "fal storage settings",
    "fal-storage": "fal uploads",
    "heygen_v1": "HeyGen v1",
    "heygen_v3": "HeyGen v3",
    "native": "native",
}


def _family(error: type[LibraryError]) -> Iterator[type[LibraryError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == LibraryError.__module__:
            yield from _family(child)


def _cell(error: type[LibraryError], error_format: ErrorFormat) -> str:
    mapping = error_format.mapping(error)
    return f"{mapping.status} `{mapping.code}`" if mapping.code else str(mapping.status)


def table() -> str:
    """One row for each class of `errors.py`, one column for each error format."""
    headings = [_HEADINGS[error_format.name] for error_format in _ERROR_FORMATS]
    lines = ["| error | " + " | ".join(headings) + " |", "|---" * (len(headings) + 1) + "|"]
    for error in _family(LibraryError):
        cells = [_cell(error, error_format) for error_format in _ERROR_FORMATS]
        lines.append(f"| `{error.__name__}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
