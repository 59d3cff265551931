"""Which leaves are near others, and which cells a search in a large system looks at first."""

from collections.abc import Mapping, Set

import numpy as np

from introstat.disclosure.joint import AnySystem
from introstat.disclosure.system import Dimension, Floats, Ints, Mask, System

LOOKED_AT_WHOLE = 2400  # cells; a larger system is searched one neighbourhood at a time
LONG = 30  # leaves; a dimension with more is cut down to those near
BUSY_WEIGHT = 0.02  # of hidden cells against shared groups when leaves are chosen


def groups_in_common(dimension: Dimension, nodes: Mask) -> Floats:
    """Return for each leaf of a dimension how much it has in common with a leaf in these nodes.

    Groups count, and a small one says more than a large one.
    """
    groups = dimension.member[len(dimension.leaves) :]
    shares = groups / groups.sum(axis=1, keepdims=True)
    return np.asarray(shares[nodes[len(dimension.leaves) :]].sum(axis=0))


class Neighbourhood:
    """Which cells are worth looking at around a primary one.

    A dimension with many leaves is cut down to the leaves nearest to the cell: those with most
    groups in common with it, then those with most hidden cells, which moves can use for nothing.
    In cubes linked to the cell's own, the same leaves are looked at.
    """

    def __init__(self, system: AnySystem) -> None:
        self.cubes = [_LongCube(start, cube) for start, cube in system.cubes]
        self.system = system
        self.needed = system.size > LOOKED_AT_WHOLE and any(cube.long for cube in self.cubes)

    def around(self, cell: int, hidden: Mask, most: int) -> Ints:
        """Return the numbers of the cells near a cell, at most so many leaves of a dimension."""
        cell = int(self.system.lies_at[cell])
        [own] = [cube for cube in self.cubes if cube.start <= cell < cube.end]
        near = own.nearest(cell, hidden, most)
        cells = np.concatenate([cube.cells(near) for cube in self.cubes])
        return np.concatenate([cells, self.system.unknowns_beside(cells)])

    def ordered(self, cells: Ints) -> Ints:
        """Return the cells, those of one neighbourhood together."""
        for cube in self.cubes:
            cells = cube.ordered(cells)
        return cells


class _LongCube:
    """One cube of a system: which of its dimensions are long, and what is near in them."""

    def __init__(self, start: int, system: System) -> None:
        self.system, self.start, self.end = system, start, start + system.size
        self.long = [axis for axis, size in enumerate(system.inner_shape) if size > LONG]

    def nearest(self, cell: int, hidden: Mask, most: int) -> dict[str, set[str]]:
        """Return for each long dimension the leaf codes nearest to a cell of this cube."""
        nodes = np.unravel_index(cell - self.start, self.system.shape)
        table = hidden[self.start : self.end].reshape(self.system.shape)
        chosen = {}
        for axis in self.long:
            dimension = self.system.dimensions[axis]
            leaves = len(dimension.leaves)
            own: Mask = dimension.member[nodes[axis]]
            holding: Mask = np.asarray((dimension.member & own).any(axis=1))
            shared = groups_in_common(dimension, holding)
            other = tuple(k for k in range(len(self.system.shape)) if k != axis)
            busy = np.asarray(table.mean(axis=other))[:leaves]
            score = shared + BUSY_WEIGHT * busy + 10.0 * (own & (own.sum() == 1))
            order = np.argsort(-score, kind="stable")[:most]
            chosen[dimension.name] = {dimension.leaves[leaf] for leaf in order}
        return chosen

    def cells(self, near: Mapping[str, Set[str]]) -> Ints:
        """Return the cells at the leaves of `near` and at the groups that hold one of them.

        All leaves of a dimension that `near` does not name; no other cell can change.
        """
        chosen = []
        for axis, dimension in enumerate(self.system.dimensions):
            every = np.arange(dimension.size)
            if axis in self.long and dimension.name in near:
                leaf = [dimension.node_of[c] for c in dimension.leaves if c in near[dimension.name]]
                every = np.flatnonzero(dimension.member[:, leaf].any(axis=1))
            chosen.append(every)
        return self.start + self.system.numbers[np.ix_(*chosen)].ravel()

    def ordered(self, cells: Ints) -> Ints:
        """Return the cells, those of this cube with the same smallest group together."""
        own = (cells >= self.start) & (cells < self.end)
        for axis in self.long:
            member = self.system.dimensions[axis].member
            is_group = member.sum(axis=1) > 1
            first_group = [min(np.flatnonzero(leaf & is_group), default=-1) for leaf in member.T]
            first = np.array([first_group[np.flatnonzero(row)[0]] for row in member])
            nodes = np.unravel_index(cells[own] - self.start, self.system.shape)[axis]
            cells[own] = cells[own][np.argsort(first[nodes], kind="stable")]
        return cells
