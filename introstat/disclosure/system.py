"""The linear system that published tables make: which cells there are and how they add up.

This is the one thing the methods and the audit share. It holds no values and no strategy: only
the codes of each dimension, which codes a code is the sum of, and the cells those make. Two codes
that cover the same leaves are one *node*, so a count published under two names is one unknown.
Cubes that are tied by more than sums (a year and its half-years) are one system of joint.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from introstat.disclosure.errors import UserError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Move = tuple[Ints, Ints]
"""A change of a table: the cells that change, and by how many persons."""

LARGEST_SYSTEM = 3_000_000  # cells; above this the memory of one machine is at risk


@dataclass(frozen=True)
class Group:
    """A code that is the sum of others: `parts` lists each way it adds up, as direct children."""

    code: str
    level: str
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Dimension:
    """One variable of the tables: its leaf codes, its groups (children before parents), its total.

    `total` is the code of the sum over all leaves, or None where the leaves do not add up (a person
    in several measure groups).
    """

    name: str
    leaves: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    total: str | None = "Total"
    node_of: dict[str, int] = field(init=False, repr=False)
    parts_of: tuple[tuple[tuple[int, ...], ...], ...] = field(init=False, repr=False)
    leaves_of: tuple[frozenset[int], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out the nodes; raises UserError where a code is used twice or parts overlap."""
        node_of = {leaf: node for node, leaf in enumerate(self.leaves)}
        leaves_of = [frozenset({node}) for node in range(len(self.leaves))]
        node_with = {cover: node for node, cover in enumerate(leaves_of)}
        parts_of: list[list[tuple[int, ...]]] = [[] for _ in self.leaves]
        for group in self.groups:
            if group.code in node_of:
                raise UserError(
                    f"Dimension {self.name}: the code {group.code!r} is used twice (as "
                    f"{group.level} and elsewhere). Give the groups codes of their own."
                )
            covers = []
            for parts in group.parts:
                nodes = tuple(sorted({node_of[part] for part in parts}))
                cover = frozenset().union(*(leaves_of[node] for node in nodes))
                if sum(len(leaves_of[node]) for node in nodes) != len(cover):
                    raise UserError(
                        f"Dimension {self.name}: the parts of {group.code!r} overlap, so they "
                        "do not add up."
                    )
                covers.append((cover, nodes))
            if len({cover for cover, _ in covers}) != 1:
                raise UserError(
                    f"Dimension {self.name}: {group.code!r} covers different leaves in "
                    "different hierarchies."
                )
            cover = covers[0][0]
            node = node_with.setdefault(cover, len(leaves_of))
            if node == len(leaves_of):
                leaves_of.append(cover)
                parts_of.append([])
            node_of[group.code] = node
            for _, nodes in covers:
                if nodes != (node,) and nodes not in parts_of[node]:
                    parts_of[node].append(nodes)
        object.__setattr__(self, "node_of", node_of)
        object.__setattr__(self, "leaves_of", tuple(leaves_of))
        object.__setattr__(self, "parts_of", tuple(tuple(parts) for parts in parts_of))

    @property
    def size(self) -> int:
        """How many different nodes there are."""
        return len(self.leaves_of)

    @cached_property
    def member(self) -> Mask:
        """Which leaf (column) is in which node (row)."""
        member = np.zeros((self.size, len(self.leaves)), dtype=bool)
        for node, cover in enumerate(self.leaves_of):
            member[node, list(cover)] = True
        return member

    @cached_property
    def level_of(self) -> dict[str, str]:
        """The level of each code: the dimension's own name for leaves, else the group's level."""
        levels = dict.fromkeys(self.leaves, self.name)
        return levels | {group.code: group.level for group in self.groups}


