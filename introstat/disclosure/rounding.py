"""Small-count rounding: inner counts below the base become 0 or the base, totals are their sums.

Every table made from the same rounded inner cells adds up and agrees with the others. Which cells
go up is chosen so that the largest deviation of any published figure is smallest: a tabu search,
reproducible from a seed, and for small problems a mixed-integer program that settles the optimum.
"""

from dataclasses import dataclass

import highspy
import numpy as np

from introstat.disclosure.counts import Counts
from introstat.disclosure.policy import Policy
from introstat.disclosure.programs import is_optimal, make_whole, new_solver, solution_of
from introstat.disclosure.system import Floats, Ints, Mask

STEPS = 3000  # of the tabu search
PATIENCE = 500  # steps without a better rounding before the search ends
TENURE = 12  # steps in which a cell just turned must stay
POWER = 6  # of deviations in the search's objective: high, so that the largest one leads
EXACT_UP_TO = 150  # small inner cells; above this the mixed-integer program is left out
EXACT_NODES = 2000


@dataclass(frozen=True)
class Rounding:
    """The rounded value of every cell of the system, and how far published ones are from the true.

    Deviations are in persons, over cells of the published tables counted once for each name.
    `optimal` says that no rounding has a smaller largest deviation (proved, not only not found).
    """

    values: Ints
    largest_deviation: int
    mean_deviation: float
    optimal: bool


def round_small_counts(counts: Counts, policy: Policy, seed: int = 0) -> Rounding:
    """Round the inner counts 1..`round_base` - 1 to 0 or `round_base`, and no others."""
    system, base = counts.system, policy.round_base
    inner = counts.values[system.inner]
    small = np.flatnonzero((inner >= 1) & (inner < base))
    rounded = inner.copy()
    optimal = True
    if len(small):
        problem = _Problem.of(counts, small, base)
        up, optimal = problem.solve(np.random.default_rng(seed))
        rounded[small] = np.where(up, base, 0)
    values = system.values(rounded)
    deviation = np.abs(values - counts.values)[counts.published.cells]
    return Rounding(values, int(deviation.max(initial=0)), float(deviation.mean()), optimal)


@dataclass(frozen=True)
class _Problem:
    """Which of the small cells go up.

    `item` and `target` tie each small cell to the published cells above it, in coordinate form;
    `start` is every published cell's deviation when all small cells go down.
    """

    item: Ints
    target: Ints
    start: Ints
    items: int
    base: int

    @classmethod
    def of(cls, counts: Counts, small: Ints, base: int) -> "_Problem":
        system = counts.system
        shown = np.full(system.size, -1, dtype=np.int64)
        cells = np.unique(counts.published.cells)
        shown[cells] = np.arange(len(cells))
        above = [[np.flatnonzero(leaf) for leaf in d.member.T] for d in system.dimensions]
        targets = []
        for leaves in zip(*np.unravel_index(small, system.inner_shape), strict=True):
            nodes = [of_leaf[leaf] for of_leaf, leaf in zip(above, leaves, strict=True)]
            found = shown[system.numbers[np.ix_(*nodes)].ravel()]
            targets.append(found[found >= 0])
        item = np.repeat(np.arange(len(small)), [len(found) for found in targets])
        target = np.concatenate(targets)
        inner = counts.values[system.inner][small]
        start = -np.bincount(target, inner[item], len(cells)).astype(np.int64)
        return cls(item, target, start, len(small), base)

    def deviations(self, up: Mask) -> Ints:
        """Return the deviation of every published cell, rounded minus true."""
        raised = np.bincount(self.target, up[self.item] * self.base, len(self.start))
        return self.start + raised.astype(np.int64)

    def solve(self, rng: np.random.Generator) -> tuple[Mask, bool]:
        """Return the best rounding found, and whether it is proved to be the best."""
        up = self._tabu(rng)
        if self.items > EXACT_UP_TO:
            return up, False
        exact, proved = self._exact()
        if (
            exact is not None
            and np.abs(self.deviations(exact)).max() < np.abs(self.deviations(up)).max()
        ):
            up = exact
        return up, proved

    def _tabu(self, rng: np.random.Generator) -> Mask:
        tie = rng.random(self.items) * 1e-6
        up = rng.random(self.items) < 0.5
        deviation = self.deviations(up).astype(float)
        free_at = np.zeros(self.items, dtype=np.int64)
        best, best_key, best_step = up.copy(), _key(deviation), 0
        for step in range(STEPS):
            if best_key[0] == 0 or step - best_step > PATIENCE:
                break
            change = np.where(up, -self.base, self.base).astype(float)
            now = deviation[self.target]
            gain = (now + change[self.item]) ** POWER - now**POWER
            total = np.bincount(self.item, gain, self.items)
            total = total + tie * (1 + np.abs(total))
            total[free_at > step] = np.inf
            chosen = int(total.argmin())
            up[chosen] = not up[chosen]
            deviation[self.target[self.item == chosen]] += change[chosen]
            free_at[chosen] = step + 1 + TENURE % max(self.items, 1) * (self.items > TENURE)
            key = _key(deviation)
            if key < best_key:
                best, best_key, best_step = up.copy(), key, step
        return best

    def _exact(self) -> tuple[Mask | None, bool]:
        """Minimise the largest deviation by branch and bound, within a number of nodes."""
        n = self.items
        solver = new_solver()
        solver.addVars(n + 1, np.zeros(n + 1), np.append(np.ones(n), highspy.kHighsInf))
        make_whole(solver, n + 1)
        solver.changeColCost(n, 1.0)
        for sign in (1.0, -1.0):  # sign * (start + base * up) <= largest
            for row in range(len(self.start)):
                columns = self.item[self.target == row].astype(np.int32)
                if len(columns):
                    solver.addRow(
                        -highspy.kHighsInf,
                        -sign * float(self.start[row]),
                        len(columns) + 1,
                        np.append(columns, n).astype(np.int32),
                        np.append(np.full(len(columns), sign * self.base), -1.0),
                    )
        solver.setOptionValue("mip_max_nodes", EXACT_NODES)
        solver.run()
        if not solver.getSolution().value_valid:
            return None, False
        return solution_of(solver)[:n] > 0.5, is_optimal(solver)


def _key(deviation: Floats) -> tuple[float, float]:
    """Return what is compared: first the largest deviation, then the sum of squares."""
    size = np.abs(deviation)
    return float(size.max(initial=0)), float((size**2).sum())
