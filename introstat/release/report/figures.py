"""The published cubes as the report reads them: a cell by its name, and numbers made of cells."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb

from introstat import written
from introstat.release.contents import AT_THE_TIME, COUNTRY, TOTAL, load_contents
from introstat.release.report.text import Derived, Mark, Number, Ref, RevisionRef

_NOT_SHOWN = "–"
_MILLION = Decimal(1_000_000)

Shown = Number | Mark


@dataclass(frozen=True)
class ReportRegion:
    """A region as the release names it."""

    code: str
    name: str
    region_type: str


@dataclass(frozen=True)
class Revision:
    """A figure that changed since the release before."""

    cell: Ref
    old: Shown
    new: Shown
    difference: Shown
    reason: str


@dataclass(frozen=True)
class _Cube:
    dimensions: tuple[str, ...]
    cells: Mapping[Ref, tuple[Decimal | None, str]]
    codes: Mapping[str, tuple[str, ...]]


class Figures:
    """The cubes of one release, in the codes of the time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, period: str) -> None:
        """Take the open connection and the release's period; a cube is read when asked for."""
        self._connection = connection
        self.period = period
        self._cubes: dict[str, _Cube] = {}
        self._regions = self._read_regions()

    def number(
        self,
        cube: str,
        measure: str,
        region: str = COUNTRY,
        period: str | None = None,
        **dimensions: str,
    ) -> Shown:
        """Return a cell as it is shown; a dimension that is not named is its total.

        A cell that the cube does not have is missing.
        """
        ref = self._ref(cube, measure, region, period, dimensions)
        value, sign = self._cube(cube).cells.get(ref, (None, ".."))
        if value is None:
            return Mark(sign, ref)
        return Number(written.number(value, _decimals(cube, measure)), value, ref)

    def millions(self, cube: str, measure: str, period: str | None = None, **at: str) -> Shown:
        """Return an amount in millions with one decimal; `at` as in `number`."""
        cell = self.number(cube, measure, period=period, **at)
        if isinstance(cell, Mark):
            return cell
        return Number(written.number(cell.value / _MILLION, 1), cell.value, cell.source)

    def codes(self, cube: str, dimension: str) -> tuple[str, ...]:
        """Return the codes of a dimension that the country's figures of the period have."""
        return self._cube(cube).codes[dimension]

    def periods(self, cube: str) -> list[str]:
        """Return the periods of a cube, oldest first."""
        return sorted({ref.period for ref in self._cube(cube).cells})

    def regions(self, region_type: str) -> list[ReportRegion]:
        """Return the counties or municipalities of the release, by code."""
        return [region for region in self._regions if region.region_type == region_type]

    def revisions(self) -> list[Revision]:
        """Return what changed since the release before, the largest differences first."""
        rows = self._connection.execute(
            """
            select
                cube, period, region_code, dimensions, measure, old_value, old_sign,
                new_value, new_sign, difference, reason
            from revisions
            order by abs(difference) desc nulls last, cube, period, region_code, dimensions, measure
            """
        ).fetchall()
        return [self._revision(row) for row in rows]

    def _revision(self, row: tuple[Any, ...]) -> Revision:
        cube, period, region, dimensions, measure, old, old_sign, new, new_sign, change, why = row
        cell = Ref(cube, period, region, tuple(sorted(json.loads(dimensions).items())), measure)
        decimals = _decimals(cube, measure)

        def shown(value: Decimal | None, sign: str, column: Any, signed: bool = False) -> Shown:
            if value is None:
                return Mark(sign or _NOT_SHOWN)
            source = RevisionRef(cell, column)
            return Number(written.number(value, decimals, signed=signed), value, source)

        return Revision(
            cell=cell,
            old=shown(old, old_sign, "old_value"),
            new=shown(new, new_sign, "new_value"),
            difference=shown(change, _NOT_SHOWN, "difference", signed=True),
            reason=why,
        )

    def _ref(
        self,
        cube: str,
        measure: str,
        region: str,
        period: str | None,
        dimensions: Mapping[str, str],
    ) -> Ref:
        known = self._cube(cube).dimensions
        if unknown := set(dimensions) - set(known):
            raise KeyError(f"cube {cube} has no dimension {', '.join(sorted(unknown))}")
        codes = tuple((name, dimensions.get(name, TOTAL)) for name in known)
        return Ref(cube, period or self.period, region, codes, measure)

    def _cube(self, cube: str) -> _Cube:
        if cube not in self._cubes:
            self._cubes[cube] = self._read(cube)
        return self._cubes[cube]

    def _read(self, cube: str) -> _Cube:
        dimensions = tuple(sorted(each.name for each in load_contents().cubes[cube].dimensions))
        names = ("period", "region_code", "measure", "value", "sign", *dimensions)
        rows = self._connection.execute(
            f"select {', '.join(names)} from pub_{cube} where region_set = ?", [AT_THE_TIME]
        ).fetchall()
        cells: dict[Ref, tuple[Decimal | None, str]] = {}
        codes: dict[str, set[str]] = {name: set() for name in dimensions}
        for period, region, measure, value, sign, *found in rows:
            at = tuple(zip(dimensions, found, strict=True))
            cells[Ref(cube, period, region, at, measure)] = (value, sign)
            if region == COUNTRY and period == self.period:
                for name, code in at:
                    codes[name].add(code)
        return _Cube(
            dimensions=dimensions,
            cells=cells,
            codes={name: tuple(sorted(each)) for name, each in codes.items()},
        )

    def _read_regions(self) -> list[ReportRegion]:
        """The regions of the time that have participants, by code."""
        used = self._connection.execute(
            "select distinct region_code from pub_participants where region_set = ? and period = ?",
            [AT_THE_TIME, self.period],
        ).fetchall()
        rows = self._connection.execute(
            "select region_code, region_name, region_type, county_code from regions order by all"
        ).fetchall()
        names = {code: name for code, name, *_ in rows}
        rows = [row for row in rows if (row[0],) in used]
        times = Counter((region_type, name) for _, name, region_type, _ in rows)
        # Two municipalities may have one name: Våler, Herøy, Nes.
        return [
            ReportRegion(
                code,
                f"{name} ({names[county]})"
                if times[region_type, name] > 1 and county in names
                else name,
                region_type,
            )
            for code, name, region_type, county in rows
        ]


