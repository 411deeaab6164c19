"""A statement, and what all of them are asked with."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from mediatheque.model import Asset, EmbeddingModel, Kind
from mediatheque.records.database import Connection

Call = Callable[[Connection], Awaitable[Any]]
TEXT = "a frozen castle"
LISTED = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.MODEL)
"""What fal's lists show."""


class Statement(NamedTuple):
    """`see`: what the plan should show."""

    title: str
    see: str
    call: Call


class Example(NamedTuple):
    """An asset among the first, which have vectors in any case, and the vector of `TEXT`."""

    model: EmbeddingModel
    asset: Asset
    vector: str
