"""Participations as they are lived, before anything is registered.

Each participant has up to three: the first, one in another municipality after a move, and one taken
up again later. Leave prolongs the programme; death and emigration cut it off.
"""

from dataclasses import dataclass, replace

import numpy as np

from introstat.synth.draw import (
    Ints,
    Rows,
    between,
    by_year,
    choose,
    choose_by,
    happens,
    joined,
    weekday,
    year_of,
)
from introstat.synth.geography import geography
from introstat.synth.parameters import parameters
from introstat.synth.people import COLLECTIVE, MAN, PARTICIPANT, People

# Words of `avslutningsarsak`; the empty word stands for «not registered».
REASONS = (*parameters()["programmes"]["reasons"], "flyttet", "utvandret", "dod")
MOVED, EMIGRATED, DIED = (REASONS.index(word) for word in ("flyttet", "utvandret", "dod"))
UNREGISTERED, INTERRUPTED = REASONS.index(""), REASONS.index("avbrutt")
INTRODUCTION_ACT, INTEGRATION_ACT, CHAPTER_6A = range(3)
# The keys of the lengths in `parameters.yml`, in the order of `_lengths`.
_LENGTHS = (
    "introduksjonsloven", "with_upper_secondary", "without_upper_secondary",
    "kollektiv_beskyttelse",
)  # fmt: skip


@dataclass(frozen=True)
class Spells(Rows):
    """One entry per participation, by person and start."""

    person: Ints
    lineage: Ints
    start: Ints
    end: Ints
    planned_end: Ints
    reason: Ints  # MOVED, EMIGRATED or DIED where that ended it, -1 where still to be drawn


@dataclass(frozen=True)
class DrawnLeave(Rows):
    """One entry per participant: the one long leave at most."""

    person: Ints
    kind: Ints  # -1 for none
    days: Ints


def make_spells(rng: np.random.Generator, people: People) -> tuple[Spells, DrawnLeave]:
    """Return the participations of everyone in the role of participant, and their leave."""
    who = np.flatnonzero(people.role == PARTICIPANT)
    leave = _draw_leave(rng, people, who)
    length = _lengths(rng, people, who)
    start = people.start[who]
    end = weekday(start + length + np.where(leave.kind >= 0, leave.days, 0))
    return _cut_short(people, _all_spells(rng, people, who, start, end)), leave


def _lengths(rng: np.random.Generator, people: People, who: Ints) -> Ints:
    """Return days of programme, leave not counted, by the law that governs the person."""
    law, schooled = people.law[who], people.upper_secondary[who] == 1
    governed = law == INTEGRATION_ACT
    kind = np.select([law == CHAPTER_6A, governed & schooled, governed], [3, 1, 2], 0)
    days = np.zeros(len(who), dtype=np.int64)
    for number, name in enumerate(_LENGTHS):
        rows = np.flatnonzero(kind == number)
        weights, low, high = np.array(parameters()["programmes"]["length"][name]).T
        part = choose(rng, weights, len(rows))
        days[rows] = rng.integers(low[part].astype(np.int64), high[part].astype(np.int64) + 1)
    return days


def _draw_leave(rng: np.random.Generator, people: People, who: Ints) -> DrawnLeave:
    table = np.array(list(parameters()["programmes"]["leave"].values()), dtype=np.float64)
    shares = np.vstack([1 - table[:, :2].sum(axis=0), table[:, :2]]).T
    kind = choose_by(rng, shares, people.sex[who] - 1) - 1
    low, high = table[kind, 2].astype(np.int64), table[kind, 3].astype(np.int64)
    return DrawnLeave(who, kind, rng.integers(low, high + 1))


def _all_spells(
    rng: np.random.Generator, people: People, who: Ints, start: Ints, end: Ints
) -> Spells:
    """Return first participations, those after a move, and those taken up again."""
    p = parameters()["programmes"]
    size = len(who)
    home = people.lineage[who]
    moves = happens(rng, p["moves"], size) & (end - start > 120)
    moved_on = weekday(start + ((end - start) * (0.2 + 0.6 * rng.random(size))).astype(np.int64))
    gap = between(rng, p["move_gap"], size)
    elsewhere = choose(rng, geography().weights, size)
    moves &= elsewhere != home

    first_end, first_reason = np.where(moves, moved_on, end), np.where(moves, MOVED, -1)
    first = Spells(who, home, start, first_end, end, first_reason)
    undrawn = np.full(size, -1)
    begins, ends = weekday(moved_on + gap + 1), weekday(end + gap)
    after = Spells(who, elsewhere, begins, ends, end + gap, undrawn)
    again = happens(rng, p["reentry"], size)
    back = weekday(end + between(rng, p["reentry_gap"], size))
    until = weekday(back + between(rng, p["reentry_length"], size))
    once_more = Spells(who, np.where(moves, elsewhere, home), back, until, until, undrawn)
    every = joined(first, after[moves], once_more[again])
    return every[np.lexsort((every.start, every.person))]


def _cut_short(people: People, spells: Spells) -> Spells:
    """Let death and emigration end a participation; nothing begins after them."""
    spells = spells[spells.start < people.gone()[spells.person]]
    gone = people.gone()[spells.person]
    cut = gone <= spells.end
    cause = np.where(people.death[spells.person] <= gone, DIED, EMIGRATED)
    end, reason = np.where(cut, gone, spells.end), np.where(cut, cause, spells.reason)
    return replace(spells, end=end, reason=reason)


def draw_reasons(rng: np.random.Generator, people: People, spells: Spells) -> Ints:
    """Return why each spell ended: positions in REASONS by sex, law and year."""
    p = parameters()["programmes"]
    group = np.where(people.basis[spells.person] == COLLECTIVE, 2, people.sex[spells.person] - MAN)
    table = np.array([p["reasons_men"], p["reasons_women"], p["reasons_collective"]])
    success = by_year(p["success_by_year"], year_of(spells.end))
    reason = choose_by(rng, table, group)
    # A better (worse) year turns some failures into successes (the other way round).
    share = table[:, :3].sum(axis=1)[group] / table.sum(axis=1)[group]
    turned = np.clip(share * (success - 1) / (1 - share), 0, 1)
    better = (reason >= 3) & happens(rng, turned, len(reason))
    worse = (reason < 3) & happens(rng, np.clip(1 - success, 0, 1), len(reason))
    reason[better] = choose_by(rng, table[:, :3], group[better])
    reason[worse] = 3 + choose_by(rng, table[:, 3:], group[worse])
    return np.where(spells.reason >= 0, spells.reason, reason)
