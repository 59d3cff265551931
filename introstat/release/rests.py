"""Municipalities too small to show anything but their number of participants, taken together.

Where a municipality shows no detail, a reader knows at most what it and others like it in the same
counties have together: that rest is one region of the count tables, which no file shows. The
number of participants of every municipality is a count table of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.counts import recoded
from introstat.disclosure.detail import MUNICIPALITY, Regions
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.protection import Cube
from introstat.disclosure.published import LEFT_OUT
from introstat.release.contents import COUNTRY, TOTAL
from introstat.release.figures import (
    REST,
    UNPLACED,
    CountTable,
    PeriodRegion,
    layout_of,
    leaves_of,
    marked,
)

PERSONS = "participants"  # the count table of those whom the sizes count
SIZES = "participants_in_all"  # the count table of the regions' sizes


def together(
    regions: Sequence[PeriodRegion], bare: Iterable[str]
) -> tuple[list[PeriodRegion], dict[str, str]]:
    """The regions with those that are bare taken together, and each leaf's code among them.

    `bare` are municipalities, of the time and (marked) of the reference year, that show no detail.
    """
    bare = set(bare)
    made: dict[str, PeriodRegion] = {}
    code_of: dict[str, str] = {}
    for leaf, region in leaves_of(regions).items():
        if marked(region.reference) in bare:
            region = replace(region, reference=UNPLACED)
        own = region.municipality if region.is_registered else region.code
        is_bare = own in bare or own == UNPLACED
        if is_bare and region.reference == UNPLACED:
            code_of[leaf] = rest = f"{REST}{region.county}-{region.reference_county}"
            made[rest] = PeriodRegion(
                rest, False, rest, region.county, UNPLACED, region.reference_county
            )
        else:
            code_of[leaf] = leaf
            made[leaf] = replace(region, municipality=UNPLACED) if is_bare else region
    return list(made.values()), code_of


def members_of(code_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The leaves of each rest."""
    members: dict[str, list[str]] = {}
    for leaf, code in code_of.items():
        if code.startswith(REST):
            members.setdefault(code, []).append(leaf)
    return {rest: tuple(leaves) for rest, leaves in members.items()}


def with_rests(
    cube: Cube, counted: CountTable, regions: Sequence[PeriodRegion], code_of: Mapping[str, str]
) -> Cube:
    """A count table with its bare municipalities taken together."""
    if not counted.by_municipality:
        return cube
    codes = [code_of.get(code, code) for code in cube.table["region"].to_pylist()]
    summed = recoded(cube.table, "region", codes, [cube.count])
    amounts = cube.amounts
    if amounts is not None:
        of = [code_of.get(code, code) for code in amounts["region"].to_pylist()]
        amounts = amounts.set_column(amounts.column_names.index("region"), "region", [of])
    return replace(cube, table=summed, layout=layout_of(counted, regions), amounts=amounts)


def sizes_cube(persons: Cube, counted: CountTable, regions: Sequence[PeriodRegion]) -> Cube:
    """The count table of the regions' sizes, from that of the persons they count."""
    summed = persons.table.group_by(["region"], use_threads=False).aggregate([("count", "sum")])
    table = summed.rename_columns(["region", "count"])
    return Cube(table, sizes_layout(counted, regions), "count", "count")


def sizes_layout(counted: CountTable, regions: Sequence[PeriodRegion]) -> Layout:
    """What the count table of the sizes looks like: the persons' table, all at its totals."""
    whole = layout_of(counted, regions)
    of_regions = tuple(h for h in whole.hierarchies if h.dimension == "region")
    return Layout(
        ("region",), of_regions, {"region": COUNTRY}, (), {"region": whole.unpublished["region"]}
    )


def links_of_sizes(counted: CountTable, code_of: Mapping[str, str]) -> list[Link]:
    """The sizes are the persons' totals, and those of a rest's members its total."""
    at = {dimension.name: TOTAL for dimension in counted.dimensions}
    pairs = tuple((leaf, code) for leaf, code in code_of.items() if code.startswith(REST))
    links = [Link("sizes are totals", (Term(SIZES),), (Term(PERSONS, at),))]
    if pairs:
        rests = Term(SIZES, {}, {"region": CodeList("region", "rest", pairs)})
        links.append(Link("a rest is the sum of its members", (rests,), (Term(PERSONS, at),)))
    return links


def municipal(regions: Regions) -> list[str]:
    """The codes of municipalities, of the time and of the reference year."""
    return [code for code, one in regions.of.items() if one.level >= MUNICIPALITY]


def sizes_in(tables: Sequence[pa.Table], counted: CountTable) -> list[pa.Table]:
    """The sizes as files of the persons' count table show them."""
    return [
        table.filter(_at_totals(table, counted)).select(["region", "value", "sign"])
        for table in tables
    ]


def _at_totals(table: pa.Table, counted: CountTable) -> pa.Array:
    """Which rows stand at the total of every dimension but the region."""
    rows = pa.array([True] * table.num_rows)
    for dimension in counted.dimensions:
        rows = pc.and_(rows, pc.equal(table[counted.column_of(dimension.name)], TOTAL))
    return rows


def without(tables: Sequence[pa.Table], bare: Iterable[str]) -> list[pa.Table]:
    """Published tables without the rows of bare regions."""
    codes = pa.array(sorted(bare), pa.string())
    return [table.filter(pc.invert(pc.is_in(table["region"], codes))) for table in tables]


def shown_in(tables: Mapping[str, Sequence[pa.Table]], persons: CountTable) -> set[str]:
    """The regions of which published tables say more than the number of participants."""
    found: set[str] = set()
    for name, parts in tables.items():
        for table in parts:
            told = pc.not_equal(table["sign"], LEFT_OUT)
            if name == PERSONS:
                told = pc.and_(told, pc.invert(_at_totals(table, persons)))
            found |= set(table.filter(told)["region"].to_pylist())
    return found


def filled(
    table: pa.Table, counted: CountTable, bare: Sequence[str], sizes: Mapping[str, tuple[int, str]]
) -> pa.Table:
    """A protected count table with the bare regions: left out but for the number of participants.

    `sizes` are what is shown of each region's number: value and sign.
    """
    names = [name for name in table.column_names if name not in ("region", "value", "sign")]
    kinds = table.filter(pc.equal(table["region"], COUNTRY)).select(names).to_pylist()
    rows = []
    for region in bare:
        for kind in kinds:
            value, sign = None, LEFT_OUT
            if counted.name == PERSONS and set(kind.values()) == {TOTAL}:
                value, sign = sizes[region]
            rows.append({"region": region, **kind, "value": value, "sign": sign})
    more = pa.Table.from_pylist(rows, table.schema) if rows else table.slice(0, 0)
    return pa.concat_tables([table, more])
