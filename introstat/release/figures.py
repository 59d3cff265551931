"""The counts of a release as disclosure control wants them.

`counts_of` takes the restricted cubes out of the warehouse as tables of inner cells, with the links
between them, as disclosure control wants them. Figures are the warehouse's own: nothing is computed
here. What may be shown of them goes back into the cubes' layout in protected.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import duckdb
import pyarrow as pa

from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.protection import Cube
from introstat.release.contents import (
    AT_THE_TIME,
    COUNTRY,
    TOTAL,
    Contents,
    CubeSpec,
    DimensionSpec,
    MeasureSpec,
)

COUNTRY_DEARER, COUNTY_DEARER, TOTAL_DEARER = 40.0, 4.0, 2.0  # than other cells, to hide
UNPLACED = "9999"  # nobody's municipality: protected addresses, unknown codes
REFERENCE = (
    "ref:"  # before a code of the reference year, so that it is not taken for one of the time
)


@dataclass(frozen=True)
class Region:
    """A municipality of the period, and where it counts."""

    code: str
    county: str
    reference: str
    reference_county: str


@dataclass(frozen=True)
class System:
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
    def dimensions(self) -> tuple[DimensionSpec, ...]:
        """The dimensions besides the region, of the finest cube."""
        return self.finest.dimensions

    def column_of(self, dimension: str) -> str:
        """The dimension of the table in which a cube's dimension stands."""
        return self.grouped.get(dimension, dimension)

    def code_of(self, dimension: str, code: str) -> str:
        """A cube's code in the table: codes of groups carry their dimension's name."""
        return f"{dimension}:{code}" if dimension in self.grouped and code != TOTAL else code


def systems_of(contents: Contents, period: str) -> dict[str, System]:
    """The tables of counts of a release, by name."""
    systems: dict[str, System] = {}
    for cube in contents.of(period).values():
        counts = cube.counts_in()
        for measure in counts:
            name = cube.system if len(counts) == 1 else f"{cube.system}_{measure.name}"
            if name not in systems:
                systems[name] = System(name, cube, measure, (cube,), {})
                continue
            first = systems[name]
            grouped = {
                other.name: own.name
                for own, other in zip(first.finest.dimensions, cube.dimensions, strict=True)
                if own != other
            }
            systems[name] = replace(first, cubes=(*first.cubes, cube), grouped=grouped)
    return systems


def layout_of(system: System, regions: Sequence[Region]) -> Layout:
    """What the table of a system looks like: codes of the time and of the reference year side by
    side, and what no file shows.
    """
    lists = _region_lists(system, regions)
    for group, codes in system.grouped.items():
        dimension = next(d for d in system.dimensions if d.name == codes)
        of = dimension.column(group)
        pairs = [(c.code, f"{group}:{of[c.code]}") for c in dimension.codes]
        lists.append(CodeList(codes, group, tuple(pairs)))
    return Layout(
        ("region", *(d.name for d in system.dimensions)),
        tuple(lists),
        {"region": COUNTRY, **{d.name: TOTAL if d.total else None for d in system.dimensions}},
        (),
        {"region": (UNPLACED,)},
        {d.name: (d.unpublished,) for d in system.dimensions if d.unpublished},
    )


def _region_lists(system: System, regions: Sequence[Region]) -> list[CodeList]:
    counties = sorted({region.county for region in regions})
    top = [(county, COUNTRY) for county in counties] + [(UNPLACED, COUNTRY)]
    if "municipality" not in system.finest.region_types:
        return [CodeList("region", "county", tuple(top))]
    then = [(region.code, region.county) for region in regions]
    now = sorted({(r.code, REFERENCE + r.reference) for r in regions})
    above = sorted({(REFERENCE + r.reference, REFERENCE + r.reference_county) for r in regions})
    over = sorted({(REFERENCE + r.reference_county, COUNTRY) for r in regions})
    return [
        CodeList("region", "county", (*then, *top)),
        CodeList("region", "reference", (*now, *above, *over, (UNPLACED, COUNTRY))),
    ]


def regions_of(
    warehouse: duckdb.DuckDBPyConnection, contents: Contents, period: str
) -> list[Region]:
    """The municipalities of a period: those of its last day, and older codes that figures have."""
    used = " union ".join(
        f"select region_code from {cube.model} where period = $period "
        f"and region_set = '{AT_THE_TIME}' and region_type = 'municipality'"
        for cube in contents.of(period).values()
        if "municipality" in cube.region_types
    )
    rows = warehouse.execute(
        f"""
        select municipality_code, county_code, reference_municipality_code, reference_county_code
        from dim_municipality_period
        where period = $period and (is_valid or municipality_code in ({used}))
        order by municipality_code
        """,
        {"period": period},
    ).fetchall()
    return [Region(*row) for row in rows]


