"""The search for moves: changes of the true table that a reader cannot tell from it.

A whole-number move m of the true table t gives a second table t + m that a reader cannot tell from
the true one, if every cell that m changes is hidden and t + m stays possible. A set of moves is
therefore a proof of protection. One linear program looks for moves for many cells at once: cells
not yet hidden cost what hiding them costs, a cell that is not reached costs its reward. The answer
falls into pieces that no equation ties together, each a move of its own.
"""

from dataclasses import dataclass, field

import highspy
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from introstat.disclosure.joint import AnySystem
from introstat.disclosure.policy import Policy
from introstat.disclosure.programs import (
    TOLERANCE,
    is_optimal,
    make_whole,
    set_costs,
    solution_of,
    solver_of,
)
from introstat.disclosure.system import Floats, Ints, Mask, Move, in_groups

FEW = 50  # targets of a program that moves little beside what it does not
USUAL_SHIFT = 3.0  # persons that a cell not yet used is taken to move
RESOLVED = 1  # times at most that a program is solved again with prices spread over persons
LEAST_GAIN = 0.03  # share of the open cells that a program must settle to be worth another
REPAIR_NODES = 30  # of branch and bound, when a linear program gives fractions
WHOLE_GAP = 0.05  # of a program's value: less than one person of a single target is worth
SURELY = 1e4  # what one target is worth: more than all that moving may cost
REPAIR_UP_TO = 6000  # cells of a fractional piece; a larger one is made shorter first
LARGE_DEARER = 0.4  # of a cell's price for each doubling of its count: large totals stay shown
LARGE_FROM = 4  # persons; below this no cell is dearer for its count
HIDDEN_COST = 1e-3  # per person moved through a cell already hidden: keeps moves short


def dearer_for_count(values: Ints) -> Floats:
    """Return how many times its price a cell costs to hide for its count."""
    doublings = np.log2(np.maximum(values, LARGE_FROM) / LARGE_FROM)
    return 1.0 + LARGE_DEARER * doublings


def how_far(values: Ints, shown: Mask, policy: Policy) -> tuple[Ints, int]:
    """Return how far down each cell can go, and how far up any, in a table still possible."""
    down = np.minimum(np.where(shown, policy.least_hidden, 0) - values, 0)
    return down, int(values.max(initial=0)) + policy.min_width


@dataclass(frozen=True)
class Problem:
    """What a search works on; all arrays are over the cells of the system.

    `lowest` and `highest` bound the change of each cell (persons), both 0 where it must stay.
    `shown` cells would have to be hidden to change, at their `price`; the others change freely.
    """

    system: AnySystem
    shown: Mask
    lowest: Ints
    highest: Ints
    price: Floats
    width: int

    @property
    def movable(self) -> Mask:
        """The cells that can change at all."""
        return (self.lowest < 0) | (self.highest > 0)


@dataclass
class State:
    """What a search has reached: what is hidden, how far moves spread each cell, the moves."""

    hidden: Mask
    low: Ints
    high: Ints
    moves: list[Move] = field(default_factory=list)

    @classmethod
    def start(cls, hidden: Mask) -> "State":
        """Return the state in which these cells are hidden and no move is known."""
        none = np.zeros(len(hidden), dtype=np.int64)
        return cls(hidden.copy(), none, none.copy())

    def copy(self) -> "State":
        """Return a state that goes its own way from here, with no moves of its own yet."""
        return State(self.hidden.copy(), self.low.copy(), self.high.copy())

    def add(self, move: Move, shown: Mask) -> None:
        """Take a move."""
        cells, changes = move
        self.moves.append(move)
        self.low[cells] = np.minimum(self.low[cells], changes)
        self.high[cells] = np.maximum(self.high[cells], changes)
        self.hidden[cells] |= shown[cells]


