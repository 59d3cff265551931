"""Suppression: which further cells to hide so that every primary cell keeps its doubt.

A primary cell is protected once two tables that a reader cannot tell apart differ by `min_width` in
it. The method collects such tables as moves of the true one, cheapest first, and hides what the
moves change. It ends with a move for every primary cell, or says which cells cannot be protected.
A second pass begins anew with what the first one learnt: cells that many moves passed through are
cheap from the start, so that moves found early share them too.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from introstat.disclosure.counts import Tables, primary_cells
from introstat.disclosure.moves import HIDDEN_COST, MoveFinder
from introstat.disclosure.policy import Policy
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.system import AnySystem, Floats, Ints, Mask, System
from introstat.errors import EXIT_REFUSED, UserError

LOOKED_AT_WHOLE = 2400  # cells; a larger system is searched one neighbourhood at a time
NEAR_LEAVES = (30, 80)  # of a dimension that a search in a larger system looks at, by pass
BUSY_WEIGHT = 0.02  # of hidden cells against shared groups when leaves are chosen
TOLERANCE = 1e-6
SIZE_WEIGHT = 1e-7  # breaks ties between cells by their counts
LARGE_DEARER = 0.4  # of a cell's price for each doubling of its count: large totals stay shown
LARGE_FROM = 4  # persons; below this no cell is dearer for its count
SHARED_DISCOUNT = 0.5  # for each move of the pass before that went through a cell
LEAST_PRICE = 0.02  # of a cell not yet hidden, however many moves went through it
LAST_DEARER = 100  # times: totals of single codes, hidden only where nothing else helps
SECOND_PASS_UP_TO = 3000  # primary cells; with more of them the second pass finds little


class ProtectionImpossible(UserError):
    """A table in which some primary cell cannot get its width whatever is hidden. Exit code 3."""

    exit_code = EXIT_REFUSED


@dataclass(frozen=True)
class SparseMove:
    """A change of the true table: the cells it changes, and by how many persons."""

    cells: Ints
    changes: Ints


@dataclass(frozen=True)
class Suppression:
    """Which cells of the system are primary and which are hidden (primary ones included).

    `moves` prove it: each, added to the true table, makes one that a reader cannot tell from it.
    """

    primary: Mask
    hidden: Mask
    moves: tuple["SparseMove", ...]


def suppress(
    counts: Tables,
    policy: Policy,
    primary: Mask | None = None,
    seed: int = 0,
    hidden: Mask | None = None,
) -> Suppression:
    """Hide cells so that every primary cell keeps a feasible interval of `min_width` persons.

    `primary` defaults to the policy's rule. The grand total, and with `zeros: publish` every zero,
    stays visible; what a reader knows from an earlier release
    protects nothing. `hidden` are cells hidden already, which stay so and cost nothing more. The
    seed orders the search; the same seed gives the same result. Raises
    ProtectionImpossible, with the cells named, when no choice of hidden cells reaches the width.
    """
    if primary is None:
        primary = primary_cells(counts, policy)
    search = _Search(counts, policy, primary, primary if hidden is None else primary | hidden)
    search.run(np.random.default_rng(seed))
    return Suppression(primary, search.hidden, tuple(search.moves))


class Neighbourhood:
    """Which cells are worth looking at around some primary ones, in a system too large to look at
    whole.

    A dimension with many leaves is cut down to the leaves nearest to the batch: those with most
    groups in common with it, then those with most hidden cells, which moves can use for nothing.
    In cubes linked to the batch's own, the same leaves are looked at.
    """

    def __init__(self, system: AnySystem) -> None:
        self.cubes = [_LongCube(start, cube) for start, cube in system.cubes]
        self.system = system
        self.needed = system.size > LOOKED_AT_WHOLE and any(cube.long for cube in self.cubes)

    def around(self, batch: Ints, hidden: Mask, most: int) -> Ints:
        """The numbers of the cells near a batch of cells, at most so many leaves of a dimension."""
        near: dict[str, set[str]] = {}
        for cube in self.cubes:
            own = batch[(batch >= cube.start) & (batch < cube.end)]
            if len(own):
                for name, codes in cube.nearest(own, hidden, most).items():
                    near.setdefault(name, set()).update(codes)
        cells = np.concatenate([cube.cells(near) for cube in self.cubes])
        return np.concatenate([cells, self.system.unknowns_beside(cells)])

    def ordered(self, cells: Ints) -> Ints:
        """The cells, those of one neighbourhood together."""
        for cube in self.cubes:
            cells = cube.ordered(cells)
        return cells


class _LongCube:
    """One cube of a system: which of its dimensions are long, and what is near in them."""

    def __init__(self, start: int, system: System) -> None:
        self.system, self.start, self.end = system, start, start + system.size
        self.long = [
            axis for axis, size in enumerate(system.inner_shape) if size > min(NEAR_LEAVES)
        ]
        self.member: list[Mask] = []
        for dimension in system.dimensions:
            member = np.zeros((dimension.size, len(dimension.leaves)), dtype=bool)
            for node, cover in enumerate(dimension.leaves_of):
                member[node, list(cover)] = True
            self.member.append(member)

    def nearest(self, batch: Ints, hidden: Mask, most: int) -> dict[str, list[str]]:
        """For each long dimension the leaf codes nearest to cells of this cube."""
        nodes = np.unravel_index(batch - self.start, self.system.shape)
        table = hidden[self.start : self.end].reshape(self.system.shape)
        chosen = {}
        for axis in self.long:
            dimension, member = self.system.dimensions[axis], self.member[axis]
            leaves = len(dimension.leaves)
            groups = member[leaves:].astype(float)
            groups /= groups.sum(axis=1, keepdims=True)  # a small group in common says more
            own: Mask = member[np.unique(nodes[axis])]
            touched = np.asarray((groups @ own.T > 0).any(axis=1))
            shared = groups[touched].sum(axis=0)
            other = tuple(k for k in range(len(self.system.shape)) if k != axis)
            busy = np.asarray(table.mean(axis=other))[:leaves]
            score = (
                shared
                + BUSY_WEIGHT * busy
                + 10.0 * (own.any(axis=0) & (own.sum(axis=1) == 1).any())
            )
            order = np.argsort(-score, kind="stable")[:most]
            chosen[dimension.name] = [dimension.leaves[leaf] for leaf in np.sort(order)]
        return chosen

    def cells(self, near: Mapping[str, Set[str]]) -> Ints:
        """The cells of this cube at the leaves of `near` (all leaves where it says nothing), and at
        the groups that hold one of them: no other can change.
        """
        chosen = []
        for axis, dimension in enumerate(self.system.dimensions):
            every = np.arange(dimension.size)
            if axis in self.long and dimension.name in near:
                leaf = [dimension.node_of[c] for c in dimension.leaves if c in near[dimension.name]]
                every = np.flatnonzero(self.member[axis][:, leaf].any(axis=1))
            chosen.append(every)
        return self.start + self.system.numbers[np.ix_(*chosen)].ravel()

    def ordered(self, cells: Ints) -> Ints:
        """The cells, those of this cube with the same smallest group together."""
        own = (cells >= self.start) & (cells < self.end)
        for axis in self.long:
            member = self.member[axis]
            size = member.sum(axis=1)
            first_group = np.array(
                [
                    min(np.flatnonzero(member[:, leaf] & (size > 1)), default=-1)
                    for leaf in range(member.shape[1])
                ]
            )
            first = np.array([first_group[np.flatnonzero(row)[0]] for row in member])
            nodes = np.unravel_index(cells[own] - self.start, self.system.shape)[axis]
            cells[own] = cells[own][np.argsort(first[nodes], kind="stable")]
        return cells


@dataclass(frozen=True)
class _State:
    """What a search has reached, to return to."""

    hidden: Mask
    spread_low: Ints
    spread_high: Ints
    price: float
    moves: tuple[SparseMove, ...]


class _Search:
    """The state of one search: what is hidden so far, and how far the moves found
    spread each cell.
    """

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
        if counts.known is not None:
            fixed |= counts.known
        floor = np.where(self.shown, policy.least_hidden, 0)
        self.lowest = np.where(fixed, 0, np.minimum(floor - values, 0)).astype(np.int64)
        self.highest = np.where(fixed, 0, int(values.max(initial=0)) + self.width).astype(np.int64)
        self.neighbourhood = Neighbourhood(system)
        doublings = np.log2(np.maximum(values, LARGE_FROM) / LARGE_FROM)
        self.price = self.weight * (1.0 + LARGE_DEARER * doublings)
        self.price[last] *= LAST_DEARER
        if counts.dearer is not None:
            self.price *= counts.dearer
        self._begin(NEAR_LEAVES[0])

    def _begin(self, near: int) -> None:
        """Start a pass: nothing but the given cells is hidden, and no move is known."""
        self.near = near
        self.spread_low = np.zeros(self.system.size, dtype=np.int64)
        self.spread_high = np.zeros(self.system.size, dtype=np.int64)
        self.hidden: Mask = self.given.copy()
        self.moves: list[SparseMove] = []

    def run(self, rng: np.random.Generator) -> None:
        """Protect every primary cell, then let go of what later moves made superfluous."""
        targets = self._ordered(rng)
        refuse_grand_totals = [self.system.name(int(c)) for c in targets if self.highest[c] == 0]
        if refuse_grand_totals:
            raise _impossible(refuse_grand_totals, self.width)
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
                np.concatenate([move.cells for move in self.moves]), minlength=self.system.size
            )
            discounted = full_price / (1.0 + SHARED_DISCOUNT * users)
            self.price = np.where(self.shown, np.maximum(discounted, LEAST_PRICE), 0.0)
        self.hidden = best

    def _ordered(self, rng: np.random.Generator) -> Ints:
        """The primary cells, those of one neighbourhood together, else at random."""
        return self.neighbourhood.ordered(rng.permutation(np.flatnonzero(self.primary)))

    def _open(self, targets: Ints) -> Ints:
        """The targets whose spread is still short of the width."""
        return targets[self.spread_high[targets] - self.spread_low[targets] < self.width]

    def _protect(self, finder: MoveFinder, targets: Ints) -> None:
        hard: list[int] = []
        waiting = self._open(targets)
        while len(waiting):
            target = waiting[:1]
            if not self._spread_cheaply(finder, target):
                hard.append(int(target[0]))
            waiting = self._open(waiting[1:])
        impossible = []
        for cell in hard:
            if len(self._open(np.array([cell]))):
                pair = finder.widest_pair(cell, self.width, self._cost())
                if pair is None:
                    impossible.append(self.system.name(cell))
                else:
                    for move in pair:
                        self._add(move)
        if impossible:
            raise _impossible(sorted(impossible), self.width)

    def _spread_cheaply(self, finder: MoveFinder, cell: Ints) -> bool:
        """Protect a cell by one move up, or by one down and one up if that hides less.

        A count of 2 or 3 may lend some of its doubt downwards to other small counts, where the
        whole width upwards would take a larger one. False if no move was found.
        """
        start = self._state()
        up = self._find(finder, self._shifts(cell))
        if up is None:
            return False
        self._add(up)
        price = self._hiding()
        down = min(self.width - 1, -int(self.lowest[cell[0]]))
        if price <= start.price + TOLERANCE or down <= -int(start.spread_low[cell[0]]):
            return True
        other = self._state()
        self._return_to(start)
        if not self._down_and_up(finder, cell, down, price):
            self._return_to(other)
        return True

    def _down_and_up(self, finder: MoveFinder, cell: Ints, down: int, most: float) -> bool:
        """Whether a move down by so many persons and one up for the rest hide for less."""
        move = self._find(finder, {int(cell[0]): -down}, everywhere=False)
        if move is None:
            return False
        self._add(move)
        if len(self._open(cell)) and self._hiding() < most - TOLERANCE:
            move = self._find(finder, self._shifts(cell), everywhere=False)
            if move is None:
                return False
            self._add(move)
        return not len(self._open(cell)) and self._hiding() < most - TOLERANCE

    def _find(
        self, finder: MoveFinder, shifts: dict[int, int], everywhere: bool = True
    ) -> Ints | None:
        """A cheap move with these shifts: first among cells near them, then among all."""
        if self.neighbourhood.needed:
            batch = np.array(list(shifts), dtype=np.int64)
            near = self.neighbourhood.around(batch, self.hidden, self.near)
            if (move := finder.cheapest(shifts, self._cost(), near)) is not None or not everywhere:
                return move
        return finder.cheapest(shifts, self._cost())

    def _hiding(self) -> float:
        """What the cells hidden so far weigh."""
        return float(self.weight[self.hidden].sum())

    def _state(self) -> "_State":
        return _State(
            self.hidden.copy(),
            self.spread_low.copy(),
            self.spread_high.copy(),
            self._hiding(),
            tuple(self.moves),
        )

    def _return_to(self, state: "_State") -> None:
        self.hidden = state.hidden.copy()
        self.spread_low = state.spread_low.copy()
        self.spread_high = state.spread_high.copy()
        self.moves = list(state.moves)

    def _shifts(self, cells: Ints) -> dict[int, int]:
        """How far up each cell must still go, given how far down moves already take it."""
        return {int(cell): int(self.width + self.spread_low[cell]) for cell in cells}

    def _cost(self) -> Floats:
        return np.where(self.hidden | ~self.shown, HIDDEN_COST, self.price)

    def _add(self, move: Ints) -> None:
        if not move.any():
            return
        self._check(move)
        changed = np.flatnonzero(move)
        self.moves.append(SparseMove(changed, move[changed]))
        np.minimum(self.spread_low, move, out=self.spread_low)
        np.maximum(self.spread_high, move, out=self.spread_high)
        self.hidden |= (move != 0) & self.shown

    def _check(self, move: Ints) -> None:
        """A move is a proof only if it adds up in whole numbers and leaves every cell possible."""
        sums = np.bincount(self.equations.rows, self.equations.values * move[self.equations.cells])
        if sums.any() or (move < self.lowest).any() or (move > self.highest).any():
            raise RuntimeError("a move from the solver does not add up; nothing is released")

    def _let_go(self, targets: Ints) -> None:
        """Drop moves that the others make unnecessary, the dearest first, and unhide what they
        used.
        """
        if not self.moves:
            return
        stack = np.zeros((len(self.moves), self.system.size), dtype=np.int32)
        for row, move in enumerate(self.moves):
            stack[row, move.cells] = move.changes
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


def _impossible(cells: list[str], width: int) -> ProtectionImpossible:
    try:
        refuse_rows(
            f"No choice of hidden cells leaves these cells a doubt of {width} persons "
            "(pool categories, or drop a dimension)",
            cells,
        )
    except UserError as error:
        return ProtectionImpossible(error.message)
    raise AssertionError("unreachable: called with cells")
