"""What a file says about itself."""

from typing import Any

import msgspec


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """How a generator says that it made the file. What it does not say is None.

    `tool` is the generator's name in lower case. `sampler` and `scheduler` are in the tool's own words, `width` and
    `height` in pixels as generated, before any enlargement. `workflow` is the tool's graph.
    """

    tool: str
    prompt: str | None = None
    negative_prompt: str | None = None
    model: str | None = None
    seed: int | None = None
    steps: int | None = None
    sampler: str | None = None
    scheduler: str | None = None
    cfg_scale: float | None = None
    width: int | None = None
    height: int | None = None
    workflow: dict[str, Any] | None = None


class EmbeddedMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes say: `data` by the standard it is written in (`exif`, `xmp`, ...), and how they were generated.

    `cut` and `unreadable` in `data` name what was left out for its size, or is damaged.
    """

    data: dict[str, Any] = {}
    generation: Generation | None = None
