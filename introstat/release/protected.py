"""The protected store: what disclosure control lets out of a release, one Parquet file a cube.

`pub_*` read it and nothing else. A count is what the protected table says; a figure that rests on a
count is the warehouse's own, shown where that count is.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from introstat.release.contents import AT_THE_TIME, COUNTRY, TOTAL, Contents, CubeSpec, is_year
from introstat.release.figures import REFERENCE, System
from introstat.sql import text_literal


def write_store(
    warehouse: duckdb.DuckDBPyConnection,
    contents: Contents,
    systems: Mapping[str, System],
    tables: Mapping[str, pa.Table],
    period: str,
    release: str,
    min_persons: int,
    folder: Path,
) -> None:
    """Write what may be shown of every cube; cubes that the period does not have are empty files.

    `tables` are the protected tables of the systems: codes, `value` (null if hidden), `sign`.
    """
    for name, table in tables.items():
        warehouse.register(f"protected_{name}", table)
    for cube in contents.cubes.values():
        if cube.name == "headline":
            query = _earlier_headline(cube, period, min_persons)
        elif not cube.holds(period):
            query = f"select * from ({_plain(cube, period)}) where false"
        elif cube.counts_in():
            query = " union all ".join(_counted(cube, systems, period))
        elif any(measure.follows for measure in cube.measures):
            query = _following(cube, systems, period, min_persons)
        else:
            query = _plain(cube, period)
        keys = ", ".join(_keys(cube))
        rows = warehouse.execute(
            f"""
            select {text_literal(release)} as release, {keys}, measure,
                cast(value as decimal(18, 1)) as value, sign
            from ({query}) order by {keys}, measure
            """
        ).arrow()
        table = rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows
        pq.write_table(table, folder / f"{cube.name}.parquet", compression="zstd")


def _keys(cube: CubeSpec) -> list[str]:
    return [
        "period",
        "region_set",
        "region_type",
        "region_code",
        *(d.name for d in cube.dimensions),
    ]


def _plain(cube: CubeSpec, period: str) -> str:
    """The warehouse's figures as they are: they rest on many."""
    return f"""
        select {", ".join(_keys(cube))}, measure, value, '' as sign
        from {cube.model} where period = {text_literal(period)}
    """


def _regions(cube: CubeSpec) -> str:
    """The cells of a protected table by region set, type and code, where the cube has them."""
    types = ", ".join(text_literal(each) for each in cube.region_types)
    sets = []
    for region_set in cube.region_sets:
        other = region_set != AT_THE_TIME
        starts = f"starts_with(region, '{REFERENCE}')"
        sets.append(
            f"""
            select * exclude (region), {text_literal(region_set)} as region_set,
                replace(region, '{REFERENCE}', '') as region_code
            from {{table}}
            where region = '{COUNTRY}' or {"" if other else "not "}{starts}
            """
        )
    return f"""
        select *, case length(region_code) when 1 then 'country' when 2 then 'county'
            else 'municipality' end as region_type
        from ({" union all ".join(sets)})
        where region_type in ({types})
    """


def _cells(cube: CubeSpec, system: System) -> str:
    """A protected table in the codes and dimensions of one of its cubes."""
    columns, conditions = [], []
    for dimension in cube.dimensions:
        column = system.column_of(dimension.name)
        if dimension.name in system.grouped:
            mark = f"{dimension.name}:"
            columns.append(f"replace({column}, '{mark}', '') as {dimension.name}")
            conditions.append(f"(starts_with({column}, '{mark}') or {column} = '{TOTAL}')")
        else:
            columns.append(column)
            marks = [f"{g}:" for g, of in system.grouped.items() if of == column]
            conditions += [f"not starts_with({column}, '{mark}')" for mark in marks]
    where = " and ".join(conditions) or "true"
    table = f"protected_{system.name}"
    return f"""
        select region_set, region_type, region_code, {", ".join(columns)}, value, sign
        from ({_regions(cube).format(table=table)}) where {where}
    """


