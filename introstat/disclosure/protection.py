"""Protection and audit of one or several cubes, from tables in memory to tables in memory.

This is the door for other code, a release above all: `protect` and `audit_tables` take Arrow or
pandas tables and give the same kind back, read and write no files, and do what the policy says of
each cube.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any

import numpy as np
import pyarrow as pa

from introstat.disclosure.audit import AuditResult, audit, doubtful
from introstat.disclosure.counts import (
    Counts,
    Tables,
    inner_table,
    pool_rare_categories,
    primary_cells,
    read_counts,
    without_totals,
)
from introstat.disclosure.layout import Layout, flat
from introstat.disclosure.linked import (
    Link,
    already_shown,
    join_counts,
    join_published,
    join_rows,
    part_of,
    unrevised,
)
from introstat.disclosure.policy import Policy
from introstat.disclosure.published import (
    PublishedCube,
    as_published,
    read_primaries,
    read_published,
)
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.report import primaries_table, publication_table
from introstat.disclosure.rounding import round_small_counts
from introstat.disclosure.suppress import ProtectionImpossible, suppress
from introstat.disclosure.system import Floats, Ints, JointSystem, Mask
from introstat.disclosure.witnesses import Contradiction
from introstat.errors import UserError

WORTH_SHARING = 300  # primary cells; below this a second process costs more than it gives

Frame = Any  # a pyarrow.Table or a pandas.DataFrame


@dataclass(frozen=True)
class Cube:
    """Counts to be protected: one row for each inner cell, zeros included.

    `count` and `persons` name columns; `persons` holds how many persons a figure rests on. `pool`
    lists dimensions whose rare categories are joined first. `additive` is False where the figures
    have no sums. `method` overrides the policy's. `dearer` says of codes of a dimension how many
    times worse it is to hide a cell of theirs than another.
    """

    table: Frame
    layout: Layout
    count: str
    persons: str | None = None
    pool: tuple[str, ...] = ()
    additive: bool = True
    method: str | None = None
    dearer: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def method_by(self, policy: Policy, name: str) -> str:
        """The method for this cube: its own, else the policy's."""
        return self.method or method_by(policy, name, self.additive)


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
class Witnesses:
    """What proves that linked cubes are protected together: restricted, it is the true counts.

    `base` holds each cube's count of every cell of its system, `moves` changes of them, cells
    numbered cube after cube and then the links' unknowns. An audit takes neither on trust.
    """

    base: Mapping[str, Ints]
    moves: Sequence[tuple[Ints, Ints]]


@dataclass(frozen=True)
class PublishedTable:
    """One published cube as a reader has it; `primaries` None tests every hidden cell.

    `table` may be several files of one release. `earlier` are the same cube's tables in earlier
    releases, preliminary and final.
    """

    table: Frame | Sequence[Frame]
    layout: Layout
    method: str
    primaries: Frame | None = None
    earlier: Sequence[Frame] = ()
    value: str = "value"
    sign: str = "sign"


@dataclass(frozen=True)
class _Prepared:
    cube: Cube
    layout: Layout
    counts: Counts
    primary: Mask
    method: str


def method_by(policy: Policy, name: str, additive: bool) -> str:
    """What the policy says of a cube: its method, or that for figures without sums."""
    return policy.method_of(name) if additive else policy.not_additive


