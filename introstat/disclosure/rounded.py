"""What a reader of a rounded file can infer: the true values behind each published number.

Used by the audit alone. A reader knows the base b and the rule: an inner count below b became 0 or
b, any other stayed. So an inner 0 hides 0..b-1, an inner b hides 1..b, and a larger number is the
truth. Sums are sums of rounded inner cells: they tell nothing more once the inner cells are known.
Where the inner cells are not all published, every whole-number table of inner cells without values
in 1..b-1 that fits what is published is possible.
"""

import highspy
import numpy as np

from introstat.disclosure.programs import add_pairs, make_whole, solution_of
from introstat.disclosure.published import UNKNOWN, ReaderCube
from introstat.disclosure.system import Ints, System
from introstat.disclosure.witnesses import Block, Contradiction, blocks_of, reader_bounds


def doubt_by_rounding(
    published: ReaderCube, base: int, hide_from: int, hide_to: int
) -> tuple[Ints, Ints, bool]:
    """Return the least and greatest true value of every cell, and whether they are exact for all.

    They are exact once the rounded inner cells are known; else they are what witnesses show.

    Each end is a table of whole persons that, rounded by the rule, gives the published numbers. For
    a cell that may hide a value in `hide_from`..`hide_to` the search does not end before a
    width of `base` - 1 is found or proved impossible.
    """
    possible = _Rounded(published, base)
    low, high = possible.ends(possible.first)
    if not possible.settled:
        narrow = (high - low < base - 1) & (low <= hide_to) & (high >= hide_from)
        narrow[np.setdiff1d(np.arange(len(low)), published.row_cells)] = False
        for cell in np.flatnonzero(narrow):
            if high[cell] - low[cell] < base - 1:
                other = possible.with_doubt_in(int(cell))
                if other is not None:
                    other_low, other_high = possible.ends(other)
                    low, high = np.minimum(low, other_low), np.maximum(high, other_high)
    return low, high, possible.settled


class _Rounded:
    """The rounded inner tables that fit a published file: one of them, and others on demand."""

    def __init__(self, published: ReaderCube, base: int) -> None:
        self.system, self.base = published.system, base
        self.low, self.high = reader_bounds(published, 0)
        most = int(published.known[published.known != UNKNOWN].max(initial=0)) + base
        self.high = np.minimum(self.high, most)
        self.is_inner = np.zeros(self.system.size, dtype=bool)
        self.is_inner[self.system.inner] = True
        between = self.is_inner & (self.low > 0) & (self.low < base)
        self.low[between] = base
        between = self.is_inner & (self.high > 0) & (self.high < base)
        self.high[between] = 0
        if (self.low > self.high).any():
            raise Contradiction(_no_table(base))
        self.blocks = blocks_of(self.system, self.low, self.high)
        self.settled = not self.blocks
        self.first = self.low.copy()
        for block in self.blocks:
            table = self._solve(block, {})
            if table is None:
                raise Contradiction(_no_table(base))
            self.first[block.cells] = table
        if not np.array_equal(self.system.values(self.first[self.system.inner]), self.first):
            raise Contradiction(_no_table(base))

    def ends(self, rounded: Ints) -> tuple[Ints, Ints]:
        """Return the least and greatest true table behind a rounded one; refused if it is none."""
        inner = rounded[self.system.inner]
        if (
            not np.array_equal(self.system.values(inner), rounded)
            or ((inner > 0) & (inner < self.base)).any()
        ):
            raise RuntimeError("a rounded table from the solver is none; the audit stops")
        down = np.where(inner == 0, 0, np.where(inner == self.base, 1, inner))
        up = np.where(inner == 0, self.base - 1, inner)
        return self.system.values(down), self.system.values(up)

    def with_doubt_in(self, cell: int) -> Ints | None:
        """Return a rounded table with an inner 0 or base below a cell; None if there is none."""
        below = _inner_below(self.system, cell)
        for block in self.blocks:
            for column in np.flatnonzero(np.isin(block.cells, below)):
                for value in (0, self.base):
                    number = int(block.cells[column])
                    if self.low[number] <= value <= self.high[number]:
                        table = self._solve(block, {int(column): value})
                        if table is not None:
                            found = self.first.copy()
                            found[block.cells] = table
                            return found
        return None

    def _solve(self, block: Block, at: dict[int, int]) -> Ints | None:
        """Return a rounded table of a block, some columns fixed; None if there is none."""
        solver = block.solver()
        n = len(block.cells)
        # An inner cell is 0 or at least the base: one whole number more says which.
        columns = np.flatnonzero(self.is_inner[block.cells])
        k = len(columns)
        solver.addVars(k, np.zeros(k), np.ones(k))
        make_whole(solver, n + k)
        pairs, ones = (columns, n + np.arange(k)), np.ones(k)
        free = np.full(k, highspy.kHighsInf)
        # value - base * flag >= 0, and value - high * flag <= 0
        add_pairs(solver, pairs, (ones, np.full(k, -float(self.base))), np.zeros(k), free)
        add_pairs(solver, pairs, (ones, -block.high[columns]), -free, np.zeros(k))
        for column, value in at.items():
            solver.changeColBounds(column, float(value), float(value))
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return None
        if not solver.getSolution().value_valid:
            raise RuntimeError("the audit's program over rounded tables ended undecided")
        return np.round(solution_of(solver)[:n]).astype(np.int64)


def _inner_below(system: System, cell: int) -> Ints:
    nodes = np.unravel_index(cell, system.shape)
    leaves = [
        np.flatnonzero(dimension.member[node])
        for dimension, node in zip(system.dimensions, nodes, strict=True)
    ]
    return system.numbers[np.ix_(*leaves)].ravel()


def _no_table(base: int) -> str:
    return (
        f"No table of counts rounded to base {base} gives the published numbers. "
        "Was the file made by this rule, and with this base?"
    )
