"""The county map: each county in the shade of its figure, and a legend that names them all."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import altair as alt

from introstat.disclosure.published import HIDDEN, LEFT_OUT
from introstat.release.report.drawing import INK, QUIET, Drawn, inline, svg
from introstat.release.report.geometry import Polygon, Ring
from introstat.release.report.text import Given, Mark, Number, Text, plain
from introstat.written import NO_BREAK, percent_sign

# From light to dark in one hue: the order is seen in grey and by colour-blind readers too.
SHADES = ("#dbe7f2", "#aec8e0", "#7ea5ca", "#41709f", "#1f3f66")
ON_DARK = "#ffffff"
_HEIGHT = 440
_LEGEND = (330, 118)
"""Where the legend begins: right of the south, below Finnmark."""
_WRAP = 44
_LINE_HEIGHT, _GAP, _FONT = 16, 9, 12
_HATCH = 5
# How a county without a figure is hatched, by its sign; any other is left white.
_SLOPES = {HIDDEN: 1, LEFT_OUT: -1}


@dataclass(frozen=True)
class Area:
    """A county with its figure, or the sign in its place."""

    code: str
    name: Text
    figure: Number | Mark


@dataclass(frozen=True)
class _Class:
    """Figures from `low` to `high`, both whole percents, and their shade."""

    low: int
    high: int
    shade: str

    @property
    def range(self) -> Given:
        span = str(self.low) if self.low == self.high else f"{self.low}–{self.high}"
        return Given(span + percent_sign(), "axis")


def county_map(
    areas: Sequence[Area],
    counties: Mapping[str, Sequence[Polygon]],
    heading: Text,
    signs: Mapping[str, Text],
) -> Drawn:
    """Draw the map of a percentage, in whole percents.

    `heading` stands over the legend; `signs` says what each sign of a county without a figure
    means.
    """
    rings = _on_paper({area.code: counties[area.code] for area in areas})
    shown = [(each, each.figure) for each in ranked(areas) if isinstance(each.figure, Number)]
    classes = _classes([figure.plain for _, figure in shown])
    shade = {area.code: _class_of(figure, classes).shade for area, figure in shown}
    legend = _Legend()
    legend.line((heading,), bold=True)
    for each in reversed(classes):
        named = [
            (*area.name, NO_BREAK, figure)
            for area, figure in shown
            if _class_of(figure, classes) == each
        ]
        if named:
            legend.entry((each.range,), named, each.shade)
    fills = [_feature("Polygon", rings[code], colour) for code, colour in shade.items()]
    lines: list[dict[str, Any]] = []
    for sign in dict.fromkeys(a.figure.sign for a in areas if isinstance(a.figure, Mark)):
        without = [a for a in areas if isinstance(a.figure, Mark) and a.figure.sign == sign]
        swatch = legend.entry(signs[sign], [area.name for area in without], ON_DARK)
        for found in (*(rings[area.code] for area in without), [swatch]):
            if sign in _SLOPES:
                lines.append(_feature("MultiLineString", _hatched(found, _SLOPES[sign]), QUIET))
        fills += [_feature("Polygon", rings[area.code], ON_DARK) for area in without]
    fills += legend.swatches
    labels, leaders = _labels(
        [(rings[area.code], figure, shade[area.code]) for area, figure in shown], rings
    )
    texts: list[Text] = [*legend.texts, *((figure,) for _, figure in shown)]
    layers = _layers(fills, lines, leaders, labels, legend.rows)
    return Drawn(svg(layers, max(_HEIGHT, legend.bottom)), tuple(texts))


def ranked(areas: Sequence[Area]) -> list[Area]:
    """Those with a figure, the largest first; equal ones by name."""
    shown = [(each.figure.plain, each) for each in areas if isinstance(each.figure, Number)]
    return [each for _, each in sorted(shown, key=lambda pair: (-pair[0], plain(pair[1].name)))]


def _layers(
    fills: list[dict[str, Any]],
    lines: list[dict[str, Any]],
    leaders: list[dict[str, Any]],
    labels: list[dict[str, Any]],
    legend: list[dict[str, Any]],
) -> list[Any]:
    """The layers from below: areas, hatching, lines to labels, labels, legend."""
    # The coordinates are the picture's own already.
    paper: Any = {"type": "identity", "scale": 1, "translate": [0, 0]}
    colour: Any = alt.Color("properties.colour:N", scale=None, legend=None)
    x, y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    areas = alt.Chart(inline(fills)).project(**paper)
    hatching = alt.Chart(inline(lines)).project(**paper)
    # Paths to clip by would be numbered on and on, and bytes not repeat; nothing lies outside.
    border: Any = {"stroke": QUIET, "strokeWidth": 0.6, "strokeJoin": "round", "clip": False}
    layers = [areas.mark_geoshape(**border).encode(fill=colour)]
    if lines:
        thin: Any = {"filled": False, "stroke": QUIET, "strokeWidth": 0.8, "clip": False}
        layers.append(hatching.mark_geoshape(**thin))
    if leaders:
        layers.append(
            alt.Chart(inline(leaders))
            .mark_rule(color=INK, strokeWidth=0.8)
            .encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
        )
    own: dict[str, Any] = {
        "align": alt.ExprRef("datum.align"),
        "fontWeight": alt.ExprRef("datum.weight"),
    }
    texts = alt.Chart(inline([*labels, *legend]))
    layers.append(
        texts.mark_text(baseline="middle", fontSize=_FONT, **own).encode(
            x=x, y=y, text="text:N", color=alt.Color("colour:N", scale=None)
        )
    )
    return layers


class _Legend:
    """The legend while it is written, from its place downwards."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.swatches: list[dict[str, Any]] = []
        self.texts: list[Text] = []
        self.bottom: float = _LEGEND[1]

    def line(self, pieces: Sequence[Text], *, bold: bool = False, at: float = 0) -> None:
        """Write texts with commas between, in as many lines as they need."""
        said = ", ".join(map(_kept_together, pieces))
        for words in textwrap.wrap(said, _WRAP, break_long_words=False, break_on_hyphens=False):
            self.rows.append(_text(words, _LEGEND[0] + at, self.bottom, INK, 600 if bold else 400))
            self.bottom += _LINE_HEIGHT
        self.texts += pieces

    def entry(self, title: Text, named: Sequence[Text], colour: str) -> Ring:
        """Write a swatch with its title and the counties that have it; return the swatch."""
        self.bottom += _GAP
        x, y = _LEGEND[0], self.bottom
        corners = ((x, y - 6.5), (x + 18, y - 6.5), (x + 18, y + 6.5), (x, y + 6.5))
        swatch: Ring = (*corners, corners[0])
        self.swatches.append(_feature("Polygon", [swatch], colour))
        self.line([title], bold=True, at=26)
        if named:
            self.line(named, at=26)
        return swatch


