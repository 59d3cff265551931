"""All that release folders tell, put together: one system of unknown counts over all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product

from tests.intruder.folders import (
    CANNOT_OCCUR,
    HIDDEN,
    LEFT_OUT,
    REFERENCE,
    Cell,
    Release,
    Table,
    added_codes,
    codes_of,
    knowledge,
)
from tests.intruder.places import COUNTRY, COUNTY, LEAF, REST, Regions, regions_of, rests_of
from tests.intruder.system import System

Codes = tuple[tuple[str, str], ...]
Time = tuple[str, str]  # vintage and period


@dataclass(frozen=True)
class Shape:
    """What a table counts, by which dimensions: codes, totals and unseen ones among them."""

    measure: str
    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    in_municipalities: bool

    def combinations(self, without: str = "") -> list[Codes]:
        """Every combination of codes of the dimensions, but for one."""
        names = [name for name, _ in self.dimensions if name != without]
        lists = [codes for name, codes in self.dimensions if name != without]
        return [codes_of(dict(zip(names, codes, strict=True))) for codes in product(*lists)]

    def seen(self, codes: Codes) -> bool:
        """Whether codes have a column in the tables."""
        return not any(knowledge()["unseen"].get(name) == code for name, code in codes)


@dataclass
class Facts:
    """The system of several releases, and the cells worth narrowing.

    `sized` are left-out cells of bare places: each with the cell of its rest, its size and the
    size of the rest.
    """

    releases: Sequence[Release]
    system: System = field(default_factory=System)
    regions: dict[Time, Regions] = field(default_factory=dict)
    fine: dict[Time, Regions] = field(default_factory=dict)
    shapes: dict[Time, dict[Shape, None]] = field(default_factory=dict)
    targets: dict[Cell, None] = field(default_factory=dict)
    sized: dict[Cell, tuple[Cell, Cell, Cell]] = field(default_factory=dict)

    def cell(self, time: Time, measure: str, region: str, codes: Codes = ()) -> Cell:
        """A cell by the name that stands for its region."""
        regions, fine = self.regions.get(time), self.fine.get(time)
        if regions is not None and fine is not None:
            if region in regions.leaves:
                region = regions.one(region)
            elif region in fine.leaves:
                leaves = fine.leaves[region]
                region = regions.own.get(leaves, fine.one(region))
        return Cell(*time, measure, region, codes)

    def known(self, cell: Cell) -> bool:
        """Whether the system has a cell."""
        return cell in self.system.number

    def nodes(self, time: Time, in_municipalities: bool) -> list[str]:
        """The regions that tables of a time are of: all, or counties and the country."""
        regions = self.regions.get(time)
        if regions is None:
            return [knowledge()["country"]]
        if in_municipalities:
            return regions.nodes
        return list(
            dict.fromkeys(
                regions.one(name)
                for name, kind in regions.kinds.items()
                if kind in (COUNTRY, COUNTY) and not name.startswith(REFERENCE)
            )
        )


def facts_of(releases: Sequence[Release]) -> Facts:
    """Put together all that releases tell."""
    facts = Facts(releases)
    rests = rests_of(releases)
    for release in releases:
        time = (release.vintage, release.period)
        facts.regions.setdefault(time, regions_of(release, rests))
        facts.fine.setdefault(time, regions_of(release, {}))
    for release in releases:
        for table in release.tables:
            for time, shape in _shapes(table):
                facts.shapes.setdefault(time, {})[shape] = None
    for time, shapes in facts.shapes.items():
        for shape in shapes:
            _add_up(facts, time, shape)
        _sizes_add_up(facts, time)
    for release in releases:
        for table in release.tables:
            _take_values(facts, release, table)
            _take_percents(facts, table)
    _unshown(facts)
    return facts


def _shapes(table: Table) -> Iterator[tuple[Time, Shape]]:
    found: dict[tuple[Time, str], bool] = {}
    for cell in [*table.values, *table.signs]:
        if cell.measure in knowledge()["counts"]:
            key = (cell.vintage, cell.period), cell.measure
            found[key] = found.get(key, False) or len(cell.region) >= 4
    unseen = knowledge()["unseen"]
    dimensions = tuple(
        (name, (*codes, *([unseen[name]] if name in unseen else [])))
        for name, codes in table.dimensions.items()
    )
    for (time, measure), in_municipalities in found.items():
        also = ((name, (code,)) for name, code in added_codes(table.stem, measure).items())
        yield time, Shape(measure, (*dimensions, *also), in_municipalities)


def _add_up(facts: Facts, time: Time, shape: Shape) -> None:
    """A table's cells, their sums over the codes of each dimension, and over regions."""
    nodes = facts.nodes(time, shape.in_municipalities)
    of = facts.system.of
    every = shape.combinations()
    for node in nodes:
        for codes in every:
            of(Cell(*time, shape.measure, node, codes))
        for name, own in shape.dimensions:
            if knowledge()["total"] not in own:
                continue
            for codes in shape.combinations(name):
                parts = [
                    Cell(*time, shape.measure, node, tuple(sorted((*codes, (name, code)))))
                    for code in own
                    if code != knowledge()["total"]
                ]
                whole = Cell(*time, shape.measure, node, codes)
                facts.system.is_sum(of(whole), [of(part) for part in parts])
    there = set(nodes)
    regions = facts.regions.get(time, Regions())
    for whole_region, part_regions in regions.sums:
        if {whole_region, *part_regions} <= there:
            for codes in every:
                facts.system.is_sum(
                    of(Cell(*time, shape.measure, whole_region, codes)),
                    [of(Cell(*time, shape.measure, part, codes)) for part in part_regions],
                )


