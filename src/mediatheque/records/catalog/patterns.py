"""LIKE patterns."""

import re

_SPECIAL = re.compile(r"([\\%_])")


def containing(text: str) -> str:
    """A pattern for what has exactly this text in it: LIKE's own signs are escaped."""
    return "%" + _SPECIAL.sub(r"\\\1", text) + "%"
