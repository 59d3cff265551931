"""Moves: changes of the true table that leave everything shown as it is, except in hidden cells.

A whole-number move m of the true table t gives a second table t + m that a reader cannot tell from
the true one, if every cell that m changes is hidden and t + m stays possible. A set of moves is
therefore a proof of protection. Looking for the cheapest move is a linear program: cells not yet
hidden cost what hiding them costs, hidden cells cost next to nothing. What hiding costs does not
depend on how far the move goes, so the prices are then spread over the persons moved, and the
program solved again: flows that were split over many cells come together in few.
"""

import highspy
import numpy as np
import scipy.sparse as sp

from introstat.disclosure.joint import AnySystem
from introstat.disclosure.programs import (
    TOLERANCE,
    is_optimal,
    make_whole,
    set_costs,
    solution_of,
    solver_of,
)
from introstat.disclosure.search import HIDDEN_COST, USUAL_SHIFT
from introstat.disclosure.system import Floats, Ints

RESOLVED = 2  # times at most that a program is solved again with prices spread over persons
SEARCH_NODES = 20  # of branch and bound, when a linear program gives fractions


class MoveFinder:
    """The linear programs that find moves; each cell's change is up minus down, both at least 0.

    `lowest` and `highest` bound the change of every cell (persons); 0 and 0 for a cell that must
    stay as it is. Only cells that can change are in the programs.
    """

    def __init__(self, system: AnySystem, lowest: Ints, highest: Ints) -> None:
        self.size = system.size
        self.movable = np.flatnonzero((lowest < 0) | (highest > 0))
        self.column_of = np.full(system.size, -1, dtype=np.int64)
        self.column_of[self.movable] = np.arange(len(self.movable))
        self.count = len(self.movable)
        self.up = highest[self.movable].astype(float)
        self.down = -lowest[self.movable].astype(float)
        equations = system.defining_equations()
        columns = self.column_of[equations.cells]
        keep = columns >= 0
        used, rows = np.unique(equations.rows[keep], return_inverse=True)
        self.row_count = len(used)
        order = np.lexsort((rows, columns[keep]))  # as the programs want them, once for all
        self.rows, self.columns = rows[order], columns[keep][order]
        self.values = equations.values[keep][order]

    def _build(self, tables: int, only: Ints) -> highspy.Highs:
        """Return a program over one or more tables of changes, side by side.

        `only` lists, in order, the movable cells it may change; each table has their ups, then
        their downs.
        """
        inside = np.zeros(self.count, dtype=bool)
        inside[only] = True
        place = np.cumsum(inside) - 1
        keep = inside[self.columns]
        columns, values = place[self.columns[keep]], self.values[keep]
        touched = np.zeros(self.row_count, dtype=bool)
        touched[self.rows[keep]] = True
        rows = (np.cumsum(touched) - 1)[self.rows[keep]]
        m, n = int(touched.sum()), len(only)
        halves = range(2 * tables)
        entries = (
            np.tile(np.concatenate([values, -values]), tables),
            (
                np.concatenate([rows + half // 2 * m for half in halves]),
                np.concatenate([columns + half * n for half in halves]),
            ),
        )
        right = np.zeros(m * tables)
        return solver_of(
            sp.csc_array(entries, shape=(m * tables, 2 * n * tables)),
            (right, right),
            np.zeros(2 * n * tables),
            np.tile(np.concatenate([self.up[only], self.down[only]]), tables),
        )

    def cheapest(
        self, cell: int, shift: int, cost: Floats, near: Ints | None = None
    ) -> Ints | None:
        """Return the cheapest move that changes a cell by at least so many persons.

        A positive shift is upwards, a negative one downwards. With `near` only those cells change.
        None if there is no such move, or no whole-number one was found.
        """
        n = self.count
        column = self.column_of[cell]
        inside = np.arange(n) if near is None else np.unique(self.column_of[near])
        inside = inside[inside >= 0]
        if column < 0 or column not in inside:
            return None
        lower, upper = np.zeros(2 * n), np.concatenate([self.up, self.down])
        if shift > 0:
            lower[column], upper[column + n] = shift, 0.0
        else:
            lower[column + n], upper[column] = -shift, 0.0
        if (lower > upper).any():
            return None
        price = np.tile(cost[self.movable], 2)
        solution = self._solve(inside, lower, upper, price)
        if solution is None:
            return None
        if np.abs(solution - np.round(solution)).max() > TOLERANCE:
            net = np.abs(solution[:n] - solution[n:]) > TOLERANCE
            solution = self._solve(np.flatnonzero(net), lower, upper, price, whole=True)
        return None if solution is None else self._spread(solution)

    def _solve(
        self, only: Ints, lower: Floats, upper: Floats, price: Floats, whole: bool = False
    ) -> Floats | None:
        """Solve over some movable cells, the others at 0; None if nothing was found."""
        solver = self._build(tables=1, only=only)
        used = np.concatenate([only, only + self.count])
        columns = np.arange(len(used), dtype=np.int32)
        solver.changeColsBounds(len(used), columns, lower[used], upper[used])
        set_costs(solver, price[used])
        if whole:
            found = _solve_whole(solver, len(used), SEARCH_NODES)
        else:
            found = _solve_for_few_cells(solver, price[used])
        if found is None:
            return None
        solution = np.zeros(2 * self.count)
        solution[used] = found
        return solution

    def widest_pair(self, cell: int, width: int, cost: Floats) -> tuple[Ints, Ints] | None:
        """Return two moves, as cheap as found, that together spread a cell by `width`; exact.

        None only if no two whole-number tables differ by so much: then no hiding protects the cell.
        """
        column = self.column_of[cell]
        if column < 0:
            return None
        n = self.count
        solver = self._build(tables=2, only=np.arange(n))
        set_costs(solver, np.tile(cost[self.movable], 4))
        spread = np.array([column, column + n, column + 2 * n, column + 3 * n], dtype=np.int32)
        solver.addRow(float(width), highspy.kHighsInf, 4, spread, np.array([1.0, -1.0, -1.0, 1.0]))
        solution = _solve_whole(solver, 4 * n, None)
        if solution is None:
            return None
        return self._spread(solution[: 2 * n]), self._spread(solution[2 * n :])

    def _spread(self, solution: Floats) -> Ints:
        move = np.zeros(self.size, dtype=np.int64)
        change = np.round(solution[: self.count]) - np.round(solution[self.count :])
        move[self.movable] = change.astype(np.int64)
        return move


def _solve_for_few_cells(solver: highspy.Highs, price: Floats) -> Floats | None:
    """Solve a linear program, then again while it finds moves that hide fewer cells."""
    solver.setOptionValue("presolve", "off")  # these programs are solved before presolve has paid
    solver.run()
    if not is_optimal(solver):
        return None
    best = latest = solution_of(solver)
    dear = price > HIDDEN_COST
    least = price[dear & (best > TOLERANCE)].sum()
    for _ in range(RESOLVED):
        persons = np.where(latest > TOLERANCE, latest, USUAL_SHIFT)
        set_costs(solver, np.where(dear, price / persons, price))
        solver.run()
        if not is_optimal(solver):
            break
        latest = solution_of(solver)
        hiding = price[dear & (latest > TOLERANCE)].sum()
        if hiding >= least - TOLERANCE:
            break
        best, least = latest, hiding
    return best


def _solve_whole(solver: highspy.Highs, columns: int, nodes: int | None) -> Floats | None:
    make_whole(solver, columns)
    solver.setOptionValue("mip_rel_gap", 0.05)
    if nodes is not None:
        solver.setOptionValue("mip_max_nodes", nodes)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if not solver.getSolution().value_valid:
        if nodes is None:
            raise RuntimeError(f"the exact search for a move ended undecided: {status}")
        return None
    return np.round(solution_of(solver))
