"""The text that AUTOMATIC1111's web UI writes as `parameters`, its forks too, and many tools for their sake.

The prompt, a line `Negative prompt:` and more of its lines, then one line of names and values.
"""

import re
from collections.abc import Mapping

from mediatheque.media.metadata.generation.values import integer, number, size, text
from mediatheque.model import Generation

_VALUE = re.compile(r'\s*(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_LINE = re.compile(r"^[ \t]*Steps: ?\d+", re.MULTILINE)
_NEGATIVE = re.compile(r"^[ \t]*Negative prompt:", re.MULTILINE)
_MAX_LINE = 20_000
_MAX_TEXT = 200_000


def read(texts: Mapping[str, str]) -> Generation | None:
    """Return what `parameters` says; None when the text is not of that form."""
    return parse(texts.get("parameters", ""))


def parse(parameters: str) -> Generation | None:
    """Return what the text says. The line of values is the last one that begins with `Steps:`."""
    parameters = parameters[:_MAX_TEXT].replace("\r\n", "\n")
    lines = list(_LINE.finditer(parameters))
    if not lines:
        return None
    line = lines[-1]
    values = dict(_VALUE.findall(" ".join(parameters[line.start() :][:_MAX_LINE].split())))
    negative = _NEGATIVE.search(parameters, 0, line.start())
    width, height = size(values.get("Size"))
    return Generation(
        tool=_tool(values.get("Version", "")),
        prompt=text(parameters[: (negative or line).start()].strip()),
        negative_prompt=text(parameters[negative.end() : line.start()].strip()) if negative else None,
        model=text(values.get("Model") or values.get("Model hash")),
        seed=integer(values.get("Seed")),
        steps=integer(values.get("Steps")),
        sampler=text(values.get("Sampler")),
        scheduler=text(values.get("Schedule type")),
        cfg_scale=number(values.get("CFG scale")),
        width=width,
        height=height,
    )


def _tool(version: str) -> str:
    """Forge's versions begin with an f; some tools write their own name as the version."""
    version = version.lower()
    for name in ("comfyui", "fooocus"):
        if name in version:
            return name
    return "forge" if re.match(r"f\d|neo", version) else "automatic1111"
