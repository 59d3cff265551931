"""Participations as the municipalities enter them, with leave; decisions and categories beside."""

from dataclasses import dataclass, replace

import numpy as np

from introstat.synth.decisions import Categories, Decisions, make_categories, make_decisions
from introstat.synth.draw import (
    NEVER,
    Bools,
    Ints,
    Rows,
    between,
    choose_by,
    day,
    happens,
    stream,
    year_of,
)
from introstat.synth.parameters import parameters
from introstat.synth.people import People
from introstat.synth.registration import registered
from introstat.synth.spells import (
    DIED,
    INTEGRATION_ACT,
    UNREGISTERED,
    DrawnLeave,
    Spells,
    draw_reasons,
    make_spells,
)

GOALS = tuple(parameters()["programmes"]["goals"])
LEAVE_KINDS = tuple(parameters()["programmes"]["leave"])
# NIR got the field `sluttmal` in March 2021.
GOALS_FROM = day("2021-03-01")


@dataclass(frozen=True)
class Participations(Rows):
    """One entry per participation; its id is its position + 1."""

    person: Ints
    lineage: Ints
    start: Ints
    end: Ints  # when it truly ends: always known here, shown only once registered
    planned_end: Ints
    reason: Ints  # position in REASONS
    by_system: Bools
    registered: Ints
    end_registered: Ints
    first_end: Ints  # an end that was registered by mistake and reopened, else NEVER
    first_end_registered: Ints
    reopened: Ints
    decision: Ints  # position of the award among the decisions, -1 if none was registered
    goal: Ints  # position in GOALS, -1 if not registered
    contract: Ints


@dataclass(frozen=True)
class Leaves(Rows):
    """One entry per spell of leave; its id is its position + 1."""

    participation: Ints
    kind: Ints  # position in LEAVE_KINDS
    start: Ints
    end: Ints
    registered: Ints


@dataclass(frozen=True)
class Programmes:
    """The participations and all that hangs on them."""

    participations: Participations
    decisions: Decisions
    categories: Categories
    leaves: Leaves


def make_programmes(people: People, seed: int) -> Programmes:
    """Return the participations of everyone in that role, and what belongs to them."""
    rng = stream(seed, "programmes")
    spells, leave = make_spells(rng, people)
    participations, decisions = _register(rng, people, spells)
    categories = make_categories(rng, people, spells)
    participations = _forget_deaths(participations, seed)
    return Programmes(
        participations, decisions, categories, _place_leave(rng, participations, leave)
    )


def _register(
    rng: np.random.Generator, people: People, spells: Spells
) -> tuple[Participations, Decisions]:
    """Return what the municipalities enter about the participations, and when."""
    p = parameters()["programmes"]
    size = len(spells)
    reason = draw_reasons(rng, people, spells)
    known = registered(rng, spells.start, spells.lineage)
    unknown = happens(rng, p["not_in_register"], size)
    known = np.where(unknown, NEVER, known)

    closed = p["closed_by_system"]
    system_share = np.where(year_of(spells.end) == 2017, closed[2017], closed["other"])
    by_system = happens(rng, system_share, size)
    blank = by_system & happens(rng, p["closed_without_reason"], size)
    reason = np.where(blank, UNREGISTERED, reason)
    end_known = np.maximum(registered(rng, spells.end, spells.lineage), known)

    lived = spells.end - spells.start
    reopened = happens(rng, p["reopened"], size) & (lived > 200) & ~unknown
    mistake = spells.start + (lived * 0.6).astype(np.int64)
    mistake_known = np.maximum(mistake + between(rng, (0, 40), size), known)
    undone = mistake_known + between(rng, (60, 240), size)
    end_known = np.where(reopened, np.maximum(end_known, undone + 1), end_known)

    young = people.start[spells.person] - people.birth[spells.person] < 25 * 365.25
    goal = choose_by(rng, np.array([p["goals_adult"], p["goals_young"]]), young.astype(np.int64))
    governed = people.law[spells.person] == INTEGRATION_ACT
    has_goal = np.where(
        governed, ~happens(rng, p["goal_missing"], size), happens(rng, p["goal_forbidden"], size)
    )
    # The field did not exist before; nothing earlier can carry it, not even by mistake.
    has_goal &= spells.end >= GOALS_FROM
    has_contract = governed & ~happens(rng, p["contract_missing"], size)

    decisions, award = make_decisions(rng, people, spells, reason, unknown)
    participations = Participations(
        person=spells.person,
        lineage=spells.lineage,
        start=spells.start,
        end=spells.end,
        planned_end=spells.planned_end,
        reason=reason,
        by_system=by_system,
        registered=known,
        end_registered=end_known,
        first_end=np.where(reopened, mistake, NEVER),
        first_end_registered=np.where(reopened, mistake_known, NEVER),
        reopened=np.where(reopened, undone, NEVER),
        decision=award,
        goal=np.where(has_goal, goal, -1),
        contract=np.where(has_contract, spells.start + between(rng, (0, 80), size), NEVER),
    )
    return participations, decisions


def _forget_deaths(participations: Participations, seed: int) -> Participations:
    """Let some municipalities never learn of a death: the measures go on as planned."""
    p = parameters()["programmes"]
    rng = stream(seed, "forgotten deaths")
    forgotten = happens(rng, p["death_unregistered"], len(participations))
    forgotten &= participations.reason == DIED
    known = np.where(forgotten, NEVER, participations.end_registered)
    return replace(participations, end_registered=known)


def _place_leave(
    rng: np.random.Generator, participations: Participations, leave: DrawnLeave
) -> Leaves:
    """Put each leave into the person's first participation, as far as it fits."""
    first = np.searchsorted(participations.person, leave.person)
    found = first < len(participations)
    found[found] &= participations.person[first[found]] == leave.person[found]
    found &= leave.kind >= 0
    rows, leave = first[found], leave[found]
    start, end = participations.start[rows], participations.end[rows]
    latest = np.maximum(end - leave.days, start + 20)
    begins = start + 20 + ((latest - start - 20) * rng.random(len(rows))).astype(np.int64)
    ends = np.minimum(begins + leave.days - 1, end)
    fits = (ends > begins) & (begins < end)
    rows, begins, ends = rows[fits], begins[fits], ends[fits]
    known = registered(rng, begins, participations.lineage[rows])
    known = np.maximum(known, participations.registered[rows])
    return Leaves(rows, leave.kind[fits], begins, ends, known)
