"""The audit: whether what is published leaves every primary cell its doubt. The gate of a release.

It reads finished files and shares nothing with the methods but the definition of the linear system.
A cell is safe only when two whole-number tables, both agreeing with everything published, differ by
at least the policy's width in it; a linear bound alone never makes a cell safe.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from introstat.disclosure.errors import UserError
from introstat.disclosure.groups import told_groups
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.policy import EXACT_CELLS, Policy
from introstat.disclosure.published import UNKNOWN, Published, ReaderCube
from introstat.disclosure.rounded import doubt_by_rounding
from introstat.disclosure.system import Ints, Move
from introstat.disclosure.witness_search import Ends, WitnessSearch
from introstat.disclosure.witnesses import Contradiction, reader_bounds

NARROWEST = 20  # cells that the report lists
EXACT_UP_TO = 20_000  # cells of a system; in a larger one exact intervals take minutes


@dataclass(frozen=True)
class CellBounds:
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
class ToldGroup:
    """A group of persons whose outcome the published numbers tell: all but `others` have it."""

    table: str
    cell: str
    outcome: str
    persons: int
    others: int


@dataclass(frozen=True)
class AuditResult:
    """What the audit found. `passed` only if no cell is narrow and no forbidden number is shown.

    `whole_groups` are listed whether the policy allows them or not (groups.py).
    """

    method: str
    cells: int
    hidden: int
    left_out: int
    tested: int
    narrow: tuple[CellBounds, ...]
    forbidden: tuple[str, ...]
    narrowest: tuple[CellBounds, ...]
    policy: str
    seconds: float
    whole_groups: tuple[ToldGroup, ...] = ()

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
    moves: Iterable[Move] = (),
    also: Ints | None = None,
    rests: Ints | None = None,
) -> AuditResult:
    """Audit published cells.

    `primary_rows` says which rows to test (from the restricted list); without it every hidden cell
    is tested (of a rounded file every cell that may hide a count of the policy's range). `method`
    defaults to the policy's. `exact` of the narrowest safe cells get exact intervals in the report.
    `base` is one whole-number table of all cells, and `moves` changes of it (cells, changes):
    offered witnesses, each of which counts only if it agrees with everything published. `also` are
    more cells to test, which stand in no row; `rests` those of groups that may be whole, tested if
    they are (groups.py).
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
        tested = published.hidden
        if primary_rows is not None:
            tested = published.row_cells[primary_rows]
        none = np.empty(0, dtype=np.int64)
        also, rests = (none if cells is None else cells for cells in (also, rests))
        tested = np.unique(np.concatenate([tested, also, rests]))
        found = _suppressed(published, policy, tested, exact, base, moves, rests)
        width = policy.min_width
    bad = np.flatnonzero((values != UNKNOWN) & (values >= smallest) & (values <= largest))
    return AuditResult(
        method,
        len(published.row_codes) - published.withheld,
        int(np.isin(published.row_cells, published.hidden).sum()),
        int(np.isin(published.row_cells, published.left_out).sum()),
        len(found),
        tuple(i for i in found if i.width < width),
        tuple(f"{published.name(int(row))}: {values[row]}" for row in bad),
        tuple(sorted(found, key=lambda i: (i.width, not i.exact))[:NARROWEST]),
        policy.short_fingerprint,
        time.perf_counter() - started,
        _told(published, policy),
    )


def _told(published: Published, policy: Policy) -> tuple[ToldGroup, ...]:
    """Return the whole groups that the numbers in the files tell; of linked tables only."""
    system, known, name = published.system, published.known, published.first_names()
    if not isinstance(system, JointSystem):
        return ()
    in_files = np.zeros(system.size, dtype=bool)
    in_files[published.row_cells[: len(published.row_cells) - published.withheld]] = True
    found = []
    for table, cube in system.systems.items():
        start = system.start_of[table]
        own = slice(start, start + cube.size)
        is_known = known[own] != UNKNOWN
        for group in told_groups(table, cube, policy, in_files[own], is_known, known[own]):
            total, category = start + group.total, start + group.category
            persons, having = int(known[total]), int(known[category])
            if having == UNKNOWN:
                having = persons - int(known[own][list(group.others)].sum())
            words = name.get(category, system.name(category))
            found.append(ToldGroup(table, name[total], words, persons, persons - having))
    return tuple(found)


def doubtful(published: Published, policy: Policy, cells: Ints, base: Ints) -> Ints:
    """Return those of the cells that no quick witnesses settle: a first look, which proves nothing.

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
        targets = cells[np.isin(system.lies_at[cells], unit)]
        before = raised
        for others in [base] if before is base else [base, before]:
            waiting = targets[most[targets] - least[targets] < width]
            if len(waiting):
                low = np.where(movable, bounds[0], others)
                high = np.where(movable, bounds[1], others)
                search = WitnessSearch(system, low, high, width)
                raised = search.look(waiting, least, most, others)
    return cells[most[cells] - least[cells] < width]


def _suppressed(
    published: Published,
    policy: Policy,
    tested: Ints,
    exact: int,
    base: Ints | None,
    moves: Iterable[Move],
    rests: Ints,
) -> list[CellBounds]:
    """Return the intervals of the tested cells where cells are hidden."""
    low, high = reader_bounds(published, policy.least_hidden)
    found: dict[int, Ends] = {}
    if base is not None:
        least, most = _offered(published, (low, high), base, moves)
        waiting = tested[most[tested] - least[tested] < policy.min_width]
        left = _open_by_unit(published, policy, (low, high), waiting, base, (least, most))
        if published.system.size > EXACT_UP_TO:
            exact = 0
        settled = np.setdiff1d(tested, left)
        settled = settled[np.argsort((most - least)[settled], kind="stable")]
        found = {
            cell: (int(least[cell]), int(most[cell]), False) for cell in settled[exact:].tolist()
        }
        tested = np.concatenate([left, settled[:exact]])
    search = WitnessSearch(published.system, low, high, policy.min_width)
    found |= search.settle(tested, exact)
    for cell in rests.tolist():
        if found[cell][0] > policy.all_but:
            del found[cell]  # of no whole group
    name = published.first_names()
    return [
        CellBounds(name[cell] if cell in name else published.system.name(cell), *ends)
        for cell, ends in sorted(found.items())
    ]


def _offered(
    published: Published, bounds: tuple[Ints, Ints], base: Ints, moves: Iterable[Move]
) -> tuple[Ints, Ints]:
    """Return the least and greatest value of each cell over a table and changes of it.

    A change counts only if, in whole numbers, it agrees with everything published.
    """
    low, high = bounds
    equations = published.system.defining_equations()
    if equations.sums_of(base).any() or (base < low).any() or (base > high).any():
        raise Contradiction(
            "The restricted counts are not those of these files: they do not agree with what is "
            "published. Name the restricted folder of this very release."
        )
    least, most = base.copy(), base.copy()
    given = [(cells, changes) for cells, changes in moves if len(cells)]
    if not given:
        return least, most
    cells = np.concatenate([cells for cells, _ in given])
    changes = np.concatenate([changes for _, changes in given])
    move = np.repeat(np.arange(len(given)), [len(cells) for cells, _ in given])
    moved = sp.csc_array((changes, (cells, move)), shape=(len(base), len(given)))
    sums = equations.matrix(len(base)) @ moved
    table = base[cells] + changes
    wrong = np.zeros(len(given), dtype=bool)
    wrong[move[(table < low[cells]) | (table > high[cells])]] = True
    wrong[sums.tocoo().col[sums.tocoo().data != 0]] = True
    right = ~wrong[move]
    np.minimum.at(least, cells[right], table[right])
    np.maximum.at(most, cells[right], table[right])
    return least, most


def _rounded(
    published: Published, policy: Policy, primary_rows: list[int] | None
) -> tuple[list[CellBounds], int]:
    """Return the same for a rounded file; the rule itself leaves doubt of the base less one."""
    if not isinstance(published, ReaderCube):
        raise UserError("Rounded cubes are audited one at a time; audit their files alone.")
    low, high, settled = doubt_by_rounding(
        published, policy.round_base, policy.hide_from, policy.hide_to
    )
    tested = np.unique(published.row_cells)
    if primary_rows is None:
        tested = tested[(low[tested] <= policy.hide_to) & (high[tested] >= policy.hide_from)]
    else:
        tested = np.unique(published.row_cells[primary_rows])
    width = min(policy.min_width, policy.round_base - 1)
    name = published.first_names()
    intervals = []
    for cell in tested.tolist():
        least, most = int(low[cell]), int(high[cell])
        exact = settled or most - least < width
        intervals.append(CellBounds(name[cell], least, most, exact))
    return intervals, width
