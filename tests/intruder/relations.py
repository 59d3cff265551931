"""Relations between cells that are no sums of one table: groups, parts, periods, cohorts."""

from collections import defaultdict
from collections.abc import Iterator

from tests.intruder.facts import Codes, Facts, Time
from tests.intruder.folders import REFERENCE, Cell, codes_of, knowledge
from tests.intruder.places import MUNICIPALITY, Regions


def relate(facts: Facts) -> None:
    """Add what a reader knows of cells of different tables and periods."""
    cells = _by_time_and_measure(facts)
    for time in facts.shapes:
        for given in knowledge()["groups"]:
            _of_groups(facts, cells[time, given["count"]], given)
        for given in knowledge()["at_most"]:
            _at_most(facts, cells[time, given["small"]], given)
    for vintage, period in list(facts.shapes):
        halves = [(vintage, f"{period}H1"), (vintage, f"{period}H2")]
        for measure, given in knowledge()["periods"].items():
            _of_year(facts, cells[(vintage, period), measure], halves, given)
    _of_cohorts(facts)


def _by_time_and_measure(facts: Facts) -> dict[tuple[Time, str], list[Cell]]:
    found: dict[tuple[Time, str], list[Cell]] = defaultdict(list)
    for cell in list(facts.system.names):
        assert isinstance(cell, Cell)
        found[(cell.vintage, cell.period), cell.measure].append(cell)
    return found


def _with(cell: Cell, codes: dict[str, str], **changed: str) -> Cell:
    parts = {
        "vintage": cell.vintage,
        "period": cell.period,
        "measure": cell.measure,
        "region": cell.region,
    }
    return Cell(**(parts | changed), codes=codes_of(codes))


def _of_groups(facts: Facts, cells: list[Cell], given: dict) -> None:
    of = facts.system.of
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in cells:
        codes = dict(cell.codes)
        if given["fine"] in codes:
            group = given["of"][codes.pop(given["fine"])]
            whole = _with(cell, codes | {given["group"]: group})
            if facts.known(whole):
                parts[whole].append(cell)
    for whole, fine in parts.items():
        if given["adds_up"] or len(fine) == 1:
            facts.system.is_sum(of(whole), map(of, fine))
            continue
        for cell in fine:
            facts.system.at_most([of(cell)], [of(whole)])
        facts.system.at_most([of(whole)], map(of, fine))


def _at_most(facts: Facts, cells: list[Cell], given: dict) -> None:
    kept = {
        name
        for shapes in facts.shapes.values()
        for shape in shapes
        if shape.measure == given["large"]
        for name, _ in shape.dimensions
    }
    for cell in cells:
        codes = dict(cell.codes)
        if given["at"].items() <= codes.items():
            own = {name: code for name, code in codes.items() if name in kept}
            large = _with(cell, own | given["of"], measure=given["large"])
            if facts.known(large):
                facts.system.at_most([facts.system.of(cell)], [facts.system.of(large)])


def _of_year(facts: Facts, cells: list[Cell], halves: list[Time], given: dict) -> None:
    """What a year's cells have to do with those of its half-years in the same region."""
    of, moving = facts.system.of, set(knowledge()["moving"])
    country = knowledge()["country"]
    for cell in cells:
        if any(code in knowledge()["pooled"].get(name, ()) for name, code in cell.codes):
            continue
        first, second = (_in_half(facts, cell, half) for half in halves)
        if second and given.get("second") and facts.known(second):
            facts.system.at_most([of(second)], [of(cell)])
        if not (first and second and facts.known(first) and facts.known(second)):
            continue
        if given.get("sum"):
            facts.system.is_sum(of(cell), [of(first), of(second)])
        elif moving.isdisjoint(name for name, _ in cell.codes):
            if given["both"] == "everywhere" or cell.region == country:
                facts.system.at_most([of(cell)], [of(first), of(second)])
            if cell.region == country and given.get("first"):
                facts.system.at_most([of(first)], [of(cell)])


def _in_half(facts: Facts, cell: Cell, half: Time) -> Cell | None:
    """The same cell of a half-year; None if the region is not the same there."""
    year = facts.regions.get((cell.vintage, cell.period))
    own = facts.regions.get(half)
    country = knowledge()["country"]
    if half not in facts.shapes:
        return None
    if year is None or own is None:
        return Cell(*half, cell.measure, country, cell.codes) if cell.region == country else None
    if cell.region not in year.leaves:
        return None  # sizes of bare places: their rest's are compared
    region = own.own.get(year.leaves[cell.region])
    return Cell(*half, cell.measure, region, cell.codes) if region else None


def _of_cohorts(facts: Facts) -> None:
    """Former participants are at most the exits of their year, in codes of the reference year."""
    given = knowledge()["cohorts"]
    exits = _exits_by_reference(facts, given["of"])
    for (vintage, period), shapes in list(facts.shapes.items()):
        if given["count"] not in {shape.measure for shape in shapes}:
            continue
        regions = facts.regions.get((vintage, period))
        for cell in [c for c in facts.system.names if isinstance(c, Cell)]:
            if (cell.vintage, cell.period, cell.measure) != (vintage, period, given["count"]):
                continue
            codes = dict(cell.codes)
            if years := codes.pop(given["years"], None):
                codes = {name: code for name, code in codes.items() if name == "sex"}
                year = str(int(period) - int(years))
                for region in _references(regions, cell.region):
                    large = exits.get((vintage, year, region, codes_of(codes)))
                    if large:
                        facts.system.at_most([facts.system.of(cell)], [facts.system.of(large)])


def _exits_by_reference(facts: Facts, measure: str) -> dict[tuple[str, str, str, Codes], Cell]:
    found = {}
    for cell in [c for c in facts.system.names if isinstance(c, Cell)]:
        if cell.measure == measure and {name for name, _ in cell.codes} <= {"sex"}:
            regions = facts.regions.get((cell.vintage, cell.period))
            for region in _references(regions, cell.region):
                found[cell.vintage, cell.period, region, cell.codes] = cell
    return found


def _references(regions: Regions | None, region: str) -> Iterator[str]:
    """The names of a region that mean the same in every period: the country, reference codes."""
    if region == knowledge()["country"]:
        yield region
    elif regions is not None:
        for name, leaves in regions.leaves.items():
            is_reference = name.startswith(REFERENCE) and regions.kinds[name] == MUNICIPALITY
            if is_reference and leaves == regions.leaves[region]:
                yield name