def _kept_together(piece: Text) -> str:
    """A name and its figure on one line, if a line is long enough for them."""
    words = plain(piece)
    return words.replace(" ", NO_BREAK) if len(words) < _WRAP else words


def _classes(values: Sequence[float]) -> list[_Class]:
    """At most as many classes as there are shades, of one width, all whole percents."""
    if not values:
        return []
    low, high = int(min(values)), int(max(values))
    width = -(-(high - low + 1) // len(SHADES))
    starts = range(low, high + 1, width)
    # Few classes take shades that lie far apart.
    apart = (len(SHADES) - 1) / max(1, len(starts) - 1)
    return [
        _Class(start, min(start + width - 1, high), SHADES[round(number * apart)])
        for number, start in enumerate(starts)
    ]


def _class_of(figure: Number, classes: Sequence[_Class]) -> _Class:
    return next(each for each in reversed(classes) if figure.plain >= each.low)


def _on_paper(counties: Mapping[str, Sequence[Polygon]]) -> dict[str, list[Ring]]:
    """Every ring of each county in the picture's units, y downwards."""
    points = [point for every in counties.values() for rings in every for r in rings for point in r]
    left, top = min(x for x, _ in points), max(y for _, y in points)
    unit = (top - min(y for _, y in points)) / (_HEIGHT - 2)
    return {
        code: [
            tuple((round((x - left) / unit + 1, 1), round((top - y) / unit + 1, 1)) for x, y in r)
            for rings in every
            for r in rings
        ]
        for code, every in counties.items()
    }


def _chords(rings: Iterable[Ring], level: float) -> list[tuple[float, float]]:
    """The pieces of a level line that lie within the rings, from left to right."""
    crossed = sorted(
        x + (level - y) * (x2 - x) / (y2 - y)
        for ring in rings
        for (x, y), (x2, y2) in pairwise(ring)
        if (y <= level) != (y2 <= level)
    )
    return list(zip(crossed[::2], crossed[1::2], strict=True))


def _hatched(rings: Sequence[Ring], slope: int) -> list[Ring]:
    """Slanting lines within the rings: level lines in rings that are turned, turned back."""
    turned = [tuple((x - slope * y, x + slope * y) for x, y in ring) for ring in rings]
    levels = [level for ring in turned for _, level in ring]
    first, last = int(min(levels) // _HATCH), int(max(levels) // _HATCH)
    return [
        tuple(
            (round((along + level) / 2, 1), round(slope * (level - along) / 2, 1))
            for along in chord
        )
        for level in (_HATCH * (number + 0.5) for number in range(first, last + 1))
        for chord in _chords(turned, level)
    ]


def _labels(
    drawn: Sequence[tuple[Sequence[Ring], Number, str]], rings: Mapping[str, Sequence[Ring]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The figures within their counties; beside the country, with a line, where there is no room.

    Returns the texts and the lines. The smallest counties come first: the others keep clear of
    their lines.
    """
    everywhere = [ring for every in rings.values() for ring in every]
    texts: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for own, figure, shade in sorted(drawn, key=lambda each: _roomiest(each[0], [])[0]):
        room, x, y = _roomiest(own, lines)
        if room >= 0.56 * _FONT * len(figure.text):
            ink = ON_DARK if shade in SHADES[-2:] else INK
            texts.append(_text(figure.text, x, y, ink, 600, "center"))
            continue
        level = min(
            (y + step for step in range(-60, 61) if _is_free(y + step, lines)),
            key=lambda found: abs(found - y),
        )
        near = [end for step in (-6, 0, 6) for _, end in _chords(everywhere, level + step)]
        beside = max([x, *near]) + 14
        lines.append({"x": x, "y": y, "x2": beside - 3, "y2": level})
        texts.append(_text(figure.text, beside, level, INK, 600))
    return texts, lines


def _is_free(level: float, lines: Sequence[Mapping[str, float]]) -> bool:
    """Whether no label beside the country stands at this level."""
    return all(abs(line["y2"] - level) >= _FONT + 1 for line in lines)


def _roomiest(
    rings: Sequence[Ring], lines: Sequence[Mapping[str, float]]
) -> tuple[float, float, float]:
    """Where a line of text has most room within the rings: how much, and its middle.

    `lines` to labels of other counties are kept clear of.
    """
    levels = [y for ring in rings for _, y in ring]
    best = (0.0, *rings[0][0])
    for level in range(int(min(levels)), int(max(levels)) + 1, 2):
        above, own, below = (_chords(rings, level + step) for step in (-_FONT / 3, 0, _FONT / 3))
        for chords in product(above, own, below):
            left, right = max(a for a, _ in chords), min(b for _, b in chords)
            if not any(_crosses(line, level, right) for line in lines):
                best = max(best, (right - left, (left + right) / 2, float(level)))
    return best


def _crosses(line: Mapping[str, float], level: float, right: float) -> bool:
    """Whether a line to a label goes through a text that ends at `right` on this level."""
    low, high = sorted((line["y"], line["y2"]))
    return low - _FONT / 2 < level < high + _FONT / 2 and line["x"] < right


def _feature(kind: str, coordinates: Sequence[Ring], colour: str) -> dict[str, Any]:
    """Rings or lines for the picture; each ring a polygon of its own would fill its holes."""
    return {
        "type": "Feature",
        "properties": {"colour": colour},
        "geometry": {"type": kind, "coordinates": [list(map(list, each)) for each in coordinates]},
    }


def _text(
    words: str, x: float, y: float, colour: str, weight: int, align: str = "left"
) -> dict[str, Any]:
    return {"text": words, "x": x, "y": y, "colour": colour, "weight": weight, "align": align}
