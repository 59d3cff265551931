"""Where the cells of linked tables lie: cube, level, block and municipalities."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from introstat.disclosure.counts import Tables
from introstat.disclosure.detail import COUNTRY, MUNICIPALITY
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.system import Floats, Ints, Mask


class CellMap:
    """Where the cells of linked tables lie: cube, level, block, and which leaves they touch.

    `same` gives for a cube of another period the one that counts the same in this; both together
    are one table.
    """

    def __init__(
        self,
        tables: Tables,
        dimension: str,
        members: Mapping[str, Sequence[str]],
        same: Mapping[str, str],
    ) -> None:
        assert isinstance(tables.system, JointSystem)
        self.system, self.tables = tables.system, tables
        size = tables.system.size
        self.cube = np.full(size, -1, dtype=np.int64)
        self.table = self.cube.copy()
        self.category = np.full(size, -1, dtype=np.int64)  # cube and nodes besides the region
        self.is_leaf = np.zeros(size, dtype=bool)
        self.region = np.full(size, -1, dtype=np.int64)
        parts_of = _parts_of_leaves(tables.system, dimension, members)
        leaves: dict[str, int] = {}
        numbers: dict[str, int] = {}
        self._touch: list[tuple[int, Ints, Mask]] = []
        names = list(tables.system.systems)
        for number, (start, cube) in enumerate(tables.system.cubes):
            self.cube[start : start + cube.size] = number
            own = same.get(names[number], names[number])
            self.table[start : start + cube.size] = names.index(own) if own in names else number
            axis = cube.axis_of(dimension)
            regions = cube.dimensions[axis]
            columns = [
                [leaves.setdefault(part, len(leaves)) for part in parts_of.get(code, (code,))]
                for code in regions.leaves
            ]
            node = cube.nodes()[axis]
            codes = {own: code for code, own in reversed(list(regions.node_of.items()))}
            of_node = [numbers.setdefault(codes[k], len(numbers)) for k in range(regions.size)]
            self.region[start : start + cube.size] = np.array(of_node)[node]
            first = np.take(cube.numbers, [0], axis=axis)
            kind = np.broadcast_to(first, cube.shape).ravel()
            self.category[start : start + cube.size] = start + kind
            self.is_leaf[start : start + cube.size] = node < len(regions.leaves)
            self._touch.append((start, node, _spread(regions.member, columns)))
        width = len(leaves)
        self.leaf_count = width
        self._touch = [
            (start, node, np.pad(touch, ((0, 0), (0, width - touch.shape[1]))))
            for start, node, touch in self._touch
        ]
        self.is_high = (tables.level < MUNICIPALITY) & (self.cube >= 0)
        self.blocks = np.unique(tables.block[tables.block >= 0]).tolist()

    def touched(self, cells: Ints) -> Mask:
        """Return the leaves that municipal cells lie in."""
        leaves = np.zeros(self.leaf_count, dtype=bool)
        for number, (start, node, touch) in enumerate(self._touch):
            own = cells[(self.cube[cells] == number) & ~self.is_high[cells]]
            leaves |= touch[np.unique(node[own - start])].any(axis=0)
        return leaves

    def cells_of(self, leaves: Mask) -> Mask:
        """Return the municipal cells of these leaves, and of those that a code joins with them."""
        for _ in range(2):  # what a code merges, and what a rest of either holds
            leaves = leaves | np.logical_or.reduce(
                [
                    touch[own & touch[:, leaves].any(axis=1)].any(axis=0)
                    for own, touch in self._municipal
                ]
            )
        mask = np.zeros(self.system.size, dtype=bool)
        for (start, node, _), (own, touch) in zip(self._touch, self._municipal, strict=True):
            mask[start : start + len(node)] = np.asarray(own & touch[:, leaves].any(axis=1))[node]
        return mask & ~self.is_high

    @cached_property
    def _municipal(self) -> list[tuple[Mask, Mask]]:
        """For each cube, which nodes of its regions are municipal, and the leaves they hold."""
        parts = []
        for start, node, touch in self._touch:
            own = np.zeros(len(touch), dtype=bool)
            own[node[~self.is_high[start : start + len(node)]]] = True
            parts.append((own, touch))
        return parts

    def high_cells(self, leaves: Mask, cells: Ints) -> Mask:
        """Return the cells of counties that hold one of the leaves, and of counties of cells."""
        mask = np.zeros(self.system.size, dtype=bool)
        inside = leaves.copy()
        for number, (start, node, touch) in enumerate(self._touch):
            own = cells[(self.cube[cells] == number) & self.is_high[cells]]
            inside |= touch[np.unique(node[own - start])].any(axis=0)
        for start, node, touch in self._touch:
            own = slice(start, start + len(node))
            mask[own] = np.asarray(touch[:, inside].any(axis=1))[node]
        return mask & self.is_high

    def leaves_in(self, high: Mask) -> Mask:
        """Return the leaves of the counties whose cells these are."""
        leaves = np.zeros(self.leaf_count, dtype=bool)
        for start, node, touch in self._touch:
            own = slice(start, start + len(node))
            chosen = high[own] & (self.tables.level[own] > COUNTRY)
            leaves |= touch[np.unique(node[chosen])].any(axis=0)
        return leaves

    def persons(self, cells: Ints) -> Floats:
        """Return for each leaf how many persons these cells count in it."""
        leaves = np.zeros(self.leaf_count)
        for number, (start, node, touch) in enumerate(self._touch):
            own = cells[(self.cube[cells] == number) & self.is_leaf[cells]]
            np.add.at(leaves, touch[node[own - start]].argmax(axis=1), self.tables.values[own])
        return leaves

    @cached_property
    def linked(self) -> dict[int, set[int]]:
        """The tables that links tie to each table."""
        ties: dict[int, set[int]] = {number: set() for number in self.tables_there}
        for cells in self.system.tied_cells():
            tied = set(self.table[cells].tolist()) - {-1}
            for one in tied:
                ties[one] |= tied - {one}
        return ties

    @property
    def tables_there(self) -> list[int]:
        """The number of each table."""
        return [int(number) for number in np.unique(self.table[self.table >= 0])]


def _spread(member: Mask, columns: Sequence[Sequence[int]]) -> Mask:
    """Return which node (row) holds which region (column), where a leaf holds several."""
    spread = np.zeros((len(member), max(map(max, columns)) + 1), dtype=bool)
    for leaf, own in enumerate(columns):
        spread[:, own] |= member[:, [leaf]]
    return spread


def _parts_of_leaves(
    system: JointSystem, dimension: str, members: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return the leaves that a region stands for which is itself a leaf in some cube: members of a
    rest, and the municipalities of a county in a table of counties.
    """
    parts: dict[str, Sequence[str]] = {}
    for _, cube in system.cubes:
        regions = cube.dimensions[cube.axis_of(dimension)]
        for code, node in regions.node_of.items():
            cover = [regions.leaves[leaf] for leaf in sorted(regions.leaves_of[node])]
            if cover != [code] and len(cover) > len(parts.get(code, ())):
                parts[code] = [part for leaf in cover for part in members.get(leaf, (leaf,))]
    return parts | dict(members)
