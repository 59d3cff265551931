"""Changes of one solution: the cheapest that take a count up or down.

Every change is split into more and less, each with a small cost. So no change at all is where the
simplex method starts, and without presolve it looks at little more than what must move: that is why
a block of 40 000 unknowns takes a twentieth of a second.
"""

import highspy
import numpy as np
from scipy import sparse

from tests.intruder.blocks import Block
from tests.intruder.system import MANY, Floats

COST = 1e-3  # of each person moved, one person more of the count that is looked at being 1
TRIES = 10  # to come to whole numbers from a solution in fractions


class Changes:
    """The changes of a block's unknowns from one point, which need not be a solution yet."""

    def __init__(self, block: Block, point: Floats, costs: Floats | None = None) -> None:
        self.block, self.point = block, point
        count = block.count
        self.costs = np.full(2 * count, COST) if costs is None else costs
        self.most = np.concatenate(
            [
                np.where(block.high >= MANY, highspy.kHighsInf, block.high - point),
                point - block.low,
            ]
        )
        both = sparse.hstack([block.matrix, -block.matrix]).tocsc()
        side = block.matrix @ point
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = block.matrix.shape[0], 2 * count
        model.col_cost_ = self.costs
        model.col_lower_, model.col_upper_ = np.zeros(2 * count), self.most
        model.row_lower_ = block.row_low - side
        model.row_upper_ = np.where(
            block.row_high >= MANY, highspy.kHighsInf, block.row_high - side
        )
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = both.indptr
        model.a_matrix_.index_ = both.indices
        model.a_matrix_.value_ = both.data
        self.solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off")):
            self.solver.setOptionValue(option, value)
        self.solver.passModel(model)

    def cheapest(self) -> Floats | None:
        """The cheapest change that makes the point a solution, perhaps in fractions."""
        self.solver.clearSolver()
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        values = np.array(self.solver.getSolution().col_value)
        return values[: self.block.count] - values[self.block.count :]

    def of(self, k: int, up: bool, persons: float) -> Floats | None:
        """The cheapest change that takes a count so far up or down, or as far as it goes."""
        more, less = k, self.block.count + k
        column, other = (more, less) if up else (less, more)
        self.solver.changeColCost(column, -1.0)
        self.solver.changeColBounds(column, 0.0, min(persons, self.most[column]))
        self.solver.changeColBounds(other, 0.0, 0.0)  # as much more as less is no change
        change = self.cheapest()
        self.solver.changeColCost(column, self.costs[column])
        for each in (column, other):
            self.solver.changeColBounds(each, 0.0, self.most[each])
        return change


def whole_solution(block: Block, rng: np.random.Generator) -> Floats | None:
    """A solution in whole numbers: one in fractions is rounded, and mended by the least changes."""
    point = block.low.copy()
    for _ in range(TRIES):
        costs = rng.uniform(0.5, 1.5, 2 * block.count)
        change = Changes(block, point, costs).cheapest()
        if change is None:
            return None
        point = np.clip(np.round(point + change), block.low, block.high)
        if block.is_solution(point):
            return point
    return None
