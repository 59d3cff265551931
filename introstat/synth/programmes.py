"""Participations with their decisions, categories and leave.

Each participant has up to three participations: the first, one in another municipality after a
move, and one taken up again later. Leave prolongs the programme; death and emigration cut it off.
"""

from dataclasses import dataclass, fields

import numpy as np

from introstat.synth.draw import (
    NEVER,
    Bools,
    Ints,
    between,
    by_year,
    choose,
    choose_by,
    day,
    happens,
    stream,
    weekday,
    year_of,
)
from introstat.synth.geography import geography
from introstat.synth.parameters import parameters
from introstat.synth.people import COLLECTIVE, MAN, PARTICIPANT, REJECTED, People
from introstat.synth.registration import registered

REASONS = (*parameters()["programmes"]["reasons"], "flyttet", "utvandret", "dod")
"""Words of `avslutningsarsak`; the empty word stands for «not registered»."""
MOVED, EMIGRATED, DIED = (REASONS.index(word) for word in ("flyttet", "utvandret", "dod"))
UNREGISTERED, INTERRUPTED = REASONS.index(""), REASONS.index("avbrutt")
GOALS = tuple(parameters()["programmes"]["goals"])
LEAVE_KINDS = tuple(parameters()["programmes"]["leave"])
CATEGORIES = (
    "rett_og_plikt_intro",
    "kan_tilbys_intro",
    "rett_intro",
    "rett_og_plikt_norsk",
    "rett_norsk",
)
DECISIONS = ("tildeling", "avslag", "stans", "forlengelse")
AWARD, REJECTION, STOP, EXTENSION = range(4)
GOALS_FROM = day("2021-03-01")
"""NIR got the field `sluttmal` in March 2021."""
STANDARD_LENGTH = 730
"""Two years: what goes beyond needs a decision of extension."""
INTRODUCTION_ACT, INTEGRATION_ACT, CHAPTER_6A = range(3)


@dataclass(frozen=True)
class Participations:
    """One entry per participation; its id is its position + 1."""

    person: Ints
    lineage: Ints
    start: Ints
    end: Ints
    """When it truly ends; always known here, shown only once registered."""
    planned_end: Ints
    reason: Ints
    """Position in `REASONS`."""
    by_system: Bools
    registered: Ints
    end_registered: Ints
    first_end: Ints
    """An end that was registered by mistake and reopened, else `NEVER`."""
    first_end_registered: Ints
    reopened: Ints
    decision: Ints
    """Position of the award among `Decisions`, -1 if none was registered."""
    goal: Ints
    """Position in `GOALS`, -1 if not registered."""
    contract: Ints

    @property
    def size(self) -> int:
        """The number of participations."""
        return len(self.person)


@dataclass(frozen=True)
class Decisions:
    """One entry per decision; its id is its position + 1."""

    person: Ints
    lineage: Ints
    kind: Ints
    """Position in `DECISIONS`."""
    date: Ints
    start: Ints
    end: Ints
    text: Ints
    """Position among the texts of the kind, -1 if none."""
    registered: Ints


@dataclass(frozen=True)
class Categories:
    """One entry per category spell; its id is its position + 1."""

    person: Ints
    lineage: Ints
    kind: Ints
    start: Ints
    end: Ints
    registered: Ints


@dataclass(frozen=True)
class Leaves:
    """One entry per spell of leave; its id is its position + 1."""

    participation: Ints
    kind: Ints
    start: Ints
    end: Ints
    registered: Ints


@dataclass(frozen=True)
class Programmes:
    """All that hangs on the participations."""

    participations: Participations
    decisions: Decisions
    categories: Categories
    leaves: Leaves


@dataclass(frozen=True)
class _Spells:
    """Participations as they are lived, before anything is registered."""

    person: Ints
    lineage: Ints
    start: Ints
    end: Ints
    planned_end: Ints
    reason: Ints
    """`MOVED` where a move ended it, -1 where still to be drawn."""

    def __getitem__(self, rows: Ints | Bools) -> "_Spells":
        return _Spells(*(getattr(self, field.name)[rows] for field in fields(self)))


