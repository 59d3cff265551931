"""The finished files of a release, read back for the audit: nothing is known of how they were made.

A reader has the tables, the list of regions, and what cubes.yml says adds up. The audit takes the
counts from the CSV files; `dependent_faults` holds every other figure against the counts it
tells of.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from introstat.disclosure.audit import AuditResult
from introstat.disclosure.policy import Policy
from introstat.disclosure.table_audit import PublishedTable, Witnesses, audit_tables
from introstat.errors import UserError
from introstat.release import naming
from introstat.release.contents import (
    AT_THE_TIME,
    COUNTRY,
    REFERENCE_YEAR,
    TOTAL,
    Contents,
    CubeSpec,
)
from introstat.release.figures import (
    REFERENCE,
    Region,
    System,
    layout_of,
    links_of,
    systems_of,
)
from introstat.release.formats import csv_package
from introstat.sql import text_literal

CODE_LISTS = "kodelister"
REGIONS_STEM = "regioner"
REGION_COLUMNS = (
    "region_set", "region_code", "region_type", "region_name", "county_code",
    "code_in_reference_year",
)  # fmt: skip


def stem_of(cube: CubeSpec, region_set: str, reference_year: int) -> str:
    """The files' stem: that of the cube, and the year of the municipalities where it is not the
    period's.
    """
    return cube.stem if region_set == AT_THE_TIME else f"{cube.stem}_kommuner{reference_year}"


def regions_path(folder: Path, period: str, version: int) -> Path:
    """Where a release's list of regions is."""
    return folder / CODE_LISTS / naming.file_name(REGIONS_STEM, [period], version, "csv")


