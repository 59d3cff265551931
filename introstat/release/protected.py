"""The protected store: what disclosure control lets out of a release, one Parquet file a cube.

`pub_*` read it and nothing else. A count is what the protected table says. Figures that rest on a
count are made by the models of models/publication/protected, over the counts as they may be shown.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from introstat.queries import table_of
from introstat.release.contents import AT_THE_TIME, COUNTRY, REFERENCE_YEAR, Contents, CubeSpec
from introstat.release.figures import REFERENCE, CountTable

# The cubes with figures that are no counts, each made by a model `protected_<cube>`.
MODELLED = ("benefit", "headline", "hours", "registration_share")
# What those models are told beside the counts: main figures that releases of earlier periods hide.
HIDDEN_BEFORE = "main_figures_hidden"
# What those models read of the warehouse.
READ = ("stat_benefit", "stat_hours", "stat_registration_share", "stat_series")
_REGION_TYPES = {1: "country", 2: "county", 4: "municipality"}


def write_cells(
    contents: Contents,
    count_tables: Mapping[str, CountTable],
    protected: Mapping[str, pa.Table],
    period: str,
    release: str,
    folder: Path,
) -> None:
    """Write the counts that may be shown, a file for each cube that has counts, in its own codes.

    `protected` are the protected count tables by name: codes, `value` (null if hidden), `sign`.
    A cube that the period does not have, or that counts nobody, gets a file without rows.
    """
    for cube in contents.cubes.values():
        rows = []
        for name, table in count_tables.items():
            if cube in table.cubes and name in protected:
                rows += [
                    (release, period, *codes, table.measure.name, value, sign)
                    for codes, value, sign in _cells(cube, table, protected[name])
                ]
        if cube.counts_in():
            columns = zip(*sorted(rows), strict=True) if rows else [()] * len(_schema(cube))
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(columns, _schema(cube), strict=True)
            ]
            _write(pa.table(arrays, _schema(cube)), folder / f"{cube.name}.parquet")


def _schema(cube: CubeSpec) -> pa.Schema:
    keys = ("release", "period", "region_set", "region_type", "region_code")
    names = (*keys, *(dimension.name for dimension in cube.dimensions), "measure")
    return pa.schema(
        [
            *((name, pa.string()) for name in names),
            ("value", pa.decimal128(18, 1)),
            ("sign", pa.string()),
        ]
    )


def _cells(
    cube: CubeSpec, table: CountTable, protected: pa.Table
) -> Iterator[tuple[tuple[str, ...], int | None, str]]:
    """The cells of a protected table that one of its cubes shows: codes, value, sign."""
    names = [dimension.name for dimension in cube.dimensions]
    columns = ["region", *map(table.column_of, names), "value", "sign"]
    for region, *codes, value, sign in zip(
        *(protected[column].to_pylist() for column in columns), strict=True
    ):
        own = [table.own_code(name, code) for name, code in zip(names, codes, strict=True)]
        region_code = region.removeprefix(REFERENCE)
        region_type = _REGION_TYPES[len(region_code)]
        if None in own or region_type not in cube.region_types:
            continue
        for region_set in cube.region_sets:
            of_the_set = REFERENCE_YEAR if region_code != region else AT_THE_TIME
            if region == COUNTRY or region_set == of_the_set:
                yield (region_set, region_type, region_code, *map(str, own)), value, sign


def copy_cubes(warehouse: duckdb.DuckDBPyConnection, own: duckdb.DuckDBPyConnection) -> None:
    """Put the restricted cubes that the models read beside them, in a file of the release's own."""
    own.execute("create schema statistics")
    for name in READ:
        own.register("cube", table_of(warehouse, f"from {name}"))
        own.execute(f"create table statistics.{name} as from cube")


def write_store(modelled: duckdb.DuckDBPyConnection, cells: Path, store: Path) -> None:
    """Write the store: what the models made, and the counts of the other cubes as they are."""
    for name in MODELLED:
        table = table_of(modelled, f"from protected_{name} order by all")
        _write(table, store / f"{name}.parquet")
    for path in cells.glob("*.parquet"):
        if path.stem not in (*MODELLED, HIDDEN_BEFORE):
            shutil.copy(path, store)


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
