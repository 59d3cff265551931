"""Finished releases of other periods: what they show of counts as these are now, and what not.

A year and its half-years tell of the same persons. What one of them shows stays, and what it hides
must not be worked out from another. Both sides take such tables in: protection beside those it is
to protect, the audit beside those it tests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from introstat.disclosure.counts import Counts
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import Layout, dimensions_of, text_column, withheld_codes
from introstat.disclosure.published import HIDDEN, LEFT_OUT, UNKNOWN, ReaderCube, read_published
from introstat.disclosure.system import Ints, PublishedCells, System

_PRECEDENCE = ("", HIDDEN, LEFT_OUT)  # of what several versions say of a cell


def finished_counts(counts: Counts, tables: Sequence[pa.Table], layout: Layout) -> Counts:
    """Return counts as finished tables have them: `published` are their cells, `known` those that
    they show, `left_out` those that the rule for detail did not show. They hide the others.
    """
    now = _as_now(tables, counts.system, counts.values)
    read = read_published([now], layout)
    rows = len(read.row_codes) - read.withheld
    codes = read.row_codes[:rows]
    cells = np.array([counts.system.cell(key) for key in codes], dtype=np.int64)
    published = PublishedCells(codes, cells)
    reachable = PublishedCells.of(counts.system, withheld_codes(layout, counts.system.dimensions))
    known, left_out = (np.zeros(counts.system.size, dtype=bool) for _ in range(2))
    known[cells[read.row_values[:rows] != UNKNOWN]] = True
    left_out[cells[np.isin(read.row_cells[:rows], read.left_out)]] = True
    return replace(
        counts,
        published=published,
        withheld=reachable.without(published),
        known=known,
        left_out=left_out & ~known,
    )


def finished_cube(tables: Sequence[pa.Table], layout: Layout, values: Ints) -> ReaderCube:
    """Return what a reader has of finished tables; `values` are the true counts now.

    Raises UserError where these are counts of other codes than the tables'.
    """
    system = System(dimensions_of(layout, tables))
    if len(values) != system.size:
        raise UserError(
            "The restricted counts are not those of these files: they have other codes."
        )
    read = read_published([_as_now(tables, system, values)], layout)
    return replace(read, left_out=read.left_out[read.known[read.left_out] == UNKNOWN])


def _as_now(tables: Sequence[pa.Table], system: System, values: Ints) -> pa.Table:
    """Return all tables as one. A number that is not the count now was revised: it tells nothing
    of it, not even that it is somebody, so the cell is as good as left out; one that was hidden and
    is nobody now as well.
    """
    names = [dimension.name for dimension in system.dimensions]
    sign_of: dict[tuple[str, ...], str] = {}
    for table in tables:
        for codes, value, sign in _cells(table, system):
            now = values[system.cell(codes)]
            if (sign == "" and value != now) or (sign == HIDDEN and not now):
                sign = LEFT_OUT
            before = sign_of.get(codes, LEFT_OUT)
            sign_of[codes] = min(before, sign, key=_PRECEDENCE.index)
    numbers = [
        int(values[system.cell(codes)]) if sign == "" else None for codes, sign in sign_of.items()
    ]
    told = {name: [codes[axis] for codes in sign_of] for axis, name in enumerate(names)}
    signs = list(sign_of.values())
    return pa.table(told | {"value": pa.array(numbers, pa.int64()), "sign": signs})


def _cells(table: pa.Table, system: System) -> Iterator[tuple[tuple[str, ...], int | None, str]]:
    """The cells of a finished table that somebody can still be in: codes, value, sign."""
    columns = [
        text_column(table, d.name)
        if d.name in table.column_names
        else [str(d.total)] * table.num_rows
        for d in system.dimensions
    ]
    rows = zip(*columns, table["value"].to_pylist(), table["sign"].to_pylist(), strict=True)
    for *codes, value, sign in rows:
        if all(c in d.node_of for c, d in zip(codes, system.dimensions, strict=True)):
            yield tuple(codes), value, sign
