"""The report's charts.

A picture takes its labels ready-written, so it shows the very texts that stand in the tables.
"""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import altair as alt

from introstat import written
from introstat.release.report.drawing import INK, QUIET, Drawn, inline, svg
from introstat.release.report.text import Given, Number, Text, plain
from introstat.written import percent_sign

_ROW = 18
LINE_HEIGHT = 200
COLOURS = {"": "#41709f", "own": "#1f3f66", "total": "#1b2a3a", "1": "#1f3f66", "2": "#b0521c"}
_DASHES = {"total": [1, 0], "1": [1, 0], "2": [6, 3]}
_LABEL_GAP = 17
_WRAP = 38
_LINES = "split(datum.label, '\\n')"
_AT_THE_END: dict[str, Any] = {
    "align": alt.ExprRef("datum.is_inside ? 'right' : 'left'"),
    "dx": alt.ExprRef("datum.is_inside ? -6 : 5"),
    "fill": alt.ExprRef(f"datum.is_inside ? '#ffffff' : '{INK}'"),
}


@dataclass(frozen=True)
class Bar:
    """A bar with its label, and the series (or emphasis) it is coloured by."""

    label: Text
    figure: Number
    series: str = ""


@dataclass(frozen=True)
class Line:
    """A line over the periods; None where a period has no figure that is shown."""

    series: str
    name: str
    figures: tuple[Number | None, ...]


@dataclass(frozen=True)
class Break:
    """A mark in a time series: before which period, and until before which (None: a line)."""

    label: str
    first: int
    end: int | None


@dataclass(frozen=True)
class ChartInterval:
    """A point between a low and a high, in percent."""

    label: Text
    low: Number
    point: Number
    high: Number


def bars(
    drawn: Sequence[Bar],
    series: Sequence[tuple[str, str]] = (),
    limit: tuple[Number | Given, float, str] | None = None,
) -> Drawn:
    """Draw bars from the left, one row a label, in the order given, figures at their ends.

    `series`: code and name, where a label has a bar for each. `limit`: a line across, and its text.
    """
    labels = list(dict.fromkeys(_wrapped(bar.label) for bar in drawn))
    codes = [code for code, _ in series] or sorted({bar.series for bar in drawn})
    names = [name for _, name in series] or codes
    most = max([bar.figure.plain for bar in drawn] + ([limit[1]] if limit else []) + [0.0]) or 1.0
    rows = [
        {
            "label": _wrapped(bar.label),
            "value": bar.figure.plain,
            "text": bar.figure.text,
            "series": bar.series,
            # Beside the bar, or in it where the limit's line would go through the figure.
            "is_inside": limit is not None and 0 <= limit[1] - bar.figure.plain < 0.11 * most,
        }
        for bar in drawn
    ]
    # Rows are of one height: two labels of more lines than one must not meet.
    lines = [label.count("\n") + 1 for label in labels]
    most_lines = max([one + next_one for one, next_one in pairwise(lines)], default=2)
    per_row = _ROW * (0.8 * len(series) + 0.3 if series else 1)
    height = max(per_row, 7.5 * most_lines + 2) * len(labels)
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y(
            "label:N",
            sort=labels,
            axis=alt.Axis(
                title=None,
                labelExpr=_LINES,
                labelLimit=300,
                labelOffset=alt.ExprRef(f"-7.5 * (length({_LINES}) - 1)"),
            ),
            scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
        ),
        x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, most * 1.12], nice=False)),
    )
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=codes, range=[COLOURS[code] for code in codes]),
        legend=_legend(codes, names) if series else None,
    )
    if series:
        base = base.encode(yOffset=alt.YOffset("series:N", sort=codes))
    layers: list[Any] = [
        base.mark_bar().encode(color=colour),
        base.mark_text(**_AT_THE_END).encode(text="text:N"),
    ]
    texts = [bar.label for bar in drawn] + [(bar.figure,) for bar in drawn]
    if limit:
        number, at, text = limit
        marked = alt.Chart(inline([{"value": at, "text": text}]))
        rule = marked.mark_rule(color=COLOURS["2"], strokeWidth=1.5, strokeDash=[5, 3])
        said = marked.mark_text(align="left", dx=4, dy=4, baseline="top", color="#8a3f12")
        layers += [
            rule.encode(x="value:Q"),
            said.encode(x="value:Q", y=alt.value(height), text="text:N"),
        ]
        texts.append((number,))
    return Drawn(svg(layers, height), tuple(texts))


