"""Narrowing: how low and how high each hidden count can be, given everything put together.

Bounds from one relation at a time first. Then the cheapest changes of one solution that take a
count up and down, which show it and others to be in doubt; then programs with nothing but the
relations nearby, which prove a count narrow. What is left is narrowed in the whole block: by linear
programs and, where these are wide only in fractions, by branch and bound.
"""

import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from tests.intruder.blocks import Block
from tests.intruder.changes import Changes, whole_solution
from tests.intruder.system import MANY, Floats, Ints, System, bounds_of

LOOSE = (600, 3000)  # unknowns whose relations alone may prove a count to be narrow
SMALL = 8000  # relations of a block that is quicker done as a whole
BASES = 6  # tries to find a solution in whole numbers to begin with
REPAIR = (10, 40, 160)  # unknowns that a repair may move, for each fractional one
LARGEST_REPAIR = 5000
POOLED = 30  # programs over a whole block at most
IDLE = 4  # those in a row that may show nothing new


@dataclass
class Interval:
    """What an attack knows of a count: it lies from `low` to `high`.

    `shown_low` and `shown_high` are the ends of what whole-number solutions show to be possible.
    """

    low: float
    high: float
    shown_low: float = MANY
    shown_high: float = -MANY

    @property
    def width(self) -> float:
        """How far apart the ends are."""
        return self.high - self.low

    @property
    def shown_width(self) -> float:
        """How far apart two possible values are, at least."""
        return max(self.shown_high - self.shown_low, 0.0)


@dataclass
class Attack:
    """The intervals that an attack found, and what it did."""

    intervals: dict[Hashable, Interval]
    counts: dict[str, int] = field(default_factory=dict)
    undecided: list[Hashable] = field(default_factory=list)
    seconds: float = 0.0


def attack(system: System, targets: Iterable[Hashable], width: int, most: int) -> Attack:
    """Narrow the targets that may be `most` or less until each is `width` wide or done with."""
    started = time.monotonic()
    low, high = bounds_of(system)
    found: dict[Hashable, Interval] = {}
    open_ones = []
    for name in targets:
        k = system.number[name]
        found[name] = Interval(low[k], high[k])
        if high[k] - low[k] >= width and low[k] <= most:
            open_ones.append(k)
    done = Attack(found, {"unknowns": len(low), "open": len(open_ones)})
    matrix, row_low, row_high = system.matrix()
    free = high > low
    rest = matrix @ np.where(free, 0.0, low)
    matrix = sparse.csr_matrix(matrix @ sparse.diags(free.astype(float)))
    matrix.eliminate_zeros()
    row_low, row_high = row_low - rest, row_high - rest
    useful = _useful(matrix, row_low, row_high, low, high)
    matrix, row_low, row_high = matrix[useful], row_low[useful], row_high[useful]
    _, block_of = csgraph.connected_components(
        sparse.bmat([[None, matrix.T], [matrix, None]]) if matrix.shape[0] else matrix.T @ matrix,
        directed=False,
    )
    by_block: dict[int, list[int]] = {}
    for k in open_ones:
        by_block.setdefault(int(block_of[k]), []).append(k)
    done.counts["blocks"] = len(by_block)
    for block, wanted in by_block.items():
        columns = np.flatnonzero((block_of[: len(low)] == block) & free)
        rows = np.flatnonzero(block_of[len(low) :] == block)
        one = Block(
            sparse.csr_matrix(matrix[rows][:, columns]),
            row_low[rows],
            row_high[rows],
            low[columns],
            high[columns],
        )
        place = {int(k): i for i, k in enumerate(columns)}
        wanted_ones = {place[k]: found[system.names[k]] for k in wanted}
        _Search(one, wanted_ones, width, most, done).run()
    done.undecided = [
        name
        for name, one in found.items()
        if one.width >= width and one.low <= most and one.shown_width < width
    ]
    done.seconds = time.monotonic() - started
    return done


def _useful(
    matrix: sparse.csr_matrix, row_low: Floats, row_high: Floats, low: Floats, high: Floats
) -> Ints:
    """The rows that say something beyond the bounds."""
    positive, negative = matrix.maximum(0), matrix.minimum(0)
    least = positive @ low + negative @ high
    most = positive @ high + negative @ low
    return np.flatnonzero((least < row_low - 1e-6) | (most > row_high + 1e-6))