def _sizes_add_up(facts: Facts, time: Time) -> None:
    """Every region's size, down to the leaves, adds up: it is shown where nothing else is."""
    size = knowledge()["size"]
    for whole, parts in facts.fine.get(time, Regions()).sums:
        numbers = [facts.system.of(facts.cell(time, size, name)) for name in (whole, *parts)]
        facts.system.is_sum(numbers[0], numbers[1:])
    coarse = facts.regions.get(time, Regions())
    for name, kind in coarse.kinds.items():
        if kind == REST:
            members = [facts.cell(time, size, leaf) for leaf in coarse.leaves[name]]
            whole_cell = facts.cell(time, size, name)
            if members != [whole_cell]:
                numbers = [facts.system.of(member) for member in members]
                facts.system.is_sum(facts.system.of(whole_cell), numbers)


def _take_values(facts: Facts, release: Release, table: Table) -> None:
    """What a table says of each cell: its number, or by its sign how small it may be."""
    least = 1 if release.policy["zeros"] == "publish" else 0
    for told, value in table.values.items():
        if told.measure in knowledge()["counts"]:
            cell = facts.cell((told.vintage, told.period), told.measure, told.region, told.codes)
            if facts.known(cell):
                facts.system.tell(cell, int(value), int(value))
    for told, sign in table.signs.items():
        if told.measure not in knowledge()["counts"] or sign not in (HIDDEN, LEFT_OUT):
            continue
        time = (told.vintage, told.period)
        cell = facts.cell(time, told.measure, told.region, told.codes)
        if facts.known(cell):
            facts.system.tell(cell, least if sign == HIDDEN else 0)
            facts.targets[cell] = None
        elif time in facts.fine and told.region in facts.fine[time].leaves:
            _sized(facts, time, told)


def _sized(facts: Facts, time: Time, told: Cell) -> None:
    """Note a left-out cell of a bare place, which is part of its rest's."""
    size = knowledge()["size"]
    name = facts.regions[time].rest_of(facts.fine[time].leaves[told.region])
    if name is not None:
        facts.sized[told] = (
            facts.cell(time, told.measure, name, told.codes),
            facts.cell(time, size, told.region),
            facts.cell(time, size, name),
        )


def _take_percents(facts: Facts, table: Table) -> None:
    for told, value in table.values.items():
        ends = _ends(facts, table, told)
        if ends and ends[0] != ends[1]:
            _is_percent(facts.system, *ends, Decimal(value))
    for told, sign in table.signs.items():
        ends = _ends(facts, table, told)
        if ends and sign == CANNOT_OCCUR:
            facts.system.tell(ends[0], 0, 0)  # nobody in the part, whether or not in the whole


def _ends(facts: Facts, table: Table, told: Cell) -> tuple[Cell, Cell] | None:
    """The cells that a percent is of: part and whole; None if it is another figure."""
    time = (told.vintage, told.period)
    given = knowledge()["percents"].get(table.stem)
    main = knowledge()["main_percents"].get(told.measure)
    if given and told.measure == given["measure"]:
        codes = tuple(each for each in told.codes if each[0] != given.get("over"))
        part = facts.cell(time, given["of"], told.region, told.codes)
        whole = facts.cell(time, given.get("by", given["of"]), told.region, codes)
    elif main:
        own = dict(told.codes)
        part = facts.cell(time, main["of"], told.region, codes_of(own | main["part"]))
        whole = facts.cell(time, main["of"], told.region, codes_of(own | main["whole"]))
        _complete(facts, time, main["of"], told.region, told.codes)
    else:
        return None
    if not (facts.known(part) and facts.known(whole)):
        return None
    return part, whole


def _complete(facts: Facts, time: Time, measure: str, region: str, codes: Codes) -> None:
    """The parts of a main figure that no table of its period has: what the percent leaves."""
    for given in knowledge()["complements"]:
        if given["of"] == measure and time not in facts.regions:
            own = dict(codes)
            parts = [Cell(*time, measure, region, codes_of(own | part)) for part in given["parts"]]
            if not facts.known(parts[0]):
                whole = facts.system.of(Cell(*time, measure, region, codes))
                facts.system.is_sum(whole, [facts.system.of(part) for part in parts])
                facts.targets |= dict.fromkeys(parts)


def _is_percent(system: System, part: Cell, whole: Cell, percent: Decimal) -> None:
    """A percent rounded half up: in whole numbers, two rows that are linear in both counts."""
    scale = 10 ** -int(percent.as_tuple().exponent) if percent.as_tuple().exponent else 1
    shown = int(percent * scale)
    a, b = system.of(part), system.of(whole)
    system.row([(a, 200.0 * scale), (b, -(2.0 * shown - 1))], 0.0)
    system.row([(a, -200.0 * scale), (b, 2.0 * shown + 1)], 1.0)


def _unshown(facts: Facts) -> None:
    """Regions that no table has are worth narrowing too: protected addresses, and rests."""
    for time, shapes in facts.shapes.items():
        regions = facts.regions.get(time)
        if regions is None:
            continue
        for shape in shapes:
            for node in facts.nodes(time, shape.in_municipalities):
                if regions.kinds[node] in (LEAF, REST) or "no county" in node:
                    for codes in shape.combinations():
                        if shape.seen(codes):
                            facts.targets[Cell(*time, shape.measure, node, codes)] = None


def like(cell: Cell, **changed: str) -> Cell:
    """A cell with other parts."""
    return replace(cell, **changed)