@dataclass(frozen=True)
class Equations:
    """Sparse rows that are all zero: sum of the parts minus the whole (coordinate form)."""

    rows: Ints
    cells: Ints
    values: Floats
    count: int

    def sums_of(self, table: Ints) -> Floats:
        """Return what each row makes of a table of all cells: zero where it adds up."""
        sums = np.bincount(self.rows, self.values * table[self.cells], self.count)
        return sums.astype(np.float64)

    def matrix(self, size: int) -> sp.csc_array:
        """Return the rows as a sparse matrix, a column for each of so many cells."""
        entries = (self.values, (self.rows, self.cells))
        return sp.csc_array(entries, shape=(self.count, size))


class System:
    """All cells that the dimensions can make, numbered, and the equations that tie them.

    A cell is one node from each dimension; its number is the row-major index. Inner cells are made
    of leaves only. Not every cell need be published.
    """

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self.dimensions = tuple(dimensions)
        self.shape = tuple(dimension.size for dimension in self.dimensions)
        self.inner_shape = tuple(len(dimension.leaves) for dimension in self.dimensions)
        if np.prod(self.shape, dtype=float) > LARGEST_SYSTEM:
            raise UserError(
                f"The dimensions make {np.prod(self.shape, dtype=float):.0f} cells, more than "
                f"{LARGEST_SYSTEM}. Pool categories, or protect fewer dimensions together."
            )
        self.size = int(np.prod(self.shape))
        self.numbers = np.arange(self.size).reshape(self.shape)

    @property
    def cubes(self) -> tuple[tuple[int, "System"], ...]:
        """The one cube that this system is, with the number of its first cell."""
        return ((0, self),)

    @property
    def units(self) -> tuple[Ints, ...]:
        """All cells together."""
        return (np.arange(self.size),)

    @property
    def lies_at(self) -> Ints:
        """Where each number lies: every cell at itself."""
        return np.arange(self.size)

    def axis_of(self, dimension: str) -> int:
        """Return which of the dimensions has a name."""
        return [d.name for d in self.dimensions].index(dimension)

    def nodes(self) -> tuple[Ints, ...]:
        """Return the node that each cell has of each dimension."""
        return np.unravel_index(np.arange(self.size), self.shape)

    def unknowns_beside(self, cells: Ints) -> Ints:
        """Return none: one cube has no unknowns but its cells."""
        return cells[:0]

    def label(self, codes: Sequence[str]) -> str:
        """Return a cell in words: `region=0301, sex=men`."""
        return ", ".join(f"{d.name}={c}" for d, c in zip(self.dimensions, codes, strict=True))

    def name(self, cell: int) -> str:
        """Return a cell's number in words, by the first code where a node has several."""
        return self.label(self.codes(cell))

    def codes(self, cell: int) -> list[str]:
        """Return a cell's codes, the first where a node has several."""
        nodes = np.unravel_index(cell, self.shape)
        return [names[int(node)] for names, node in zip(self._first_codes, nodes, strict=True)]

    @cached_property
    def _first_codes(self) -> list[dict[int, str]]:
        return [
            {node: code for code, node in reversed(dimension.node_of.items())}
            for dimension in self.dimensions
        ]

    @cached_property
    def inner(self) -> Ints:
        """The numbers of the inner cells, in row-major order of the leaves."""
        return self.numbers[tuple(slice(0, n) for n in self.inner_shape)].ravel()

    @cached_property
    def grand_totals(self) -> Ints:
        """The cells that are never hidden: every dimension that has a total is at it.

        None where no dimension has one.
        """
        if all(d.total is None for d in self.dimensions):
            return np.empty(0, dtype=np.int64)
        nodes = [
            np.arange(d.size) if d.total is None else [d.node_of[d.total]] for d in self.dimensions
        ]
        return self.numbers[np.ix_(*nodes)].ravel()

    def cell(self, codes: Sequence[str]) -> int:
        """Return the number of the cell with these codes, one from each dimension."""
        nodes = tuple(d.node_of[c] for d, c in zip(self.dimensions, codes, strict=True))
        return int(self.numbers.item(*nodes))

    def values(self, inner_counts: Ints) -> Ints:
        """Return the value of every cell, from the counts of the inner cells."""
        table = inner_counts.reshape(self.inner_shape)
        for axis, dimension in enumerate(self.dimensions):
            sums = np.tensordot(dimension.member.astype(np.int64), table, axes=(1, axis))
            table = np.moveaxis(sums, 0, axis)
        return table.ravel()

    def defining_equations(self) -> Equations:
        """Return one equation for each cell that is a sum, the one with fewest parts."""
        cost = [
            np.array([min((len(p) for p in parts), default=1 << 30) for parts in d.parts_of])
            for d in self.dimensions
        ]
        grid = np.stack(np.meshgrid(*cost, indexing="ij"))
        chosen: Ints = np.asarray(grid.argmin(axis=0))
        return self._equations(
            (
                axis,
                node,
                min(parts, key=len),
                _slice(self.numbers, axis, node)[_slice(chosen, axis, node) == axis],
            )
            for axis, dimension in enumerate(self.dimensions)
            for node, parts in enumerate(dimension.parts_of)
            if parts
        )

    def all_equations(self) -> Equations:
        """Return every way every cell adds up along one dimension: more than enough, for bounds."""
        return self._equations(
            (axis, node, parts, _slice(self.numbers, axis, node))
            for axis, dimension in enumerate(self.dimensions)
            for node, ways in enumerate(dimension.parts_of)
            for parts in ways
        )

    def _equations(self, sums: Iterable[tuple[int, int, tuple[int, ...], Ints]]) -> Equations:
        none = np.empty(0, dtype=np.int64)
        rows, cells, values, count = [none], [none], [np.empty(0)], 0
        for axis, node, parts, wholes in sums:
            stride = int(np.prod(self.shape[axis + 1 :], dtype=np.int64))
            row = count + np.arange(len(wholes))
            count += len(wholes)
            for part, sign in ((node, -1.0), *((part, 1.0) for part in parts)):
                rows.append(row)
                cells.append(wholes + (part - node) * stride)
                values.append(np.full(len(wholes), sign))
        return Equations(np.concatenate(rows), np.concatenate(cells), np.concatenate(values), count)


