"""The client's own metadata of an asset: a JSON object within bounds, changed by JSON merge patches (RFC 7396)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mediatheque.errors import Invalid

MAX_BYTES = 16 * 1024
"""Encoded as JSON without spaces."""
MAX_DEPTH = 8
"""Of objects and arrays in each other; the metadata itself is the first."""
MAX_KEYS = 500
"""In all of its objects together."""
MAX_KEY_LENGTH = 200
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # in JSON it is always escaped, after an even number of backslashes


def check_metadata(metadata: Mapping[str, Any], *, param: str = "metadata") -> None:
    """Raise `Invalid` when the metadata exceeds a bound or contains NUL, which PostgreSQL cannot store."""
    names = [*_names(metadata, MAX_DEPTH, param)]
    if len(names) > MAX_KEYS:
        raise Invalid(f"{param} has more than {MAX_KEYS} keys.", param=param)
    if any(len(name) > MAX_KEY_LENGTH for name in names):
        raise Invalid(f"{param} has a key of more than {MAX_KEY_LENGTH} characters.", param=param)
    encoded = msgspec.json.encode(metadata)
    if len(encoded) > MAX_BYTES:
        raise Invalid(f"{param} is larger than {MAX_BYTES} bytes as JSON.", param=param)
    if _NUL.search(encoded):
        raise Invalid(f"{param} contains a NUL character.", param=param)


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object changed by a JSON merge patch: null removes a key, objects are merged, the rest is replaced."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            below = merged.get(name)
            merged[name] = merge_patch(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def _names(value: Any, levels: int, param: str) -> Iterator[str]:
    """Yield the keys of all objects in the value. Raises `Invalid` when there are more levels."""
    if not isinstance(value, Mapping | list | tuple):
        return
    if not levels:
        raise Invalid(f"{param} is nested deeper than {MAX_DEPTH} levels.", param=param)
    if isinstance(value, Mapping):
        yield from value
    for each in value.values() if isinstance(value, Mapping) else value:
        yield from _names(each, levels - 1, param)