def make_programmes(people: People, seed: int) -> Programmes:
    """Participations for everyone in the role of participant, and what belongs to them."""
    rng = stream(seed, "programmes")
    who = np.flatnonzero(people.role == PARTICIPANT)
    leave_kind, leave_days = _draw_leave(rng, people, who)
    length = _lengths(rng, people, who)
    start = people.start[who]
    end = weekday(start + length + np.where(leave_kind >= 0, leave_days, 0))

    spells = _spells(rng, people, who, start, end)
    spells = _cut_short(people, spells)
    participations, decisions = _register(rng, people, spells)
    return Programmes(
        participations=participations,
        decisions=decisions,
        categories=_categories(rng, people, spells),
        leaves=_place_leave(rng, participations, who, leave_kind, leave_days),
    )


def _lengths(rng: np.random.Generator, people: People, who: Ints) -> Ints:
    """Days of programme, leave not counted, by the law that governs the person."""
    lengths = parameters()["programmes"]["length"]
    law, schooled = people.law[who], people.upper_secondary[who] == 1
    kind = np.select(
        [law == CHAPTER_6A, (law == INTEGRATION_ACT) & schooled, law == INTEGRATION_ACT],
        [3, 1, 2],
        0,
    )
    days = np.zeros(len(who), dtype=np.int64)
    for number, name in enumerate(
        (
            "introduksjonsloven",
            "with_upper_secondary",
            "without_upper_secondary",
            "kollektiv_beskyttelse",
        )
    ):
        rows = np.flatnonzero(kind == number)
        weights, low, high = np.array(lengths[name]).T
        part = choose(rng, weights, len(rows))
        days[rows] = rng.integers(low[part].astype(np.int64), high[part].astype(np.int64) + 1)
    return days


def _draw_leave(rng: np.random.Generator, people: People, who: Ints) -> tuple[Ints, Ints]:
    """At most one long leave per person: its kind (-1 for none) and its days."""
    table = np.array(list(parameters()["programmes"]["leave"].values()), dtype=np.float64)
    shares = np.vstack([1 - table[:, :2].sum(axis=0), table[:, :2]]).T
    kind = choose_by(rng, shares, people.sex[who] - 1) - 1
    low, high = table[kind, 2].astype(np.int64), table[kind, 3].astype(np.int64)
    return kind, rng.integers(low, high + 1)


def _spells(rng: np.random.Generator, people: People, who: Ints, start: Ints, end: Ints) -> _Spells:
    """First participations, those after a move, those taken up again; in that order."""
    p = parameters()["programmes"]
    size = len(who)
    home = people.lineage[who]
    moves = happens(rng, p["moves"], size) & (end - start > 120)
    moved_on = weekday(start + ((end - start) * (0.2 + 0.6 * rng.random(size))).astype(np.int64))
    gap = between(rng, p["move_gap"], size)
    elsewhere = choose(rng, geography().weights, size)
    moves &= elsewhere != home

    first = _Spells(
        who, home, start, np.where(moves, moved_on, end), end, np.where(moves, MOVED, -1)
    )
    undrawn = np.full(size, -1)
    after = _Spells(
        who, elsewhere, weekday(moved_on + gap + 1), weekday(end + gap), end + gap, undrawn
    )
    again = happens(rng, p["reentry"], size)
    back = weekday(end + between(rng, p["reentry_gap"], size))
    until = weekday(back + between(rng, p["reentry_length"], size))
    last_home = np.where(moves, elsewhere, home)
    once_more = _Spells(who, last_home, back, until, until, undrawn)
    return _join(first, after[moves], once_more[again])


def _join(*parts: _Spells) -> _Spells:
    """One after the other, ordered by person and start."""
    joined = _Spells(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(_Spells))
    )
    return joined[np.lexsort((joined.start, joined.person))]


def _cut_short(people: People, spells: _Spells) -> _Spells:
    """Death and emigration end a participation; nothing begins after them."""
    gone = people.gone()[spells.person]
    spells, gone = spells[spells.start < gone], gone[spells.start < gone]
    cut = gone <= spells.end
    cause = np.where(people.death[spells.person] <= gone, DIED, EMIGRATED)
    return _Spells(
        spells.person,
        spells.lineage,
        spells.start,
        np.where(cut, gone, spells.end),
        spells.planned_end,
        np.where(cut, cause, spells.reason),
    )


