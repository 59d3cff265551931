"""What versions of a period tell together: revisions, and what was hardly revised between them."""

import json
from collections.abc import Iterator

from tests.intruder.facts import Facts, Time
from tests.intruder.folders import REFERENCE, Cell, Release, codes_of, knowledge


def take_revisions(facts: Facts) -> list[Cell]:
    """Take the numbers of the files of revisions; return the cells that no table shows."""
    news = []
    for release in facts.releases:
        before = [
            r
            for r in facts.releases
            if r.period == release.period and r.version == release.version - 1
        ]
        for row in release.revised:
            news += _take(facts, row, (release.vintage, row["period"]), "new_value")
            for one in before:
                news += _take(facts, row, (one.vintage, row["period"]), "old_value")
    return news


def _take(facts: Facts, row: dict[str, str], time: Time, which: str) -> Iterator[Cell]:
    if row["measure"] not in knowledge()["counts"] or not row[which]:
        return
    mark = REFERENCE if row["region_set"] == "reference_year" else ""
    code = row["region_code"]
    region = code if code == knowledge()["country"] else mark + code
    cell = facts.cell(time, row["measure"], region, codes_of(json.loads(row["dimensions"])))
    if facts.known(cell):
        k = facts.system.number[cell]
        if facts.system.low[k] < facts.system.high[k]:
            yield cell
        number = int(float(row[which]))
        facts.system.tell(cell, number, number)


def presume_unrevised(facts: Facts) -> int:
    """Presume that what nothing shows to be revised between two vintages is the same.

    A figure stands for unrevised where no count that it is part of is shown with two numbers.
    Returns how many figures were tied together.
    """
    tied = 0
    for old, new in _pairs(facts):
        old_time, new_time = (old.vintage, old.period), (new.vintage, new.period)
        twins = list(_twins(facts, old_time, new_time))
        revised: set[tuple[str, str, tuple[tuple[str, str], ...]]] = set()
        for one, other in twins:
            a, b = _shown(facts, one), _shown(facts, other)
            if a is not None and b is not None and a != b:
                revised.add((other.measure, other.region, other.codes))
        for one, other in twins:
            if _shown(facts, one) is not None and _shown(facts, other) is not None:
                continue
            wholes = (
                tuple(c for i, c in enumerate(other.codes) if not mask >> i & 1)
                for mask in range(1 << len(other.codes))
            )
            if not any((other.measure, other.region, codes) in revised for codes in wholes):
                system = facts.system
                system.row([(system.of(one), 1.0), (system.of(other), -1.0)], 0.0, 0.0)
                tied += 1
    return tied


def _pairs(facts: Facts) -> Iterator[tuple[Release, Release]]:
    """Consecutive versions of a period that are of different vintages."""
    for old in facts.releases:
        for new in facts.releases:
            is_next = new.period == old.period and new.version == old.version + 1
            if is_next and new.vintage != old.vintage:
                yield old, new


def _twins(facts: Facts, old: Time, new: Time) -> Iterator[tuple[Cell, Cell]]:
    """Each cell of a vintage with the same one of another."""
    here, there = facts.regions[new], facts.regions[old]
    for cell in list(facts.system.names):
        if isinstance(cell, Cell) and (cell.vintage, cell.period) == new:
            leaves = here.leaves.get(cell.region) or facts.fine[new].leaves[cell.region]
            region = there.own.get(leaves) or facts.fine[old].own.get(leaves)
            if region:
                twin = Cell(*old, cell.measure, region, cell.codes)
                if facts.known(twin):
                    yield twin, cell


def _shown(facts: Facts, cell: Cell) -> float | None:
    k = facts.system.number[cell]
    low, high = facts.system.low[k], facts.system.high[k]
    return low if low == high else None
