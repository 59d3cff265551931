"""The audit: whether what is published leaves every primary cell its doubt. The gate of a release.

It reads finished files and shares nothing with the methods but the definition of the linear system.
A cell is safe only when two whole-number tables, both agreeing with everything published, differ by
at least the policy's width in it; a linear bound alone never makes a cell safe.
"""

import heapq
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from introstat.disclosure.policy import EXACT_CELLS, Policy
from introstat.disclosure.programs import TOLERANCE
from introstat.disclosure.published import UNKNOWN, Published, PublishedCube
from introstat.disclosure.rounded import doubt_by_rounding
from introstat.disclosure.system import Floats, Ints
from introstat.disclosure.witnesses import (
    ENDLESS,
    Block,
    Contradiction,
    blocks_of,
    reader_bounds,
)
from introstat.errors import UserError

Ends = tuple[int, int | None, bool]  # of an interval: least, greatest (None: any), whether exact
NARROWEST = 20  # cells that the report lists
POOLED_ROUNDS = 40  # programs for many cells at once, before cells are taken one by one
LEAST_GAIN = 0.02  # share of the open cells a pooled program must settle to be worth another


@dataclass(frozen=True)
class Interval:
    """A cell and the values a reader must think possible; `high` is None if nothing bounds it.

    An `exact` interval holds over all whole-number tables; any other is what the witnesses show,
    and the true one is at least as wide. For a cell that is not safe it is always exact.
    """

    cell: str
    low: int
    high: int | None
    exact: bool

    @property
    def width(self) -> float:
        """Persons between the two ends."""
        return float("inf") if self.high is None else self.high - self.low