def counts_of(
    warehouse: duckdb.DuckDBPyConnection,
    system: System,
    period: str,
    regions: Sequence[Region],
) -> Cube:
    """The inner cells of a system, zeros included, with who is in the country only as a region of
    his own.
    """
    names = [dimension.name for dimension in system.dimensions]
    leaf = "municipality" if "municipality" in system.finest.region_types else "county"
    places = (
        [r.code for r in regions] if leaf == "municipality" else sorted({r.county for r in regions})
    )
    rows = warehouse.execute(
        f"""
        select region_type, region_code, {", ".join(names)}, cast(value as bigint)
        from {system.finest.model}
        where period = $period and region_set = '{AT_THE_TIME}'
            and region_type in ('country', '{leaf}') and measure = $measure
            {"".join(f" and {name} <> '{TOTAL}'" for name in names)}
        """,
        {"period": period, "measure": system.measure.name},
    ).fetchall()
    country = {tuple(row[2:-1]): row[-1] for row in rows if row[0] == "country"}
    placed = {(row[1], *row[2:-1]): row[-1] for row in rows if row[0] == leaf}
    columns: dict[str, list[Any]] = {name: [] for name in ("region", *names, "count")}
    for key in product(*_codes(system, set(country))):
        counts = [placed.get((place, *key), 0) for place in places]
        columns["region"] += [*places, UNPLACED]
        for name, code in zip(names, key, strict=True):
            columns[name] += [code] * (len(places) + 1)
        columns["count"] += [*counts, country.get(key, 0) - sum(counts)]
    return Cube(
        pa.table(columns),
        layout_of(system, regions),
        "count",
        "count",
        (system.finest.pool,) if system.finest.pool else (),
        dearer=_dearer(system, regions),
    )


def _dearer(system: System, regions: Sequence[Region]) -> dict[str, dict[str, float]]:
    """Figures of the whole country are the last to be hidden, then counties' and totals."""
    counties = {region.county for region in regions} | {
        REFERENCE + region.reference_county for region in regions
    }
    places = {COUNTRY: COUNTRY_DEARER} | dict.fromkeys(sorted(counties), COUNTY_DEARER)
    return {"region": places, **{d.name: {TOTAL: TOTAL_DEARER} for d in system.dimensions}}


def _codes(system: System, used: set[tuple[str, ...]]) -> Iterator[list[str]]:
    """The leaf codes of each dimension; of a long one only those that somebody has."""
    for axis, dimension in enumerate(system.dimensions):
        codes = [c.code for c in dimension.codes]
        if dimension.only_used:
            codes = [code for code in codes if any(key[axis] == code for key in used)]
        yield [*codes, *([dimension.unpublished] if dimension.unpublished else [])]


def links_of(
    contents: Contents, systems: Mapping[str, System], codes: Mapping[str, Mapping[str, set[str]]]
) -> list[Link]:
    """What a reader knows of a release's counts beyond sums; `codes` are those each table has."""
    links = []
    for given in contents.links:
        left, right = (_term(given[side]) for side in ("left", "right"))
        if all(_is_there(term, systems, codes) for term in (left, right)):
            links.append(Link(given["name"], (left,), (right,), given.get("is", "equal")))
    for given in contents.groups:
        if {given["group"], given["of"]} <= set(systems):
            links += _of_groups(given, systems, codes)
    return links


def _term(given: Any) -> Term:
    return Term(given) if isinstance(given, str) else Term(given["cube"], given["at"])


def _is_there(
    term: Term, systems: Mapping[str, System], codes: Mapping[str, Mapping[str, set[str]]]
) -> bool:
    return term.cube in systems and all(
        code in codes[term.cube][dimension] for dimension, code in term.at.items()
    )


def _of_groups(
    given: Mapping[str, Any],
    systems: Mapping[str, System],
    codes: Mapping[str, Mapping[str, set[str]]],
) -> Iterator[Link]:
    whole, parts, by, fine = given["group"], given["of"], given["by"], given["codes"]
    group_of = next(d for d in systems[parts].dimensions if d.name == fine).column(by)
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
