"""What amounts tell of few persons: what those by sex or age leave of their total."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.intruder.folders import Cell, Release, Table, codes_of, knowledge


@dataclass(frozen=True)
class Rest:
    """An amount that so few persons got, worked out as a difference."""

    whole: Cell
    over: str
    persons: int
    amount: float


def rests_in(release: Release) -> Iterator[Rest]:
    """The amounts of a release that a reader works out of fewer persons than the policy wants."""
    paid, counted = knowledge()["amounts"]["paid"], knowledge()["amounts"]["counted"]
    for table in release.tables:
        for whole in [cell for cell in table.values if cell.measure == paid]:
            for name, codes in table.dimensions.items():
                if name in dict(whole.codes):
                    continue
                parts = [code for code in codes if code != knowledge()["total"]]
                amount = _rest(table, whole, paid, name, parts)
                persons = _rest(table, whole, counted, name, parts)
                least = release.policy["min_persons"]
                if amount is not None and persons is not None and 0 < persons < least:
                    yield Rest(whole, name, int(persons), amount)


def _rest(table: Table, whole: Cell, measure: str, over: str, codes: list[str]) -> float | None:
    """What the parts leave of a whole; None if one of them is hidden."""
    own = dict(whole.codes)
    cells = [own, *(own | {over: code} for code in codes)]
    told = [
        table.values.get(Cell(whole.vintage, whole.period, measure, whole.region, codes_of(cell)))
        for cell in cells
    ]
    if any(value is None for value in told):
        return None
    first, *others = (float(value) for value in told if value is not None)
    return first - sum(others)
