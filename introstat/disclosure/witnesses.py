"""Whole-number tables that agree with everything published: the only proof that a cell is safe.

Used by the audit alone. It knows what a reader knows: the equations, the numbers shown, and the
least value of a hidden cell. Bounds come first from the equations themselves, then from linear
programs, and last, where it must be exact, from branch and bound.
"""

import highspy
import numpy as np
import scipy.sparse as sp

from introstat.disclosure.errors import UserError
from introstat.disclosure.joint import AnySystem
from introstat.disclosure.programs import (
    POOLED_NODES,
    TOLERANCE,
    add_pairs,
    is_optimal,
    make_whole,
    set_costs,
    solution_of,
    solver_of,
)
from introstat.disclosure.published import UNKNOWN, Published
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.system import Equations, Floats, Ints

ENDLESS = 1 << 40  # means "no upper bound"; far above any count of persons
RINGS = 3  # of cells around fractions that are looked at for whole numbers
SWEEPS = 60  # over all equations when bounds are tightened; they settle far sooner


class Contradiction(UserError):
    """Published numbers that no table of whole persons can have. Exit code 2."""


def reader_bounds(published: Published, least_hidden: int) -> tuple[Ints, Ints]:
    """Return the lowest and highest value of every cell, from the equations one at a time.

    Raises Contradiction where they cross.
    """
    system = published.system
    low = np.zeros(system.size, dtype=np.int64)
    high = np.full(system.size, ENDLESS, dtype=np.int64)
    low[published.hidden] = least_hidden
    shown = published.known != UNKNOWN
    low[shown] = high[shown] = published.known[shown]
    equations = system.all_equations()
    _refuse_wrong_sums(published, equations)
    wholes, parts = equations.values < 0, equations.values > 0
    whole_cell = np.empty(equations.count, dtype=np.int64)
    whole_cell[equations.rows[wholes]] = equations.cells[wholes]
    part_rows, part_cells = equations.rows[parts], equations.cells[parts]
    for _ in range(SWEEPS):
        before = low.sum(), high.sum()
        least = np.bincount(part_rows, low[part_cells], equations.count).astype(np.int64)
        most = np.bincount(part_rows, high[part_cells].astype(float), equations.count)
        most = np.minimum(most, ENDLESS).astype(np.int64)
        endless = np.bincount(part_rows, high[part_cells] >= ENDLESS, equations.count).astype(
            np.int64
        )
        finite = np.bincount(
            part_rows, np.where(high[part_cells] >= ENDLESS, 0, high[part_cells]), equations.count
        ).astype(np.int64)
        np.maximum.at(low, whole_cell, least)
        np.minimum.at(high, whole_cell, most)
        slack_up = high[whole_cell] - least
        np.minimum.at(high, part_cells, np.minimum(slack_up[part_rows] + low[part_cells], ENDLESS))
        is_endless = high[part_cells] >= ENDLESS
        others_finite = (endless[part_rows] - is_endless) == 0
        others = finite[part_rows] - np.where(is_endless, 0, high[part_cells])
        rise = np.where(others_finite, low[whole_cell][part_rows] - others, 0)
        np.maximum.at(low, part_cells, np.maximum(rise, 0))
        if (low > high).any():
            raise Contradiction(
                "Totals that do not add up: nothing fits what is published around "
                f"{system.name(int(np.flatnonzero(low > high)[0]))}."
            )
        if (low.sum(), high.sum()) == before:
            break
    return low, high


def _refuse_wrong_sums(published: Published, equations: Equations) -> None:
    """Name the totals whose parts are all shown and make another sum."""
    known = published.known
    unknown = np.bincount(equations.rows, known[equations.cells] == UNKNOWN, equations.count) > 0
    sums = equations.sums_of(known)
    wrong = np.flatnonzero(~unknown & (np.abs(sums) > TOLERANCE))
    wholes = equations.values < 0
    cell_of = np.empty(equations.count, dtype=np.int64)
    cell_of[equations.rows[wholes]] = equations.cells[wholes]
    name = published.first_names() if len(wrong) else {}
    lines = [
        f"{name[cell]}: {known[cell]}, the parts make {known[cell] + int(more)}"
        for cell, more in zip(cell_of[wrong].tolist(), sums[wrong], strict=True)
    ]
    refuse_rows("Totals that do not add up", sorted(lines), Contradiction)


