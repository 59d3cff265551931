"""Several cubes as one linear system: their own sums, and what ties them besides."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from introstat.disclosure.errors import UserError
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.system import LARGEST_SYSTEM, Equations, Ints, System, in_groups


@dataclass(frozen=True)
class Relation:
    """What ties cells of one or several cubes besides their own sums.

    The cells of `left` together equal those of `right` together, or (`equal` false) do not exceed
    them. Cells are (cube, number in the cube). `name` says the identity in words. With `held` the
    difference of both sides is as good as known: whatever changes, it stays.
    """

    name: str
    left: tuple[tuple[str, int], ...]
    right: tuple[tuple[str, int], ...]
    equal: bool
    held: bool = False


class JointSystem:
    """Several cubes as one system, with the relations that tie them.

    Cells are numbered cube after cube. An inequality becomes an equation with one more unknown,
    the slack, which is whole and not negative like any count; a relation with sums on both sides
    gets an unknown for the sum. These unknowns stand after the cells and are never published.
    """

    def __init__(self, cubes: Mapping[str, System], relations: Sequence[Relation]) -> None:
        starts = np.cumsum([0, *(system.size for system in cubes.values())])
        self.start_of = {name: int(start) for name, start in zip(cubes, starts, strict=False)}
        self.systems = dict(cubes)
        self.cell_count = int(starts[-1])
        self._sums: list[tuple[int, tuple[int, ...]]] = []  # a whole and its parts
        self._unknown: list[tuple[str, int, int]] = []  # what it is, its equation, its sign there
        self._ties: list[set[str]] = [{name} for name in cubes]
        self.held: list[int] = []  # differences that stay as they are
        for relation in relations:
            self._add(relation)
        self.size = self.cell_count + len(self._unknown)
        if self.size > LARGEST_SYSTEM:
            raise UserError(
                f"The linked cubes make {self.size} cells, more than {LARGEST_SYSTEM}. "
                "Protect fewer of them together."
            )

    @property
    def units(self) -> tuple[Ints, ...]:
        """The cells of cubes that equalities tie together; between units are only inequalities."""
        cells_of = {
            name: self.start_of[name] + np.arange(cube.size) for name, cube in self.systems.items()
        }
        return tuple(
            np.concatenate([cells_of[name] for name in self.systems if name in unit])
            for unit in self._ties
        )

    def _add(self, relation: Relation) -> None:
        if relation.equal:
            tied = {cube for cube, _ in (*relation.left, *relation.right)}
            first, *others = [unit for unit in self._ties if unit & tied]
            first.update(*others)
            self._ties = [unit for unit in self._ties if unit not in others]
        left = tuple(self.start_of[cube] + cell for cube, cell in relation.left)
        right = tuple(self.start_of[cube] + cell for cube, cell in relation.right)
        if relation.equal and len(right) > 1 and len(left) == 1:
            left, right = right, left
        whole = right[0]
        if len(right) > 1:
            whole = self._new_unknown(relation.name, -1)
            self._sums.append((whole, right))
        if not relation.equal:
            left = (*left, self._new_unknown(relation.name, 1))
            if relation.held:
                self.held.append(left[-1])
        self._sums.append((whole, left))

    def _new_unknown(self, name: str, sign: int) -> int:
        """Return the number of a new unknown in the sum that comes next."""
        self._unknown.append((name, len(self._sums), sign))
        return self.cell_count + len(self._unknown) - 1

    @cached_property
    def lies_at(self) -> Ints:
        """Where each number lies: a cell at itself, an unknown at the first cell of its sum."""
        at = np.arange(self.size)
        for whole, parts in self._sums:
            if whole >= self.cell_count:
                at[whole] = parts[0]
        return at

    def tied_cells(self) -> list[Ints]:
        """Return the cells of each relation, by the equations that it makes."""
        return in_groups(self._of_relations.rows, self._of_relations.cells)

    @property
    def cubes(self) -> tuple[tuple[int, System], ...]:
        """The cubes with the number of their first cell."""
        return tuple((self.start_of[name], system) for name, system in self.systems.items())

    @cached_property
    def grand_totals(self) -> Ints:
        """The grand totals of all cubes."""
        return np.concatenate([start + system.grand_totals for start, system in self.cubes])

    def label(self, codes: Sequence[str]) -> str:
        """Return a cell in words, from its cube and its codes: `exits: region=0301, sex=men`."""
        return f"{codes[0]}: {self.systems[codes[0]].label(codes[1:])}"

    def name(self, cell: int) -> str:
        """Return a cell's number in words; an unknown of a relation carries the relation's name."""
        if cell >= self.cell_count:
            return self._unknown[cell - self.cell_count][0]
        cube = [name for name in self.systems if self.start_of[name] <= cell][-1]
        return f"{cube}: {self.systems[cube].name(cell - self.start_of[cube])}"

    def complete(self, values: Ints) -> Ints:
        """Return the values of all cells with those of the relations' unknowns after them.

        Raises UserError where the counts do not keep a relation.
        """
        whole = np.concatenate([values, np.zeros(len(self._unknown), dtype=np.int64)])
        wrong = []
        for number, (name, equation, sign) in enumerate(self._unknown):
            total, parts = self._sums[equation]
            missing = int(whole[total] - whole[list(parts)].sum())
            whole[self.cell_count + number] = missing * sign
            if missing * sign < 0:
                wrong.append(f"{name}: exceeded by {-missing * sign}")
        wrong += [
            f"{self.name(total)}: {whole[total]}, elsewhere {int(whole[list(parts)].sum())}"
            for total, parts in self._sums
            if whole[total] != whole[list(parts)].sum()
        ]
        refuse_rows("Counts that do not keep a declared link", wrong)
        return whole

    def defining_equations(self) -> Equations:
        """Return those of the cubes, and one for each relation."""
        return self._joined([(start, s.defining_equations()) for start, s in self.cubes])

    def all_equations(self) -> Equations:
        """Return those of the cubes, and one for each relation."""
        return self._joined([(start, s.all_equations()) for start, s in self.cubes])

    def with_sums(self, sums: Sequence[tuple[str, Sequence[int]]]) -> "JointSystem":
        """Return the same system with one more unknown for each sum of cells, named in words."""
        more = copy(self)
        more._sums, more._unknown = self._sums.copy(), self._unknown.copy()
        for kept in ("_of_relations", "lies_at"):
            more.__dict__.pop(kept, None)
        for name, parts in sums:
            more._sums.append((more._new_unknown(name, -1), tuple(parts)))
        more.size = self.size + len(sums)
        return more

    def unknowns_beside(self, cells: Ints) -> Ints:
        """Return the unknowns of the relations that one of these cells stands in.

        Those of a relation in two equations (sums on both sides) stand in the second as well.
        """
        relations = self._of_relations
        near = np.zeros(self.size, dtype=bool)
        near[cells] = True
        for _ in range(2):
            hit = np.zeros(relations.count, dtype=bool)
            hit[relations.rows[near[relations.cells]]] = True
            beside = relations.cells[hit[relations.rows]]
            near[beside[beside >= self.cell_count]] = True
        return np.flatnonzero(near[self.cell_count :]) + self.cell_count

    @cached_property
    def _of_relations(self) -> Equations:
        lengths = [len(parts) for _, parts in self._sums]
        count = len(lengths)
        rows = np.concatenate([np.arange(count), np.repeat(np.arange(count), lengths)])
        wholes = [whole for whole, _ in self._sums]
        cells = np.array([*wholes, *(c for _, parts in self._sums for c in parts)], dtype=np.int64)
        values = np.concatenate([np.full(count, -1.0), np.ones(sum(lengths))])
        return Equations(rows.astype(np.int64), cells, values, count)

    def _joined(self, of_cubes: Sequence[tuple[int, Equations]]) -> Equations:
        rows, cells, values, count = [], [], [], 0
        for start, equations in (*of_cubes, (0, self._of_relations)):
            rows.append(equations.rows + count)
            cells.append(equations.cells + start)
            values.append(equations.values)
            count += equations.count
        return Equations(np.concatenate(rows), np.concatenate(cells), np.concatenate(values), count)


AnySystem = System | JointSystem
