"""Protection of one or several cubes, from tables in memory to tables in memory.

For other code, a release above all: `protect` takes Arrow or pandas tables and gives the same kind
back, reads and writes no files, and does what the policy says of each cube.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from introstat.disclosure.audit import doubtful
from introstat.disclosure.counts import (
    Counts,
    Tables,
    inner_table,
    pool_rare_categories,
    primary_cells,
    read_counts,
    without_totals,
)
from introstat.disclosure.dominance import is_dominated, made_of, told_by
from introstat.disclosure.errors import UserError
from introstat.disclosure.finished import finished_counts
from introstat.disclosure.frames import Frame, arrow_of, arrows_of, like
from introstat.disclosure.groups import rests_of_groups, told_groups
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.layout import Layout, flat
from introstat.disclosure.linked import Link, already_shown, cubes_in, join_counts, part_of
from introstat.disclosure.policy import Policy
from introstat.disclosure.published import as_published, read_published
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.regional import (
    Regional,
    hide_by_levels,
    with_regions,
    with_sums,
    without_rows,
)
from introstat.disclosure.report import primaries_table, publication_table
from introstat.disclosure.rounding import round_small_counts
from introstat.disclosure.suppress import Effort, ProtectionImpossible, suppress
from introstat.disclosure.system import Mask, Move
from introstat.disclosure.table_audit import Witnesses


@dataclass(frozen=True)
class Cube:
    """Counts to be protected: one row for each inner cell, zeros included.

    `count` and `persons` name columns; `persons` holds how many persons a figure rests on. `pool`
    lists dimensions whose rare categories are joined first. `additive` is False where the figures
    have no sums. `method` overrides the policy's. `amounts` has a row for each person of whom an
    amount is told that rests on the count: the codes of an inner cell, and `amount`, whole and not
    negative. A count of whose amount few have nearly all is primary; cubes with such are not
    pooled.
    """

    table: Frame
    layout: Layout
    count: str
    persons: str | None = None
    pool: tuple[str, ...] = ()
    additive: bool = True
    method: str | None = None
    amounts: Frame | None = None


@dataclass(frozen=True)
class ProtectedCube:
    """A cube as it may be published, its primary cells (restricted), and what was done, in numbers.

    `layout` is what an audit of the table needs: the cube's own, or a flat one without sums.
    """

    table: Frame
    primaries: Frame
    layout: Layout
    method: str
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class _Prepared:
    cube: Cube
    layout: Layout
    counts: Counts
    primary: Mask
    method: str


def protect(
    cubes: Mapping[str, Cube],
    policy: Policy,
    links: Sequence[Link] = (),
    earlier: Mapping[str, Sequence[Frame]] | None = None,
    seed: int = 0,
    workers: int = 1,
    tell: Callable[[str], None] = lambda _: None,
    proofs: list[Witnesses] | None = None,
    regional: Regional | None = None,
    until: float | None = None,
) -> dict[str, ProtectedCube]:
    """Protect cubes together, each by its method; hidden ones as one system with their links.

    `earlier` are the cubes' published tables in earlier releases: what they show protects nothing.
    `tell` hears of each part that is done; `proofs` takes what proves the doubt.
    With `regional` the rule for detail and the levels of regions hold (regional.py), and `workers`
    processes share the work; the result does not depend on how many. `until` (seconds, as
    time.monotonic has it) gives the search for fewer hidden cells a time (suppress.py).
    Raises UserError for bad input and ProtectionImpossible where a width cannot be reached. What
    comes out has still to be audited, from the finished files.
    """
    earlier = earlier or {}
    prepared = {
        name: _prepare(name, cube, policy, earlier.get(name, ()), regional)
        for name, cube in cubes.items()
    }
    for name in sorted(cubes_in(links) & set(prepared)):
        if prepared[name].method == "round":
            raise UserError(
                f"The cube {name} is linked to others and rounded: nothing is proved of rounded "
                "cubes together with others. Suppress it, or take it out of the links."
            )
    suppressed = {name: one for name, one in prepared.items() if one.method == "suppress"}
    if regional is None:
        hidden = _hide(suppressed, links, policy, seed, Effort(until, tell), proofs)
    else:
        counted = {name: one.counts for name, one in suppressed.items()}
        primary_of = {name: one.primary for name, one in suppressed.items()}
        hidden, found = hide_by_levels(counted, primary_of, links, policy, regional, workers, tell)
        if proofs is not None:
            proofs.append(found)
    done = {}
    for name, one in prepared.items():
        counts, primary = one.counts, one.primary
        shown = counts.published.cells
        if one.method == "suppress":
            table = publication_table(counts, counts.values, hidden[name])
            own = primary & ~counts.left_out
            summary: dict[str, Any] = {
                "primary": int(own[shown].sum()),
                "secondary": int(hidden[name][shown].sum() - own[shown].sum()),
            }
        else:
            rounding = round_small_counts(counts, policy, seed)
            table = publication_table(counts, rounding.values)
            summary = {
                "largest_deviation": rounding.largest_deviation,
                "mean_deviation": round(rounding.mean_deviation, 4),
                "optimal": rounding.optimal,
            }
        given = one.cube.table
        restricted = like(given, primaries_table(counts, primary))
        done[name] = ProtectedCube(like(given, table), restricted, one.layout, one.method, summary)
    return done


def _prepare(
    name: str,
    cube: Cube,
    policy: Policy,
    earlier: Sequence[Frame],
    regional: Regional | None = None,
) -> _Prepared:
    table = arrow_of(cube.table)
    layout = cube.layout if cube.additive else flat(cube.layout)
    names = [name for name in (cube.count, cube.persons) if name]
    columns = {name: read_counts(table, layout, name) for name in names}
    if cube.pool:
        grouped = {hierarchy.dimension for hierarchy in layout.hierarchies}
        if wrong := [d for d in cube.pool if d in grouped or d not in layout.dims]:
            raise UserError(
                f"{wrong[0]} cannot be pooled: it is no dimension, or has a hierarchy that says "
                "where its codes belong."
            )
        table = inner_table(columns, layout)
        for dimension in cube.pool:
            table = pool_rare_categories(table, dimension, names[-1], policy, sums=tuple(columns))
        columns = {name: read_counts(table, layout, name) for name in names}
    counts = columns[cube.count]
    primary = primary_cells(counts, policy, columns[cube.persons].values if cube.persons else None)
    method = cube.method or policy.method_of(name, cube.additive)
    if cube.amounts is not None:
        persons = arrow_of(cube.amounts)
        counts = replace(counts, made_of=made_of(counts, persons, policy.dominant_persons))
    if method == "round" and (primary & (counts.values > policy.hide_to)).any():
        raise UserError(
            f"The cube {name or cube.count} has figures that rest on fewer than "
            f"{policy.min_persons} persons; rounding does not hide them. Suppress it."
        )
    if cube.amounts is not None and (method == "round" or regional is None):
        raise UserError(
            f"The cube {name or cube.count} has amounts; those that few persons have nearly all of "
            "are looked after by regions only, and hidden: suppress it, with `regional`."
        )
    if regional is not None:
        counts = with_regions(counts, name, regional, policy)
        if name in regional.finished:
            counts = finished_counts(counts, arrows_of(list(regional.finished[name])), layout)
            primary = primary_cells(counts, policy)
            _refuse_shown(name, counts, primary)
    if earlier:
        seen = [read_published(arrows_of(release), layout) for release in earlier]
        known = already_shown(counts.published.codes, counts.published.cells, counts.values, seen)
        counts = replace(counts, known=known)
        if method == "suppress":
            _refuse_shown(name, counts, primary)
            _refuse_told_groups(name, counts, policy)
    if regional is not None and name not in (regional.regions.sizes, *regional.finished):
        counts = without_rows(counts, name, regional)
    if counts.made_of is not None:
        # What was told stays told: no release can take an amount back, and the next must come out.
        told = told_by(counts.system, counts.known)
        primary |= is_dominated(counts.made_of, policy) & counts.is_told & ~told
    return _Prepared(cube, layout, counts, primary, method)


def _refuse_shown(name: str, counts: Counts, primary: Mask) -> None:
    refuse_rows(
        "An earlier release shows these primary cells; to hide them protects nothing",
        [
            f"{name}: {counts.system.name(int(cell))}"
            for cell in np.flatnonzero(primary & counts.known & ~counts.left_out)
        ],
        ProtectionImpossible,
    )


def _refuse_told_groups(name: str, counts: Counts, policy: Policy) -> None:
    """Raise ProtectionImpossible that names the whole groups that an earlier release tells."""
    if policy.whole_groups == "protect":
        system, seen = counts.system, counts.is_published
        told = told_groups(name, system, policy, seen, counts.known, counts.values)
        refuse_rows(
            "An earlier release shows that all, or all but few, of these have the same outcome; to "
            "hide it protects nothing (whole_groups: allow shows them again)",
            list(dict.fromkeys(system.name(group.total) for group in told)),
            ProtectionImpossible,
        )


def _hide(
    prepared: Mapping[str, _Prepared],
    links: Sequence[Link],
    policy: Policy,
    seed: int,
    effort: Effort,
    proofs: list[Witnesses] | None,
) -> dict[str, Mask]:
    """Return the hidden cells of each cube.

    Each cube is protected by itself first, in the parts that no sum ties together. Links make some
    of that doubt impossible; only the cells that lose theirs, and the rests of whole groups, are
    then protected in the joint system, where hiding more costs nobody the doubt he has.
    """
    hidden, apart = _hide_apart(prepared, policy, seed, effort)
    base = {name: one.counts.values for name, one in prepared.items()}
    has_outcomes = policy.whole_groups == "protect" and prepared.keys() & policy.sensitive
    if not links and not has_outcomes:
        if proofs is not None:
            proofs.append(Witnesses(base, apart))
        return hidden
    joint: Tables = join_counts({name: one.counts for name, one in prepared.items()}, links)
    assert isinstance(joint.system, JointSystem)
    seen = joint.is_told
    sums = rests_of_groups(joint.system, policy, seen, joint.values, joint.values)
    joint = with_sums(joint, sums)
    primary, covered = (np.zeros(joint.system.size, dtype=bool) for _ in range(2))
    for name, one in prepared.items():
        part_of(joint, name, primary)[:] = one.primary
        part_of(joint, name, covered)[:] = hidden[name]
    primary[joint.system.size - len(sums) :] = True
    left = doubtful(as_published(joint, covered), policy, np.flatnonzero(primary), joint.values)
    moves: Sequence[Move] = ()
    if len(left):
        effort.tell(f"{len(left)} cells or rests of whole groups without doubt yet")
        targets = np.zeros(joint.system.size, dtype=bool)
        targets[left] = True
        found = suppress(joint, policy, targets, seed, covered, effort)
        covered = found.hidden
        moves = found.moves
    if proofs is not None:
        proofs.append(Witnesses(base, moves))
    return {name: part_of(joint, name, covered) for name in prepared}


def _hide_apart(
    prepared: Mapping[str, _Prepared], policy: Policy, seed: int, effort: Effort
) -> tuple[dict[str, Mask], list[Move]]:
    """Return the hidden cells of each cube, protected by itself, and the moves that prove it.

    Each part has its share of the time; cells of the moves are numbered cube after cube.
    """
    tasks = [
        (name, cells, counts, one.primary[cells])
        for name, one in prepared.items()
        for cells, counts in without_totals(one.counts)
    ]
    hidden = {name: np.zeros(one.counts.system.size, dtype=bool) for name, one in prepared.items()}
    sizes = [one.counts.system.size for one in prepared.values()]
    start_of = dict(zip(prepared, np.cumsum([0, *sizes]), strict=False))
    waiting = sum(int(primary.sum()) for *_, primary in tasks)
    moves: list[Move] = []
    for name, cells, counts, primary in tasks:
        until = effort.until
        if until is not None and waiting:
            until = time.monotonic() + effort.left * primary.sum() / waiting
        waiting -= int(primary.sum())
        own = replace(effort, until=until, end=effort.until)
        found = suppress(counts, policy, primary, seed, effort=own)
        hidden[name][cells] = found.hidden
        moves += [(start_of[name] + cells[changed], by) for changed, by in found.moves]
        effort.tell(f"{name}: {int(primary.sum())} primary cells")
    return hidden, moves
