"""What changed since the release before: old, new and difference of every figure, and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from introstat.queries import table_of
from introstat.release.contents import Contents, CubeSpec

DEFINITION = "definisjon"
LATER = "senere registrering eller retting"
PROTECTION = "personvern"
_COLUMNS = (
    *("cube", "period", "region_set", "region_code", "dimensions", "measure"),
    *("old_value", "old_sign", "new_value", "new_sign", "difference", "reason"),
)
_VALUES = ("old_value", "new_value", "difference")
_Cells = dict[tuple[str, ...], tuple[Decimal | None, str]]


@dataclass(frozen=True)
class Before:
    """The release that revisions are against: its name, manifest, and protected store."""

    name: str
    manifest: dict[str, Any]
    store: Path


def keep_published(published: duckdb.DuckDBPyConnection, cube: CubeSpec, store: Path) -> None:
    """Write what is published of a cube beside the store, for the next release's revisions."""
    rows = table_of(published, f"from pub_{cube.name} order by all")
    pq.write_table(rows, _kept(store, cube))


def revisions_of(
    published: duckdb.DuckDBPyConnection,
    contents: Contents,
    period: str,
    before: Before | None,
    reason: str,
) -> pa.Table:
    """Return the figures that are shown in both releases and differ, or are shown in one only.

    `reason` holds for figures that changed; one that only its sign changed was hidden, or shown, by
    protection.
    """
    rows: list[tuple[Any, ...]] = []
    for cube in contents.of(period).values() if before else ():
        assert before is not None
        if _kept(before.store, cube).is_file():
            olds = _cells(pq.read_table(_kept(before.store, cube)), cube)
            news = _cells(table_of(published, f"from pub_{cube.name}"), cube)
            rows += _changed(cube.name, olds, news, reason)
    schema = pa.schema(
        [(name, pa.decimal128(18, 1) if name in _VALUES else pa.string()) for name in _COLUMNS]
    )
    listed = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(listed, schema)


def _kept(store: Path, cube: CubeSpec) -> Path:
    return store / f"before_{cube.name}.parquet"


def _cells(table: pa.Table, cube: CubeSpec) -> _Cells:
    names = [dimension.name for dimension in cube.dimensions]
    return {
        (
            row["period"],
            row["region_set"],
            row["region_code"],
            json.dumps({name: row[name] for name in names}, separators=(",", ":")),
            row["measure"],
        ): (row["value"], row["sign"])
        for row in table.to_pylist()
    }


def _changed(cube: str, olds: _Cells, news: _Cells, reason: str) -> Iterator[tuple[Any, ...]]:
    for key in sorted(olds.keys() | news.keys()):
        old, old_sign = olds.get(key, (None, "."))
        new, new_sign = news.get(key, (None, "."))
        if (old, old_sign) == (new, new_sign):
            continue
        if old is None or new is None:
            yield (cube, *key, old, old_sign, new, new_sign, None, PROTECTION)
        else:
            yield (cube, *key, old, old_sign, new, new_sign, new - old, reason)
