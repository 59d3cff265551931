"""Linear programs for HiGHS: by one thread, so that the same program has the same answer."""

import highspy
import numpy as np
import scipy.sparse as sp

from introstat.disclosure.system import Floats, Ints

TOLERANCE = 1e-6
POOLED_NODES = 20  # of branch and bound when one program seeks whole numbers for many cells


def new_solver() -> highspy.Highs:
    """Return a solver without a program."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def solver_of(
    matrix: sp.csc_array, rows: tuple[Floats, Floats], lower: Floats, upper: Floats
) -> highspy.Highs:
    """Return a solver of a program without an objective.

    `rows` are the least and greatest values of the rows, `lower` and `upper` bound the columns.
    """
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(lower), len(rows[0])
    lp.col_cost_ = np.zeros(len(lower))
    lp.col_lower_, lp.col_upper_ = lower, upper
    lp.row_lower_, lp.row_upper_ = rows
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    solver = new_solver()
    solver.passModel(lp)
    return solver


def make_whole(solver: highspy.Highs, columns: int) -> None:
    """Let so many columns, from the first, take whole numbers only."""
    kinds = np.full(columns, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), kinds)


def set_costs(solver: highspy.Highs, cost: Floats, first: int = 0) -> None:
    """Set what the columns cost, from a first one on."""
    columns = np.arange(first, first + len(cost), dtype=np.int32)
    solver.changeColsCost(len(cost), columns, cost)


def add_pairs(
    solver: highspy.Highs,
    pairs: tuple[Ints, Ints],
    factors: tuple[Floats, Floats],
    lower: Floats,
    upper: Floats,
) -> None:
    """Add a bounded row for each pair of columns: the sum of both, each by its factor."""
    count = len(lower)
    starts = (2 * np.arange(count)).astype(np.int32)
    index = np.stack(pairs, axis=1).ravel().astype(np.int32)
    solver.addRows(count, lower, upper, 2 * count, starts, index, np.stack(factors, axis=1).ravel())


def is_optimal(solver: highspy.Highs) -> bool:
    """Return whether the program was solved to the end."""
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def solution_of(solver: highspy.Highs) -> Floats:
    """Return the values of the columns."""
    return np.array(solver.getSolution().col_value)
