"""Values of settings as people write them: `yes`, `5 GiB`, `1h30m`, `5.36870912e+09`."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from mediatheque import environment

_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y", "t", "enable", "enabled"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n", "f", "disable", "disabled"), False),
}
_SIZES: dict[str, float] = {unit: float(1024**power) for power, unit in enumerate(("", "k", "m", "g", "t"))}
"""MB is read as MiB, as in the limits of the vendors."""
_SIZE = re.compile(r"(?P<number>[\d_.]+(?:e[+-]?\d+)?)\s*(?P<unit>[kmgt]?)(?:i?b|i|bytes?)?", re.IGNORECASE)
_SECONDS: dict[str, float] = {
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
}
_DURATION = re.compile(r"(?P<number>[\d_.]+(?:e[+-]?\d+)?)\s*(?P<unit>[a-z]*)\s*", re.IGNORECASE)


def convert(key: str, hint: Any, text: str) -> Any:
    """Return the value of a setting, whose type is `hint`; None when the text stands for no value.

    What the unit of a number is, its name tells: `max_bytes`, `idle_seconds`. Raises ValueError with what is wrong.
    """
    if getattr(hint, "__origin__", None) is tuple:
        return environment.parts(text)
    if key in ("database.url", "database.direct_url") and "://" not in text:
        text = " ".join(text.splitlines())  # a conninfo may have its keywords on lines of their own
    text = environment.clean(text)
    kinds = get_args(hint) or (hint,)
    is_ambiguous = bool in kinds and text.lower() == "none"  # no value, or no worker?
    if environment.is_absent(text) and not is_ambiguous:
        return None
    if bool in kinds:
        return boolean(text)
    if int in kinds or float in kinds:
        return _quantity(key, text, is_whole=int in kinds)
    return str(Path(text).expanduser()) if Path in kinds else text


def boolean(text: str) -> bool:
    """Read true or false. Raises ValueError for anything else."""
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(f"expected true or false, not {text!r}") from None


def number(text: str) -> float:
    """Read a number. Raises ValueError for anything else."""
    return _number(text, f"expected a number, not {text!r}")


def size(text: str) -> float:
    """Read bytes, with a unit or without: `5GiB`, `512 MB`. Raises ValueError for anything else."""
    problem = f"expected bytes, such as 536870912 or 512MiB, not {text!r}"
    found = _SIZE.fullmatch(text)
    if not found:
        return _number(text, problem)
    return _number(found["number"], problem) * _SIZES[found["unit"].lower()]


def duration(text: str) -> float:
    """Read seconds, with units or without: `30`, `500ms`, `1h30m`. Raises ValueError for anything else."""
    problem = f"expected seconds, such as 90 or 1m30s, not {text!r}"
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text or any(not part["unit"] for part in parts[:-1]):
        return _number(text, problem)
    return math.fsum(_number(part["number"], problem) * _unit(_SECONDS, part["unit"], problem) for part in parts)


def _quantity(key: str, text: str, *, is_whole: bool) -> float:
    if key.endswith(("_bytes", "_rate")):
        value = size(text)
    elif key.endswith(("seconds", "timeout", "max_age")):
        value = duration(text)
    else:
        value = number(text)
    if is_whole and not value.is_integer():
        raise ValueError(f"expected a whole number, not {text!r}")
    return int(value) if is_whole else value


def _unit(units: Mapping[str, float], name: str, problem: str) -> float:
    try:
        return units[name.lower()]
    except KeyError:
        raise ValueError(problem) from None


def _number(text: str, problem: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(problem) from None
    if not math.isfinite(value):
        raise ValueError(problem)
    return value