@dataclass(frozen=True)
class AuditResult:
    """What the audit found. `passed` only if no cell is narrow and no forbidden number is shown."""

    method: str
    cells: int
    hidden: int
    tested: int
    narrow: tuple[Interval, ...]
    forbidden: tuple[str, ...]
    narrowest: tuple[Interval, ...]
    policy: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the release may go out."""
        return not self.narrow and not self.forbidden


def audit(
    published: Published,
    policy: Policy,
    primary_rows: list[int] | None = None,
    method: str | None = None,
    exact: int = EXACT_CELLS,
    base: Ints | None = None,
    moves: Iterable[tuple[Ints, Ints]] = (),
) -> AuditResult:
    """Audit published cells.

    `primary_rows` says which rows to test (from the restricted list); without it every hidden cell
    is tested (of a rounded file every cell that may hide a count of the policy's range). `method`
    defaults to the policy's. `exact` of the narrowest safe cells get exact intervals in the report.
    `base` is one whole-number table of all cells, and `moves` changes of it (cells, changes):
    offered witnesses, each of which counts only if it agrees with everything published.
    Raises Contradiction where numbers do not add up.
    """
    started = time.perf_counter()
    method = method or policy.method
    values = published.row_values
    if method == "round":
        smallest, largest = 1, policy.round_base - 1
        found, width = _rounded(published, policy, primary_rows)
    else:
        smallest, largest = policy.hide_from, policy.hide_to
        found, width = _suppressed(published, policy, primary_rows, exact, base, moves)
    bad = np.flatnonzero((values != UNKNOWN) & (values >= smallest) & (values <= largest))
    return AuditResult(
        method,
        len(published.row_codes) - published.withheld,
        int((values == UNKNOWN).sum()) - published.withheld,
        len(found),
        tuple(i for i in found if i.width < width),
        tuple(f"{published.name(int(row))}: {values[row]}" for row in bad),
        tuple(sorted(found, key=lambda i: (i.width, not i.exact))[:NARROWEST]),
        policy.fingerprint,
        time.perf_counter() - started,
    )


def doubtful(published: Published, policy: Policy, cells: Ints, base: Ints) -> Ints:
    """Those of the cells that no quick witnesses settle: a first look, which proves nothing.

    `base` is one whole-number table that agrees with everything published (the true one will do).
    A cell that is not in the answer has its two witnesses; one that is may have them too.
    """
    low, high = reader_bounds(published, policy.least_hidden)
    return _open_by_unit(published, policy, (low, high), cells, base, (base.copy(), base.copy()))


def _open_by_unit(
    published: Published,
    policy: Policy,
    bounds: tuple[Ints, Ints],
    cells: Ints,
    base: Ints,
    seen: tuple[Ints, Ints],
) -> Ints:
    """Look for witnesses in one unit of linked cubes at a time, the others held at a whole table.

    A table of one unit that keeps the inequalities against the others' table is a witness for all
    of them. Besides the base, the others are held at a table in which units looked at before have
    their tested cells high: whoever has a measure takes part, so the count of those who take part
    must rise before that of those with the measure can. `seen` takes the least and greatest values.
    """
    system, width = published.system, policy.min_width
    least, most = seen
    raised = base
    for unit in system.units:
        movable = np.zeros(system.size, dtype=bool)
        movable[unit] = True
        movable[system.unknowns_beside(unit)] = True  # what is left over in its inequalities
        targets = cells[np.isin(cells, unit)]
        before = raised
        for others in [base] if before is base else [base, before]:
            waiting = targets[most[targets] - least[targets] < width]
            if len(waiting):
                low = np.where(movable, bounds[0], others)
                high = np.where(movable, bounds[1], others)
                raised = _Search(published, policy, low, high).look(waiting, least, most, others)
    return cells[most[cells] - least[cells] < width]


def _suppressed(
    published: Published,
    policy: Policy,
    primary_rows: list[int] | None,
    exact: int,
    base: Ints | None,
    moves: Iterable[tuple[Ints, Ints]],
) -> tuple[list[Interval], int]:
    """The intervals of the tested cells of files with hidden cells, and the width they need."""
    low, high = reader_bounds(published, policy.least_hidden)
    tested = published.hidden
    if primary_rows is not None:
        tested = np.unique(published.row_cells[primary_rows])
    found: dict[int, Ends] = {}
    if base is not None:
        least, most = _offered(published, (low, high), base, moves)
        waiting = tested[most[tested] - least[tested] < policy.min_width]
        left = _open_by_unit(published, policy, (low, high), waiting, base, (least, most))
        settled = np.setdiff1d(tested, left).tolist()
        found = {cell: (int(least[cell]), int(most[cell]), False) for cell in settled}
        tested = left
    found |= _Search(published, policy, low, high).settle(tested, exact)
    row_of = published.first_rows()
    intervals = [
        Interval(published.name(row_of[cell]), *ends) for cell, ends in sorted(found.items())
    ]
    return intervals, policy.min_width


def _offered(
    published: Published,
    bounds: tuple[Ints, Ints],
    base: Ints,
    moves: Iterable[tuple[Ints, Ints]],
) -> tuple[Ints, Ints]:
    """The least and greatest value of each cell over a table and the changes of it, each of them
    checked in whole numbers against everything published; one that does not agree is left out.
    """
    low, high = bounds
    equations = published.system.defining_equations()

    def agrees(cells: Ints, changes: Ints) -> bool:
        table = base[cells] + changes
        if (table < low[cells]).any() or (table > high[cells]).any():
            return False
        move = np.zeros(published.system.size, dtype=np.int64)
        move[cells] = changes
        sums = np.bincount(
            equations.rows, equations.values * move[equations.cells], equations.count
        )
        return not sums.any()

    sums = np.bincount(equations.rows, equations.values * base[equations.cells], equations.count)
    if sums.any() or (base < low).any() or (base > high).any():
        raise Contradiction(
            "The restricted counts are not those of these files: they do not agree with what is "
            "published. Name the restricted folder of this very release."
        )
    least, most = base.copy(), base.copy()
    for cells, changes in moves:
        if agrees(cells, changes):
            np.minimum.at(least, cells, base[cells] + changes)
            np.maximum.at(most, cells, base[cells] + changes)
    return least, most


def _rounded(
    published: Published, policy: Policy, primary_rows: list[int] | None
) -> tuple[list[Interval], int]:
    """The same for a rounded file, where the rule itself leaves doubt of the base less one."""
    if not isinstance(published, PublishedCube):
        raise UserError("Rounded cubes are audited one at a time; audit their files alone.")
    low, high, settled = doubt_by_rounding(
        published, policy.round_base, policy.hide_from, policy.hide_to
    )
    row_of = published.first_rows()
    if primary_rows is None:
        tested = [c for c in row_of if low[c] <= policy.hide_to and high[c] >= policy.hide_from]
    else:
        tested = np.unique(published.row_cells[primary_rows]).tolist()
    width = min(policy.min_width, policy.round_base - 1)
    intervals = [
        Interval(published.name(row_of[cell]), int(low[cell]), int(high[cell]), settled)
        for cell in sorted(tested)
    ]
    return [replace(i, exact=i.exact or i.width < width) for i in intervals], width


class _Search:
    """Witnesses found so far: the least and greatest value that a whole-number table gave each
    cell.
    """

    def __init__(self, published: Published, policy: Policy, low: Ints, high: Ints) -> None:
        self.published, self.width = published, policy.min_width
        self.least_hidden = policy.least_hidden
        self.low, self.high = low, high
        self.rng = np.random.default_rng(0)

    def settle(self, cells: Ints, exact: int) -> dict[int, Ends]:
        """For each cell its interval and whether it is exact: always if narrower than the width,
        and for so many of the narrowest others.
        """
        settled: dict[int, Ends] = {}
        block_of: dict[int, Block] = {}
        unknown = self.low < self.high
        wanted = set(cells.tolist())
        for cell in wanted:
            if not unknown[cell]:
                settled[cell] = (int(self.low[cell]), int(self.low[cell]), True)
        for block in blocks_of(self.published.system, self.low, self.high):
            targets = np.array([c for c in block.cells.tolist() if c in wanted], dtype=np.int64)
            if len(targets):
                settled.update(self._settle_block(block, targets))
                block_of.update(dict.fromkeys(targets.tolist(), block))
        self._look_closer(settled, block_of, exact)
        return settled

    def look(self, cells: Ints, least: Ints, most: Ints, base: Ints) -> Ints:
        """Take witnesses for many of the cells at once into `least` and `most` (over all cells).

        Returns the base with the first of them in place, in which the cells are high.
        """
        wanted = np.zeros(len(self.low), dtype=bool)
        wanted[cells] = True
        raised = base.copy()
        for block in blocks_of(self.published.system, self.low, self.high):
            targets = block.cells[wanted[block.cells]]
            if len(targets):
                columns = np.array([block.column_of[int(cell)] for cell in targets])
                tables: list[Ints] = []
                low, high = self._pooled(block, columns, tables, (least, most))
                np.minimum.at(least, block.cells, low)
                np.maximum.at(most, block.cells, high)
                if tables:
                    raised[block.cells] = tables[0]
        return raised

    def _look_closer(
        self, settled: dict[int, Ends], block_of: Mapping[int, Block], most: int
    ) -> None:
        """Replace what witnesses show by exact intervals, the narrowest as witnessed first."""
        queue = [
            (high - low, cell)
            for cell, (low, high, known) in settled.items()
            if not known and high is not None
        ]
        for _, cell in heapq.nsmallest(most, queue):
            block = block_of[cell]
            settled[cell] = (*self._one(block, block.column_of[cell], lambda table: None), True)

    def _settle_block(self, block: Block, targets: Ints) -> dict[int, Ends]:
        columns = np.array([block.column_of[int(cell)] for cell in targets], dtype=np.int64)
        least, most = self._pooled(block, columns)
        exact: dict[int, Ends] = {}
        for column in columns:
            if most[column] - least[column] < self.width:
                ends = self._one(block, int(column), lambda t: self._note(block, t, least, most))
                exact[int(column)] = (*ends, True)
        result: dict[int, Ends] = {}
        for column in columns:
            interval = exact.get(int(column), (int(least[column]), int(most[column]), False))
            result[int(block.cells[column])] = interval
        return result

    def _pooled(
        self,
        block: Block,
        columns: Ints,
        tables: list[Ints] | None = None,
        known: tuple[Ints, Ints] | None = None,
    ) -> tuple[Ints, Ints]:
        """The least and greatest value of each cell over witnesses for many cells at once.

        `tables` takes the witnesses; `known` are values that witnesses gave all cells before.
        """
        n = len(block.cells)
        least, most = np.full(n, np.iinfo(np.int64).max), np.full(n, -1, dtype=np.int64)
        if known is not None:
            least, most = known[0][block.cells], known[1][block.cells]
        waiting = columns
        for round_number in range(POOLED_ROUNDS if len(columns) > 1 else 0):
            signs = self._signs(round_number, len(waiting))
            seen = most[waiting] >= 0
            up = np.where(seen, least[waiting], block.low[waiting]) + self.width
            down = np.where(seen, most[waiting] - self.width, block.low[waiting])
            table = block.pooled(
                waiting, signs, np.where(signs > 0, up, np.maximum(down, block.low[waiting]))
            )
            if table is not None:
                self._note(block, table, least, most)
                if tables is not None:
                    tables.append(np.round(table).astype(np.int64))
            left = columns[most[columns] - least[columns] < self.width]
            settled_now = len(waiting) - len(left)
            waiting = left
            if not len(left) or (round_number > 2 and settled_now < LEAST_GAIN * len(left)):
                break
        return least, most

    def _note(self, block: Block, table: Floats, least: Ints, most: Ints) -> None:
        """Take a witness into account, once it has been checked."""
        whole = np.round(table).astype(np.int64)
        self._check(block, whole)
        np.minimum(least, whole, out=least)
        np.maximum(most, whole, out=most)

    def _signs(self, round_number: int, count: int) -> Floats:
        if round_number < 2:
            return np.full(count, 1.0 if round_number == 0 else -1.0)
        return self.rng.choice(np.array([-1.0, 1.0]), count)

    def _one(
        self, block: Block, column: int, note: Callable[[Floats], None]
    ) -> tuple[int, int | None]:
        """The exact interval of one cell over whole-number tables, by linear program where it
        settles it.
        """
        ends: list[float] = []
        for sense in (1, -1):
            value, table = block.extreme(column, sense, whole=False)
            if table is not None and np.abs(table - np.round(table)).max() > TOLERANCE:
                bound = ceil(value - TOLERANCE) if sense == 1 else floor(value + TOLERANCE)
                cost = np.zeros(len(block.cells))
                cost[column] = sense
                near = block.whole_near(table, cost)
                if near is not None and near[column] == bound:
                    value, table = float(bound), near
                else:
                    value, table = block.extreme(column, sense, whole=True)
                if (value - bound) * sense < -TOLERANCE:
                    raise RuntimeError(
                        "a whole-number table beyond the linear bound; the audit stops"
                    )
            if table is not None:
                note(table)
            ends.append(value)
        return round(ends[0]), None if ends[1] == float("inf") else round(ends[1])

    def _check(self, block: Block, whole: Ints) -> None:
        """A witness counts only if, in whole numbers, it agrees with everything published."""
        low, high = self.low[block.cells], self.high[block.cells]
        if (whole < low).any() or ((whole > high) & (high < ENDLESS)).any():
            raise RuntimeError("a witness from the solver is out of bounds; the audit stops")
        if not block.adds_up(whole):
            raise RuntimeError("a witness from the solver does not add up; the audit stops")


__all__ = ["AuditResult", "Contradiction", "Interval", "audit"]