def in_groups(keys: Ints, items: Ints) -> list[Ints]:
    """Return the items of each key, in the order of the keys and then of the items."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order]))
    return np.split(items[order], starts + 1) if len(items) else []


def _slice(table: Ints, axis: int, node: int) -> Ints:
    """Return the entries of a table at one node of a dimension, in row-major order."""
    return np.asarray(np.take(table, [node], axis=axis)).ravel()


@dataclass(frozen=True)
class PublishedCells:
    """The cells that tables publish: their codes (one tuple each, no two alike) and numbers."""

    codes: tuple[tuple[str, ...], ...]
    cells: Ints

    @classmethod
    def of(cls, system: System, labels: Iterable[Mapping[str, Sequence[str]]]) -> "PublishedCells":
        """Return the union of tables; each table gives the codes it shows for each dimension."""
        seen: dict[tuple[str, ...], int] = {}
        for table in labels:
            for codes in product(*(table[d.name] for d in system.dimensions)):
                if codes not in seen:
                    seen[codes] = system.cell(codes)
        return cls(tuple(seen), np.array(list(seen.values()), dtype=np.int64))

    @classmethod
    def joined(
        cls, parts: Mapping[str, "PublishedCells"], start_of: Mapping[str, int]
    ) -> "PublishedCells":
        """Return those of several cubes, numbered from each start, the cube's name first."""
        codes = tuple((name, *key) for name, part in parts.items() for key in part.codes)
        cells = [start_of[name] + part.cells for name, part in parts.items()]
        return cls(codes, np.concatenate(cells))

    def without(self, others: "PublishedCells") -> "PublishedCells":
        """Return those cells that are not among the others, under any name."""
        kept = np.flatnonzero(~np.isin(self.cells, others.cells))
        return PublishedCells(tuple(self.codes[row] for row in kept), self.cells[kept])
