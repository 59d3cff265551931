"""The counts of a period before protection, and what belongs to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.counts import POOLED, pool_rare_categories, recoded
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube
from introstat.release.amounts import amounts_of
from introstat.release.cohorts import cohorts_of
from introstat.release.contents import TOTAL, Contents
from introstat.release.figures import CountTable, PeriodRegion, count_tables_of, counts_of
from introstat.release.periods import Codes, Finished


@dataclass(frozen=True)
class Counted:
    """The counts of a period before protection, and what belongs to them.

    `earlier` are tables of the period's earlier versions. `beside` are the periods that tell of the
    same counts and are released; theirs is what those releases show. `cohorts` are the exits of
    earlier years, which finished main figures show as `cohorts_shown` has them.
    """

    period: str
    contents: Contents
    tables: Mapping[str, CountTable]
    cubes: Mapping[str, Cube]
    regions: Sequence[PeriodRegion]
    earlier: Mapping[str, Sequence[pa.Table]]
    beside: Sequence["Counted"] = ()
    cohorts: Cube | None = None
    cohorts_shown: Sequence[pa.Table] = ()


def counted_in(
    warehouse: duckdb.DuckDBPyConnection,
    contents: Contents,
    period: str,
    regions: Sequence[PeriodRegion],
    earlier: Mapping[str, Sequence[pa.Table]],
    policy: Policy,
    finished: Sequence[Finished] = (),
    cohorts_shown: Sequence[pa.Table] = (),
) -> Counted:
    """The counts of a period, rare categories pooled; tables that count nobody are left out.

    `finished` are the releases of the periods beside it, `cohorts_shown` what finished main figures
    show of the exits of earlier years.
    """
    tables = count_tables_of(contents, period)
    cubes = {name: _counted(warehouse, table, period, regions) for name, table in tables.items()}
    there = {
        name: _pooled(cube, policy)
        for name, cube in cubes.items()
        if any(cube.table["count"].to_pylist())
    }
    beside = [_counted_beside(warehouse, contents, one) for one in finished]
    former = contents.cohorts["table"] in there
    cohorts = cohorts_of(warehouse, contents, period) if former else None
    return Counted(
        period, contents, tables, there, regions, earlier, beside, cohorts, cohorts_shown
    )


def _counted(
    warehouse: duckdb.DuckDBPyConnection,
    counted: CountTable,
    period: str,
    regions: Sequence[PeriodRegion],
) -> Cube:
    """A count table, with the amounts that rest on it."""
    cube = counts_of(warehouse, counted, period, regions)
    return replace(cube, amounts=amounts_of(warehouse, counted, period, regions))


def _counted_beside(
    warehouse: duckdb.DuckDBPyConnection, contents: Contents, finished: Finished
) -> Counted:
    """The counts of a released period as they are now, in the codes of its tables."""
    tables = count_tables_of(contents, finished.period)
    there = {name: table for name, table in tables.items() if name in finished.tables}
    cubes = {
        name: _in_codes_of(
            _counted(warehouse, table, finished.period, finished.regions),
            table,
            finished.tables[name],
        )
        for name, table in there.items()
    }
    fitting = {name: cube for name, cube in cubes.items() if cube is not None}
    return Counted(finished.period, contents, tables, fitting, finished.regions, finished.tables)


def _pooled(cube: Cube, policy: Policy) -> Cube:
    """A count table, its rare categories joined."""
    table = cube.table
    for dimension in cube.pool:
        table = pool_rare_categories(table, dimension, cube.count, policy)
    return replace(cube, table=table, pool=())


def _in_codes_of(cube: Cube, counted: CountTable, tables: Sequence[pa.Table]) -> Cube | None:
    """A count table in the categories of published tables, where rare ones are pooled and those
    that nobody had are missing; None if they have no place for somebody counted since.
    """
    table = cube.table
    for dimension in (d.name for d in counted.dimensions if d.only_used):
        told = {code for each in tables for code in each[dimension].to_pylist()} - {TOTAL}
        if dimension in cube.pool:
            codes = [code if code in told else POOLED for code in table[dimension].to_pylist()]
            if not set(codes) <= told:
                return None
            table = recoded(table, dimension, codes, [cube.count])
        else:
            table = table.filter(pc.is_in(table[dimension], pa.array(sorted(told), pa.string())))
        found = set(table[dimension].to_pylist())
        kinds = table.filter(pc.equal(table[dimension], min(found))).to_pylist() if found else []
        nobody = [
            kind | {dimension: code, cube.count: 0}
            for code in sorted(told - found)
            for kind in kinds
        ]
        if nobody:
            table = pa.concat_tables([table, pa.Table.from_pylist(nobody, table.schema)])
    return replace(cube, table=table, pool=())


def codes_of(cubes: Mapping[str, Cube]) -> dict[str, Codes]:
    """The codes of each table, by dimension."""
    return {
        name: {d: set(cube.table[d].to_pylist()) for d in cube.layout.dims}
        for name, cube in cubes.items()
    }