def line(
    periods: Sequence[Given],
    lines: Sequence[Line],
    breaks: Sequence[Break],
    *,
    percent: bool = False,
    height: int = LINE_HEIGHT,
) -> Drawn:
    """Draw figures over periods from zero up, each line named at its end."""
    shown = [figure.plain for each in lines for figure in each.figures if figure is not None]
    ticks = _ticks(max(shown, default=1.0))
    top = ticks[-1]
    last = len(periods) - 1
    # A period without a figure is a row without a value: the line has a gap there.
    rows = [
        {"at": at, "value": figure and figure.plain, "series": each.series}
        for each in lines
        for at, figure in enumerate(each.figures)
    ]
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(
            domain=[each.series for each in lines], range=[COLOURS[each.series] for each in lines]
        ),
        legend=None,
    )
    names = [_wrapped_period(period) for period in periods]
    every = math.ceil(len(periods) / 10)
    x = alt.X(
        "at:Q",
        scale=alt.Scale(domain=[-0.3, last + 0.3 + 0.22 * max(last, 1)], nice=False),
        axis=alt.Axis(
            values=[at for at in range(len(periods)) if (last - at) % every == 0],
            labelExpr=f"split({names!r}[datum.value], '\\n')",
            title=None,
            grid=False,
            labelAngle=0,
            labelOverlap=False,
        ),
    )
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[0, top * 1.08], nice=False),
        axis=alt.Axis(values=ticks, title=None, grid=True, domain=False, ticks=False),
    )
    layers: list[Any] = [*_breaks(breaks, top * 1.08)]
    base = alt.Chart(inline(rows)).encode(x=x, y=y, color=colour)
    dashes = alt.StrokeDash(
        "series:N",
        scale=alt.Scale(
            domain=[each.series for each in lines], range=[_DASHES[each.series] for each in lines]
        ),
        legend=None,
    )
    layers += [
        base.mark_line(strokeWidth=2.2).encode(strokeDash=dashes),
        base.mark_point(filled=True, size=36, opacity=1),
    ]
    ends = _ends(lines, top * 1.08 / height)
    unit = percent_sign() if percent else ""
    labels = [
        {
            "at": at,
            "value": level,
            "series": each.series,
            "text": f"{each.name} {figure.text}{unit}",
        }
        for each, at, level, figure in ends
    ]
    layers.append(
        alt.Chart(inline(labels))
        .mark_text(align="left", dx=8, fontWeight=600)
        .encode(x=x, y=y, color=colour, text="text:N")
    )
    texts: list[Text] = [(period,) for period in periods]
    texts += [(figure,) for _, _, _, figure in ends]
    texts += [(Given(_whole(tick), "axis"),) for tick in ticks]
    return Drawn(svg(layers, height), tuple(texts))


def intervals(drawn: Sequence[ChartInterval]) -> Drawn:
    """Draw points with their intervals between 0 and 100 percent."""
    rows = [
        {
            "label": _wrapped(each.label),
            "low": each.low.plain,
            "point": each.point.plain,
            "high": each.high.plain,
            "text": each.point.text + percent_sign(),
        }
        for each in drawn
    ]
    ticks = [0.0, 25.0, 50.0, 75.0, 100.0]
    scale = alt.Scale(domain=[0, 100], nice=False)
    y = alt.Y("label:N", sort=[_wrapped(each.label) for each in drawn], axis=alt.Axis(title=None))
    base = alt.Chart(inline(rows)).encode(y=y)
    axis = alt.Axis(values=ticks, title=None, grid=True, domain=False, ticks=False)
    layers = [
        base.mark_bar(height=9, color="#b9cfe6").encode(
            x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"
        ),
        base.mark_point(filled=True, size=70, color=COLOURS["own"], opacity=1).encode(
            x=alt.X("point:Q", scale=scale)
        ),
        base.mark_text(dy=-12, color=INK).encode(x=alt.X("point:Q", scale=scale), text="text:N"),
    ]
    texts: list[Text] = [each.label for each in drawn]
    texts += [(each.point,) for each in drawn]
    texts += [(Given(_whole(tick), "axis"),) for tick in ticks]
    return Drawn(svg(layers, 34 * len(rows)), tuple(texts))


def _wrapped_period(period: Given) -> str:
    """A period's name on two lines."""
    return "\n".join(period.text.rsplit(" ", 1))


def _ends(lines: Sequence[Line], unit: float) -> list[tuple[Line, int, float, Number]]:
    """Each line's last point, and a level for its label that leaves room for the others."""
    ends = []
    for each in lines:
        for at in reversed(range(len(each.figures))):
            figure = each.figures[at]
            if figure is not None:
                ends.append((each, at, figure.plain, figure))
                break
    ends.sort(key=lambda end: end[2])
    placed: list[tuple[Line, int, float, Number]] = []
    level = -math.inf
    for each, at, value, figure in ends:
        level = max(value, level + _LABEL_GAP * unit)
        placed.append((each, at, level, figure))
    return placed


def _breaks(breaks: Sequence[Break], top: float) -> list[Any]:
    layers: list[Any] = []
    for each in breaks:
        at, end = each.first - 0.5, (each.end if each.end is not None else each.first) - 0.5
        rows = inline([{"at": at, "end": end, "top": top, "text": each.label}])
        base = alt.Chart(rows)
        if each.end is None:
            layers.append(base.mark_rule(color=QUIET, strokeDash=[3, 3]).encode(x="at:Q"))
        else:
            layers.append(base.mark_rect(color="#e9eef3").encode(x="at:Q", x2="end:Q"))
        layers.append(
            base.mark_text(align="left", dx=4, dy=8, color=QUIET, fontSize=12).encode(
                x="at:Q", y=alt.Y("top:Q"), text="text:N"
            )
        )
    return layers


def _ticks(most: float) -> list[float]:
    """Round values from 0 to just over the most, four to six of them."""
    if most <= 0:
        return [0.0, 1.0]
    size = 10 ** math.floor(math.log10(most))
    step = next(size * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if most / (size * part) <= 5)
    # Persons are whole, and percents are told so.
    step = max(1, math.ceil(step))
    return [float(step * number) for number in range(math.ceil(most / step) + 1)]


def _whole(value: float) -> str:
    return written.number(Decimal(str(value)), 0)


def _wrapped(label: Text) -> str:
    return "\n".join(textwrap.wrap(plain(label), _WRAP, break_long_words=False))


def _legend(codes: Sequence[str], names: Sequence[str]) -> alt.Legend:
    named = dict(zip(codes, names, strict=True))
    return alt.Legend(
        orient="top", title=None, symbolType="square", labelExpr=f"{named!r}[datum.label]"
    )
