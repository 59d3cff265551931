"""Dominance: figures of which few persons have nearly all (an (n, k) rule).

A figure may rest on many persons and still be nearly one person's own: who knows their own part
then knows the other's. A cell of which the `dominant_persons` greatest parts are more than
`dominant_percent` of it is protected as small ones are. Both sides take sums over several cells
from the same parts.
"""

import numpy as np
import pyarrow as pa

from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import text_column
from introstat.disclosure.policy import Policy
from introstat.disclosure.system import Ints, Mask, System

AMOUNT = "amount"
"""The column of what each person has of the figure: whole and not negative."""


def made_of(system: System, persons: pa.Table, greatest: int) -> Ints:
    """Return what each cell is made of: its amount, and the greatest parts of it, a row each.

    `persons` has a row for each person: the codes of an inner cell, and `amount`. The result has
    1 + `greatest` rows and a column for each cell. Raises UserError for a code that is no leaf.
    """
    leaves = [{leaf: k for k, leaf in enumerate(d.leaves)} for d in system.dimensions]
    codes = [text_column(persons, d.name) for d in system.dimensions]
    try:
        at = [[own[code] for code in column] for own, column in zip(leaves, codes, strict=True)]
    except KeyError as error:
        raise UserError(f"Amounts of a code that is no inner one: {error}.") from None
    shape = tuple(map(len, leaves))
    cell = np.ravel_multi_index(tuple(np.array(column, dtype=np.int64) for column in at), shape)
    amount = persons[AMOUNT].to_numpy().astype(np.int64)
    order = np.lexsort((-amount, cell))
    cell, amount = cell[order], amount[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    parts = np.zeros((1 + greatest, int(np.prod(shape))), dtype=np.int64)
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
    greatest = np.sort(np.moveaxis(parts[1:], axis, 1).reshape(-1, *_rest(parts, axis)), axis=0)
    return np.concatenate([parts[:1].sum(axis), greatest[::-1][: len(parts) - 1]])


def _rest(parts: Ints, axis: int) -> tuple[int, ...]:
    return parts.shape[1:axis] + parts.shape[axis + 1 :]


def is_dominated(parts: Ints, policy: Policy) -> Mask:
    """Return the cells, by what they are made of, of which few persons have nearly all."""
    return np.asarray(100 * parts[1:].sum(0) > policy.dominant_percent * parts[0])
