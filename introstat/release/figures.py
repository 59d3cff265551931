"""The counts of a release as disclosure control takes them: tables of inner cells, and their links.

Figures are the warehouse's own. What may be shown of them goes back into the cubes' codes in
protected.py.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import duckdb
import pyarrow as pa

from introstat.codelists import NO_MUNICIPALITY
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.protection import Cube
from introstat.queries import table_of
from introstat.release.contents import (
    AS_REGISTERED,
    AT_THE_TIME,
    COUNTRY,
    TOTAL,
    Contents,
    CubeSpec,
    DimensionSpec,
    MeasureSpec,
)

UNPLACED = NO_MUNICIPALITY  # protected addresses stand there as well
REFERENCE = "ref:"  # marks a code of the reference year; a code of the time has no mark
REGISTERED = "reg:"  # marks a code as registered, which no table shows
REST = "rest:"  # marks the municipalities without detail of a county, at the time and in that year


@dataclass(frozen=True)
class PeriodRegion:
    """A municipality of the period, or a code as registered, and where it counts.

    A code as registered stands by itself where it counts in no municipality of the period, or in
    another one of the reference year than that municipality does; 9999 is none.
    """

    code: str
    is_registered: bool
    municipality: str
    county: str
    reference: str
    reference_county: str


@dataclass(frozen=True)
class CountTable:
    """Counts that one or several cubes publish, protected as one table.

    `finest` is the cube with the finest codes; another cube's dimension may group one of its
    dimensions (`grouped`: the other's dimension to the finest's).
    """

    name: str
    finest: CubeSpec
    measure: MeasureSpec
    cubes: tuple[CubeSpec, ...]
    grouped: Mapping[str, str]

    @property
    def by_municipality(self) -> bool:
        """Whether municipalities are shown; else counties are the finest regions."""
        return "municipality" in self.finest.region_types

    @property
    def dimensions(self) -> tuple[DimensionSpec, ...]:
        """The dimensions besides the region, of the finest cube."""
        return self.finest.dimensions

    def column_of(self, dimension: str) -> str:
        """The dimension of the table that holds a cube's dimension."""
        return self.grouped.get(dimension, dimension)

    def code_of(self, dimension: str, code: str) -> str:
        """A cube's code in the table: codes of groups carry their dimension's name."""
        return f"{dimension}:{code}" if dimension in self.grouped and code != TOTAL else code

    def own_code(self, dimension: str, code: str) -> str | None:
        """A cube's code for one of the table; None if it is another dimension's."""
        group, mark, own = code.rpartition(":")
        if dimension in self.grouped:
            return own if group == dimension or code == TOTAL else None
        return None if mark and self.column_of(group) == dimension else code


def count_tables_of(contents: Contents, period: str) -> dict[str, CountTable]:
    """The tables of counts of a release, by name."""
    tables: dict[str, CountTable] = {}
    for cube in contents.of(period).values():
        for measure in cube.counts_in():
            name = cube.count_table(measure)
            if name not in tables:
                tables[name] = CountTable(name, cube, measure, (cube,), {})
                continue
            first = tables[name]
            grouped = {
                other.name: own.name
                for own, other in zip(first.finest.dimensions, cube.dimensions, strict=True)
                if own != other
            }
            tables[name] = replace(first, cubes=(*first.cubes, cube), grouped=grouped)
    return tables


def layout_of(counted: CountTable, regions: Sequence[PeriodRegion]) -> Layout:
    """What a count table looks like: codes of the time and of the reference year side by side,
    and what no file shows.
    """
    lists = _region_lists(counted, regions)
    for group, codes in counted.grouped.items():
        dimension = next(d for d in counted.dimensions if d.name == codes)
        of = dimension.column(group)
        pairs = [(c.code, f"{group}:{of[c.code]}") for c in dimension.codes]
        lists.append(CodeList(codes, group, tuple(pairs)))
    return Layout(
        ("region", *(d.name for d in counted.dimensions)),
        tuple(lists),
        {"region": COUNTRY, **{d.name: TOTAL if d.total else None for d in counted.dimensions}},
        (),
        {"region": _unpublished(counted, regions)},
        {d.name: (d.unpublished,) for d in counted.dimensions if d.unpublished},
    )


def _unpublished(counted: CountTable, regions: Sequence[PeriodRegion]) -> tuple[str, ...]:
    """Leaves of the region that no file shows."""
    if not counted.by_municipality:
        return (_nowhere(counted, regions),)
    return (UNPLACED, *(leaf for leaf in leaves_of(regions) if leaf.startswith((REGISTERED, REST))))


