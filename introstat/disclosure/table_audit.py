"""The audit of one or several published cubes, as tables: those of finished files, read back."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from introstat.disclosure.audit import AuditResult, audit
from introstat.disclosure.detail import Regions
from introstat.disclosure.dominance import dominated_together, is_dominated, told_by
from introstat.disclosure.errors import UserError
from introstat.disclosure.finished import finished_cube
from introstat.disclosure.frames import Frame, arrow_of, arrows_of
from introstat.disclosure.groups import rests_of_groups
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.layout import Layout
from introstat.disclosure.linked import (
    Link,
    already_shown,
    cubes_in,
    join_published,
    join_rows,
    sized_by,
    unrevised,
)
from introstat.disclosure.policy import EXACT_CELLS, Policy
from introstat.disclosure.published import (
    UNKNOWN,
    Published,
    ReaderCube,
    read_primaries,
    read_published,
)
from introstat.disclosure.rests import cells_of_rests, small_sums
from introstat.disclosure.system import Ints, Move
from introstat.disclosure.witnesses import Contradiction, reader_bounds


@dataclass(frozen=True)
class Witnesses:
    """What proves that linked cubes are protected together: restricted, it is the true counts.

    `base` holds each cube's count of every cell of its system, `moves` changes of them, cells
    numbered cube after cube and then the links' unknowns. An audit takes neither on trust.
    `made_of` says of cubes on which amounts rest what these are made of (dominance.py): that no
    file tells, so it is.
    """

    base: Mapping[str, Ints]
    moves: Sequence[Move]
    made_of: Mapping[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishedTable:
    """One published cube as a reader has it; `primaries` None tests every hidden cell.

    `table` may be several files of one release. `earlier` are the same cube's tables in earlier
    releases, preliminary and final. With `finished` the table is of a release of another period:
    it may be of several versions, its numbers are no part of what is tested, and what it hides is.
    """

    table: Frame | Sequence[Frame]
    layout: Layout
    method: str
    primaries: Frame | None = None
    earlier: Sequence[Frame] = ()
    value: str = "value"
    sign: str = "sign"
    finished: bool = False


def audit_tables(
    tables: Mapping[str, PublishedTable],
    policy: Policy,
    links: Sequence[Link] = (),
    exact: int = EXACT_CELLS,
    witnesses: Witnesses | None = None,
    regions: Sequence[Regions] = (),
) -> dict[str, AuditResult]:
    """Audit published cubes: the suppressed ones as one system, each rounded one by itself.

    The keys of the result say what was audited: `suppressed`, `suppressed, figures taken for
    unrevised` (with earlier releases, if no number contradicts it), `rounded NAME`. A release is
    safe only if every result has passed. With `witnesses` a large release is audited in a fraction
    of the time; what earlier releases show of counts that have not changed is then simply known.
    With `regions` (those of each period) sums of what the rule for detail leaves out are tested as
    well (rests.py). Finished tables need `witnesses`.
    """
    results = {}
    hidden: dict[str, ReaderCube] = {}
    then: dict[str, list[ReaderCube]] = {}
    rows: dict[str, list[int]] = {}
    for name, one in tables.items():
        if one.finished and witnesses:
            read = finished_cube(arrows_of(one.table), one.layout, witnesses.base[name])
        else:
            read = _read(one.table, one)
        own = None
        if one.primaries is not None:
            own = read_primaries(arrow_of(one.primaries), read)
        if one.method == "round":
            if one.earlier:
                raise UserError(
                    f"The cube {name} is rounded; nothing is proved of rounded cubes together with "
                    "earlier releases. Suppress it."
                )
            if name in cubes_in(links):
                raise UserError(
                    f"The cube {name} is rounded; links of rounded cubes prove nothing."
                )
            results[f"rounded {name}"] = audit(read, policy, own, "round", exact)
            continue
        if own is None:
            own = np.flatnonzero(np.isin(read.row_cells, read.hidden)).tolist()
        hidden[name], rows[name] = read, own
        then[name] = [_read(release, one) for release in one.earlier]
    if not hidden:
        return results
    if witnesses:
        _expect_same_size(hidden, witnesses)
    chosen = join_rows(hidden, rows)
    has_amounts = witnesses is not None and bool(witnesses.made_of)
    alone = not (links or any(then.values()) or hidden.keys() & policy.sensitive or has_amounts)
    if len(hidden) == 1 and alone:
        ((name, only),) = hidden.items()
        base, moves = (witnesses.base[name], witnesses.moves) if witnesses else (None, ())
        if witnesses:
            _expect_within(only.system.size, witnesses)
        results["suppressed"] = audit(
            only, policy, chosen, "suppress", exact, base=base, moves=moves
        )
        return results
    if witnesses is not None:
        known = {
            name: _with_earlier(name, one, then[name], witnesses.base[name])
            for name, one in hidden.items()
        }
        joint = join_published(known, links, values=witnesses.base)
        base = np.concatenate([witnesses.base[name] for name in known])
        assert isinstance(joint.system, JointSystem)
        system = joint.system
        base = system.complete(base)
        held = np.array(system.held, dtype=np.int64)
        joint.known[held] = base[held]
        finished = {name for name, one in tables.items() if one.finished}
        if not regions:
            joint, base, also = _with_groups(joint, policy, base)
        else:
            joint, base, also = _with_sums(joint, regions, policy, base, links)
        _expect_within(joint.system.size, witnesses)
        joint, chosen, more = _without_rows(joint, chosen, finished)
        dominated, told = _dominated(hidden, then, finished, witnesses, system, policy)
        also = np.concatenate([also, more, dominated])
        found = audit(
            joint, policy, chosen, "suppress", 0, base=base, moves=witnesses.moves, also=also
        )
        results["suppressed"] = replace(found, forbidden=(*found.forbidden, *told))
        return results
    every, ties = dict(hidden), []
    for name, releases in then.items():
        for number, release in enumerate(releases, 1):
            label = f"{name} (earlier {number})"
            every[label] = release
            ties += unrevised(name, hidden[name], label, release)
    apart, _, rests = _with_groups(join_published(every, links), policy)
    results["suppressed"] = audit(apart, policy, chosen, "suppress", exact, rests=rests)
    if any(then.values()):
        try:
            tied, _, rests = _with_groups(join_published(every, links, ties), policy)
            results["suppressed, figures taken for unrevised"] = audit(
                tied, policy, chosen, "suppress", exact, rests=rests
            )
        except Contradiction:
            pass  # a reader who takes hidden figures for unrevised finds that they are not
    return results


def _expect_same_size(cubes: Mapping[str, ReaderCube], witnesses: Witnesses) -> None:
    for name, cube in cubes.items():
        if name not in witnesses.base:
            raise _of_other_settings(f"there are none of {name}")
        counts, cells = len(witnesses.base[name]), cube.system.size
        if counts != cells:
            raise _of_other_settings(f"{name} has {counts} counts there and {cells} cells here")


def _expect_within(size: int, witnesses: Witnesses) -> None:
    last = max((int(cells.max(initial=0)) for cells, _ in witnesses.moves), default=0)
    if last >= size:
        raise _of_other_settings(f"they tell of {last + 1} cells, and there are {size}")


def _of_other_settings(found: str) -> UserError:
    return UserError(
        f"The restricted counts were made under other settings than these files: {found}. Audit "
        "with the restricted side of this release, and the version that made it."
    )


def _without_rows(
    joint: Published, chosen: Sequence[int], finished: Set[str]
) -> tuple[Published, list[int], Ints]:
    """Return the published cells without the rows of finished tables, whose numbers are only known;
    the chosen rows that are left, and the cells of the others.
    """
    assert isinstance(joint.system, JointSystem)
    kept = np.array([codes[0] not in finished for codes in joint.row_codes], dtype=bool)
    number = np.cumsum(kept) - 1
    rows = np.array(chosen, dtype=np.int64)
    own = np.zeros(joint.system.size, dtype=bool)
    own[joint.row_cells[kept]] = True
    only = replace(
        joint,
        row_codes=tuple(joint.row_codes[row] for row in np.flatnonzero(kept)),
        row_cells=joint.row_cells[kept],
        row_values=joint.row_values[kept],
        unseen=joint.unseen[own[joint.unseen]],
    )
    return only, number[rows[kept[rows]]].tolist(), joint.row_cells[rows[~kept[rows]]]


def _with_sums(
    joint: Published, regions: Sequence[Regions], policy: Policy, base: Ints, links: Sequence[Link]
) -> tuple[Published, Ints, Ints]:
    """Return the published cells with the sums that are looked after as unknowns, the true counts
    with theirs, and the cells to test that stand in no list.
    """
    assert isinstance(joint.system, JointSystem)
    size = joint.system.size
    shown, left_out, unseen = (np.zeros(size, dtype=bool) for _ in range(3))
    shown[joint.row_cells] = True
    left_out[joint.left_out] = True
    unseen[joint.unseen] = True
    shown &= ~left_out & ~unseen
    sums = small_sums(joint.system, regions[0], policy, (shown, left_out, unseen), base)
    sums += rests_of_groups(joint.system, policy, shown | left_out | unseen, base, base)
    small = left_out & (base >= policy.hide_from) & (base <= policy.hide_to)
    rests = np.concatenate(
        [
            cells_of_rests(
                joint.system, period, policy, unseen, base, sized_by(links, period.persons)
            )
            for period in regions
        ]
    )
    with_sums, with_totals, more = _and_sums(joint, sums, base)
    return with_sums, with_totals, np.concatenate([np.flatnonzero(small), rests, more])


def _with_groups(
    joint: Published, policy: Policy, base: Ints | None = None
) -> tuple[Published, Ints, Ints]:
    """Return the same with the rests of whole groups: by the counts, or by what a reader knows."""
    assert isinstance(joint.system, JointSystem)
    sums = []
    if policy.whole_groups == "protect":
        bounds = reader_bounds(joint, policy.least_hidden) if base is None else (base, base)
        cells = np.zeros(joint.system.size, dtype=bool)
        cells[joint.row_cells] = True
        sums = rests_of_groups(joint.system, policy, cells, *bounds)
    return _and_sums(joint, sums, np.zeros_like(joint.known) if base is None else base)


def _and_sums(
    joint: Published, sums: Sequence[tuple[str, list[int]]], base: Ints
) -> tuple[Published, Ints, Ints]:
    """Return the published cells with sums of them as unknowns, a table with those sums, and their
    numbers.
    """
    assert isinstance(joint.system, JointSystem)
    system = joint.system.with_sums(sums)
    known = np.concatenate([joint.known, np.full(len(sums), UNKNOWN, dtype=np.int64)])
    totals = np.array([base[parts].sum() for _, parts in sums], dtype=np.int64)
    numbers = joint.system.size + np.arange(len(sums))
    return replace(joint, system=system, known=known), np.concatenate([base, totals]), numbers


def _dominated(
    cubes: Mapping[str, ReaderCube],
    earlier: Mapping[str, Sequence[ReaderCube]],
    finished: Set[str],
    witnesses: Witnesses,
    system: JointSystem,
    policy: Policy,
) -> tuple[Ints, list[str]]:
    """Return the cells of whose amount few have nearly all (one that is shown has no doubt), and in
    words the cells of which that is so together; neither what was told before.
    """
    cells, words = [np.empty(0, dtype=np.int64)], []
    for name, parts in witnesses.made_of.items():
        now, start = cubes[name], system.start_of[name]
        known = now.known != UNKNOWN
        if name not in finished:
            known = already_shown(now.row_codes, now.row_cells, witnesses.base[name], earlier[name])
        told = told_by(now.system, known)
        in_rows = np.zeros(now.system.size, dtype=bool)
        in_rows[now.row_cells] = True
        cells.append(start + np.flatnonzero(is_dominated(parts, policy) & in_rows & ~told))
        if name not in finished:
            shown = known | (now.known != UNKNOWN)
            words += [
                f"{name}: of the amount of {', '.join(map(now.system.name, each.tolist()))} "
                "together, which is told, few have nearly all"
                for each in dominated_together(now.system, parts, (shown, in_rows, told), policy)
            ]
    return np.concatenate(cells), words


def _with_earlier(
    name: str, now: ReaderCube, earlier: Sequence[ReaderCube], base: Ints
) -> ReaderCube:
    """Return a cube with what earlier releases show of its unrevised counts."""
    if len(base) != now.system.size:
        raise UserError(
            f"The restricted counts of {name} are not those of these files: they have other codes."
        )
    shown = already_shown(now.row_codes, now.row_cells, base, earlier)
    return replace(now, known=np.where(shown, base, now.known))


def _read(tables: Frame, one: PublishedTable) -> ReaderCube:
    return read_published(arrows_of(tables), one.layout, one.value, one.sign)
