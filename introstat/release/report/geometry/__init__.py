"""Counties and municipalities as polygons, read from TopoJSON (README.md: source and licence)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]
"""An outer ring and its holes; metres, y up."""

_FOLDER = Path(__file__).parent


@cache
def counties(year: int) -> dict[str, tuple[Polygon, ...]]:
    """Return the counties that a year ended with: code and polygons."""
    return _regions("counties", year)


@cache
def municipalities(year: int) -> dict[str, tuple[Polygon, ...]]:
    """Return the municipalities that a year ended with: code and polygons."""
    return _regions("municipalities", year)


def _regions(kind: str, year: int) -> dict[str, tuple[Polygon, ...]]:
    # By the first year that a file is valid in; the first is valid before as well.
    files = {int(path.stem[-4:]): path for path in sorted(_FOLDER.glob(f"{kind}_*.topojson"))}
    first = max((each for each in files if each <= year), default=min(files))
    topology = json.loads(files[first].read_text(encoding="utf-8"))
    arcs = [_points(arc, topology["transform"]) for arc in topology["arcs"]]
    [collection] = topology["objects"].values()
    return {each["id"]: _polygons(each, arcs) for each in collection["geometries"]}


def _points(arc: list[list[int]], transform: dict[str, list[float]]) -> Ring:
    """An arc in metres: its first point is whole, each later one the step from the one before."""
    (scale_x, scale_y), (zero_x, zero_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + zero_x, y * scale_y + zero_y))
    return tuple(points)


def _polygons(geometry: dict[str, Any], arcs: list[Ring]) -> tuple[Polygon, ...]:
    several = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return tuple(tuple(_ring(numbers, arcs) for numbers in rings) for rings in several)


def _ring(numbers: list[int], arcs: list[Ring]) -> Ring:
    """A ring of arcs, each beginning where the one before ended; ~n is arc n backwards."""
    points: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return tuple(points)