def _nowhere(counted: CountTable, regions: Sequence[PeriodRegion]) -> str:
    """The code of those who are in the country only.

    In a table of counties they are others than in one of municipalities where codes as registered
    stand in no county: a link must not take them for the same.
    """
    without_county = any(r.is_registered and r.county == UNPLACED for r in regions)
    return REGISTERED + UNPLACED if without_county and not counted.by_municipality else UNPLACED


def leaves_of(regions: Sequence[PeriodRegion]) -> dict[str, PeriodRegion]:
    """The leaves of the region, by code.

    A municipality in which codes as registered stand by themselves is a sum: of them, and of its
    own code as registered.
    """
    divided = {region.municipality for region in regions if region.is_registered}
    return {
        REGISTERED + region.code
        if region.is_registered or region.code in divided
        else region.code: region
        for region in regions
    }


def _region_lists(counted: CountTable, regions: Sequence[PeriodRegion]) -> list[CodeList]:
    counties = sorted({region.county for region in regions} - {UNPLACED})
    top = [(code, COUNTRY) for code in (*counties, _nowhere(counted, regions))]
    if not counted.by_municipality:
        return [CodeList("region", "county", tuple(top))]
    leaves = leaves_of(regions)
    then = [
        (leaf, _first(region.municipality if leaf != region.code else UNPLACED, region.county))
        for leaf, region in leaves.items()
    ]
    then += [
        (region.code, region.county)
        for region in regions
        if not region.is_registered and region.code not in leaves
    ]
    now = {
        (leaf, _first(marked(r.reference), marked(r.reference_county)))
        for leaf, r in leaves.items()
    }
    now |= {
        (marked(r.reference), marked(r.reference_county))
        for r in regions
        if r.reference != UNPLACED
    }
    now |= {(marked(r.reference_county), COUNTRY) for r in regions}
    return [
        CodeList("region", "county", (*then, *top)),
        CodeList("region", "reference", tuple(sorted(now | {(UNPLACED, COUNTRY)}))),
    ]


def marked(code: str) -> str:
    """A code of the reference year with its mark; 9999 has none."""
    return code if code == UNPLACED else REFERENCE + code


def _first(*codes: str) -> str:
    """The first of the codes that is a region; the country if none is."""
    return next((code for code in codes if code != UNPLACED), COUNTRY)


def listed_regions(warehouse: duckdb.DuckDBPyConnection, period: str) -> pa.Table:
    """The list of regions of a period, in the order of the files."""
    return table_of(
        warehouse,
        """
        select
            region_set, region_code, region_type, region_name,
            coalesce(counts_in_code, '') as counts_in_code,
            coalesce(county_code, '') as county_code,
            coalesce(code_in_reference_year, '') as code_in_reference_year,
            coalesce(county_in_reference_year, '') as county_in_reference_year
        from stat_regions
        where period = ?
        order by region_set, length(region_code), region_code
        """,
        [period],
    )


def regions_of(listed: Sequence[Mapping[str, str]]) -> list[PeriodRegion]:
    """The municipalities of a period, and codes as registered: rows of the model stat_regions."""
    return [
        PeriodRegion(
            row["region_code"],
            row["region_set"] == AS_REGISTERED,
            row["counts_in_code"],
            row["county_code"],
            row["code_in_reference_year"],
            row["county_in_reference_year"],
        )
        for row in listed
        if row["region_set"] in (AT_THE_TIME, AS_REGISTERED)
        and row["region_type"] == "municipality"
    ]


