"""Suppression: which further cells to hide so that every primary cell keeps its doubt.

A primary cell is protected once two tables that a reader cannot tell apart differ by `min_width` in
it. The method collects such tables as moves of the true one, and hides what the moves change. It
ends with a move for every primary cell, or says which cells cannot be protected.

A safe answer comes first, by patterns (patterns.py). It is then made anew by programs, cell by
cell, with what was learnt before: cells that many moves passed through are cheap from the start, so
that moves found early share them too. The answer that hides least is kept.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from introstat.disclosure.counts import Tables, primary_cells
from introstat.disclosure.errors import EXIT_REFUSED, UserError
from introstat.disclosure.neighbourhood import Neighbourhood
from introstat.disclosure.patterns import Patterns
from introstat.disclosure.policy import Policy
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.search import (
    MoveSearch,
    Problem,
    State,
    dearer_for_count,
    how_far,
    let_go,
)
from introstat.disclosure.system import Floats, Ints, Mask, Move, System

SIZE_WEIGHT = 1e-7  # breaks ties between cells by their counts
SHARED_DISCOUNT = 0.25  # for each move of the pass before that went through a cell
LEAST_PRICE = 0.02  # share of its price that a cell keeps, however many moves went through it
LAST_DEARER = 100  # times: totals of single codes, hidden only where nothing else helps
PATTERN_PASSES = 2
PROGRAMS_UP_TO = 3000  # primary cells; with more of them programs are made only if time is given
FIRST_NEAR = 40  # leaves of a long dimension that programs look at
MORE_NEAR = 80  # in the passes after the first
TOLD_EVERY = 10.0  # seconds


Row = tuple[str, str, tuple[tuple[str, str], ...]]
"""Cells that add up to one another, but for other regions: the cube, the region, and the codes of
the dimensions that have no total.
"""


class ProtectionImpossible(UserError):
    """A table in which some primary cell cannot get its width whatever is hidden. Exit code 3.

    `rows` are those that the cells stand in, where protection is told of regions.
    """

    exit_code = EXIT_REFUSED

    def __init__(self, message: str, rows: Iterable[Row] = ()) -> None:
        super().__init__(message)
        self.rows = frozenset(rows)


@dataclass(frozen=True)
class Suppression:
    """Which cells of the system are primary and which are hidden (primary ones included).

    `moves` prove it: each, added to the true table, makes one that a reader cannot tell from it.
    """

    primary: Mask
    hidden: Mask
    moves: tuple[Move, ...]


def _silent(_: str) -> None: ...


@dataclass(frozen=True)
class Effort:
    """How long to look for fewer hidden cells, and who hears of it.

    Without `until` (seconds, as time.monotonic has it) one pass of programs, none where many cells
    are primary; with it passes while they hide less, and the best answer that was ready in time.
    After `end` even the simplest answer comes too late.
    """

    until: float | None = None
    tell: Callable[[str], None] = _silent
    end: float | None = None

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return float("inf") if self.until is None else self.until - time.monotonic()


def suppress(
    counts: Tables,
    policy: Policy,
    primary: Mask | None = None,
    seed: int = 0,
    hidden: Mask | None = None,
    effort: Effort = Effort(),
) -> Suppression:
    """Hide cells so that every primary cell keeps a feasible interval of `min_width` persons.

    `primary` defaults to the policy's rule. The grand total, and with `zeros: publish` every zero,
    stays visible; what a reader knows from an earlier release protects nothing. `hidden` are cells
    hidden already, which stay so and cost nothing more. The seed orders the search; the same seed
    gives the same result if the time is enough for it. Raises ProtectionImpossible, with the cells
    named, when no choice of hidden cells reaches the width, and when there was no time for any.
    """
    if primary is None:
        primary = primary_cells(counts, policy)
    given = primary if hidden is None else primary | hidden
    search = _HidingSearch(counts, policy, primary, given, effort)
    state = search.run(np.random.default_rng(seed))
    return Suppression(primary, state.hidden, tuple(state.moves))


class _HidingSearch:
    """One search: what may change and what hiding costs; `run` finds what to hide."""

    def __init__(
        self, counts: Tables, policy: Policy, primary: Mask, given: Mask, effort: Effort
    ) -> None:
        self.system, self.given, self.effort = counts.system, given, effort
        self.targets = np.flatnonzero(primary)
        self.problem = _problem_of(counts, policy)
        self.neighbourhood = Neighbourhood(counts.system)
        self.patterns: Patterns | None = None
        self.pattern_seconds = 0.0
        self.weight = counts.names_per_cell * (1.0 + SIZE_WEIGHT * counts.values)

    def run(self, rng: np.random.Generator) -> State:
        """Return the best answer found."""
        system, problem, targets = self.system, self.problem, self.targets
        self._refuse(targets[problem.highest[targets] == 0])
        if not len(targets):
            return State.start(self.given)
        best = None
        if isinstance(system, System):
            started = time.monotonic()
            best = self._by_patterns(system, rng)
            self._refuse_late(time.monotonic() - started)
        # Those of one neighbourhood together, else at random.
        order = self.neighbourhood.ordered(rng.permutation(targets))
        for near in self._passes(best):
            found = self._pass(order, near, problem.price if best is None else self._learnt(best))
            if found is None or (best is not None and not self._hides_less(found, best)):
                if near == MORE_NEAR:
                    break
            else:
                best = found
        if best is None:
            raise ProtectionImpossible(
                "No safe answer was found in the time there was. Give more with --within, or leave "
                "it out."
            )
        return best

    def _passes(self, best: State | None) -> Iterator[int]:
        """Return how many near leaves the programs of each pass look at."""
        if self.effort.until is not None:
            yield FIRST_NEAR
            while self.effort.left > 0:
                yield MORE_NEAR
        elif best is None or len(self.targets) <= PROGRAMS_UP_TO:
            yield FIRST_NEAR

    def _by_patterns(self, system: System, rng: np.random.Generator) -> State:
        """Return the best of a few passes by patterns: one at least, however short the time."""
        self.patterns = Patterns(self.problem, system, rng)
        nodes = np.unravel_index(self.targets, system.shape)
        order, price = self.targets[np.lexsort(nodes[::-1])], self.problem.price
        best, search = None, MoveSearch(self.problem)
        for _ in range(PATTERN_PASSES):
            started = time.monotonic()
            state = State.start(self.given)
            left = self.patterns.protect(state, order, price).tolist()
            hard = [cell for cell in left if not self._is_found(search, state, cell, FIRST_NEAR)]
            self._settle(search, state, hard)
            state = let_go(state, self.targets, self.given, self.problem)
            if best is None or self._hides_less(state, best):
                best = state
            self.pattern_seconds = time.monotonic() - started
            if self.pattern_seconds > self.effort.left:
                break
            order, price = rng.permutation(self.targets), self._learnt(state)
        assert best is not None
        self._tell(best, "by patterns")
        return best

    def _refuse_late(self, seconds: float) -> None:
        if self.effort.end is not None and time.monotonic() > self.effort.end:
            raise ProtectionImpossible(
                f"The simplest answer for {len(self.targets)} primary cells took {seconds:.1f} "
                f"seconds, and then the time was over. Give at least --within {ceil(2 * seconds)}s "
                "more, or leave it out."
            )

    def _pass(self, order: Ints, near: int, price: Floats) -> State | None:
        """Return an answer by programs over so many near leaves; None if the time did not last."""
        state = State.start(self.given)
        search = MoveSearch(replace(self.problem, price=price))
        hard = self._protect(search, state, order, near)
        if hard is None:
            return None
        self._settle(search, state, hard)
        state = let_go(state, self.targets, self.given, self.problem)
        self._tell(state, f"by programs over {near} near codes")
        return state

    def _protect(
        self, search: MoveSearch, state: State, cells: Ints, near: int
    ) -> list[int] | None:
        """Give cells their doubt one after the other; return the hard ones, None if time is over.

        When only the time is left that patterns need, patterns take the rest.
        """
        hard: list[int] = []
        told = time.monotonic()
        for number, cell in enumerate(cells.tolist()):
            rest = cells[number:]
            if self.effort.left < self.pattern_seconds * len(rest) / len(self.targets):
                if self.patterns is None or self.effort.left < 0:
                    return None
                left = self.patterns.protect(state, rest, search.problem.price)
                return hard + [int(cell) for cell in left]
            if time.monotonic() > told + TOLD_EVERY:
                told = time.monotonic()
                self.effort.tell(f"{len(rest)} of {len(cells)} cells are left")
            if not self._is_found(search, state, cell, near):
                hard.append(cell)
        return hard

    def _settle(self, search: MoveSearch, state: State, hard: list[int]) -> None:
        """Give cells their doubt by whatever moves there are; refuse those that have none."""
        self._refuse([cell for cell in hard if not search.exactly(state, cell)])

    def _is_found(self, search: MoveSearch, state: State, cell: int, near: int) -> bool:
        """Give one cell its doubt by what is near, by whatever there is, or by a pattern.

        Return whether it has it: a hard one is not tried by all means.
        """
        if not len(search.open(state, np.array([cell]))):
            return True
        if self.neighbourhood.needed:
            around = self.neighbourhood.around(cell, state.hidden, near)
            if search.cheapest(state, around, cell):
                return True
        if search.cheapest(state, np.arange(self.system.size), cell):
            return True
        one, price = np.array([cell]), search.problem.price
        return self.patterns is not None and not len(self.patterns.protect(state, one, price))

    def _learnt(self, state: State) -> Floats:
        """Return prices that know which cells many moves passed through."""
        users = np.zeros(self.system.size)
        for cells, _ in state.moves:
            users[cells] += 1
        return self.problem.price * np.maximum(1 / (1 + SHARED_DISCOUNT * users), LEAST_PRICE)

    def _hides_less(self, one: State, other: State) -> bool:
        return bool(self.weight[one.hidden].sum() < self.weight[other.hidden].sum())

    def _tell(self, state: State, how: str) -> None:
        hidden = self.problem.shown & state.hidden & ~self.given
        self.effort.tell(f"{int(hidden.sum())} more cells hidden {how}")

    def _refuse(self, cells: Ints | list[int]) -> None:
        refuse_rows(
            f"No choice of hidden cells leaves these cells a doubt of {self.problem.width} persons "
            "(pool categories, or drop a dimension)",
            sorted(self.system.name(int(cell)) for cell in cells),
            ProtectionImpossible,
        )


def _problem_of(counts: Tables, policy: Policy) -> Problem:
    """Return what may change, and what it costs to hide."""
    system, values = counts.system, counts.values
    shown = counts.is_published
    fixed, last = (np.zeros(system.size, dtype=bool) for _ in range(2))
    # Where a dimension has no total, these are totals of single codes, not of the cube: hidden
    # last, but a rare code may leave no choice.
    for start, cube in system.cubes:
        is_part = counts.is_part or any(d.total is None for d in cube.dimensions)
        (last if is_part else fixed)[start + cube.grand_totals] = True
    if policy.zeros == "publish":
        fixed |= values == 0
    fixed = fixed & shown | counts.known
    down, up = how_far(values, shown, policy)
    price = counts.names_per_cell * dearer_for_count(values)
    price[last] *= LAST_DEARER
    return Problem(
        system,
        shown,
        np.where(fixed, 0, down),
        np.where(fixed, 0, up),
        price,
        policy.min_width,
    )