def difference(new: Shown, old: Shown) -> Shown:
    """Return the change with its sign, to the decimals of the two; a dash if one is not shown."""
    if isinstance(new, Mark) or isinstance(old, Mark):
        return Mark(_NOT_SHOWN)
    change = new.value - old.value
    decimals = max(_decimals_of(new), _decimals_of(old))
    source = Derived("difference", _refs(new, old))
    return Number(written.number(change, decimals, signed=True), change, source)


def difference_in_millions(new: Shown, old: Shown) -> Shown:
    """Return the change of an amount in millions, with its sign."""
    change = difference(new, old)
    if isinstance(change, Mark):
        return change
    return Number(
        written.number(change.value / _MILLION, 1, signed=True), change.value, change.source
    )


def percent_change(new: Shown, old: Shown) -> Shown:
    """Return the change in percent of the old figure; a dash if it cannot be reckoned."""
    if isinstance(new, Mark) or isinstance(old, Mark) or old.value == 0:
        return Mark(_NOT_SHOWN)
    change = 100 * (new.value - old.value) / old.value
    source = Derived("percent_change", _refs(new, old))
    return Number(written.number(change, 1, signed=True), change, source)


def to_limit(number: Shown, limit: Decimal) -> Shown:
    """Return how far a percentage is over (+) or under (−) a limit."""
    if isinstance(number, Mark):
        return Mark(_NOT_SHOWN)
    change = number.value - limit
    source = Derived("difference", _refs(number), limit=limit)
    return Number(written.number(change, _decimals_of(number), signed=True), change, source)


def remaining(number: Shown) -> Shown:
    """Return what is left of a percentage to 100."""
    if isinstance(number, Mark):
        return Mark(_NOT_SHOWN)
    left = 100 - number.value
    return Number(
        written.number(left, _decimals_of(number)), left, Derived("remaining", _refs(number))
    )


def unsigned(number: Shown) -> Shown:
    """Return a change without its sign, for words that tell the direction."""
    if isinstance(number, Mark) or not isinstance(number.source, Derived):
        return number
    source = Derived(number.source.how, number.source.of, number.source.limit, unsigned=True)
    return Number(number.text.lstrip("+−"), number.value, source)


def _refs(*numbers: Number) -> tuple[Ref, ...]:
    refs = tuple(number.source for number in numbers)
    assert all(isinstance(ref, Ref) for ref in refs)
    return refs  # type: ignore[return-value]


def _decimals_of(number: Number) -> int:
    return len(number.text.partition(",")[2])


@cache
def _decimals(cube: str, measure: str) -> int:
    """How many decimals a figure is published with."""
    return next(m.decimals for m in load_contents().cubes[cube].measures if m.name == measure)