def protect(
    cubes: Mapping[str, Cube],
    policy: Policy,
    links: Sequence[Link] = (),
    earlier: Mapping[str, Sequence[Frame]] | None = None,
    seed: int = 0,
    workers: int = 1,
    tell: Callable[[str], None] = lambda _: None,
    proofs: list[Witnesses] | None = None,
) -> dict[str, ProtectedCube]:
    """Protect cubes together, each by its method; hidden ones as one system with their links.

    `earlier` are the cubes' published tables in earlier releases: what they show protects nothing.
    `workers` processes share the work; the result does not depend on how many. `tell` hears of each
    part that is done; `proofs` takes what proves the doubt about linked cubes.
    Raises UserError for bad input and ProtectionImpossible where a width cannot be reached. What
    comes out has still to be audited, from the finished files.
    """
    earlier = earlier or {}
    prepared = {
        name: _prepare(name, cube, policy, earlier.get(name, ())) for name, cube in cubes.items()
    }
    linked_cubes = {t.cube for link in links for t in (*link.left, *link.right)}
    for name in sorted(linked_cubes & set(prepared)):
        if prepared[name].method == "round":
            raise UserError(
                f"The cube {name} is linked to others and rounded: nothing is proved of rounded "
                "cubes together with others. Suppress it, or take it out of the links."
            )
    hidden = _hide(
        {n: p for n, p in prepared.items() if p.method == "suppress"},
        links,
        policy,
        seed,
        workers,
        tell,
        proofs,
    )
    done = {}
    for name, one in prepared.items():
        counts, primary = one.counts, one.primary
        shown = counts.published.cells
        if one.method == "suppress":
            table = publication_table(counts, counts.values, hidden[name])
            summary: dict[str, Any] = {
                "primary": int(primary[shown].sum()),
                "secondary": int(hidden[name][shown].sum() - primary[shown].sum()),
            }
        else:
            rounding = round_small_counts(counts, policy, seed)
            table = publication_table(counts, rounding.values)
            summary = {
                "largest_deviation": rounding.largest_deviation,
                "mean_deviation": round(rounding.mean_deviation, 4),
                "optimal": rounding.optimal,
            }
        restricted = primaries_table(counts, primary)
        done[name] = ProtectedCube(
            _like(one.cube.table, table),
            _like(one.cube.table, restricted),
            one.layout,
            one.method,
            summary,
        )
    return done


def audit_tables(
    tables: Mapping[str, PublishedTable],
    policy: Policy,
    links: Sequence[Link] = (),
    exact: int | None = None,
    witnesses: Witnesses | None = None,
) -> dict[str, AuditResult]:
    """Audit published cubes: the suppressed ones as one system, each rounded one by itself.

    The keys of the result say what was audited: `suppressed`, `suppressed, figures taken for
    unrevised` (with earlier releases, if no number contradicts it), `rounded NAME`. A release is
    safe only if every result has passed. With `witnesses` a large release is audited in a fraction
    of the time; what earlier releases show of counts that have not changed is then simply known.
    """
    more: dict[str, Any] = {} if exact is None else {"exact": exact}
    results = {}
    hidden: dict[str, PublishedCube] = {}
    then: dict[str, tuple[str, PublishedCube]] = {}
    rows: dict[str, list[int]] = {}
    for name, one in tables.items():
        read = _read(one.table, one)
        own = None
        if one.primaries is not None:
            own = read_primaries(_arrow(one.primaries), read)
        if one.method == "round":
            if one.earlier:
                raise UserError(
                    f"The cube {name} is rounded; nothing is proved of rounded cubes together with "
                    "earlier releases. Suppress it."
                )
            if any(name in (t.cube for t in (*link.left, *link.right)) for link in links):
                raise UserError(
                    f"The cube {name} is rounded; links of rounded cubes prove nothing."
                )
            results[f"rounded {name}"] = audit(read, policy, own, "round", **more)
            continue
        hidden[name] = read
        rows[name] = _hidden_rows(read) if own is None else own
        for number, table in enumerate(one.earlier, 1):
            then[f"{name} (earlier {number})"] = (name, _read(table, one))
    if not hidden:
        return results
    chosen = join_rows(hidden, rows)
    if len(hidden) == 1 and not links and not then:
        (only,) = hidden.values()
        results["suppressed"] = audit(only, policy, chosen, "suppress", **more)
        return results
    if witnesses is not None:
        known = {name: _with_earlier(name, one, then, witnesses) for name, one in hidden.items()}
        joint = join_published(known, links)
        base = np.concatenate([witnesses.base[name] for name in known])
        base = joint.system.complete(base) if isinstance(joint.system, JointSystem) else base
        results["suppressed"] = audit(
            joint, policy, chosen, "suppress", 0, base=base, moves=witnesses.moves
        )
        return results
    every = hidden | {label: table for label, (_, table) in then.items()}
    apart = join_published(every, links)
    results["suppressed"] = audit(apart, policy, chosen, "suppress", **more)
    if then:
        ties = [
            tie
            for label, (name, table) in then.items()
            for tie in unrevised(name, hidden[name], label, table)
        ]
        try:
            tied = audit(join_published(every, links, ties), policy, chosen, "suppress", **more)
            results["suppressed, figures taken for unrevised"] = tied
        except Contradiction:
            pass  # a reader who takes hidden figures for unrevised finds that they are not
    return results