def _reasons(rng: np.random.Generator, people: People, spells: _Spells) -> Ints:
    """Why each ordinary end came, by sex, law and year."""
    p = parameters()["programmes"]
    group = np.where(people.basis[spells.person] == COLLECTIVE, 2, people.sex[spells.person] - MAN)
    table = np.array([p["reasons_men"], p["reasons_women"], p["reasons_collective"]])
    success = by_year(p["success_by_year"], year_of(spells.end))
    reason = choose_by(rng, table, group)
    # A better (worse) year turns some failures into successes (the other way round).
    share = table[:, :3].sum(axis=1)[group] / table.sum(axis=1)[group]
    better = (reason >= 3) & happens(
        rng, np.clip(share * (success - 1) / (1 - share), 0, 1), len(reason)
    )
    worse = (reason < 3) & happens(rng, np.clip(1 - success, 0, 1), len(reason))
    reason[better] = choose_by(rng, table[:, :3], group[better])
    reason[worse] = 3 + choose_by(rng, table[:, 3:], group[worse])
    return np.where(spells.reason >= 0, spells.reason, reason)


def _register(
    rng: np.random.Generator, people: People, spells: _Spells
) -> tuple[Participations, Decisions]:
    """What the municipalities enter about the participations, and when."""
    p = parameters()["programmes"]
    size = len(spells.person)
    law = people.law[spells.person]
    reason = _reasons(rng, people, spells)
    known = registered(rng, spells.start, spells.lineage)
    unknown = happens(rng, p["not_in_register"], size)
    known = np.where(unknown, NEVER, known)

    exit_year = year_of(spells.end)
    system_share = np.where(
        exit_year == 2017, p["closed_by_system"][2017], p["closed_by_system"]["other"]
    )
    by_system = happens(rng, system_share, size)
    blank = by_system & happens(rng, p["closed_without_reason"], size)
    reason = np.where(blank, UNREGISTERED, reason)
    end_known = np.maximum(registered(rng, spells.end, spells.lineage), known)

    reopened = happens(rng, p["reopened"], size) & (spells.end - spells.start > 200) & ~unknown
    mistake = spells.start + ((spells.end - spells.start) * 0.6).astype(np.int64)
    mistake_known = np.maximum(mistake + between(rng, (0, 40), size), known)
    undone = mistake_known + between(rng, (60, 240), size)
    end_known = np.where(reopened, np.maximum(end_known, undone + 1), end_known)

    young = people.start[spells.person] - people.birth[spells.person] < 25 * 365.25
    goal = choose_by(rng, np.array([p["goals_adult"], p["goals_young"]]), young.astype(np.int64))
    governed = law == INTEGRATION_ACT
    has_goal = np.where(
        governed, ~happens(rng, p["goal_missing"], size), happens(rng, p["goal_forbidden"], size)
    )
    # The field did not exist before; nothing earlier can carry it, not even by mistake.
    has_goal &= spells.end >= GOALS_FROM
    has_contract = governed & ~happens(rng, p["contract_missing"], size)

    decisions, award = _decisions(rng, people, spells, reason, unknown)
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


