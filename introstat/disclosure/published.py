"""What a reader has: published files read back, cell by cell, with nothing else known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from introstat.disclosure.counts import Tables
from introstat.disclosure.errors import UserError
from introstat.disclosure.joint import AnySystem
from introstat.disclosure.layout import Layout, dimensions_of, text_column, withheld_codes
from introstat.disclosure.plainnumbers import plain_numbers
from introstat.disclosure.refusals import refuse_repeats, refuse_rows
from introstat.disclosure.system import Ints, Mask, PublishedCells, System
from introstat.disclosure.textfile import lines_of

HIDDEN = ":"
MISSING = ".."
CANNOT_OCCUR = "."
LEFT_OUT = "..."
"""The rule for detail does not show the cell (detail.py); it may be zero."""
SIGNS = ("", HIDDEN, MISSING, CANNOT_OCCUR, LEFT_OUT)
UNKNOWN = -1


@dataclass(frozen=True)
class Published:
    """The published cells: row by row their codes, cell and value, and what is known of each cell.

    `row_values` and `known` hold persons, or UNKNOWN where the value is hidden or missing. A cell
    hidden under one name and shown under another is known. `hidden` lists the numbers of cells that
    some row hides, `left_out` of those that the rule for detail leaves out. `unseen` are the cells
    of the last rows, which stand in no file: a reader can work them out all the same
    (Layout.unpublished).
    """

    system: AnySystem
    row_codes: tuple[tuple[str, ...], ...]
    row_cells: Ints
    row_values: Ints
    known: Ints
    hidden: Ints
    left_out: Ints
    unseen: Ints

    @property
    def withheld(self) -> int:
        """How many rows stand in no file."""
        return len(self.unseen)

    def name(self, row: int) -> str:
        """Return a row's cell in words."""
        return self.system.label(self.row_codes[row])

    def first_names(self) -> dict[int, str]:
        """Return each cell in words, by the codes of its first row."""
        rows = reversed(list(zip(self.row_cells.tolist(), self.row_codes, strict=True)))
        return {cell: self.system.label(codes) for cell, codes in rows}


@dataclass(frozen=True)
class ReaderCube(Published):
    """The published cells of one cube."""

    system: System


def as_published(counts: Tables, hidden: Mask) -> Published:
    """Return what a reader would have if the counts were published with these cells hidden."""
    cells = np.concatenate([counts.published.cells, counts.withheld.cells])
    known = np.full(counts.system.size, UNKNOWN, dtype=np.int64)
    kept = ~(hidden | counts.left_out)
    shown = counts.published.cells[kept[counts.published.cells]]
    known[shown] = counts.values[shown]
    return Published(
        counts.system,
        (*counts.published.codes, *counts.withheld.codes),
        cells,
        known[cells],
        known,
        np.unique(counts.published.cells[hidden[counts.published.cells]]),
        np.flatnonzero(counts.left_out),
        counts.withheld.cells,
    )


def read_published(
    tables: Sequence[pa.Table], layout: Layout, value: str = "value", sign: str = "sign"
) -> ReaderCube:
    """Read published files as one system; rows that are not there are simply not published.

    A dimension that a file has no column for stands at its total. Raises UserError, with the rows
    named, for values that are not whole numbers of at least 0, unknown signs, a cell twice in one
    file, and the same count published with two values.
    """
    system = System(dimensions_of(layout, tables))
    known = np.full(system.size, UNKNOWN, dtype=np.int64)
    rows: dict[tuple[str, ...], tuple[int, int]] = {}  # cell and value by its codes
    hidden: set[int] = set()
    left_out: set[int] = set()
    clashes: list[str] = []
    for table in tables:
        keys = _keys(table, system)
        numbers = _values(table, value, sign, keys)
        lines = lines_of(table)
        refuse_repeats(keys, lines)
        for i, (key, (number, mark)) in enumerate(zip(keys, numbers, strict=True)):
            cell = system.cell(key)
            if mark == HIDDEN:
                hidden.add(cell)
            if mark == LEFT_OUT:
                left_out.add(cell)
            if number != UNKNOWN:
                if known[cell] not in (UNKNOWN, number):
                    clashes.append(
                        f"row {lines[i]}: {', '.join(key)}: {number}, elsewhere {known[cell]}"
                    )
                known[cell] = number
            if key not in rows or rows[key][1] == UNKNOWN:
                rows[key] = (cell, number)
    refuse_rows("The same count published with two values", clashes)
    cells = np.array([cell for cell, _ in rows.values()], dtype=np.int64)
    reachable = PublishedCells.of(system, withheld_codes(layout, system.dimensions))
    withheld = reachable.without(PublishedCells(tuple(rows), cells))
    values = [*(number for _, number in rows.values()), *[UNKNOWN] * len(withheld.codes)]
    return ReaderCube(
        system,
        (*rows, *withheld.codes),
        np.concatenate([cells, withheld.cells]),
        np.array(values, dtype=np.int64),
        known,
        np.array(sorted(hidden), dtype=np.int64),
        np.array(sorted(left_out), dtype=np.int64),
        withheld.cells,
    )


def read_primaries(table: pa.Table, published: ReaderCube) -> list[int]:
    """Return the rows of the published file that the restricted list names as primary."""
    row_of = {codes: row for row, codes in enumerate(published.row_codes)}
    columns = [text_column(table, dimension.name) for dimension in published.system.dimensions]
    keys = list(zip(*columns, strict=True))
    lines = lines_of(table)
    refuse_rows(
        "Primary cells that are not in the published file",
        [f"row {lines[i]}: {', '.join(key)}" for i, key in enumerate(keys) if key not in row_of],
    )
    return [row_of[key] for key in keys]


def _keys(table: pa.Table, system: System) -> list[tuple[str, ...]]:
    columns = []
    for dimension in system.dimensions:
        if dimension.name in table.column_names:
            columns.append(text_column(table, dimension.name))
        elif dimension.total is not None:
            columns.append([dimension.total] * table.num_rows)
        else:
            raise UserError(
                f"No column {dimension.name}, and the dimension has no total to stand at."
            )
    keys = list(zip(*columns, strict=True))
    lines = lines_of(table)
    unknown = [
        f"row {lines[i]}: {', '.join(key)}"
        for i, key in enumerate(keys)
        if not all(code in d.node_of for d, code in zip(system.dimensions, key, strict=True))
    ]
    refuse_rows("Unknown codes", unknown)
    return keys


def _values(
    table: pa.Table, value: str, sign: str, keys: Sequence[tuple[str, ...]]
) -> list[tuple[int, str]]:
    texts = plain_numbers(text_column(table, value))
    signs = text_column(table, sign) if sign in table.column_names else [""] * len(texts)
    lines = lines_of(table)
    read, wrong = [], []
    for i, (text, mark) in enumerate(zip(texts, signs, strict=True)):
        if mark == "" and text in SIGNS:  # files of the time put the mark where the number would be
            text, mark = "", text or MISSING
        number = UNKNOWN
        if mark == CANNOT_OCCUR:
            number = 0
        if mark not in SIGNS or (mark and text) or (not mark and not text.isdecimal()):
            wrong.append(f"row {lines[i]}: {', '.join(keys[i])}: value {text!r}, sign {mark!r}")
        elif not mark:
            number = int(text)
        read.append((number, mark))
    refuse_rows("Values that are not whole numbers of at least 0, or carry an unknown sign", wrong)
    return read