def counts_of(
    warehouse: duckdb.DuckDBPyConnection,
    counted: CountTable,
    period: str,
    regions: Sequence[PeriodRegion],
) -> Cube:
    """The inner cells of a count table, zeros too; who is in the country only is `UNPLACED`."""
    names = [dimension.name for dimension in counted.dimensions]
    places = (
        list(leaves_of(regions))
        if counted.by_municipality
        else sorted({r.county for r in regions} - {UNPLACED})
    )
    rows = table_of(warehouse, f"select * from {counted.finest.model} where period = ?", [period])
    country: dict[tuple[str, ...], int] = {}
    placed: dict[tuple[str, ...], int] = {}
    for row in rows.to_pylist():
        key = tuple(row[name] for name in names)
        if row["measure"] != counted.measure.name or TOTAL in key:
            continue
        if row["region_set"] == AS_REGISTERED:
            placed[REGISTERED + row["region_code"], *key] = int(row["value"])
        elif row["region_set"] == AT_THE_TIME and row["region_type"] == "country":
            country[key] = int(row["value"])
        elif row["region_set"] == AT_THE_TIME:
            placed[row["region_code"], *key] = int(row["value"])
    divided: dict[str, list[str]] = {}
    for region in regions:
        if region.is_registered and region.municipality != UNPLACED:
            divided.setdefault(region.municipality, []).append(REGISTERED + region.code)
    columns: dict[str, list[Any]] = {name: [] for name in ("region", *names, "count")}
    for key in product(*_codes(counted, set(country))):
        for municipality, parts in divided.items():
            placed[REGISTERED + municipality, *key] = placed.get((municipality, *key), 0) - sum(
                placed.get((part, *key), 0) for part in parts
            )
        counts = [placed.get((place, *key), 0) for place in places]
        columns["region"] += [*places, _nowhere(counted, regions)]
        for name, code in zip(names, key, strict=True):
            columns[name] += [code] * (len(places) + 1)
        columns["count"] += [*counts, country.get(key, 0) - sum(counts)]
    return Cube(
        pa.table(columns),
        layout_of(counted, regions),
        "count",
        "count",
        (counted.finest.pool,) if counted.finest.pool else (),
    )


def residual_of(cube: Cube) -> dict[str, int]:
    """How many a count table counts, and how many of them no municipality's figure holds.

    `country_only`: protected addresses and codes that are no municipality's; `as_registered`: codes
    that count apart from the municipality of the time. For those within the office.
    """
    residual = {"counted": 0, "country_only": 0, "as_registered": 0}
    for region, count in zip(
        cube.table["region"].to_pylist(), cube.table["count"].to_pylist(), strict=True
    ):
        residual["counted"] += count
        if region.removeprefix(REGISTERED) == UNPLACED:
            residual["country_only"] += count
        elif region.startswith(REGISTERED):
            residual["as_registered"] += count
    return residual


def _codes(counted: CountTable, used: set[tuple[str, ...]]) -> Iterator[list[str]]:
    """The leaf codes of each dimension; of a long one only those that somebody has."""
    for axis, dimension in enumerate(counted.dimensions):
        codes = [c.code for c in dimension.codes]
        if dimension.only_used:
            codes = [code for code in codes if any(key[axis] == code for key in used)]
        yield [*codes, *([dimension.unpublished] if dimension.unpublished else [])]


def links_of(
    contents: Contents,
    tables: Mapping[str, CountTable],
    codes: Mapping[str, Mapping[str, Set[str]]],
) -> list[Link]:
    """What a reader knows of a release's counts beyond sums; `codes` are those each table has."""
    links = []
    for given in contents.links:
        left, right = (_term(given[side]) for side in ("left", "right"))
        if all(_is_there(term, tables, codes) for term in (left, right)):
            links.append(Link(given["name"], (left,), (right,), given.get("is", "equal")))
    for given in contents.groups:
        if {given["group"], given["of"]} <= set(tables):
            links += _of_groups(given, tables, codes)
    return links


def _term(given: Any) -> Term:
    return Term(given) if isinstance(given, str) else Term(given["cube"], given["at"])


def _is_there(
    term: Term, tables: Mapping[str, CountTable], codes: Mapping[str, Mapping[str, Set[str]]]
) -> bool:
    return term.cube in tables and all(
        code in codes[term.cube][dimension] for dimension, code in term.at.items()
    )


def _of_groups(
    given: Mapping[str, Any],
    tables: Mapping[str, CountTable],
    codes: Mapping[str, Mapping[str, Set[str]]],
) -> Iterator[Link]:
    whole, parts, by, fine = given["group"], given["of"], given["by"], given["codes"]
    group_of = next(d for d in tables[parts].dimensions if d.name == fine).column(by)
    for group in sorted(codes[whole][by] & set(group_of.values())):
        own = sorted(c for c in codes[parts][fine] if group_of.get(c) == group)
        left = tuple(Term(parts, {fine: code}) for code in own)
        right = (Term(whole, {by: group}),)
        if given["adds_up"] or len(own) == 1:
            yield Link(f"{by} {group} is the sum of its parts", left, right)
            continue
        for term in left:
            yield Link(f"{term.at[fine]} is in {by} {group}", (term,), right, "at_most")
        yield Link(f"{by} {group} is in its parts", right, left, "at_most")
