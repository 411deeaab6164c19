"""LIKE patterns."""

import re

_SPECIAL = re.compile(r"([\\%_])")


def like_pattern(text: str) -> str:
    """A pattern for what has exactly this text in it: LIKE's own signs are escaped."""
    return "%" + _SPECIAL.sub(r"\\\1", text) + "%"