class _Search:
    """The narrowing of the wanted counts of one block."""

    def __init__(
        self, block: Block, wanted: Mapping[int, Interval], width: int, most: int, done: Attack
    ) -> None:
        self.block, self.width, self.most = block, width, most
        # Arrays over the wanted counts, which are column `columns[i]` each.
        self.wanted = list(wanted.values())
        self.columns = np.fromiter(wanted, dtype=np.int64)
        self.place = {int(k): i for i, k in enumerate(self.columns)}
        self.low = np.array([one.low for one in self.wanted])
        self.high = np.array([one.high for one in self.wanted])
        self.shown_low = np.full(len(self.wanted), MANY)
        self.shown_high = np.full(len(self.wanted), -MANY)
        self.tally = done.counts
        self.rng = np.random.default_rng(7)
        self.columns_of = block.matrix
        self.rows_of = sparse.csr_matrix(block.matrix.T)
        self.base: Floats | None = None

    def run(self) -> None:
        """Narrow the wanted counts, and note in each interval what was found."""
        self._search()
        for i, one in enumerate(self.wanted):
            one.low, one.high = float(self.low[i]), float(self.high[i])
            one.shown_low, one.shown_high = float(self.shown_low[i]), float(self.shown_high[i])

    def _search(self) -> None:
        """Search in neighbourhoods of one solution, in loosened ones, and in the whole block."""
        is_small = self.block.matrix.shape[0] <= SMALL
        if is_small:
            self._pooled()
        if self._left():
            self._find_base()
        if self.base is not None and self._left():
            self._change(Changes(self.block, self.base))
        for k in self._left():
            self._loosened(k)
        for k in self._left():
            if not self._settled(k):
                self._one(self.block, k, k)
            if not self._settled(k):
                self._by_branching(k)

    def _pooled(self) -> None:
        """Programs over the whole block that take many counts up or down."""
        idle = 0
        for _ in range(POOLED):
            left = self._left()
            if not left or idle >= IDLE:
                break
            idle = 0 if self._take(self.block.best(self._many_at_once(left))) else idle + 1

    def _open(self) -> npt.NDArray[np.bool_]:
        """Which wanted counts are neither shown to be wide nor proved narrow nor too large."""
        wide = self.shown_high - self.shown_low >= self.width
        return ~wide & (self.high - self.low >= self.width) & (self.low <= self.most)

    def _settled(self, k: int) -> bool:
        i = self.place[k]
        wide = self.shown_high[i] - self.shown_low[i] >= self.width
        narrow = self.high[i] - self.low[i] < self.width
        return bool(wide or narrow or self.low[i] > self.most)

    def _left(self) -> list[int]:
        left: list[int] = self.columns[self._open()].tolist()
        return left

    def _many_at_once(self, left: list[int], place: Mapping[int, int] | None = None) -> Floats:
        """Costs that take each of many counts up or down."""
        costs = self.rng.uniform(-0.01, 0.01, self.block.count if place is None else len(place))
        where = left if place is None else [place[k] for k in left]
        signs = self.rng.choice([1.0, -1.0], len(left))
        costs[where] += self.rng.uniform(0.5, 1.5, len(left)) * signs
        return costs

    def _take(self, values: Floats | None) -> int:
        """Note what a solution shows to be possible; return how many counts it settles."""
        self.tally["programs"] = self.tally.get("programs", 0) + 1
        if values is None or not self.block.is_solution(np.round(values)):
            return 0
        self.base = whole = np.round(values)
        before = np.count_nonzero(self._open())
        of_wanted = whole[self.columns]
        self.shown_low = np.minimum(self.shown_low, of_wanted)
        self.shown_high = np.maximum(self.shown_high, of_wanted)
        self.tally["whole"] = self.tally.get("whole", 0) + 1
        return int(before - np.count_nonzero(self._open()))

    def _find_base(self) -> None:
        if self.base is None:
            self._take(whole_solution(self.block, self.rng))
        costs = np.zeros(self.block.count)
        for _ in range(BASES):
            if self.base is not None:
                return
            values = self.block.best(costs)
            self._take(values)
            if self.base is None and values is not None:
                self._take(self._repaired(values))
            costs = self._many_at_once(self._left())
        if self.base is None:
            self._take(self.block.best_whole(np.zeros(self.block.count))[1])

    def _repaired(self, values: Floats, kept: int | None = None) -> Floats | None:
        """A solution in whole numbers near to a fractional one: only what is near is moved, and not
        the count that is kept.
        """
        broken = np.flatnonzero(np.abs(values - np.round(values)) > 1e-6)
        for times in REPAIR:
            if times * len(broken) > LARGEST_REPAIR:
                return None
            columns = self._around(broken.tolist(), times * len(broken))
            whole = np.round(values)
            near = self._part(columns, whole)
            if kept in columns:
                place = int(np.searchsorted(columns, kept))
                near.low[place] = near.high[place] = whole[kept]
            found = near.best_whole(np.zeros(near.count))[1]
            if found is not None:
                whole[columns] = found
                return whole
        return None

    def _around(self, start: list[int], size: int) -> Ints:
        """The columns nearest to some, by the rows that they share."""
        seen = set(start)
        edge = list(start)
        while edge and len(seen) < size:
            rows = np.unique(np.concatenate([_entries(self.rows_of, c) for c in edge]))
            near = np.unique(np.concatenate([_entries(self.columns_of, r) for r in rows]))
            edge = [c for c in near.tolist() if c not in seen][: size - len(seen)]
            seen.update(edge)
        return np.array(sorted(seen))

    def _part(self, columns: Ints, held: Floats) -> Block:
        """The block where only some columns may move, the others held."""
        part = self.block.matrix[:, columns]
        rows = np.flatnonzero(np.diff(part.indptr))
        of_others = (self.block.matrix @ held - part @ held[columns])[rows]
        row_high = self.block.row_high[rows]
        return Block(
            sparse.csr_matrix(part[rows]),
            self.block.row_low[rows] - of_others,
            np.where(row_high >= MANY, MANY, row_high - of_others),
            self.block.low[columns],
            self.block.high[columns],
        )

    def _change(self, changes: Changes) -> None:
        """Take each count up and down from one solution, and note what else moves with it."""
        for k in self._left():
            for up in (True, False):
                i = self.place[k]
                if self._settled(k):
                    break
                at = changes.point[k]
                seen = at - self.shown_low[i] if up else self.shown_high[i] - at
                change = changes.of(k, up, self.width - float(seen))
                if change is None:
                    continue
                self._take(changes.point + change)
                self._take(changes.point - change)
                if not self._settled(k) and np.abs(change - np.round(change)).max() > 1e-6:
                    self._take(self._repaired(changes.point + change, k))

    def _loosened(self, k: int) -> None:
        """Bounds from the relations near to a count alone: what they prove holds."""
        for size in LOOSE:
            if self._settled(k):
                return
            columns = self._around([k], size)
            inside = np.zeros(self.block.count)
            inside[columns] = 1.0
            pattern = self.columns_of.copy()
            pattern.data = np.ones_like(pattern.data)
            rows = np.flatnonzero(pattern @ inside == np.diff(pattern.indptr))
            part = Block(
                sparse.csr_matrix(self.block.matrix[rows][:, columns]),
                self.block.row_low[rows],
                self.block.row_high[rows],
                self.block.low[columns],
                self.block.high[columns],
            )
            self._one(part, k, int(np.searchsorted(columns, k)))

    def _one(self, block: Block, k: int, place: int) -> None:
        """The lowest and highest of one count, by two linear programs."""
        i = self.place[k]
        for sign in (-1.0, 1.0):
            values = block.best(_only(block.count, place, sign))
            if values is None:
                continue
            if sign < 0:
                self.low[i] = max(self.low[i], np.ceil(values[place] - 1e-6))
            else:
                self.high[i] = min(self.high[i], np.floor(values[place] + 1e-6))
            if block is self.block:
                self._take(values)

    def _by_branching(self, k: int) -> None:
        """Settle a count that is wide in fractions: in whole numbers it may be known."""
        i = self.place[k]
        self.tally["branched"] = self.tally.get("branched", 0) + 1
        for sign in (-1.0, 1.0):
            if self._settled(k):
                return
            bound, values = self.block.best_whole(_only(self.block.count, k, sign))
            self._take(values)
            if abs(bound) < MANY:
                if sign < 0:
                    self.low[i] = max(self.low[i], np.ceil(-bound - 1e-6))
                else:
                    self.high[i] = min(self.high[i], np.floor(bound + 1e-6))


def _entries(matrix: sparse.csr_matrix, row: int) -> Ints:
    entries: Ints = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
    return entries


def _only(count: int, place: int, sign: float) -> Floats:
    costs = np.zeros(count)
    costs[place] = sign
    return costs
