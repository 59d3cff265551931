"""Protection of linked tables by region: detail by the rule, levels, and what is left out looked
after.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from introstat.disclosure.counts import Counts, Tables
from introstat.disclosure.detail import COUNTRY, MUNICIPALITY, Regions, leave_out, nodes_of
from introstat.disclosure.dominance import dominated_together, told_by
from introstat.disclosure.frames import Frame
from introstat.disclosure.groups import rests_of_groups
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.levels import LevelSearch, Wanted
from introstat.disclosure.linked import Link, join_counts, part_of, sized_by
from introstat.disclosure.policy import Policy
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.rests import cells_of_rests, small_sums
from introstat.disclosure.search import State
from introstat.disclosure.suppress import ProtectionImpossible, Row
from introstat.disclosure.system import Floats, Ints, Mask, Move, System
from introstat.disclosure.table_audit import Witnesses

SIZE_DEARER = 10.0  # times, to hide the number of a municipality large enough to show main figures


@dataclass(frozen=True)
class Regional:
    """What protection by region is told.

    `sizes` are the regions' published sizes, for the rule of detail; none where the sizes
    themselves are protected, which leaves nothing out. `decided` are cells decided before, by cube:
    their codes, and whether they are hidden; `doubtful` are cells that get doubt though they are
    not small; `left_out` are rows that are not shown, though the rule for detail shows them.
    `finished` are the tables of cubes that releases of other periods show already,
    `same` the cube of this period that counts the same as each of them, `beside` the regions of
    those periods. After `until` (seconds, as time.monotonic has it) the search ends.
    """

    regions: Regions
    sizes: Mapping[str, int] | None = None
    decided: Mapping[str, Mapping[tuple[str, ...], bool]] = field(default_factory=dict)
    doubtful: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    left_out: Set[Row] = frozenset()
    finished: Mapping[str, Sequence[Frame]] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    beside: Sequence[Regions] = ()
    until: float = float("inf")


def with_regions(counts: Counts, cube: str, regional: Regional, policy: Policy) -> Counts:
    """Return counts with each cell's level and block, and what the rule leaves out."""
    regions = regional.regions
    axis = counts.system.axis_of(regions.dimension)
    level, block = nodes_of(counts.system.dimensions[axis], regions)
    node = counts.system.nodes()[axis]
    placed = replace(counts, level=level[node], block=block[node])
    if regional.sizes is None or cube == regions.sizes or cube in regional.finished:
        return placed
    return leave_out(placed, cube, regions, regional.sizes, policy)


def without_rows(counts: Counts, cube: str, regional: Regional) -> Counts:
    """Return counts with further rows left out, what was told before too: else it would stand out
    what changed. Numbers of participants stay, and the country.
    """
    regions, system = regional.regions, counts.system
    of = {dimension.name: dimension for dimension in system.dimensions}
    out = np.zeros(system.size, dtype=bool)
    for name, region, others in regional.left_out:
        row = {regions.dimension: region, **dict(others)}
        if name == cube and all(code in of[d].node_of for d, code in row.items()):
            out[_cells_at(system, row)] = True
    if cube == regions.persons:
        totals = {d: str(each.total) for d, each in of.items() if d != regions.dimension}
        out[_cells_at(system, totals)] = False
    out &= counts.is_published & (counts.level != COUNTRY)
    return replace(counts, left_out=counts.left_out | out)


def _cells_at(system: System, codes: Mapping[str, str]) -> Ints:
    """Return the cells at codes; at every code of the dimensions that are not named."""
    at = [d.node_of[codes[d.name]] if d.name in codes else slice(None) for d in system.dimensions]
    return np.asarray(system.numbers[tuple(at)])


