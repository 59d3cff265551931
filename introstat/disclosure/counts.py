"""A frequency table in: read, checked, and turned into the counts of the inner cells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pyarrow as pa

from introstat.disclosure.errors import UserError
from introstat.disclosure.joint import AnySystem
from introstat.disclosure.layout import (
    ColumnHierarchy,
    Layout,
    dimensions_of,
    shown_codes,
    text_column,
    withheld_codes,
)
from introstat.disclosure.plainnumbers import plain_numbers
from introstat.disclosure.policy import Policy
from introstat.disclosure.refusals import refuse_repeats, refuse_rows
from introstat.disclosure.system import Ints, Mask, PublishedCells, System
from introstat.disclosure.textfile import lines_of

POOLED = "other"
"""The code of what is pooled."""


@dataclass(frozen=True)
class Tables:
    """Counts to be protected: the system of their cells, every cell's value, what is to be shown.

    `values` is in persons, one for every cell of the system. `published` lists the cells of all
    tables. `withheld` are cells that none shows but that a reader can work out all the same, from
    totals. `known` marks cells whose value a reader already has from an earlier release.
    `left_out` marks published cells that the rule for detail does not show (detail.py); `level` and
    `block` are those of each cell's region, 0 and -1 without regions. With `is_part` the table is
    one code of a dimension that has no total.
    """

    system: AnySystem
    values: Ints
    published: PublishedCells
    withheld: PublishedCells
    known: Mask
    left_out: Mask
    level: Ints
    block: Ints
    is_part: bool = field(default=False, kw_only=True)

    @property
    def names_per_cell(self) -> Ints:
        """How many times each cell is published: a count may have several names."""
        return np.bincount(self.published.cells, minlength=self.system.size)

    @property
    def is_published(self) -> Mask:
        """Which cells a table has."""
        return np.asarray(self.names_per_cell > 0)

    @property
    def is_told(self) -> Mask:
        """Which cells a table has, or a reader can work out from totals."""
        told = self.is_published
        told[self.withheld.cells] = True
        return told


@dataclass(frozen=True)
class Counts(Tables):
    """One checked frequency table.

    `parents` gives, for each parent column, the parent of each leaf code. `made_of` says what the
    amount that rests on each count is made of (dominance.py), if there is one.
    """

    system: System
    parents: Mapping[str, Mapping[str, str]]
    parent_dimension: Mapping[str, str]
    made_of: Ints | None = None


def read_counts(table: pa.Table, layout: Layout, count: str) -> Counts:
    """Check a frequency table and aggregate it.

    One row for each inner cell, zeros included; there may be rows of totals, which must then add
    up. Raises UserError, with the rows named, for counts that are missing, fractional or below
    zero, duplicate cells, missing inner cells, unknown parents and totals that do not add up.
    """

    def name(key: tuple[str, ...]) -> str:
        return ", ".join(f"{d}={code}" for d, code in zip(layout.dims, key, strict=True))

    def row(i: int) -> str:
        return f"row {lines[i]}: {name(keys[i])}"

    lines = lines_of(table)
    codes = [text_column(table, dimension) for dimension in layout.dims]
    texts = text_column(table, count)
    refuse_rows("The file has no rows", [] if texts else ["expected at least one inner cell"])
    keys = list(zip(*codes, strict=True))
    refuse_rows("Rows without a code", [row(i) for i, key in enumerate(keys) if not all(key)])
    numbers = whole_numbers(texts)
    refuse_rows(
        f"Counts in {count} that are not whole numbers of at least 0",
        [f"{row(i)}: {texts[i]!r}" for i, number in enumerate(numbers) if number < 0],
    )
    refuse_repeats(keys, lines, name)
    system = System(dimensions_of(layout, [table]))
    cells = np.array([system.cell(key) for key in keys], dtype=np.int64)
    given = np.full(system.size, -1, dtype=np.int64)
    leaves = [set(d.leaves) for d in system.dimensions]
    leaf = [all(code in own for own, code in zip(leaves, key, strict=True)) for key in keys]
    for i in sorted(range(len(keys)), key=lambda i: leaf[i]):  # a leaf's row over its total's
        given[cells[i]] = numbers[i]
    missing = system.inner[given[system.inner] < 0]
    refuse_rows(
        "Missing inner cells (write a row with the count 0 where there is nobody)",
        [system.name(int(cell)) for cell in missing],
    )
    values = system.values(given[system.inner])
    refuse_rows(
        "Totals that do not add up",
        [
            f"{row(i)}: {numbers[i]}, the inner cells make {values[cell]}"
            for i, cell in enumerate(cells)
            if numbers[i] != values[cell]
        ],
    )
    published = PublishedCells.of(system, shown_codes(layout, system.dimensions))
    reachable = PublishedCells.of(system, withheld_codes(layout, system.dimensions))
    return Counts(
        system,
        values,
        published,
        reachable.without(published),
        np.zeros(system.size, dtype=bool),
        np.zeros(system.size, dtype=bool),
        np.zeros(system.size, dtype=np.int64),
        np.full(system.size, -1, dtype=np.int64),
        *_parents(table, layout, system),
    )


def without_totals(counts: Counts) -> list[tuple[Ints, Counts]]:
    """Return the parts of a cube that no sum ties together, each with the numbers of its cells.

    One part for each code of the dimensions that have no total (a person stands in several measure
    groups); the cube itself where every dimension has one, or where such codes are grouped.
    """
    dimensions = counts.system.dimensions
    apart = [axis for axis, d in enumerate(dimensions) if d.total is None]
    if not apart or any(len(dimensions[axis].leaves) < dimensions[axis].size for axis in apart):
        return [(np.arange(counts.system.size), counts)]
    kept = [axis for axis in range(len(dimensions)) if axis not in apart]
    if not kept:
        return [(np.arange(counts.system.size), counts)]
    parts = []
    for nodes in product(*(range(dimensions[axis].size) for axis in apart)):
        index: list[int | slice] = [slice(None)] * len(dimensions)
        for axis, node in zip(apart, nodes, strict=True):
            index[axis] = node
        cells = counts.system.numbers[tuple(index)].ravel()
        system = System([dimensions[axis] for axis in kept])
        codes = tuple(
            dimensions[axis].leaves[node] for axis, node in zip(apart, nodes, strict=True)
        )

        def part_of(
            whole: PublishedCells, system: System = system, codes: tuple[str, ...] = codes
        ) -> PublishedCells:
            own = [
                tuple(key[axis] for axis in kept)
                for key in whole.codes
                if tuple(key[axis] for axis in apart) == codes
            ]
            return PublishedCells(tuple(own), np.array([system.cell(key) for key in own], np.int64))

        part = replace(
            counts,
            system=system,
            values=counts.values[cells],
            published=part_of(counts.published),
            withheld=part_of(counts.withheld),
            known=counts.known[cells],
            left_out=counts.left_out[cells],
            level=counts.level[cells],
            block=counts.block[cells],
            is_part=True,
        )
        parts.append((cells, part))
    return parts


def primary_cells(counts: Tables, policy: Policy, persons: Ints | None = None) -> Mask:
    """Return the cells that must not be shown because the value itself tells too much.

    A published count in `hide_from`..`hide_to`; and, where `persons` gives for every cell the
    persons its figure rests on, a figure with at least one and fewer than `min_persons` behind it.
    With `zeros: publish` a figure of 0 is shown however few stand behind it. Withheld cells are
    judged like published ones.
    """
    small = (counts.values >= policy.hide_from) & (counts.values <= policy.hide_to)
    if persons is not None:
        few = (persons >= 1) & (persons < policy.min_persons)
        small |= few & ((counts.values != 0) | (policy.zeros != "publish"))
    return small & counts.is_told


def inner_table(columns: Mapping[str, Counts], layout: Layout) -> pa.Table:
    """Return the inner cells of a checked table: codes, and a column for each of `columns`."""
    system = next(iter(columns.values())).system
    keys = list(product(*(dimension.leaves for dimension in system.dimensions)))
    codes = {name: [key[axis] for key in keys] for axis, name in enumerate(layout.dims)}
    for counts in columns.values():
        for parent, parent_of in counts.parents.items():
            codes[parent] = [parent_of[code] for code in codes[counts.parent_dimension[parent]]]
    return pa.table(codes | {name: counts.values[system.inner] for name, counts in columns.items()})


def pool_rare_categories(
    table: pa.Table,
    dimension: str,
    count: str,
    policy: Policy,
    pooled: str = POOLED,
    sums: tuple[str, ...] = (),
) -> pa.Table:
    """Join the codes of a dimension with fewer than `pool_below` persons in all into one code.

    A table of inner cells, no totals. `sums` are the columns that are summed (`count` alone if
    none is given); the others stay the key. One rare code alone takes the smallest other code with
    it, so that the pool is never the rare code under a new name.
    """
    sums = sums or (count,)
    per_code: dict[str, int] = {}
    for code, number in zip(text_column(table, dimension), text_column(table, count), strict=True):
        per_code[code] = per_code.get(code, 0) + int(number)
    rare = {code for code, persons in per_code.items() if persons < policy.pool_below}
    if not rare:
        return table
    for code in sorted(set(per_code) - rare, key=lambda c: (per_code[c], c)):
        if len(rare) > 1 and sum(per_code[c] for c in rare) >= policy.pool_below:
            break
        rare.add(code)
    for name in sums:
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.int64()))
    codes = [pooled if code in rare else code for code in text_column(table, dimension)]
    return recoded(table, dimension, codes, sums)


def recoded(table: pa.Table, dimension: str, codes: Sequence[str], sums: Sequence[str]) -> pa.Table:
    """Return a table with other codes in a dimension, and its rows of the same codes summed."""
    keys = [name for name in table.column_names if name not in sums]
    table = table.set_column(table.column_names.index(dimension), dimension, pa.array(codes))
    summed = table.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in sums])
    return summed.rename_columns([*keys, *sums])


def whole_numbers(texts: Sequence[str]) -> list[int]:
    """Return the whole number that each text says as people write numbers, -1 if it says none."""
    return [_whole(text) for text in plain_numbers(texts)]


_ONE_OR_A_THOUSAND = re.compile("[0-9]{1,3}[.]000")


def _whole(text: str) -> int:
    """Return the whole number that a text says, -1 if it says none."""
    try:
        return int(text)
    except ValueError:
        if _ONE_OR_A_THOUSAND.fullmatch(text):
            return -1
    try:
        number = float(text)
    except ValueError:
        return -1
    return int(number) if number.is_integer() and abs(number) < 2**53 else -1


def _parents(
    table: pa.Table, layout: Layout, system: System
) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    parents: dict[str, dict[str, str]] = {}
    owner: dict[str, str] = {}
    for hierarchy in layout.hierarchies:
        if not isinstance(hierarchy, ColumnHierarchy):
            continue
        levels = hierarchy.levels
        for parent in levels[1:]:
            leaves = set(next(d for d in system.dimensions if d.name == levels[0]).leaves)
            pairs = zip(text_column(table, levels[0]), text_column(table, parent), strict=True)
            if owner.setdefault(parent, levels[0]) != levels[0]:
                raise UserError(
                    f"The column {parent} is a level of both {owner[parent]} and {levels[0]}."
                )
            parents[parent] = {code: group for code, group in pairs if code in leaves and group}
    return parents, owner
