"""Charts as inline SVG, small enough for a phone: lines over time, and bars in order.

Colours come from the site's style sheet by class, so a chart follows light, dark and print.
A text is written as it stands in the tables; a hidden figure is its sign on the base line.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from introstat.site.tables import Cell

Scale = Callable[[float], float]
WIDTH, HEIGHT = 340, 166
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 232, 22, 142
_LABEL = 13.0
_ROW, _BAR = 34, 11
_BAR_END = 268


@dataclass(frozen=True)
class Line:
    """A figure over the periods: whose (own, county, country), its name, and its last figure."""

    of: str
    name: str
    cells: Sequence[Cell]
    texts: Sequence[str]


@dataclass(frozen=True)
class Break:
    """A break in a series: before which period (by number), until before which, and its text."""

    first: int
    end: int | None
    label: str


@dataclass(frozen=True)
class Bar:
    """A bar: its label, its figure, and what it is compared with (whose, and the figure)."""

    label: str
    cell: Cell
    text: str
    beside: Sequence[tuple[str, Cell]] = ()


def picture(ident: str, height: float, title: str, described: str, drawn: str) -> str:
    """An SVG with its title and description."""
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-labelledby="{ident}-t {ident}-d"><title id="{ident}-t">{escape(title)}</title>'
        f'<desc id="{ident}-d">{escape(described)}</desc>{drawn}</svg>'
    )


def lines(
    ident: str,
    title: str,
    described: str,
    periods: Sequence[str],
    drawn: Sequence[Line],
    breaks: Sequence[Break] = (),
) -> str:
    """Draw figures over periods from zero up; each line is named, with its last figure, at its end.

    `periods` are names as 2017H2 or 2017.
    """
    values = [c.value for line in drawn for c in line.cells if c.number is not None]
    ticks = ticks_to(max(values, default=0.0))
    top = ticks[-1]
    step = (_RIGHT - _LEFT) / max(1, len(periods) - 1) if len(periods) > 1 else 0
    start = _LEFT if len(periods) > 1 else (_LEFT + _RIGHT) / 2

    def x(at: float) -> float:
        return round(start + 4 + at * (step - 8 / max(1, len(periods) - 1)), 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * value / top, 1)

    parts = []
    for each in breaks:
        at = x(each.first - 0.5)
        if each.end is None:
            parts.append(f'<path class="break" d="M{at} {_TOP - 8}V{_BOTTOM}"/>')
        else:
            width = x(each.end - 0.5) - at
            parts.append(
                f'<rect class="weak" x="{at}" y="{_TOP - 8}" width="{width:g}" '
                f'height="{_BOTTOM - _TOP + 8}"/>'
            )
        anchor = ' text-anchor="end"' if at > 150 else ""
        parts.append(
            f'<text class="q" x="{at - 3 if anchor else at + 3:g}" y="{_TOP - 10}"{anchor}>'
            f"{escape(each.label)}</text>"
        )
    for tick in ticks:
        level = y(tick)
        parts.append(f'<path class="grid" d="M{_LEFT} {level}H{_RIGHT + 6}"/>')
        parts.append(
            f'<text class="q" x="{_LEFT - 5}" y="{level + 4:g}" text-anchor="end">{tick:g}</text>'
        )
    parts += _periods(periods, x)
    for number, line in reversed(list(enumerate(drawn))):
        parts.append(_path(line, _BOTTOM - 3 - 11 * number, x, y))
    parts += _ends(drawn, x, y)
    return picture(ident, HEIGHT, title, described, "".join(parts))


def _periods(periods: Sequence[str], x: Scale) -> list[str]:
    """The years below the axis; of half-years the year stands below its first."""
    shown, last = [], -100.0
    for at, period in enumerate(periods):
        is_first = at == 0 or periods[at - 1][:4] != period[:4]
        if is_first and (x(at) - last >= 34 or at == len(periods) - 1):
            last = x(at)
            text = f'<text class="q" x="{last:g}" y="{_BOTTOM + 16}" text-anchor="middle">'
            shown.append(f"{text}{period[:4]}</text>")
    return shown


def _path(line: Line, level: float, x: Scale, y: Scale) -> str:
    """A line with its points; where a figure is not shown it is broken, and its sign stands."""
    pieces, points, pen = [], [], "M"
    for at, cell in enumerate(line.cells):
        if cell.number is None:
            pen = "M"
            where = f'x="{x(at):g}" y="{level:g}"'
            points.append(f'<text class="s {line.of}" {where}>{cell.sign}</text>')
            continue
        pieces.append(f"{pen}{x(at):g} {y(cell.value):g}")
        pen = "L"
        mark = " p" if cell.is_preliminary else ""
        points.append(
            f'<circle class="{line.of}{mark}" cx="{x(at):g}" cy="{y(cell.value):g}" r="3"/>'
        )
    path = f'<path class="line {line.of}" d="{"".join(pieces)}"/>' if pieces else ""
    return path + "".join(points)


def _ends(drawn: Sequence[Line], x: Scale, y: Scale) -> list[str]:
    """The name and last figure of each line, kept clear of each other."""
    ends = []
    for line in drawn:
        shown = [at for at, cell in enumerate(line.cells) if cell.number is not None]
        if shown:
            ends.append((y(line.cells[shown[-1]].value), x(shown[-1]), line, line.texts[shown[-1]]))
    ends.sort(key=lambda end: end[0])
    levels = [end[0] for end in ends]
    for at in range(1, len(levels)):
        levels[at] = max(levels[at], levels[at - 1] + _LABEL)
    # What was pushed below the picture pushes the others up again.
    floor = float(_BOTTOM + 2)
    for at in reversed(range(len(levels))):
        levels[at] = min(levels[at], floor)
        floor = levels[at] - _LABEL
    return [
        f'<text class="end {line.of}" x="{max(at, _RIGHT - 8) + 8:g}" y="{level + 4:.1f}">'
        f"{escape(line.name)} <tspan>{escape(text)}</tspan></text>"
        for level, (_, at, line, text) in zip(levels, ends, strict=True)
    ]


def bars(ident: str, title: str, described: str, drawn: Sequence[Bar]) -> str:
    """Draw bars in the order given, a label over each, the figure at its end.

    What a bar is compared with is a tick across it: full for the county, open for the country.
    """
    values = [bar.cell.value for bar in drawn if bar.cell.number is not None]
    values += [cell.value for bar in drawn for _, cell in bar.beside if cell.number is not None]
    most = max(values, default=0.0) or 1.0

    def length(cell: Cell) -> float:
        return round(_BAR_END * cell.value / most, 1)

    parts = []
    for number, bar in enumerate(drawn):
        top = number * _ROW
        parts.append(f'<text x="0" y="{top + 12}">{escape(bar.label)}</text>')
        level = top + 17
        if bar.cell.number is None:
            parts.append(f'<text class="s" x="3" y="{level + 10}">{bar.cell.sign}</text>')
            end = 12.0
        else:
            end = length(bar.cell)
            parts.append(
                f'<rect class="own" x="0" y="{level}" width="{max(end, 1):g}" height="{_BAR}"/>'
            )
        for of, cell in bar.beside:
            if cell.number is not None:
                at = length(cell)
                parts.append(f'<path class="tick {of}" d="M{at:g} {level - 2}v{_BAR + 4}"/>')
                end = max(end, at)
        if bar.cell.number is not None:
            parts.append(
                f'<text class="v" x="{end + 6:g}" y="{level + 10}">{escape(bar.text)}</text>'
            )
    return picture(ident, len(drawn) * _ROW + 4, title, described, "".join(parts))


def ticks_to(most: float) -> list[float]:
    """Round values from 0 to the most or just over it, three to five steps."""
    if most <= 0:
        return [0.0, 1.0]
    size = 10 ** math.floor(math.log10(most))
    steps = (size * part for part in (0.25, 0.5, 1, 2, 2.5))
    step = max(1.0, next(step for step in steps if most / step <= 4))
    return [step * number for number in range(math.ceil(most / step) + 1)]