def hide_by_levels(
    cubes: Mapping[str, Counts],
    primary: Mapping[str, Mask],
    links: Sequence[Link],
    policy: Policy,
    regional: Regional,
    workers: int,
    tell: Callable[[str], None],
) -> tuple[dict[str, Mask], Witnesses]:
    """Return the hidden cells of each cube, and what proves the doubt of all.

    Raises ProtectionImpossible, with the cells named, where some cell has no doubt at the end.
    """
    regions = regional.regions
    joint = join_counts(cubes, links)
    assert isinstance(joint.system, JointSystem)
    targets, hidden, kept = (np.zeros(joint.system.size, dtype=bool) for _ in range(3))
    for name in cubes:
        part_of(joint, name, targets)[:] = primary[name] & ~cubes[name].known
        for codes in regional.doubtful.get(name, ()):
            targets[joint.system.start_of[name] + cubes[name].system.cell(codes)] = True
        if name in regional.finished:
            told = cubes[name].known | cubes[name].left_out
            part_of(joint, name, hidden)[:] = cubes[name].is_published & ~told
        for codes, is_hidden in regional.decided.get(name, {}).items():
            cell = joint.system.start_of[name] + cubes[name].system.cell(codes)
            (hidden if is_hidden else kept)[cell] = True
    shown = joint.is_published & ~joint.left_out
    unseen = np.zeros(joint.system.size, dtype=bool)
    unseen[joint.withheld.cells] = True
    values = joint.values
    sums = small_sums(joint.system, regions, policy, (shown, joint.left_out, unseen), values)
    groups = rests_of_groups(joint.system, policy, joint.is_told, values, values)
    for period in [one for one in (regions, *regional.beside) if one.members]:
        linked = sized_by(links, period.persons)
        targets[cells_of_rests(joint.system, period, policy, unseen, joint.values, linked)] = True
    tables = with_sums(with_sums(joint, sums), groups, of_one_region=True)
    more = np.ones(len(sums) + len(groups), dtype=bool)
    hidden |= targets & shown
    wanted = Wanted(
        np.concatenate([targets, more]),
        np.concatenate([hidden, ~more]),
        np.concatenate([kept & ~hidden, ~more]),
        _dearer(tables, policy) if regional.sizes is None else None,
        regional.same,
        regional.until,
    )
    members = [period.members for period in (*regional.beside, regions)]
    every = replace(regions, members={code: m for own in members for code, m in own.items()})

    cells_of = joint.system

    def search(tables: Tables, wanted: Wanted) -> State:
        own = LevelSearch(tables, policy, every, wanted, workers, tell)
        state, left = own.run(), own.left()
        refuse_rows(
            f"These cells could not be given a doubt of {policy.min_width} persons (allow more "
            "time, or show less: raise county_expects, municipality_expects or main_from in the "
            "policy)",
            [tables.system.name(int(cell)) for cell in left],
            partial(ProtectionImpossible, rows=_rows_of(cells_of, left, regions, regional.same)),
        )
        return state

    state = search(tables, wanted)
    hidden, moves = state.hidden, [*state.moves]
    while sums := _told_together(cubes, joint, hidden, policy, regional):
        tell(f"{len(sums)} amounts that cells have together are nearly all of few")
        state = search(with_sums(tables, sums), _beside(wanted, hidden, len(sums)))
        hidden = state.hidden[: tables.system.size]
        moves += [_within(move, tables.system.size) for move in state.moves]
    witnesses = Witnesses(
        {name: counts.values for name, counts in cubes.items()},
        moves,
        {name: c.made_of for name, c in cubes.items() if c.made_of is not None},
    )
    return {name: part_of(tables, name, hidden) for name in cubes}, witnesses


def _told_together(
    cubes: Mapping[str, Counts], joint: Tables, hidden: Mask, policy: Policy, regional: Regional
) -> list[tuple[str, list[int]]]:
    """Return the cells that are not shown of whose amount together, which is told, few have nearly
    all: each time a name and the cells.
    """
    assert isinstance(joint.system, JointSystem)
    sums = []
    for name, counts in cubes.items():
        if counts.made_of is not None and name not in regional.finished:
            start, system = joint.system.start_of[name], counts.system
            unseen = hidden[start : start + system.size] | counts.left_out
            shown = counts.known | (counts.is_published & ~unseen)
            told = told_by(system, counts.known)
            masks = (shown, counts.is_told, told)
            for parts in dominated_together(system, counts.made_of, masks, policy):
                what = f"{name}: what is not shown together with {system.name(int(parts[0]))}"
                sums.append((what, (start + parts).tolist()))
    return sums


def _beside(wanted: Wanted, hidden: Mask, sums: int) -> Wanted:
    """Return what a search is to reach that is for further sums alone, beside what is hidden."""
    more = np.ones(sums, dtype=bool)
    return replace(
        wanted,
        targets=np.concatenate([np.zeros_like(hidden), more]),
        hidden=np.concatenate([hidden, ~more]),
        kept=np.concatenate([wanted.kept & ~hidden, ~more]),
    )


def _within(move: Move, size: int) -> Move:
    """Return a move without unknowns from a number on."""
    cells, changes = move
    return cells[cells < size], changes[cells < size]


def _rows_of(
    system: JointSystem, cells: Ints, regions: Regions, same: Mapping[str, str]
) -> set[Row]:
    """Return the rows of cells; of a cube of another period, those of this that count the same."""
    found = set()
    for name, cube in system.systems.items():
        start, region = system.start_of[name], cube.dimensions[cube.axis_of(regions.dimension)]
        for cell in cells[(cells >= start) & (cells < start + cube.size)] - start:
            codes = dict(zip((d.name for d in cube.dimensions), cube.codes(cell), strict=True))
            others = tuple((d.name, codes[d.name]) for d in cube.dimensions if d.total is None)
            node = region.node_of[codes[region.name]]
            own = [code for code, each in region.node_of.items() if each == node]
            found |= {(same.get(name, name), code, others) for code in own}
    return found


def with_sums(
    joint: Tables, sums: Sequence[tuple[str, list[int]]], of_one_region: bool = False
) -> Tables:
    """Return the tables with sums of cells as further unknowns, each in the block of its cells.

    Those of cells of one region have its level; the others have none.
    """
    assert isinstance(joint.system, JointSystem)
    none = np.zeros(len(sums), dtype=bool)
    totals = np.array([joint.values[cells].sum() for _, cells in sums], dtype=np.int64)
    level = [joint.level[cells[0]] if of_one_region else -1 for _, cells in sums]
    block: Ints = np.array([joint.block[cells].max() for _, cells in sums], dtype=np.int64)
    return replace(
        joint,
        system=joint.system.with_sums(sums),
        values=np.concatenate([joint.values, totals]),
        known=np.concatenate([joint.known, none]),
        left_out=np.concatenate([joint.left_out, none]),
        level=np.concatenate([joint.level, np.array(level, dtype=np.int64)]),
        block=np.concatenate([joint.block, block]),
    )


def _dearer(tables: Tables, policy: Policy) -> Floats:
    """Return how many times worse it is to hide each size: those that show main figures, most."""
    large = (tables.level == MUNICIPALITY) & (tables.values >= policy.main_from)
    return np.where(large, SIZE_DEARER, 1.0)