def _dearer(counts: Counts, given: Mapping[str, Mapping[str, float]]) -> Floats:
    """How many times worse it is to hide each cell of a system than another."""
    factors = np.ones(counts.system.shape)
    for axis, dimension in enumerate(counts.system.dimensions):
        for code, times in given.get(dimension.name, {}).items():
            if code in dimension.node_of:
                at: list[Any] = [slice(None)] * factors.ndim
                at[axis] = dimension.node_of[code]
                factors[tuple(at)] *= times
    return factors.ravel()


def _with_earlier(
    name: str,
    now: PublishedCube,
    then: Mapping[str, tuple[str, PublishedCube]],
    witnesses: Witnesses,
) -> PublishedCube:
    """A cube with what earlier releases show of its unrevised counts."""
    if len(witnesses.base[name]) != now.system.size:
        raise UserError(
            f"The restricted counts of {name} are not those of these files: they have other codes."
        )
    known = now.known.copy()
    cell_of = dict(zip(now.row_codes, now.row_cells.tolist(), strict=True))
    for of, earlier in then.values():
        if of == name:
            for codes, value in zip(earlier.row_codes, earlier.row_values.tolist(), strict=True):
                cell = cell_of.get(codes)
                if cell is not None and value == witnesses.base[name][cell]:
                    known[cell] = value
    return replace(now, known=known)


def _prepare(name: str, cube: Cube, policy: Policy, earlier: Sequence[Frame]) -> _Prepared:
    table = _arrow(cube.table)
    layout = cube.layout if cube.additive else flat(cube.layout)
    counts = read_counts(table, layout, cube.count)
    persons = None if cube.persons is None else read_counts(table, layout, cube.persons)
    if cube.pool:
        grouped = {hierarchy.dimension for hierarchy in layout.hierarchies}
        if wrong := [d for d in cube.pool if d in grouped or d not in layout.dims]:
            raise UserError(
                f"{wrong[0]} cannot be pooled: it is no dimension, or has a hierarchy that says "
                "where its codes belong."
            )
        columns = {cube.count: counts} | ({cube.persons: persons} if cube.persons else {})
        table = inner_table({n: c for n, c in columns.items() if n and c}, layout)
        for dimension in cube.pool:
            table = pool_rare_categories(
                table, dimension, cube.persons or cube.count, policy, sums=tuple(columns)
            )
        counts = read_counts(table, layout, cube.count)
        persons = None if cube.persons is None else read_counts(table, layout, cube.persons)
    behind: Ints | None = None if persons is None else persons.values
    primary = primary_cells(counts, policy, behind)
    method = cube.method_by(policy, name)
    if method == "round" and (primary & (counts.values > policy.hide_to)).any():
        raise UserError(
            f"The cube {name or cube.count} has figures that rest on fewer than "
            f"{policy.min_persons} persons; rounding does not hide them. Suppress it."
        )
    if cube.dearer:
        counts = replace(counts, dearer=_dearer(counts, cube.dearer))
    if earlier:
        seen = [_read(t, PublishedTable(t, layout, method)) for t in earlier]
        known = already_shown(counts, seen)
        counts = replace(counts, known=known)
        if method == "suppress":
            refuse_rows(
                "An earlier release shows these primary cells; to hide them protects nothing",
                [counts.system.name(int(cell)) for cell in np.flatnonzero(primary & known)],
                ProtectionImpossible,
            )
    return _Prepared(cube, layout, counts, primary, method)


