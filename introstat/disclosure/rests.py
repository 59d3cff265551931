"""Sums of what is left out: numbers that a reader works out though no table has them.

Both sides know them, like the sums of the tables: suppression so that they are small nowhere, the
audit because it tests them as cells.
"""

from collections.abc import Sequence

import numpy as np

from introstat.disclosure.detail import Regions
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.policy import Policy
from introstat.disclosure.system import Equations, Ints, Mask, in_groups


def small_sums(
    system: JointSystem,
    regions: Regions,
    policy: Policy,
    cells: tuple[Mask, Mask, Mask],
    values: Ints,
) -> list[tuple[str, list[int]]]:
    """Return the sums of left-out cells that must not be told, each with its name and its cells.

    `cells` are those with a number in some table, those left out, and those that no table has.
    `values` are the true counts: they only choose which sums are looked after.
    """
    shown, left_out, unseen = cells
    small = (values >= policy.hide_from) & (values <= policy.hide_to)
    silent = left_out | unseen
    rests = [r for r in _told_rests(system, shown, silent) if left_out[r].any()]
    return [
        (f"what is not shown together with {system.name(int(parts[0]))}", parts.tolist())
        for parts in (*rests, *_together(system, regions))
        if (left_out | small)[parts].any()
        and (shown | silent)[parts].all()
        and policy.hide_from <= values[parts].sum() <= policy.hide_to
    ]


def cells_of_rests(
    system: JointSystem,
    regions: Regions,
    policy: Policy,
    unseen: Mask,
    values: Ints,
    linked: Sequence[str],
) -> Ints:
    """Return the cells of regions without detail whose doubt keeps that of each municipality.

    A municipality of such a region has between T - (N - R) and min(T, R) persons of a category of
    which the region has R, where T and N are the participants of both: any split of persons, with
    all that they have, is possible. That is doubt enough if R, N - R and N - T are at least
    `min_width`. So R is looked after where it, or N - R, is small; and where N - T is, also where R
    is little more. `unseen` are cells that no table has but a reader may work out; `linked` are the
    cubes whose cells are persons among the participants.
    """
    found = [np.empty(0, dtype=np.int64)]
    if not regions.members:
        return found[0]
    sizes = _totals_by_region(system, regions, regions.sizes)
    not_split = set(_totals_by_region(system, regions, regions.persons).values())
    for rest, members in regions.members.items():
        each = [values[sizes[code]] for code in members]
        whole = sum(each)
        others = whole - max(each)
        most = policy.hide_to + (others if others < policy.min_width else 0)
        for name, cube in system.systems.items():
            axis = cube.axis_of(regions.dimension)
            node_of = cube.dimensions[axis].node_of
            if rest in node_of and (not regions.cubes or name in regions.cubes):
                cells = system.start_of[name] + np.take(cube.numbers, node_of[rest], axis).ravel()
                count = values[cells]
                watched = (count >= policy.hide_from) & (count <= most)
                if name in linked or name == regions.persons:
                    watched |= (count < whole) & (count > max(whole - policy.min_width, 0))
                cells = cells[watched & unseen[cells]]
                found.append(cells[~np.isin(cells, list(not_split))])
    return np.concatenate(found)


def _totals_by_region(system: JointSystem, regions: Regions, cube: str) -> dict[str, int]:
    """Return the cell of each region in which all else is at its total."""
    own, start = system.systems[cube], system.start_of[cube]
    axis = own.axis_of(regions.dimension)
    codes = [str(d.total) for d in own.dimensions]
    return {
        code: start + own.cell([*codes[:axis], code, *codes[axis + 1 :]])
        for code in own.dimensions[axis].node_of
    }


def _told_rests(system: JointSystem, shown: Mask, silent: Mask) -> list[Ints]:
    """Return the cells of each sum that a reader can work out though no part of it is shown.

    `shown` marks cells with a number, `silent` those whose rest may be told (cells left out; a
    hidden cell leaves its own doubt). One cell alone is no rest: it is that cell.
    """
    rests = []
    for start, cube in system.cubes:
        own = slice(start, start + cube.size)
        equations = cube.all_equations()
        told, entries = told_sums(equations, shown[own], shown[own] | silent[own])
        rests += [
            start + cells for cells in cells_of_sums(equations, entries & told[equations.rows])
        ]
    return rests


def told_sums(equations: Equations, shown: Mask, open_to: Mask) -> tuple[Mask, Mask]:
    """Return which equations tell what several parts of a shown whole have together, and the
    entries of all parts that are not shown; `open_to` are the cells that may be among those.
    """
    whole = equations.values < 0
    hidden = ~whole & ~shown[equations.cells]

    def number(entries: Mask) -> Ints:
        return np.bincount(equations.rows[entries], minlength=equations.count)

    of_shown = number(whole & shown[equations.cells]) > 0
    none_other = number(hidden & ~open_to[equations.cells]) == 0
    return of_shown & (number(hidden) > 1) & none_other, hidden


def cells_of_sums(equations: Equations, entries: Mask) -> list[Ints]:
    """Return the cells of some entries, equation by equation, each set once and in order."""
    sums = map(np.sort, in_groups(equations.rows[entries], equations.cells[entries]))
    return list({cells.tobytes(): cells for cells in sums}.values())


def _together(system: JointSystem, regions: Regions) -> list[Ints]:
    """Return the cells of each group of regions that two sets of regions give away together."""
    sums: list[Ints] = []
    for start, cube in system.cubes:
        axis = cube.axis_of(regions.dimension)
        node_of = cube.dimensions[axis].node_of
        for codes in regions.together:
            nodes = [node_of[code] for code in codes if code in node_of]
            if len(nodes) > 1:
                cells = np.take(cube.numbers, nodes, axis=axis)
                sums += list(start + np.moveaxis(cells, axis, -1).reshape(-1, len(nodes)))
    return sums
