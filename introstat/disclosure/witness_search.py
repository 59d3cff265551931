"""The search for witnesses: of each cell the least and greatest value that a table gives it.

Used by the audit alone. A witness counts only once it has been checked, in whole numbers, against
everything published.
"""

import heapq
from collections.abc import Callable, Mapping
from math import ceil, floor

import numpy as np

from introstat.disclosure.joint import AnySystem
from introstat.disclosure.programs import TOLERANCE
from introstat.disclosure.system import Floats, Ints
from introstat.disclosure.witnesses import ENDLESS, Block, blocks_of

Ends = tuple[int, int | None, bool]  # of an interval: least, greatest (None: any), whether exact
POOLED_ROUNDS = 40  # programs for many cells at once, before cells are taken one by one
LEAST_GAIN = 0.02  # share of the open cells a pooled program must settle to be worth another


class WitnessSearch:
    """Looks for pairs of tables that differ by `width` in a cell, within bounds of every cell."""

    def __init__(self, system: AnySystem, low: Ints, high: Ints, width: int) -> None:
        self.low, self.high, self.width = low, high, width
        self.blocks = blocks_of(system, low, high)
        self.rng = np.random.default_rng(0)

    def settle(self, cells: Ints, exact: int) -> dict[int, Ends]:
        """Return for each cell its interval and whether it is exact.

        It is if narrower than the width, and for so many (`exact`) of the narrowest others.
        """
        ends: dict[int, Ends] = {}
        block_of: dict[int, Block] = {}
        for cell in cells[self.low[cells] >= self.high[cells]].tolist():
            ends[cell] = (int(self.low[cell]), int(self.low[cell]), True)
        for block, columns in self._with_any_of(cells):
            ends |= self._settle_block(block, columns)
            block_of |= dict.fromkeys(block.cells[columns].tolist(), block)
        self._look_closer(ends, block_of, exact)
        return ends

    def look(self, cells: Ints, least: Ints, most: Ints, base: Ints) -> Ints:
        """Take witnesses for many of the cells at once into `least` and `most` (over all cells).

        Return the base with the first of them in place, in which the cells are high.
        """
        raised = base.copy()
        for block, columns in self._with_any_of(cells):
            known = least[block.cells], most[block.cells]
            least[block.cells], most[block.cells], first = self._pooled(block, columns, *known)
            if first is not None:
                raised[block.cells] = first
        return raised

    def _with_any_of(self, cells: Ints) -> list[tuple[Block, Ints]]:
        """Return the blocks that hold some of the cells, with the columns of these."""
        wanted = np.zeros(len(self.low), dtype=bool)
        wanted[cells] = True
        columns = ((block, np.flatnonzero(wanted[block.cells])) for block in self.blocks)
        return [(block, those) for block, those in columns if len(those)]

    def _look_closer(self, ends: dict[int, Ends], block_of: Mapping[int, Block], most: int) -> None:
        """Replace what witnesses show by exact intervals, the narrowest as witnessed first."""
        queue = [
            (high - low, cell)
            for cell, (low, high, known) in ends.items()
            if not known and high is not None
        ]
        for _, cell in heapq.nsmallest(most, queue):
            block = block_of[cell]
            column = int(np.flatnonzero(block.cells == cell)[0])
            ends[cell] = (*self._one(block, column, lambda table: None), True)

    def _settle_block(self, block: Block, columns: Ints) -> dict[int, Ends]:
        n = len(block.cells)
        none = np.full(n, np.iinfo(np.int64).max), np.full(n, -1, dtype=np.int64)
        least, most, _ = self._pooled(block, columns, *none)
        exact: dict[int, Ends] = {}
        for column in columns.tolist():
            if most[column] - least[column] < self.width:
                ends = self._one(block, column, lambda table: self._note(block, table, least, most))
                exact[column] = (*ends, True)
        return {
            int(block.cells[column]): exact.get(
                column, (int(least[column]), int(most[column]), False)
            )
            for column in columns.tolist()
        }

    def _pooled(
        self, block: Block, columns: Ints, least: Ints, most: Ints
    ) -> tuple[Ints, Ints, Ints | None]:
        """Return the least and greatest value of each cell over witnesses for many cells at once.

        `least` and `most` are those that witnesses gave before. With them comes the first witness.
        """
        first = None
        waiting = columns
        for round_number in range(POOLED_ROUNDS if len(columns) > 1 else 0):
            signs = self._signs(round_number, len(waiting))
            seen = most[waiting] >= 0
            up = np.where(seen, least[waiting], block.low[waiting]) + self.width
            down = np.where(seen, most[waiting] - self.width, block.low[waiting])
            goal = np.where(signs > 0, up, np.maximum(down, block.low[waiting]))
            table = block.pooled(waiting, signs, goal)
            if table is not None:
                whole = self._note(block, table, least, most)
                first = whole if first is None else first
            left = columns[most[columns] - least[columns] < self.width]
            settled_now = len(waiting) - len(left)
            waiting = left
            if not len(left) or (round_number > 2 and settled_now < LEAST_GAIN * len(left)):
                break
        return least, most, first

    def _signs(self, round_number: int, count: int) -> Floats:
        if round_number < 2:
            return np.full(count, 1.0 if round_number == 0 else -1.0)
        return self.rng.choice(np.array([-1.0, 1.0]), count)

    def _one(
        self, block: Block, column: int, note: Callable[[Floats], object]
    ) -> tuple[int, int | None]:
        """Return the exact interval of one cell, by linear program where that settles it."""
        ends: list[float] = []
        for sense in (1, -1):
            value, table = block.extreme(column, sense, whole=False)
            if table is not None and np.abs(table - np.round(table)).max() > TOLERANCE:
                bound = ceil(value - TOLERANCE) if sense == 1 else floor(value + TOLERANCE)
                cost = np.zeros(len(block.cells))
                cost[column] = sense
                near = block.whole_near(table, cost)
                if near is not None and near[column] == bound:
                    value, table = float(bound), near
                else:
                    value, table = block.extreme(column, sense, whole=True)
                if (value - bound) * sense < -TOLERANCE:
                    raise RuntimeError(
                        "a whole-number table beyond the linear bound; the audit stops"
                    )
            if table is not None:
                note(table)
            ends.append(value)
        return round(ends[0]), None if ends[1] == float("inf") else round(ends[1])

    def _note(self, block: Block, table: Floats, least: Ints, most: Ints) -> Ints:
        """Take a witness into account and return it, once it has been checked in whole numbers."""
        whole: Ints = np.round(table).astype(np.int64)
        low, high = self.low[block.cells], self.high[block.cells]
        if (whole < low).any() or ((whole > high) & (high < ENDLESS)).any():
            raise RuntimeError("a witness from the solver is out of bounds; the audit stops")
        if not block.adds_up(whole):
            raise RuntimeError("a witness from the solver does not add up; the audit stops")
        np.minimum(least, whole, out=least)
        np.maximum(most, whole, out=most)
        return whole
