"""Suppression: which further cells to hide so that every primary cell keeps its doubt.

A primary cell is protected once two tables that a reader cannot tell apart differ by `min_width` in
it. The method collects such tables as moves of the true one, cheapest first, and hides what the
moves change. It ends with a move for every primary cell, or says which cells cannot be protected.
A second pass begins anew with what the first one learnt: cells that many moves passed through are
cheap from the start, so that moves found early share them too.
"""

from dataclasses import dataclass

import numpy as np

from introstat.disclosure.counts import Tables, primary_cells
from introstat.disclosure.errors import EXIT_REFUSED, UserError
from introstat.disclosure.moves import MoveFinder
from introstat.disclosure.neighbourhood import NEAR_LEAVES, Neighbourhood
from introstat.disclosure.policy import Policy
from introstat.disclosure.programs import TOLERANCE
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.search import HIDDEN_COST, dearer_for_count
from introstat.disclosure.system import Floats, Ints, Mask, Move

SIZE_WEIGHT = 1e-7  # breaks ties between cells by their counts
SHARED_DISCOUNT = 0.5  # for each move of the pass before that went through a cell
LEAST_PRICE = 0.02  # of a cell not yet hidden, however many moves went through it
LAST_DEARER = 100  # times: totals of single codes, hidden only where nothing else helps
SECOND_PASS_UP_TO = 3000  # primary cells; with more of them the second pass finds little


class ProtectionImpossible(UserError):
    """A table in which some primary cell cannot get its width whatever is hidden. Exit code 3."""

    exit_code = EXIT_REFUSED


@dataclass(frozen=True)
class Suppression:
    """Which cells of the system are primary and which are hidden (primary ones included).

    `moves` prove it: each, added to the true table, makes one that a reader cannot tell from it.
    """

    primary: Mask
    hidden: Mask
    moves: tuple[Move, ...]


def suppress(
    counts: Tables,
    policy: Policy,
    primary: Mask | None = None,
    seed: int = 0,
    hidden: Mask | None = None,
) -> Suppression:
    """Hide cells so that every primary cell keeps a feasible interval of `min_width` persons.

    `primary` defaults to the policy's rule. The grand total, and with `zeros: publish` every zero,
    stays visible; what a reader knows from an earlier release protects nothing. `hidden` are cells
    hidden already, which stay so and cost nothing more. The seed orders the search; the same seed
    gives the same result. Raises ProtectionImpossible, with the cells named, when no choice of
    hidden cells reaches the width.
    """
    if primary is None:
        primary = primary_cells(counts, policy)
    search = _HidingSearch(counts, policy, primary, primary if hidden is None else primary | hidden)
    search.run(np.random.default_rng(seed))
    return Suppression(primary, search.hidden, tuple(search.moves))


# What a search has reached, to return to: what is hidden, how far each cell is spread, the moves.
_State = tuple[Mask, Ints, Ints, list[Move]]


