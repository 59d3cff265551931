"""Dominance: figures of which few persons have nearly all (an (n, k) rule).

A figure may rest on many persons and still be nearly one person's own: who knows their own part
then knows the other's. A cell of which the `dominant_persons` greatest parts are more than
`dominant_percent` is protected as small ones are. So are cells that are not shown where a total and
what is shown of it tell what they have together: doubt about each alone is none about that.
"""

import numpy as np
import pyarrow as pa

from introstat.disclosure.counts import Counts
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import text_column
from introstat.disclosure.policy import Policy
from introstat.disclosure.rests import cells_of_sums, told_sums
from introstat.disclosure.system import Ints, Mask, System

AMOUNT = "amount"
"""The column of what each person has of the figure: whole and not negative."""


def made_of(counts: Counts, persons: pa.Table, greatest: int) -> Ints:
    """Return what each cell is made of: its amount, and the greatest parts of it, a row each.

    `persons` has a row for each person that `counts` counts: the codes of an inner cell, and
    `amount`. The result has 1 + `greatest` rows and a column for each cell. Raises UserError for a
    code that is no leaf, and where the persons are not those that are counted.
    """
    system = counts.system
    leaves = [{leaf: k for k, leaf in enumerate(d.leaves)} for d in system.dimensions]
    codes = [text_column(persons, d.name) for d in system.dimensions]
    try:
        at = [[own[code] for code in column] for own, column in zip(leaves, codes, strict=True)]
    except KeyError as error:
        raise UserError(f"Amounts of a code that is no inner one: {error}.") from None
    shape = tuple(map(len, leaves))
    cell = np.ravel_multi_index(tuple(np.array(column, dtype=np.int64) for column in at), shape)
    found = np.bincount(cell, minlength=int(np.prod(shape)))
    if len(wrong := np.flatnonzero(found != counts.values[system.inner])):
        first = int(system.inner[wrong[0]])
        raise UserError(
            f"There are {found[wrong[0]]} amounts of {system.name(first)}, and "
            f"{counts.values[first]} are counted there; expected an amount of each."
        )
    amount = persons[AMOUNT].to_numpy().astype(np.int64)
    order = np.lexsort((-amount, cell))
    cell, amount = cell[order], amount[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    parts = np.zeros((1 + greatest, len(found)), dtype=np.int64)
    np.add.at(parts[0], cell, amount)
    kept = rank < greatest
    parts[1 + rank[kept], cell[kept]] = amount[kept]
    parts = parts.reshape(1 + greatest, *shape)
    for axis, dimension in enumerate(system.dimensions, 1):
        nodes = [together(parts.compress(own, axis), axis) for own in dimension.member]
        parts = np.stack(nodes, axis)
    return parts.reshape(1 + greatest, system.size)


def together(parts: Ints, axis: int = 1) -> Ints:
    """Return what cells along an axis are made of together."""
    rest = parts.shape[1:axis] + parts.shape[axis + 1 :]
    greatest = np.sort(np.moveaxis(parts[1:], axis, 1).reshape(-1, *rest), axis=0)
    return np.concatenate([parts[:1].sum(axis), greatest[::-1][: len(parts) - 1]])


def is_dominated(parts: Ints, policy: Policy) -> Mask:
    """Return the cells, by what they are made of, of which few persons have nearly all."""
    return np.asarray(100 * parts[1:].sum(0) > policy.dominant_percent * parts[0])


def told_by(system: System, known: Mask) -> Mask:
    """Return the cells that known ones tell: where a sum has one that is not known, it is told."""
    equations, told = system.all_equations(), known.copy()
    while True:
        is_open = ~told[equations.cells]
        count = np.bincount(equations.rows[is_open], minlength=equations.count)
        last = is_open & (count[equations.rows] == 1)
        if not last.any():
            return told
        told[equations.cells[last]] = True


def dominated_together(
    system: System, parts: Ints, cells: tuple[Mask, Mask, Mask], policy: Policy
) -> list[Ints]:
    """Return the cells, several each time, whose amount together a total and what is shown of it
    tell, though few persons have nearly all.

    `cells` are those shown, those that tables have or a reader may work out, and those that were
    told before: what these tell stays told. Of persons who stand in totals only (no sex is known of
    them) no amount is told by what others have (disclosure.md).
    """
    shown, in_tables, told_before = cells
    equations, known = system.all_equations(), told_by(system, shown)
    told, entries = told_sums(equations, known, in_tables | (parts[0] == 0))
    is_new = (known & ~told_before)[equations.cells]
    told &= np.bincount(equations.rows[is_new], minlength=equations.count) > 0
    sums = cells_of_sums(equations, entries & told[equations.rows])
    return [cells for cells in sums if is_dominated(together(parts[:, cells]), policy)]
