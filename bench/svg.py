"""Bar charts as SVG."""

import textwrap
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _LABELS, _BARS = 760, 218, 410
_ROW, _BAR, _HEAD, _GAP, _MARGIN = 24, 16, 30, 14, 18
_CAPTION_CHARACTERS = 118
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


class Colours(NamedTuple):
    page: str
    text: str
    quiet: str
    ours: str
    other: str


SCHEMES = {
    "light": Colours("#ffffff", "#1b2430", "#57606a", "#2f6fbf", "#aab6c5"),
    "dark": Colours("#0d1117", "#e8edf4", "#9aa7b8", "#6aa5ea", "#4a5668"),
}


class Bar(NamedTuple):
    label: str
    value: float
    is_ours: bool = True


class Panel(NamedTuple):
    """Bars with a common scale that begins at zero. `unit` says what is counted, and which direction is better."""

    title: str
    unit: str
    bars: Sequence[Bar]


class Chart(NamedTuple):
    """`name` is the file's without its colours; `caption` names commit and machine."""

    name: str
    title: str
    caption: str
    panels: Sequence[Panel]


def draw(chart: Chart, colours: Colours) -> str:
    """Draw the panels below each other."""
    parts, y = [_text(_MARGIN, _MARGIN + 16, chart.title, "title")], _MARGIN + 16 + _GAP
    for panel in chart.panels:
        parts += _panel(panel, y)
        y += _HEAD + _ROW * len(panel.bars) + _GAP
    for line in textwrap.wrap(chart.caption, _CAPTION_CHARACTERS):
        parts.append(_text(_MARGIN, y + 10, line, "quiet"))
        y += 15
    height = y + _MARGIN
    style = (
        f"text{{fill:{colours.text};font-family:{_FONT};font-size:13px}}"
        f".title{{font-size:16px;font-weight:600}}.head{{font-weight:600}}"
        f".quiet{{fill:{colours.quiet};font-size:12px}}.label{{text-anchor:end}}"
        f".ours{{fill:{colours.ours}}}.other{{fill:{colours.other}}}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" role="img">',
            f"<title>{escape(chart.title)}</title>",
            f"<style>{style}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="{colours.page}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _panel(panel: Panel, y: int) -> list[str]:
    most = max(bar.value for bar in panel.bars) or 1
    head = f'{escape(panel.title)} <tspan class="quiet" font-weight="400">{escape(panel.unit)}</tspan>'
    parts = [f'<text x="{_MARGIN}" y="{y + 18}" class="head">{head}</text>']
    for number, bar in enumerate(panel.bars):
        top = y + _HEAD + number * _ROW
        width = max(1.0, bar.value / most * _BARS)
        middle = top + _BAR - 3
        colour = "ours" if bar.is_ours else "other"
        parts += [
            _text(_LABELS - 8, middle, bar.label, "label"),
            f'<rect x="{_LABELS}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2" class="{colour}"/>',
            _text(_LABELS + round(width) + 8, middle, _number(bar.value), ""),
        ]
    return parts


def _text(x: int, y: int, text: str, of: str) -> str:
    return f'<text x="{x}" y="{y}"' + (f' class="{of}"' if of else "") + f">{escape(text)}</text>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
