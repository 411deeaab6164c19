"""The table of the servers, and the page that it is written to."""

import re
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from bench.measurements import Measurement
from bench.peers import Peer
from bench.run import Rounds
from bench.svg import Chart

OURS = "Mediatheque"
Values = Mapping[str, Sequence[float]]
"""Rounds by the name of the server."""
_NOT_MEASURED = "Not measured at this commit yet."


def table(rounds: Rounds, measurements: Sequence[Measurement], servers: Sequence[type[Peer]]) -> str:
    """Return a table of medians (lowest to highest round), each with the ratio of Mediatheque's median to it.

    A variant of Mediatheque has a row of its own, with its ratios to the same figures of the others.
    """
    columns = [s for s in servers if not s.variant]
    lines = ["| | " + " | ".join(s.name for s in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for m in measurements:
        values = rounds.get(m.key, {})
        lines.append(_row(m, m.title, values, columns, OURS))
        for variant in (s for s in servers if s.variant and s.name in values):
            lines.append(_row(m, f"{m.title}, ours {variant.variant}", values, columns, variant.name))
    return "\n".join(lines)


def _row(m: Measurement, title: str, values: Values, columns: Sequence[type[Peer]], ours: str) -> str:
    """`ours` is the server whose figure stands in Mediatheque's column."""
    own = values.get(ours, [])
    cells = [_cell(m, own, []) if s.name == OURS else _cell(m, values.get(s.name, []), own) for s in columns]
    direction = "more" if m.more_is_better else "less"
    return f"| ({m.key}) {title}, {m.unit}, {direction} is better | " + " | ".join(cells) + " |"


def _cell(measurement: Measurement, values: Sequence[float], ours: Sequence[float]) -> str:
    if not values:
        return "n/a"
    middle = statistics.median(values)
    text = f"**{_format(middle)}**"
    if len(values) > 1 and min(values) != max(values):
        text += f" ({_format(min(values))} - {_format(max(values))})"
    if ours and measurement.has_ratio and middle:
        text += f"; ours {statistics.median(ours) / middle:.2f} x"
    return text


def _format(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def pictures(charts: Sequence[Chart]) -> str:
    """Return the markup that shows each chart in the colours of the page."""
    return "\n".join(_picture(chart) for chart in charts)


def _picture(chart: Chart) -> str:
    shown = "; ".join(
        f"{panel.title}: " + ", ".join(f"{bar.label} {bar.value:.3g}" for bar in panel.bars) for panel in chart.panels
    )
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="images/{chart.name}-dark.svg">'
        f'<img src="images/{chart.name}-light.svg" alt="{escape(f"{chart.title}. {shown}")}"></picture>'
    )


def failures(found: Sequence[str]) -> str:
    return "\n".join(f"- failed: {each}" for each in found)


def joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def write(page: Path, blocks: Mapping[str, str], version: str, *, keep: Sequence[str] = ()) -> None:
    """Put the blocks between their markers on the page; empty the other tables unless they are of the same version.

    Those of `keep` stay: they name their own version, and take too long to be measured with the others.
    """
    text = page.read_text()
    for name in re.findall(r"^<!-- (bench [a-z]+) -->$", text, re.MULTILINE):
        before, _, rest = text.partition(f"<!-- {name} -->\n")
        old, end, after = rest.partition(f"<!-- /{name} -->")
        if not end:
            raise SystemExit(f"{page} has no <!-- /{name} -->")
        stale = f"Mediatheque {version}" not in old and name not in keep
        new = blocks.get(name, f"{_NOT_MEASURED}\n" if stale else old)
        text = f"{before}<!-- {name} -->\n{new.rstrip()}\n<!-- /{name} -->{after}"
    if missing := [name for name in blocks if f"<!-- {name} -->" not in text]:
        raise SystemExit(f"{page} has no place for {', '.join(missing)}")
    page.write_text(text)