class _HidingSearch:
    """One search: what is hidden so far, and how far the moves found spread each cell."""

    def __init__(self, counts: Tables, policy: Policy, primary: Mask, given: Mask) -> None:
        system = counts.system
        self.system, self.primary, self.given = system, primary, given
        self.width = policy.min_width
        self.equations = system.all_equations()
        values = counts.values
        self.shown = np.zeros(system.size, dtype=bool)
        self.shown[counts.published.cells] = True
        names_per_cell = np.bincount(counts.published.cells, minlength=system.size)
        self.weight = names_per_cell * (1.0 + SIZE_WEIGHT * values)
        fixed = np.zeros(system.size, dtype=bool)
        # Where a dimension has no total, these are totals of single codes, not of the cube: hidden
        # last, but a rare code may leave no choice.
        last = np.zeros(system.size, dtype=bool)
        for start, cube in system.cubes:
            is_part = counts.is_part or any(d.total is None for d in cube.dimensions)
            (last if is_part else fixed)[start + cube.grand_totals] = True
        if policy.zeros == "publish":
            fixed |= self.shown & (values == 0)
        fixed &= self.shown
        fixed |= counts.known
        floor = np.where(self.shown, policy.least_hidden, 0)
        self.lowest = np.where(fixed, 0, np.minimum(floor - values, 0)).astype(np.int64)
        self.highest = np.where(fixed, 0, int(values.max(initial=0)) + self.width).astype(np.int64)
        self.neighbourhood = Neighbourhood(system)
        self.price = self.weight * dearer_for_count(values)
        self.price[last] *= LAST_DEARER
        self._begin(NEAR_LEAVES[0])

    def _begin(self, near: int) -> None:
        """Start a pass: nothing but the given cells is hidden, and no move is known."""
        self.near = near
        self.spread_low = np.zeros(self.system.size, dtype=np.int64)
        self.spread_high = np.zeros(self.system.size, dtype=np.int64)
        self.hidden: Mask = self.given.copy()
        self.moves: list[Move] = []

    def run(self, rng: np.random.Generator) -> None:
        """Protect every primary cell, then let go of what later moves made superfluous."""
        # Those of one neighbourhood together, else at random.
        targets = self.neighbourhood.ordered(rng.permutation(np.flatnonzero(self.primary)))
        self._refuse([self.system.name(int(c)) for c in targets if self.highest[c] == 0])
        if not len(targets):
            return
        finder = MoveFinder(self.system, self.lowest, self.highest)
        full_price, best = self.price, self.hidden
        if len(targets) > SECOND_PASS_UP_TO:
            # To let go of some of so many moves at the end would take gigabytes and hours.
            self._protect(finder, targets)
            return
        for number, near in enumerate(NEAR_LEAVES):
            self._begin(near)
            self._protect(finder, targets)
            self._let_go(targets)
            if not number or self.weight[self.hidden].sum() < self.weight[best].sum():
                best = self.hidden
            users = np.bincount(
                np.concatenate([cells for cells, _ in self.moves]), minlength=self.system.size
            )
            discounted = full_price / (1.0 + SHARED_DISCOUNT * users)
            self.price = np.where(self.shown, np.maximum(discounted, LEAST_PRICE), 0.0)
        self.hidden = best

    def _is_open(self, cell: int) -> bool:
        """Return whether the spread of a cell is still short of the width."""
        return bool(self.spread_high[cell] - self.spread_low[cell] < self.width)

    def _protect(self, finder: MoveFinder, targets: Ints) -> None:
        hard: list[int] = []
        for cell in targets.tolist():
            if self._is_open(cell) and not self._spread_cheaply(finder, cell):
                hard.append(cell)
        impossible = []
        for cell in hard:
            if self._is_open(cell):
                pair = finder.widest_pair(cell, self.width, self._cost())
                if pair is None:
                    impossible.append(self.system.name(cell))
                for move in pair or ():
                    self._add(move)
        self._refuse(sorted(impossible))

    def _spread_cheaply(self, finder: MoveFinder, cell: int) -> bool:
        """Protect a cell by one move up, or by one down and one up if that hides less.

        A count of 2 or 3 may lend some of its doubt downwards to other small counts, where the
        whole width upwards would take a larger one. False if no move was found.
        """
        start, start_price = self._state(), self._hiding()
        up = self._find(finder, cell, self._missing(cell))
        if up is None:
            return False
        start_low = int(self.spread_low[cell])
        self._add(up)
        price = self._hiding()
        down = min(self.width - 1, -int(self.lowest[cell]))
        if price <= start_price + TOLERANCE or down <= -start_low:
            return True
        other = self._state()
        self._return_to(start)
        if not self._down_and_up(finder, cell, down, price):
            self._return_to(other)
        return True

    def _down_and_up(self, finder: MoveFinder, cell: int, down: int, most: float) -> bool:
        """Return whether a move down by so many persons and one up for the rest hide for less."""
        move = self._find(finder, cell, -down, everywhere=False)
        if move is None:
            return False
        self._add(move)
        if self._is_open(cell) and self._hiding() < most - TOLERANCE:
            move = self._find(finder, cell, self._missing(cell), everywhere=False)
            if move is None:
                return False
            self._add(move)
        return not self._is_open(cell) and self._hiding() < most - TOLERANCE

    def _find(
        self, finder: MoveFinder, cell: int, shift: int, everywhere: bool = True
    ) -> Ints | None:
        """Return a cheap move that shifts a cell: first among cells near it, then among all."""
        if self.neighbourhood.needed:
            near = self.neighbourhood.around(cell, self.hidden, self.near)
            move = finder.cheapest(cell, shift, self._cost(), near)
            if move is not None or not everywhere:
                return move
        return finder.cheapest(cell, shift, self._cost())

    def _hiding(self) -> float:
        """Return what the cells hidden so far weigh."""
        return float(self.weight[self.hidden].sum())

    def _state(self) -> _State:
        low, high = self.spread_low.copy(), self.spread_high.copy()
        return self.hidden.copy(), low, high, self.moves.copy()

    def _return_to(self, state: _State) -> None:
        self.hidden, self.spread_low, self.spread_high, self.moves = state

    def _missing(self, cell: int) -> int:
        """Return how far up a cell must still go, given how far down moves already take it."""
        return int(self.width + self.spread_low[cell])

    def _cost(self) -> Floats:
        return np.where(self.hidden | ~self.shown, HIDDEN_COST, self.price)

    def _add(self, move: Ints) -> None:
        if not move.any():
            return
        self._check(move)
        changed = np.flatnonzero(move)
        self.moves.append((changed, move[changed]))
        np.minimum(self.spread_low, move, out=self.spread_low)
        np.maximum(self.spread_high, move, out=self.spread_high)
        self.hidden |= (move != 0) & self.shown

    def _check(self, move: Ints) -> None:
        """A move is a proof only if it adds up in whole numbers and leaves every cell possible."""
        if (
            self.equations.sums_of(move).any()
            or (move < self.lowest).any()
            or (move > self.highest).any()
        ):
            raise RuntimeError("a move from the solver does not add up; nothing is released")

    def _let_go(self, targets: Ints) -> None:
        """Drop moves that the others make unnecessary, the dearest first, with what they hid."""
        if not self.moves:
            return
        stack = np.zeros((len(self.moves), self.system.size), dtype=np.int32)
        for row, (cells, changes) in enumerate(self.moves):
            stack[row, cells] = changes
        used = (stack != 0) & self.shown & ~self.given
        users = used.sum(axis=0)
        kept = np.ones(len(stack), dtype=bool)
        on_targets = stack[:, targets]
        while True:
            alone = used & (users == 1)
            price = np.where(kept, (alone * self.weight).sum(axis=1), -1.0)
            for k in np.argsort(-price, kind="stable"):
                if price[k] <= 0:
                    self.hidden = self.given | (users > 0)
                    return
                kept[k] = False
                rest = on_targets[kept]
                spread = rest.max(axis=0, initial=0) - rest.min(axis=0, initial=0)
                if (spread >= self.width).all():
                    users = users - used[k]
                    break
                kept[k] = True
            else:
                self.hidden = self.given | (users > 0)
                return

    def _refuse(self, cells: list[str]) -> None:
        refuse_rows(
            f"No choice of hidden cells leaves these cells a doubt of {self.width} persons "
            "(pool categories, or drop a dimension)",
            cells,
            ProtectionImpossible,
        )