class Block:
    """The unknown cells that equations tie together, and the programs over them.

    One block knows nothing of the others: what is published cuts the system into pieces.
    """

    def __init__(
        self,
        system: AnySystem,
        equations: Equations,
        cells: Ints,
        entries: Ints,
        low: Ints,
        high: Ints,
    ) -> None:
        self.cells = cells
        self.low, self.high = (
            low[cells].astype(float),
            np.minimum(high[cells], ENDLESS).astype(float),
        )
        inner_rows = equations.rows[entries]
        used, rows = np.unique(inner_rows, return_inverse=True)
        place = np.full(system.size, -1, dtype=np.int64)
        place[cells] = np.arange(len(cells))
        columns = place[equations.cells[entries]]
        unknown = columns >= 0
        shown = ~unknown
        self.constants = -np.bincount(
            rows[shown],
            (equations.values[entries] * low[equations.cells[entries]])[shown],
            len(used),
        )
        self.rows, self.columns = rows[unknown].astype(np.int64), columns[unknown]
        self.values = equations.values[entries][unknown]

    def solver(self, free: Ints | None = None, at: Floats | None = None) -> highspy.Highs:
        """Return a new program over the block's cells, without an objective.

        With `free` only over those columns, the others at their values in `at`.
        """
        if free is None or at is None:
            free = np.arange(len(self.cells))
            at = np.zeros(len(self.cells))
        place = np.full(len(self.cells), -1, dtype=np.int64)
        place[free] = np.arange(len(free))
        loose = place[self.columns] >= 0
        rest = np.bincount(
            self.rows[~loose], self.values[~loose] * at[self.columns[~loose]], len(self.constants)
        )
        used, rows = np.unique(self.rows[loose], return_inverse=True)
        entries = (self.values[loose], (rows, place[self.columns[loose]]))
        right = (self.constants - rest)[used].astype(float)
        return solver_of(
            sp.csc_array(entries, shape=(len(used), len(free))),
            (right, right),
            self.low[free],
            np.where(self.high >= ENDLESS, highspy.kHighsInf, self.high)[free],
        )

    def whole_near(self, table: Floats, cost: Floats) -> Floats | None:
        """Return a whole-number table that differs from a fractional one only around its fractions.

        The cheapest such one, by `cost` of each column; None if none is found nearby.
        """
        free = np.abs(table - np.round(table)) > TOLERANCE
        rounded = np.round(table)
        for _ in range(RINGS):
            columns = np.flatnonzero(free)
            solver = self.solver(columns, rounded)
            set_costs(solver, cost[columns])
            _make_whole(solver, len(columns))
            solver.setOptionValue("mip_max_nodes", POOLED_NODES)
            solver.run()
            if solver.getSolution().value_valid:
                rounded[columns] = np.round(solution_of(solver))
                return rounded
            touched = np.zeros(len(self.constants), dtype=bool)
            touched[self.rows[free[self.columns]]] = True
            free[self.columns[touched[self.rows]]] = True
        return None

    def adds_up(self, table: Ints) -> bool:
        """Return whether a whole-number table keeps every equation of the block exactly."""
        sums = np.bincount(self.rows, self.values * table[self.columns], len(self.constants))
        return bool(np.array_equal(np.round(sums), np.round(self.constants)))

    def extreme(self, column: int, sense: int, whole: bool) -> tuple[float, Floats | None]:
        """Return the least (`sense` 1) or greatest (-1) value of a cell, and the table that has it.

        Over whole-number tables if `whole`, else over all. Infinite if nothing bounds it.
        """
        solver = self.solver()
        solver.changeColCost(column, float(sense))
        if whole:
            _make_whole(solver, len(self.cells))
        solver.run()
        status = solver.getModelStatus()
        if status in (
            highspy.HighsModelStatus.kUnbounded,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            return -sense * float("inf"), None
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Contradiction(
                "Totals that do not add up: no table of whole persons fits what is published."
            )
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the audit's program ended undecided: {status}")
        table = solution_of(solver)
        return float(table[column]), table

    def pooled(self, columns: Ints, signs: Floats, goal: Floats) -> Floats | None:
        """Return a whole-number table that takes many cells at once towards their goals.

        Cells of sign 1 are wanted at least at their goal, those of sign -1 at most; going beyond
        earns nothing, so that no cell takes the room of others. None if none was found.
        """
        n, k = len(self.cells), len(columns)
        solver = self.solver()
        # One more column for each cell: how much of its goal is missed.
        solver.addVars(k, np.zeros(k), np.full(k, highspy.kHighsInf))
        weights = 1.0 + (np.arange(k) % 7) / 64  # unequal, so that ties are not all broken alike
        set_costs(solver, weights, first=n)
        pairs, factors = (columns, n + np.arange(k)), (signs, np.ones(k))
        add_pairs(solver, pairs, factors, signs * goal, np.full(k, highspy.kHighsInf))
        solver.run()
        if not is_optimal(solver):
            return None
        table = solution_of(solver)[:n]
        if np.abs(table - np.round(table)).max(initial=0) > TOLERANCE:
            cost = np.zeros(n)
            cost[columns] = -signs
            if (near := self.whole_near(table, cost)) is not None:
                return near
            _make_whole(solver, n)
            solver.setOptionValue("mip_max_nodes", POOLED_NODES)
            solver.setOptionValue("mip_rel_gap", 0.05)
            solver.run()
            if not solver.getSolution().value_valid:
                return None
            table = solution_of(solver)[:n]
        return table


def _make_whole(solver: highspy.Highs, columns: int) -> None:
    make_whole(solver, columns)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.999)


def blocks_of(system: AnySystem, low: Ints, high: Ints) -> list[Block]:
    """Cut the unknown cells, whose bounds differ, into blocks that no equation ties together."""
    equations = system.defining_equations()
    unknown = low < high
    label = np.where(unknown, np.arange(system.size), system.size)
    entry_unknown = unknown[equations.cells]
    rows, cells = equations.rows[entry_unknown], equations.cells[entry_unknown]
    while True:
        row_label = np.full(equations.count, system.size, dtype=np.int64)
        np.minimum.at(row_label, rows, label[cells])
        new = label.copy()
        np.minimum.at(new, cells, row_label[rows])
        new[unknown] = new[new[unknown]]  # pointer jumping: labels are themselves cells
        if np.array_equal(new, label):
            break
        label = new
    row_label = np.full(equations.count, system.size, dtype=np.int64)
    np.minimum.at(row_label, rows, label[cells])
    entry_label = row_label[equations.rows]
    entry_order = np.argsort(entry_label, kind="stable")
    cell_list = np.flatnonzero(unknown)
    cell_order = cell_list[np.argsort(label[cell_list], kind="stable")]
    groups, starts = np.unique(label[cell_order], return_index=True)
    members = np.split(cell_order, starts)[1:]
    first = np.searchsorted(entry_label[entry_order], groups)
    last = np.searchsorted(entry_label[entry_order], groups, "right")
    return [
        Block(system, equations, np.sort(cells), entry_order[start:end], low, high)
        for cells, start, end in zip(members, first, last, strict=True)
    ]