def _counted(cube: CubeSpec, systems: Mapping[str, System], period: str) -> list[str]:
    """The counts of a cube, and the figures that rest on one of them."""
    queries = []
    keys = _keys(cube)[1:]
    for measure in cube.counts_in():
        system = next(
            s for s in systems.values() if cube in s.cubes and s.measure.name == measure.name
        )
        cells = _cells(cube, system)
        queries.append(
            f"""
            select {text_literal(period)} as period, {", ".join(keys)},
                {text_literal(measure.name)} as measure, value, sign from ({cells})
            """
        )
        for other in cube.measures:
            if other.rests_on != measure.name:
                continue
            # Where nobody is counted a sum is nothing, and a mean cannot occur.
            mean = other.name.startswith("mean_")
            queries.append(
                f"""
                select {text_literal(period)} as period, {", ".join(f"cells.{k}" for k in keys)},
                    {text_literal(other.name)} as measure,
                    case when cells.sign = ''
                        then coalesce(figures.value, {"null" if mean else "0"}) end as value,
                    case when cells.sign <> '' then cells.sign
                        when cells.value = 0 then '{"." if mean else ""}' else '' end as sign
                from ({cells}) as cells
                left join {cube.model} as figures
                    on figures.period = {text_literal(period)}
                    and figures.measure = {text_literal(other.name)}
                    {"".join(f" and cells.{key} = figures.{key}" for key in keys)}
                """
            )
    return queries


def _following(cube: CubeSpec, systems: Mapping[str, System], period: str, min_persons: int) -> str:
    """Figures shown where the count they follow is, and enough persons stand behind them; by sex
    for both sexes or for none.
    """
    queries = []
    for measure in cube.measures:
        system = systems[str(measure.follows)]
        others = [d.name for d in system.dimensions if d.name != "sex"]
        at_total = "".join(f" and {name} = '{TOTAL}'" for name in others)
        cells = _cells(system.finest, system)
        queries.append(
            f"""
            select {text_literal(period)} as period, region_set, region_type, region_code, sex,
                {text_literal(measure.name)} as measure,
                case when sign = '' then value end as value, sign
            from (
                select region_set, region_type, region_code, sex, value,
                    case
                        when not is_shown then ':'
                        when sex <> '{TOTAL}' and bool_or(not is_shown) over (
                            partition by region_set, region_code, sex = '{TOTAL}') then ':'
                        when value is null then '.'
                        else ''
                    end as sign
                from (
                    select cells.region_set, cells.region_type, cells.region_code, cells.sex,
                        figures.value,
                        cells.sign = '' and coalesce(figures.persons, 0) not between 1
                        and {min_persons - 1} as is_shown
                    from ({cells}) as cells
                    left join {cube.model} as figures
                        on figures.period = {text_literal(period)}
                        and figures.measure = {text_literal(measure.name)}
                        and cells.region_set = figures.region_set
                        and cells.region_code = figures.region_code
                        and cells.sex = figures.sex
                    where true {at_total.replace(" and ", " and cells.")}
                )
            )
            """
        )
    return " union all ".join(queries)


def _earlier_headline(cube: CubeSpec, period: str, min_persons: int) -> str:
    """The country's earlier periods as they are known now; where few stand behind a figure it is
    hidden for both sexes.
    """
    kind = "year" if is_year(period) else "half_year"
    names: Sequence[str] = [measure.name for measure in cube.measures_in(period)]
    listed = ", ".join(text_literal(name) for name in names)
    return f"""
        select period, '{AT_THE_TIME}' as region_set, 'country' as region_type,
            '{COUNTRY}' as region_code, sex, measure,
            case when is_shown then value end as value,
            case when is_shown then '' else ':' end as sign
        from (
            select *, not bool_or(persons between 1 and {min_persons - 1})
                over (partition by period, measure) as is_shown
            from stat_series
            where period_type = '{kind}' and period < {text_literal(period)} and sex <> 'unknown'
                and measure in ({listed})
        )
    """