def _hide(
    prepared: Mapping[str, _Prepared],
    links: Sequence[Link],
    policy: Policy,
    seed: int,
    workers: int,
    tell: Callable[[str], None],
    proofs: list[Witnesses] | None,
) -> dict[str, Mask]:
    """The hidden cells of each cube.

    Each cube is protected by itself first, in the parts that no sum ties together. Links make some
    of that doubt impossible; only the cells that lose theirs are then protected in the joint
    system, where hiding more costs nobody the doubt he has.
    """
    hidden = _hide_apart(prepared, policy, seed, workers, tell)
    if not links:
        return hidden
    joint: Tables = join_counts({name: one.counts for name, one in prepared.items()}, links)
    primary, covered = (np.zeros(joint.system.size, dtype=bool) for _ in range(2))
    for name, one in prepared.items():
        part_of(joint, name, primary)[:] = one.primary
        part_of(joint, name, covered)[:] = hidden[name]
    left = doubtful(as_published(joint, covered), policy, np.flatnonzero(primary), joint.values)
    moves: list[tuple[Ints, Ints]] = []
    if len(left):
        tell(f"{len(left)} cells whose doubt the links may take away")
        targets = np.zeros(joint.system.size, dtype=bool)
        targets[left] = True
        found = suppress(joint, policy, targets, seed, hidden=covered)
        covered = found.hidden
        moves = [(move.cells, move.changes) for move in found.moves]
    if proofs is not None:
        proofs.append(Witnesses({name: one.counts.values for name, one in prepared.items()}, moves))
    return {name: part_of(joint, name, covered) for name in prepared}


def _hide_apart(
    prepared: Mapping[str, _Prepared],
    policy: Policy,
    seed: int,
    workers: int,
    tell: Callable[[str], None],
) -> dict[str, Mask]:
    tasks = [
        (name, cells, counts, one.primary[cells])
        for name, one in prepared.items()
        for cells, counts in without_totals(one.counts)
    ]
    tasks.sort(key=lambda task: -int(task[3].sum()))  # the longest first: none is left over alone
    hidden = {name: np.zeros(one.counts.system.size, dtype=bool) for name, one in prepared.items()}

    def note(task: tuple[str, Ints, Counts, Mask], mask: Mask) -> None:
        hidden[task[0]][task[1]] = mask
        tell(f"{task[0]}: {int(task[3].sum())} primary cells")

    if workers < 2 or sum(int(task[3].sum()) for task in tasks) < WORTH_SHARING:
        for task in tasks:
            note(task, suppress(task[2], policy, task[3], seed).hidden)
        return hidden
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(suppress, t[2], policy, t[3], seed): t for t in tasks}
        for done in as_completed(waiting):
            note(waiting[done], done.result().hidden)
    return hidden


def _read(table: Frame, one: PublishedTable) -> PublishedCube:
    tables = table if isinstance(table, list) else [table]
    return read_published([_arrow(t) for t in tables], one.layout, one.value, one.sign)


def _hidden_rows(published: PublishedCube) -> list[int]:
    is_hidden = np.zeros(published.system.size, dtype=bool)
    is_hidden[published.hidden] = True
    return [int(row) for row in np.flatnonzero(is_hidden[published.row_cells])]


def _arrow(table: Frame) -> pa.Table:
    """An Arrow table of a pandas one; whole numbers that pandas made floats become whole again."""
    if isinstance(table, pa.Table):
        return table
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for place, name in enumerate(arrow.column_names):
        column = arrow[name]
        if pa.types.is_floating(column.type) and all(
            v is None or v.is_integer() for v in column.to_pylist()
        ):
            arrow = arrow.set_column(place, name, column.cast(pa.int64()))
    return arrow


def _like(given: Frame, table: pa.Table) -> Frame:
    """A table of the kind that was given; hidden numbers are missing in either."""
    if isinstance(given, pa.Table):
        return table
    import pandas as pd  # only for those who bring it

    return table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
