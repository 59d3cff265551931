"""A part of the system that no relation ties to the rest, as linear and mixed-integer programs."""

from dataclasses import dataclass
from functools import cached_property

import highspy
import numpy as np
from scipy import sparse

from tests.intruder.system import MANY, Contradiction, Floats

PATIENCE = 20.0  # seconds for one branch and bound


@dataclass
class Block:
    """Unknowns with bounds, and the relations between them."""

    matrix: sparse.csr_matrix
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats

    def __post_init__(self) -> None:
        self.count = len(self.low)

    @cached_property
    def solver(self) -> highspy.Highs:
        """The block as a linear program; what it learned serves the next costs."""
        return _solver(self)

    def is_solution(self, values: Floats) -> bool:
        """Whether whole numbers keep every relation and bound."""
        sides = self.matrix @ values
        return bool(
            (sides >= self.row_low - 1e-6).all()
            and (sides <= self.row_high + 1e-6).all()
            and (values >= self.low).all()
            and (values <= self.high).all()
        )

    def best(self, costs: Floats) -> Floats | None:
        """The solution of a linear program that makes the costs largest; None if none is found."""
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + PATIENCE)
        self.solver.changeColsCost(
            self.count, np.arange(self.count, dtype=np.int32), costs.astype(np.float64)
        )
        self.solver.run()
        if self.solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            raise Contradiction("the relations of a block cannot all hold")
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self.solver.getSolution().col_value)

    def best_whole(self, costs: Floats) -> tuple[float, Floats | None]:
        """The least upper bound that branch and bound proves of the costs, and a solution."""
        solver = _solver(self, whole=True)
        solver.changeColsCost(
            self.count, np.arange(self.count, dtype=np.int32), costs.astype(np.float64)
        )
        solver.run()
        info = solver.getInfo()
        values = np.array(solver.getSolution().col_value)
        usable = len(values) == self.count and self.is_solution(np.round(values))
        return float(info.mip_dual_bound), np.round(values) if usable else None


def _solver(block: Block, whole: bool = False) -> highspy.Highs:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = block.matrix.shape
    model.col_cost_ = np.zeros(model.num_col_)
    model.col_lower_, model.col_upper_ = block.low, block.high
    model.row_lower_ = block.row_low
    model.row_upper_ = np.where(block.row_high >= MANY, highspy.kHighsInf, block.row_high)
    model.sense_ = highspy.ObjSense.kMaximize
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = block.matrix.indptr
    model.a_matrix_.index_ = block.matrix.indices
    model.a_matrix_.value_ = block.matrix.data
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
        solver.setOptionValue("time_limit", PATIENCE)
        solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(model)
    return solver