class MoveSearch:
    """Looks for moves of a problem, and keeps what it has reached in a state."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.matrix = problem.system.defining_equations().matrix(problem.system.size)
        self.movable = problem.movable

    def open(self, state: State, cells: Ints) -> Ints:
        """Return the cells whose spread is short of the width."""
        return cells[state.high[cells] - state.low[cells] < self.problem.width]

    def seek(
        self, state: State, among: Ints, cells: Ints, rewards: tuple[float, ...], rounds: int
    ) -> Ints:
        """Look for moves of `cells`, changing only cells `among`; return those still open.

        First without hiding more, then for each of the rewards: what a cell is worth to be reached,
        against the prices of what must be hidden.
        """
        among = among[self.movable[among]]
        rng = np.random.default_rng(len(among))
        for reward in (0.0, *rewards):
            for round_number in range(rounds):
                waiting = self.open(state, cells)
                if not len(waiting):
                    return waiting
                up = rng.random(len(waiting)) < 0.5
                if round_number < 2:
                    up = np.full(len(waiting), round_number == 0)
                self._pooled(state, among, waiting, up, reward)
                settled = len(waiting) - len(self.open(state, waiting))
                if round_number and settled < max(1, LEAST_GAIN * len(waiting)):
                    break
        return self.open(state, cells)

    def cheapest(self, state: State, among: Ints, cell: int) -> bool:
        """Give one cell its doubt, changing only cells `among`; return whether moves were found.

        A move up, or one down and one up where that hides for less: a count of 2 or 3 may lend
        some of its doubt downwards to small counts, where the whole width up takes a large one.
        """
        among = among[self.movable[among]]
        best = self._spread(state, among, cell, (True,))
        least = self._hiding(state, best) if best else float("inf")
        if least > TOLERANCE and self.problem.lowest[cell] < 0:
            other = self._spread(state, among, cell, (False, True))
            if other and self._hiding(state, other) < least - TOLERANCE:
                best = other
        for move in best.moves if best else ():
            state.add(move, self.problem.shown)
        return best is not None

    def _spread(self, state: State, among: Ints, cell: int, ways: tuple[bool, ...]) -> State | None:
        """Return a state with moves of a cell, up (True) or down, until it has its doubt."""
        further, one = state.copy(), np.array([cell])
        for up in ways:
            if len(self.open(further, one)):
                self._pooled(further, among, one, np.array([up]), SURELY)
        return None if len(self.open(further, one)) else further

    def _hiding(self, state: State, further: State) -> float:
        """Return the price of what is hidden further."""
        more = further.hidden & ~state.hidden & self.problem.shown
        return float(self.problem.price[more].sum())

    def exactly(self, state: State, cell: int) -> bool:
        """Give one cell its doubt by whatever moves there are; False only if there are none.

        Moves are changes of the same table, so how far up one goes and how far down another are
        two questions, each settled in whole numbers.
        """
        among, one = np.flatnonzero(self.movable), np.array([cell])
        for up in (True, False):
            if not len(self.open(state, one)) or not self.movable[cell]:
                continue
            goal = self._goal(state, one, np.array([up]))
            dear = self.problem.shown[among] & ~state.hidden[among]
            price = np.where(dear, HIDDEN_COST, 0.0)
            program = _Program(self, among, price, one, np.array([up]), goal)
            program.reward(SURELY)
            change = program.solve_whole(nodes=None)
            if change is None:
                raise RuntimeError("the exact search for a move ended undecided")
            whole = np.round(change).astype(np.int64)
            self.add(state, (among[whole != 0], whole[whole != 0]))
        return not len(self.open(state, one))

    def _goal(self, state: State, targets: Ints, up: Mask) -> Ints:
        """Return how far each target must go, up or down, given how far it goes already."""
        width = self.problem.width
        down = np.minimum(width - state.high[targets], -self.problem.lowest[targets])
        return np.where(up, width + state.low[targets], down)

    def _pooled(self, state: State, among: Ints, targets: Ints, up: Mask, reward: float) -> None:
        """Take the moves that one program finds for many cells, each up or down."""
        problem = self.problem
        dear = problem.shown[among] & ~state.hidden[among]
        if not reward:
            among, dear = among[~dear], dear[~dear]
        price = np.where(dear, problem.price[among], 0.0)
        goal = self._goal(state, targets, up)
        keep = (goal > 0) & np.isin(targets, among)
        if not keep.any():
            return
        program = _Program(self, among, price / USUAL_SHIFT, targets[keep], up[keep], goal[keep])
        program.reward(reward or 1.0)
        change = program.solve()
        if change is None:
            return
        for _ in range(RESOLVED if reward else 0):
            cost = price[np.abs(change) > TOLERANCE].sum()
            persons = np.where(np.abs(change) > TOLERANCE, np.abs(change), USUAL_SHIFT)
            program.set_price(price / persons)
            again = program.solve()
            if again is None or price[np.abs(again) > TOLERANCE].sum() >= cost - TOLERANCE:
                break
            change = again
        self._take(state, among, change, (targets[keep], up[keep], goal[keep]))

    def _take(
        self, state: State, among: Ints, change: Floats, wanted: tuple[Ints, Mask, Ints]
    ) -> None:
        """Cut a change into pieces that no equation ties together, and take each as a move."""
        used = np.flatnonzero(np.abs(change) > TOLERANCE)
        if not len(used):
            return
        part = self.matrix[:, among[used]].tocsr()
        part = part[np.flatnonzero(np.diff(part.indptr))]
        ties = sp.block_array([[None, part.T], [part, None]])
        _, label = connected_components(ties, directed=False)
        for piece in in_groups(label[: len(used)], np.arange(len(used))):
            cells, values = among[used[piece]], change[used[piece]]
            whole = np.round(values)
            if np.abs(values - whole).max() <= 10 * TOLERANCE:
                self.add(state, (cells, whole.astype(np.int64)))
            elif len(cells) > REPAIR_UP_TO:
                self._take_shorter(state, cells, wanted)
            elif (move := self._repaired(state, cells, wanted)) is not None:
                self.add(state, move)

    def _take_shorter(self, state: State, cells: Ints, wanted: tuple[Ints, Mask, Ints]) -> None:
        """Take what a long piece does for its targets, in few cells: in free ones it wanders."""
        targets, up, goal = wanted
        inside = np.isin(targets, cells)
        if not inside.any():
            return
        own = targets[inside], up[inside], goal[inside]
        change = self._program_within(state, cells, own).solve()
        if change is not None and (np.abs(change) > TOLERANCE).sum() <= REPAIR_UP_TO:
            self._take(state, cells, change, own)

    def _repaired(self, state: State, cells: Ints, wanted: tuple[Ints, Mask, Ints]) -> Move | None:
        """Return a move of whole numbers in the cells of a fractional piece, if one is near."""
        targets, up, goal = wanted
        inside = np.isin(targets, cells)
        if not inside.any():
            return None
        own = targets[inside], up[inside], goal[inside]
        change = self._program_within(state, cells, own).solve_whole(REPAIR_NODES)
        if change is None:
            return None
        whole = np.round(change).astype(np.int64)
        return (cells[whole != 0], whole[whole != 0]) if whole.any() else None

    def _program_within(
        self, state: State, cells: Ints, wanted: tuple[Ints, Mask, Ints]
    ) -> "_Program":
        """Return a program in which moving through any of the cells costs something."""
        dear = self.problem.shown[cells] & ~state.hidden[cells]
        program = _Program(self, cells, np.where(dear, 1.0, HIDDEN_COST), *wanted)
        program.reward(50.0)
        return program

    def add(self, state: State, move: Move) -> None:
        """Take a move, once it is seen to add up and to leave every cell possible."""
        cells, changes = move
        if (
            (self.matrix[:, cells] @ changes).any()
            or (changes < self.problem.lowest[cells]).any()
            or (changes > self.problem.highest[cells]).any()
        ):
            raise RuntimeError("a move from the solver does not add up; nothing is released")
        state.add(move, self.problem.shown)


def let_go(state: State, targets: Ints, given: Mask, problem: Problem) -> State:
    """Return a state without the moves that others make unnecessary, the dearest first.

    What only they hid is shown again; `given` cells stay hidden.
    """
    size = problem.system.size
    is_target = np.zeros(size, dtype=bool)
    is_target[targets] = True
    is_dear = problem.shown & ~given
    users = np.bincount(
        np.concatenate([cells for cells, _ in state.moves] or [targets[:0]]), minlength=size
    )
    of_target: dict[int, dict[int, int]] = {}
    for number, (cells, changes) in enumerate(state.moves):
        for at in np.flatnonzero(is_target[cells]).tolist():
            of_target.setdefault(int(cells[at]), {})[number] = int(changes[at])

    def price(number: int) -> float:
        cells = state.moves[number][0]
        return float(problem.price[cells[is_dear[cells] & (users[cells] == 1)]].sum())

    def is_needed(number: int) -> bool:
        cells = state.moves[number][0]
        for cell in cells[is_target[cells]].tolist():
            rest = [change for other, change in of_target[cell].items() if other != number]
            if max(0, *rest, 0) - min(0, *rest, 0) < problem.width:
                return True
        return False

    kept = set(range(len(state.moves)))
    for number in sorted(kept, key=price, reverse=True):
        if price(number) and not is_needed(number):
            kept.discard(number)
            cells = state.moves[number][0]
            users[cells] -= 1
            for cell in cells[is_target[cells]].tolist():
                del of_target[cell][number]
    less = State.start(given)
    for number in sorted(kept):
        less.add(state.moves[number], problem.shown)
    return less


class _Program:
    """One linear program: changes of some cells, what they cost, and how far targets should go."""

    def __init__(
        self, search: MoveSearch, cells: Ints, price: Floats, targets: Ints, up: Mask, goal: Ints
    ) -> None:
        problem = search.problem
        self.count, self.targets = len(cells), len(targets)
        # With a price everywhere, no change at all is where the simplex method starts: for few
        # targets it then looks at little more than what moves, and presolve does not pay.
        self.least_price = HIDDEN_COST if self.targets <= FEW else 0.0
        self.dear = np.flatnonzero(np.maximum(price, self.least_price) > 0)
        place = np.full(problem.system.size, -1, dtype=np.int64)
        place[cells] = np.arange(len(cells))
        rows = search.matrix[:, cells].tocsr()
        rows = rows[np.flatnonzero(np.diff(rows.indptr))]
        signs = (np.where(up, 1.0, -1.0), (np.arange(len(targets)), place[targets]))
        both = sp.vstack([rows, sp.csr_array(signs, shape=(len(targets), len(cells)))]).tocsc()
        missed = sp.vstack(
            [sp.csr_array((rows.shape[0], len(targets))), sp.eye_array(len(targets))]
        )
        matrix = sp.hstack([both, -both[:, self.dear], missed]).tocsc()
        lowest = problem.lowest[cells].astype(float)
        endless = np.full(self.targets, highspy.kHighsInf)
        at_zero = np.isin(np.arange(self.count), self.dear)
        right = np.concatenate([np.zeros(rows.shape[0]), goal.astype(float)])
        self.solver = solver_of(
            matrix,
            (right, np.where(np.arange(len(right)) < rows.shape[0], right, highspy.kHighsInf)),
            np.concatenate([np.where(at_zero, 0, lowest), np.zeros(len(self.dear) + self.targets)]),
            np.concatenate([problem.highest[cells], -lowest[self.dear], endless]),
        )
        self.set_price(price)

    def set_price(self, price: Floats) -> None:
        """Set what a person moved costs in each cell."""
        price = np.maximum(price, self.least_price)
        set_costs(self.solver, np.concatenate([price, price[self.dear]]))

    def reward(self, reward: float) -> None:
        """Set what it costs to miss a target, by persons; unequal, so that ties break unalike."""
        weights = reward * (1 + (np.arange(self.targets) % 7) / 64)
        set_costs(self.solver, weights, first=self.count + len(self.dear))

    def solve(self) -> Floats | None:
        """Return the changes of the cells, perhaps fractions of persons."""
        if self.targets <= FEW:
            self.solver.setOptionValue("presolve", "off")
        self.solver.run()
        return self._changes() if is_optimal(self.solver) else None

    def solve_whole(self, nodes: int | None) -> Floats | None:
        """Return the changes in whole numbers, after so many nodes of branch and bound at most."""
        make_whole(self.solver, self.count + len(self.dear))
        if nodes is not None:
            self.solver.setOptionValue("mip_max_nodes", nodes)
        self.solver.setOptionValue("mip_rel_gap", WHOLE_GAP)
        self.solver.run()
        return self._changes() if self.solver.getSolution().value_valid else None

    def _changes(self) -> Floats:
        solution = solution_of(self.solver)
        change = solution[: self.count].copy()
        change[self.dear] -= solution[self.count : self.count + len(self.dear)]
        return change