def read_regions(path: Path) -> list[Region]:
    """The municipalities of the period, and where each counts, from a release's list of regions."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise UserError(f"{path} is not there: this is no whole release.") from None
    county_now = {
        row["region_code"]: row["county_code"]
        for row in rows
        if row["region_set"] == REFERENCE_YEAR and row["region_type"] == "municipality"
    }
    return [
        Region(
            row["region_code"],
            row["county_code"],
            row["code_in_reference_year"],
            county_now[row["code_in_reference_year"]],
        )
        for row in rows
        if row["region_set"] == AT_THE_TIME and row["region_type"] == "municipality"
    ]


def count_tables(
    folder: Path, contents: Contents, period: str, version: int, reference_year: int
) -> dict[str, list[pa.Table]]:
    """The published counts of each system, file by file, in the codes of its table."""
    tables: dict[str, list[pa.Table]] = {}
    for system in systems_of(contents, period).values():
        for cube in system.cubes:
            for region_set in cube.region_sets:
                stem = stem_of(cube, region_set, reference_year)
                path = folder / naming.file_name(stem, [period], version, csv_package.EXTENSION)
                if path.is_file():
                    tables.setdefault(system.name, []).append(
                        _counts_in(csv_package.read(path), system, cube, region_set)
                    )
    return tables


def _counts_in(cells: pa.Table, system: System, cube: CubeSpec, region_set: str) -> pa.Table:
    chosen = np.array(cells["measure"].to_pylist()) == system.measure.name
    cells = cells.filter(pa.array(chosen))
    columns = {}
    for name in ("region", *(d.name for d in cube.dimensions)):
        codes = [str(code) for code in cells[name].to_pylist()]
        if name == "region" and region_set == REFERENCE_YEAR:
            codes = [code if code == COUNTRY else REFERENCE + code for code in codes]
        columns[system.column_of(name)] = [system.code_of(name, code) for code in codes]
    values = [None if v is None else int(v) for v in cells["value"].to_pylist()]
    return pa.table(
        columns | {"value": pa.array(values, pa.int64()), "sign": cells["sign"].to_pylist()}
    )


def audit_release(
    folder: Path,
    contents: Contents,
    period: str,
    version: int,
    reference_year: int,
    policy: Policy,
    primaries: Mapping[str, pa.Table],
    earlier: Mapping[str, Sequence[pa.Table]],
    witnesses: Witnesses,
) -> dict[str, AuditResult]:
    """Audit all counts of a release together, from its finished files.

    `primaries` are the restricted lists, `witnesses` what proves the doubt (taken on trust in
    nothing), `earlier` the same tables in earlier releases of the period.
    """
    regions = read_regions(regions_path(folder, period, version))
    systems = systems_of(contents, period)
    tables = count_tables(folder, contents, period, version, reference_year)
    codes = {
        name: {d: {c for t in parts for c in t[d].to_pylist()} for d in parts[0].column_names}
        for name, parts in tables.items()
    }
    there = {name: system for name, system in systems.items() if name in tables}
    return audit_tables(
        {
            name: PublishedTable(
                tables[name],
                layout_of(system, regions),
                "suppress",
                primaries.get(name),
                earlier.get(name, ()),
            )
            for name, system in there.items()
        },
        policy,
        links_of(contents, there, codes),
        witnesses=witnesses,
    )


def dependent_faults(
    folder: Path, contents: Contents, period: str, version: int, reference_year: int
) -> list[str]:
    """Figures shown though the count that they tell of is hidden, in words; none: all is well."""
    faults: list[str] = []
    connection = duckdb.connect()
    cubes = contents.of(period)
    for cube in cubes.values():
        for region_set in cube.region_sets:
            path = _table(folder, cube, region_set, period, version, reference_year)
            if path is None:
                continue
            connection.register("cells", csv_package.read(path))
            dims = ["region", *(d.name for d in cube.dimensions)]
            for measure in cube.measures_in(period):
                for count, over in _tells_of(cube, measure.name):
                    faults += _shown_beside_hidden(
                        connection, path, dims, measure.name, count, over
                    )
                if measure.follows:
                    other = cubes[measure.follows]
                    own = _table(folder, other, region_set, period, version, reference_year)
                    assert own is not None
                    connection.register("counts", csv_package.read(own))
                    at = "".join(
                        f" and counts.{d.name} = '{TOTAL}'"
                        for d in other.dimensions
                        if d.name != "sex"
                    )
                    faults += _faults(
                        connection,
                        path,
                        dims,
                        f"""
                        from cells inner join counts
                            on cells.region = counts.region and cells.sex = counts.sex {at}
                        where cells.measure = {text_literal(measure.name)} and cells.sign = ''
                            and counts.measure = '{other.counts_in()[0].name}'
                            and counts.sign = ':'
                        """,
                    )
    connection.close()
    return faults


def _table(
    folder: Path, cube: CubeSpec, region_set: str, period: str, version: int, reference_year: int
) -> Path | None:
    stem = stem_of(cube, region_set, reference_year)
    found = sorted(folder.glob(f"{stem}_p*{naming.in_name(period)[1:]}_v{version}.csv"))
    return found[0] if found else None


def _tells_of(cube: CubeSpec, measure: str) -> list[tuple[str, str | None]]:
    """The counts that a figure tells of: (measure, dimension that stands at its total)."""
    spec = next(m for m in cube.measures if m.name == measure)
    if spec.rests_on:
        return [(spec.rests_on, None)]
    if spec.part and spec.whole:
        dims = {d.name for d in cube.dimensions}
        whole = (spec.part, spec.whole) if spec.whole in dims else (spec.whole, None)
        return [(spec.part, None), whole]
    return []


def _shown_beside_hidden(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    dims: Sequence[str],
    measure: str,
    count: str,
    over: str | None,
) -> list[str]:
    same = " and ".join(f"cells.{d} = counts.{d}" for d in dims if d != over)
    at = f" and counts.{over} = '{TOTAL}'" if over else ""
    return _faults(
        connection,
        path,
        dims,
        f"""
        from cells inner join cells as counts on {same}{at}
        where cells.measure = {text_literal(measure)} and cells.sign = ''
            and counts.measure = {text_literal(count)} and counts.sign = ':'
        """,
    )


def _faults(
    connection: duckdb.DuckDBPyConnection, path: Path, dims: Sequence[str], query: str
) -> list[str]:
    rows = connection.execute(f"select {', '.join(f'cells.{d}' for d in dims)} {query}").fetchall()
    return [
        f"{path.name}: {', '.join(f'{d}={c}' for d, c in zip(dims, row, strict=True))} is shown "
        "though the count it tells of is hidden"
        for row in rows
    ]


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of a release; UserError if it is not there or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{path} cannot be read: this is no whole release.") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is not what a release writes.")
    return content
