"""Whole groups: persons alike in every code, of whom all, or all but few, have the same outcome.

No count need be small for the outcome of each of them to be told. What is looked after is the rest
of such a group, those with another outcome: a sum of cells, mostly zero. Both sides know these
sums, like those of rests.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from introstat.disclosure.errors import UserError
from introstat.disclosure.joint import JointSystem
from introstat.disclosure.policy import Policy
from introstat.disclosure.system import Ints, Mask, System

NOT_KNOWN = 1 << 40  # persons that a cell may count of which nothing is known


@dataclass(frozen=True)
class WholeGroup:
    """The cells of a whole group: of all its persons, of those with the outcome, of the others.

    `others` are the cells of each other outcome.
    """

    total: int
    category: int
    others: tuple[int, ...]


def rests_of_groups(
    system: JointSystem, policy: Policy, cells: Mask, least: Ints, most: Ints
) -> list[tuple[str, list[int]]]:
    """Return the rest of each whole group as a sum of cells, with a name; none if it is allowed.

    `cells` are those that somebody sees or works out, `least` and `most` what each cell can be: the
    counts themselves, or what a reader knows; then a group is looked after if it may be whole.
    """
    if policy.whole_groups != "protect":
        return []
    sums = []
    for name, cube in system.systems.items():
        start = system.start_of[name]
        own = slice(start, start + cube.size)
        for group in _groups(name, cube, policy, cells[own], (least[own], most[own]), told=False):
            total = cube.name(group.total)
            what = f"{name}: {total}, those not in {cube.name(group.category)}"
            sums.append((what, [start + cell for cell in group.others]))
    return sums


def told_groups(
    name: str, system: System, policy: Policy, cells: Mask, known: Mask, values: Ints
) -> list[WholeGroup]:
    """Return the groups of a count table that known numbers tell to be whole."""
    bounds = np.where(known, values, 0), np.where(known, values, NOT_KNOWN)
    return list(_groups(name, system, policy, cells, bounds, told=True))


def _groups(
    name: str, system: System, policy: Policy, cells: Mask, bounds: tuple[Ints, Ints], told: bool
) -> Iterator[WholeGroup]:
    """Give the groups of a count table that must be whole (`told`), or may be, within bounds.

    None if the policy calls no outcome of the table sensitive.
    """
    if name not in policy.sensitive:
        return
    outcome = policy.sensitive[name]
    with_total = [d.name for d in system.dimensions if d.total is not None]
    if outcome not in with_total:
        raise UserError(
            f"The policy calls {outcome} of {name} sensitive; expected one of its dimensions that "
            f"have a total: {', '.join(with_total)}."
        )
    axis = system.axis_of(outcome)
    dimension = system.dimensions[axis]
    whole = dimension.node_of[str(dimension.total)]
    number, low, high, counted = (
        np.moveaxis(np.reshape(each, system.shape), axis, 0).reshape(dimension.size, -1)
        for each in (system.numbers, *bounds, cells)
    )
    large = counted[whole] & (low[whole] >= policy.group_from)
    for node in range(dimension.size):
        others = np.flatnonzero(~dimension.member[node])
        if not len(others):
            continue  # the total, or a code for all
        if told:
            rest = np.minimum(high[others].sum(axis=0), high[whole] - low[node])
        else:
            rest = np.maximum(low[others].sum(axis=0), low[whole] - high[node])
        for place in np.flatnonzero(large & (rest <= policy.all_but)).tolist():
            own = number[:, place]
            yield WholeGroup(int(own[whole]), int(own[node]), tuple(own[others].tolist()))
