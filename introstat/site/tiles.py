"""The main figures of a place in one look."""

from dataclasses import dataclass

from introstat.site.place_view import DIRECT, GOAL_GROUP, LEAD_RULE, ONE_YEAR, PlaceView
from introstat.site.tables import Cell


@dataclass(frozen=True)
class Tile:
    """A main figure: its text, what it is, and what county and country have."""

    text: str
    label: str
    beside: list[str]
    cell: Cell


def tiles_of(view: PlaceView) -> list[Tile]:
    """The place in one look."""
    found = [
        _tile(view, "participants", "participants"),
        _tile(view, "hours", "hours_per_week"),
    ]
    found.append(
        _share(view, "direct", "direct_result_2", "exits", "result_group", view.period, DIRECT)
    )
    if view.status_period:
        at = ONE_YEAR | GOAL_GROUP
        found.append(
            _share(
                view, "status", "status", "former_participants", "status_group",
                view.status_period, at,
            )
        )  # fmt: skip
    found.append(
        _share(
            view, "registration", "completeness", "findings", "checked", view.period,
            {"rule_id": LEAD_RULE},
        )
    )  # fmt: skip
    return found


def _tile(view: PlaceView, cube: str, measure: str) -> Tile:
    cells = view.cells(cube, measure)
    text = view.words.marked(cells[0])
    return Tile(text, view.words(f"tile.{cube}"), _beside(view, cells), cells[0])


def _share(
    view: PlaceView, name: str, cube: str, part: str, whole: str, period: str, at: dict[str, str]
) -> Tile:
    """A percentage; of a small base as so many of so many."""
    percents = view.cells(cube, "percent", period, **at)
    count, base = view.part_of(cube, part, whole, period, at)
    own = percents[0]
    text = view.words.marked(own, is_percent=True)
    if view.is_small(base) and count.number is not None:
        text = view.words("tile.few", part=view.words.figure(count), whole=view.words.marked(base))
    return Tile(text, view.words(f"tile.{name}"), _beside(view, percents, is_percent=True), own)


def _beside(view: PlaceView, cells: list[Cell], *, is_percent: bool = False) -> list[str]:
    """What county and country have, in words."""
    return [
        view.words("tile.beside", name=short, value=view.words.marked(other, is_percent=is_percent))
        for (of, _, short, _), other in zip(view.compared, cells, strict=True)
        if of != "own"
    ]