def _decisions(
    rng: np.random.Generator, people: People, spells: _Spells, reason: Ints, unknown: Bools
) -> tuple[Decisions, Ints]:
    """Awards, extensions, stops, and rejections of those who never took part."""
    p = parameters()["programmes"]
    size = len(spells.person)
    awarded = ~happens(rng, p["decision_missing"], size) & ~unknown
    award_date = spells.start - between(rng, (3, 45), size)
    long = (spells.planned_end - spells.start > STANDARD_LENGTH) & awarded
    long &= ~happens(rng, p["extension_decision_missing"], size)
    extended = long & (spells.end > spells.start + STANDARD_LENGTH - 60)
    stopped = (reason == INTERRUPTED) & happens(rng, p["stop_decision"], size) & awarded
    rejected = np.flatnonzero(people.role == REJECTED)
    nobody = np.full(size, NEVER)

    def part(
        rows: Bools, kind: int, date: Ints, start: Ints, end: Ints, text: Ints
    ) -> tuple[Ints, ...]:
        known = np.maximum(registered(rng, date, spells.lineage), date)
        each = (spells.person, spells.lineage, np.full(size, kind), date, start, end, text, known)
        return tuple(column[rows] for column in each)

    no_text = np.full(size, -1)
    extension_date = spells.start + STANDARD_LENGTH - between(rng, (5, 60), size)
    rejection_date = people.settled[rejected] + between(rng, (20, 160), len(rejected))
    parts = [
        part(
            awarded,
            AWARD,
            award_date,
            spells.start,
            np.minimum(spells.planned_end, spells.start + STANDARD_LENGTH),
            no_text,
        ),
        part(
            extended,
            EXTENSION,
            extension_date,
            spells.start + STANDARD_LENGTH + 1,
            spells.planned_end,
            no_text,
        ),
        part(
            stopped,
            STOP,
            spells.end - between(rng, (0, 12), size),
            spells.end,
            nobody,
            rng.integers(0, len(p["stop_texts"]), size),
        ),
        (
            rejected,
            people.lineage[rejected],
            np.full(len(rejected), REJECTION),
            rejection_date,
            np.full(len(rejected), NEVER),
            np.full(len(rejected), NEVER),
            rng.integers(0, len(p["rejection_texts"]), len(rejected)),
            registered(rng, rejection_date, people.lineage[rejected]),
        ),
    ]
    decisions = Decisions(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    award = np.where(awarded, np.cumsum(awarded) - 1, -1)
    return decisions, award


def _categories(rng: np.random.Generator, people: People, spells: _Spells) -> Categories:
    """The entitlement NIR computes: one spell per municipality the person is settled in."""
    size = people.size
    intro = np.where(people.basis == COLLECTIVE, 2, np.where(happens(rng, 0.9, size), 0, 1))
    norwegian = np.where(happens(rng, 0.7, size), 3, 4)
    kind = np.where(people.role <= REJECTED, intro, norwegian)
    # Moves: those whose later participation is in another municipality than the one before.
    same = spells.person[1:] == spells.person[:-1]
    moved = np.flatnonzero(same & (spells.lineage[1:] != spells.lineage[:-1])) + 1
    left = np.full(size, NEVER)
    left[spells.person[moved]] = spells.start[moved] - 1
    lapsed = people.settled + between(rng, (3 * 365, 5 * 365), size)
    end = np.minimum(np.minimum(left, lapsed), people.gone())

    person = np.concatenate([np.arange(size), spells.person[moved]])
    start = np.concatenate([people.settled, spells.start[moved]])
    return Categories(
        person=person,
        lineage=np.concatenate([people.lineage, spells.lineage[moved]]),
        kind=kind[person],
        start=start,
        end=np.concatenate([end, people.gone()[spells.person[moved]]]),
        registered=start + between(rng, (0, 21), len(person)),
    )


def _place_leave(
    rng: np.random.Generator,
    participations: Participations,
    who: Ints,
    kind: Ints,
    days: Ints,
) -> Leaves:
    """Put each leave into the person's first participation, as far as it fits."""
    first = np.searchsorted(participations.person, who)
    found = first < participations.size
    found[found] &= participations.person[first[found]] == who[found]
    found &= kind >= 0
    rows, kind, days = first[found], kind[found], days[found]
    start, end = participations.start[rows], participations.end[rows]
    latest = np.maximum(end - days, start + 20)
    begins = start + 20 + ((latest - start - 20) * rng.random(len(rows))).astype(np.int64)
    ends = np.minimum(begins + days - 1, end)
    fits = (ends > begins) & (begins < end)
    rows, kind, begins, ends = rows[fits], kind[fits], begins[fits], ends[fits]
    known = registered(rng, begins, participations.lineage[rows])
    return Leaves(
        participation=rows,
        kind=kind,
        start=begins,
        end=ends,
        registered=np.maximum(known, participations.registered[rows]),
    )
