"""The audit: whether what is published leaves every primary cell its doubt. The gate of a release.

It reads finished files and shares nothing with the methods but the definition of the linear system.
A cell is safe only when two whole-number tables, both agreeing with everything published, differ by
at least the policy's width in it; a linear bound alone never makes a cell safe.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from introstat.disclosure.policy import Policy
from introstat.disclosure.published import UNKNOWN, Published
from introstat.disclosure.system import Floats, Ints
from introstat.disclosure.witnesses import TOLERANCE, Block, Contradiction, blocks_of, reader_bounds

POOLED_ROUNDS = 40  # programs for many cells at once, before cells are taken one by one
LEAST_GAIN = 0.02  # share of the open cells a pooled program must settle to be worth another


@dataclass(frozen=True)
class Interval:
    """A cell and the values a reader must think possible; `high` is None if nothing bounds it.

    For a cell that is not safe the interval is exact over whole-number tables; for a safe one it is
    what the witnesses show, and the true one is at least as wide.
    """

    cell: str
    low: int
    high: int | None

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
) -> AuditResult:
    """Audit published cells.

    `primary_rows` says which rows to test (from the restricted list); without it every hidden cell
    is tested. `method` defaults to the policy's. Raises Contradiction where numbers do not add up.
    """
    started = time.perf_counter()
    method = method or policy.method
    low, high = reader_bounds(published, policy.least_hidden)
    if method == "round":
        smallest, largest = 1, policy.round_base - 1
    else:
        smallest, largest = policy.hide_from, policy.hide_to
    values = published.row_values
    bad = np.flatnonzero((values != UNKNOWN) & (values >= smallest) & (values <= largest))
    forbidden = tuple(f"{published.name(int(row))}: {values[row]}" for row in bad)
    if primary_rows is None:
        tested = published.hidden
    else:
        tested = np.unique(published.row_cells[primary_rows])
    if method == "round":
        # What rounding leaves open is the rule's own doubt about the inner cells, not the system's.
        tested = tested[:0] if primary_rows is not None else tested
    intervals = _Search(published, policy, low, high).settle(tested)
    rows = {int(cell): row for row, cell in reversed(list(enumerate(published.row_cells)))}
    found = [
        Interval(published.name(rows[cell]), a, b) for cell, (a, b) in sorted(intervals.items())
    ]
    narrow = tuple(i for i in found if i.width < policy.min_width)
    hidden_rows = int((values == UNKNOWN).sum())
    return AuditResult(
        method,
        len(published.row_codes),
        hidden_rows,
        len(tested),
        narrow,
        forbidden,
        tuple(sorted(found, key=lambda i: i.width)[:20]),
        policy.fingerprint,
        time.perf_counter() - started,
    )


class _Search:
    """Witnesses found so far: the least and greatest value that a whole-number table gave each
    cell.
    """

    def __init__(self, published: Published, policy: Policy, low: Ints, high: Ints) -> None:
        self.published, self.width = published, policy.min_width
        self.least_hidden = policy.least_hidden
        self.low, self.high = low, high
        self.rng = np.random.default_rng(0)

    def settle(self, cells: Ints) -> dict[int, tuple[int, int | None]]:
        """For each cell its interval: exact if narrower than the width, else as wide as
        witnessed.
        """
        settled: dict[int, tuple[int, int | None]] = {}
        unknown = self.low < self.high
        wanted = set(cells.tolist())
        for cell in wanted:
            if not unknown[cell]:
                settled[cell] = (int(self.low[cell]), int(self.low[cell]))
        for block in blocks_of(self.published.system, self.low, self.high):
            targets = np.array([c for c in block.cells.tolist() if c in wanted], dtype=np.int64)
            if len(targets):
                settled.update(self._settle_block(block, targets))
        return settled

    def _settle_block(self, block: Block, targets: Ints) -> dict[int, tuple[int, int | None]]:
        n = len(block.cells)
        least, most = np.full(n, np.iinfo(np.int64).max), np.full(n, -1, dtype=np.int64)
        columns = np.array([block.column_of[int(cell)] for cell in targets], dtype=np.int64)

        def note(table: Floats) -> None:
            whole = np.round(table).astype(np.int64)
            self._check(block, whole)
            np.minimum(least, whole, out=least)
            np.maximum(most, whole, out=most)

        def open_columns() -> Ints:
            still_open: Ints = columns[most[columns] - least[columns] < self.width]
            return still_open

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
                note(table)
            left = open_columns()
            settled_now = len(waiting) - len(left)
            waiting = left
            if not len(left) or (round_number > 2 and settled_now < LEAST_GAIN * len(left)):
                break
        exact: dict[int, tuple[int, int | None]] = {}
        for column in columns:
            if most[column] - least[column] < self.width:
                exact[int(column)] = self._one(block, int(column), note)
        result: dict[int, tuple[int, int | None]] = {}
        for column in columns:
            interval = exact.get(int(column), (int(least[column]), int(most[column])))
            result[int(block.cells[column])] = interval
        return result

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
        if (whole < self.low[block.cells]).any() or (whole > self.high[block.cells]).any():
            raise RuntimeError("a witness from the solver is out of bounds; the audit stops")
        if not block.adds_up(whole):
            raise RuntimeError("a witness from the solver does not add up; the audit stops")


__all__ = ["AuditResult", "Contradiction", "Interval", "audit"]
