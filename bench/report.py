"""The table of figures."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from bench.measurements import Measurement
from bench.peers import Peer
from bench.run import Rounds

_OURS = "Mediatheque"


def table(rounds: Rounds, measurements: Sequence[Measurement], servers: Sequence[type[Peer]]) -> str:
    """Return a table of medians (lowest to highest round), each with the ratio of Mediatheque's median to it."""
    lines = ["| | " + " | ".join(s.name for s in servers) + " |", "|---" * (len(servers) + 1) + "|"]
    for m in measurements:
        values = rounds.get(m.key, {})
        cells = [_cell(m, values.get(s.name, []), values.get(_OURS, []), s.name) for s in servers]
        direction = ", more is better" if m.more_is_better else ", less is better"
        unit = f", {m.unit}" if m.unit else ""
        lines.append(f"| ({m.key}) {m.title}{unit}{direction} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(measurement: Measurement, values: list[float], ours: list[float], name: str) -> str:
    if not values:
        return "n/a"
    middle = statistics.median(values)
    text = f"**{_format(middle)}**"
    if len(values) > 1 and min(values) != max(values):
        text += f" ({_format(min(values))} - {_format(max(values))})"
    if name != _OURS and ours and measurement.has_ratio and middle:
        text += f"; ours {statistics.median(ours) / middle:.2f} x"
    return text


def _format(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def write(page: Path, name: str, block: str) -> None:
    """Replace the text between the two markers `name` in the page."""
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = page.read_text()
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise SystemExit(f"{page} has no {first} ... {last}")
    page.write_text(f"{before}{first}\n{block}\n{last}{after}")
