"""What a workspace stores, and what it may store."""

from collections.abc import Mapping
from datetime import date

import msgspec

from mediatheque.model.media import Kind


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace may store; None is no limit."""

    max_bytes: int | None = None
    max_assets: int | None = None


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An amount: bytes, each content counted once, and assets, those in the trash among them."""

    bytes: int = 0
    assets: int = 0


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace stores at one moment, in all and by kind."""

    total: Stored
    by_kind: Mapping[Kind, Stored]


class UsageDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace stored at the end of a day (UTC), and what was added and removed on that day."""

    day: date
    stored: Stored
    added: Stored
    removed: Stored
