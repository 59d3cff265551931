"""Maps as inline SVG: each municipality a link, in the shade of a figure that the page chooses.

The shade of figure number n is the class `n` and a letter or digit; the style sheet shows those of
the chosen figure, so choosing needs no script.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby, pairwise

from introstat.release.report.geometry import Polygon, counties, municipalities
from introstat.site.charts import ticks_to
from introstat.site.tables import Cell

HEIGHT = 760
SHADES = 5
UNSEEN, FEW = "0", "f"


@dataclass(frozen=True)
class Classes:
    """The classes of a figure on the map: from where each begins, and what legends say of them."""

    starts: tuple[int, ...]
    decimals: int

    def of(self, cell: Cell) -> str:
        """The class of a figure, 1 to 5."""
        assert cell.number is not None
        return str(max(1, sum(cell.number >= start for start in self.starts)))


@dataclass(frozen=True)
class Area:
    """A municipality on a map: code and name, where it leads, its class in each figure."""

    code: str
    name: str
    path: str
    classes: Sequence[str]


def classes_of(cells: Sequence[Cell]) -> Classes:
    """At most five classes of one width over the figures, with round borders."""
    shown = [cell for cell in cells if cell.number is not None]
    if not shown:
        return Classes((), 0)
    decimals = shown[0].decimals
    unit = 10**decimals
    values = sorted(cell.number or 0 for cell in shown)
    low, high = values[0], values[-1]
    # Few large towns and many small places: classes that grow tell the small ones apart.
    if low * 20 < high:
        powers = (10**power * unit for power in range(1, 10))
        grown = [each * n for each in powers for n in (1, 2, 5) if low < each * n <= high]
        steps = min(len(grown), SHADES - 1)
        chosen = (grown[round(at * (len(grown) - 1) / max(1, steps - 1))] for at in range(steps))
        return Classes((low, *chosen), decimals)
    ticks = ticks_to((high - low) / unit)
    step = int(ticks[1] * unit)
    first = low // step * step
    starts = list(range(first, high + 1, step))[:SHADES]
    return Classes(tuple(starts), decimals)


def country_map(year: int, areas: Sequence[Area], title: str, described: str) -> str:
    """Draw every municipality, with the counties' borders over them."""
    drawn = _on_paper(year)
    shapes = "".join(_link(area, drawn[area.code]) for area in areas if area.code in drawn)
    borders = "".join(_shape(polygons, *_frame(year)) for polygons in counties(year).values())
    width = _width(year)
    return (
        f'<svg class="country" viewBox="0 0 {width} {HEIGHT}" role="group" aria-labelledby="map-t '
        f'map-d"><title id="map-t">{escape(title)}</title><desc id="map-d">{escape(described)}'
        f'</desc>{shapes}<path class="borders" d="{borders}"/></svg>'
    )


def county_map(
    year: int, county: str, areas: Sequence[Area], title: str, described: str
) -> str | None:
    """Draw the municipalities of one county; None where the county is not on the map."""
    polygons = municipalities(year)
    known = [area for area in areas if area.code in polygons]
    if not known or county not in counties(year):
        return None
    own = {area.code: polygons[area.code] for area in known}
    points = [p for every in own.values() for rings in every for ring in rings for p in ring]
    left, top = min(x for x, _ in points), max(y for _, y in points)
    high, wide = top - min(y for _, y in points), max(x for x, _ in points) - left
    unit = max(high, wide) / 440
    shapes = "".join(_link(area, _shape(own[area.code], left, top, unit)) for area in known)
    return (
        f'<svg class="county" viewBox="-2 -2 {wide / unit + 4:.0f} {high / unit + 4:.0f}" '
        f'role="group" aria-labelledby="map-t map-d"><title id="map-t">{escape(title)}</title>'
        f'<desc id="map-d">{escape(described)}</desc>{shapes}</svg>'
    )


def _link(area: Area, shape: str) -> str:
    classes = " ".join(f"{'abcd'[at]}{each}" for at, each in enumerate(area.classes))
    return (
        f'<a href="{escape(area.path)}" data-c="{area.code}" tabindex="-1">'
        f'<title>{escape(area.name)}</title><path class="{classes}" d="{shape}"/></a>'
    )


@cache
def _on_paper(year: int) -> dict[str, str]:
    frame = _frame(year)
    return {code: _shape(polygons, *frame) for code, polygons in municipalities(year).items()}


@cache
def _frame(year: int) -> tuple[float, float, float]:
    """The map's left and top edge, and how many metres a unit of the picture is."""
    points = _points(year)
    left, top = min(x for x, _ in points), max(y for _, y in points)
    return left, top, (top - min(y for _, y in points)) / HEIGHT


@cache
def _width(year: int) -> int:
    left, _, unit = _frame(year)
    return round((max(x for x, _ in _points(year)) - left) / unit)


@cache
def _points(year: int) -> list[tuple[float, float]]:
    every = municipalities(year).values()
    return [p for polygons in every for rings in polygons for ring in rings for p in ring]


def _shape(polygons: Sequence[Polygon], left: float, top: float, unit: float) -> str:
    """The rings of an area as a path in whole units, each point the step from the one before.

    Islands smaller than a unit are left out where the area has anything larger.
    """
    rings = []
    for ring in (ring for rings in polygons for ring in rings):
        on_paper = [(round((x - left) / unit), round((top - y) / unit)) for x, y in ring]
        rings.append([point for point, _ in groupby(on_paper)][:-1])
    large = [points for points in rings if len(points) > 2]
    if not large:
        x, y = rings[0][0] if rings[0] else on_paper[0]
        large = [[(x, y), (x + 1, y), (x + 1, y + 1)]]
    return "".join(_path(points) for points in large).replace(" -", "-")


def _path(points: Sequence[tuple[int, int]]) -> str:
    steps = [f"{x2 - x1} {y2 - y1}" for (x1, y1), (x2, y2) in pairwise(points)]
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z"


def legend(classes: Classes, write: Callable[[Cell], str]) -> list[tuple[str, str]]:
    """The classes with their ranges, the highest first."""
    found = []
    for at, start in reversed(list(enumerate(classes.starts, 1))):
        low = write(Cell(start, "", classes.decimals, False))
        if at == len(classes.starts):
            words = f"{low}–"
        else:
            high = write(Cell(classes.starts[at] - 1, "", classes.decimals, False))
            words = low if high == low else f"{low}–{high}"
        found.append((str(at), words))
    return found
