"""Decisions of the municipalities, and the categories of entitlement that NIR computes."""

from dataclasses import dataclass

import numpy as np

from introstat.synth.draw import NEVER, Bools, Ints, Rows, between, happens, joined
from introstat.synth.parameters import parameters
from introstat.synth.people import COLLECTIVE, REJECTED, People
from introstat.synth.registration import registered
from introstat.synth.spells import INTERRUPTED, Spells

CATEGORIES = (
    "rett_og_plikt_intro",
    "kan_tilbys_intro",
    "rett_intro",
    "rett_og_plikt_norsk",
    "rett_norsk",
)
DECISIONS = ("tildeling", "avslag", "stans", "forlengelse")
AWARD, REJECTION, STOP, EXTENSION = range(4)
# Two years: what goes beyond needs a decision of extension.
STANDARD_LENGTH = 730


@dataclass(frozen=True)
class Decisions(Rows):
    """One entry per decision; its id is its position + 1."""

    person: Ints
    lineage: Ints
    kind: Ints  # position in DECISIONS
    date: Ints
    start: Ints
    end: Ints
    text: Ints  # position among the texts of the kind, -1 if none
    registered: Ints


@dataclass(frozen=True)
class Categories(Rows):
    """One entry per category spell; its id is its position + 1."""

    person: Ints
    lineage: Ints
    kind: Ints  # position in CATEGORIES
    start: Ints
    end: Ints
    registered: Ints


def make_decisions(
    rng: np.random.Generator, people: People, spells: Spells, reason: Ints, unknown: Bools
) -> tuple[Decisions, Ints]:
    """Return awards, extensions, stops and rejections, and the award of each spell (-1: none)."""
    p = parameters()["programmes"]
    size = len(spells)
    awarded = ~happens(rng, p["decision_missing"], size) & ~unknown
    award_date = spells.start - between(rng, (3, 45), size)
    standard_end = spells.start + STANDARD_LENGTH
    long = (spells.planned_end > standard_end) & awarded
    long &= ~happens(rng, p["extension_decision_missing"], size)
    extended = long & (spells.end > standard_end - 60)
    stopped = (reason == INTERRUPTED) & happens(rng, p["stop_decision"], size) & awarded
    rejected = np.flatnonzero(people.role == REJECTED)
    nobody, no_text = np.full(size, NEVER), np.full(size, -1)

    def part(rows: Bools, kind: int, date: Ints, start: Ints, end: Ints, text: Ints) -> Decisions:
        known = np.maximum(registered(rng, date, spells.lineage), date)
        kinds = np.full(size, kind)
        every = Decisions(spells.person, spells.lineage, kinds, date, start, end, text, known)
        return every[rows]

    extension_date = standard_end - between(rng, (5, 60), size)
    rejection_date = people.settled[rejected] + between(rng, (20, 160), len(rejected))
    award_end = np.minimum(spells.planned_end, standard_end)
    awards = part(awarded, AWARD, award_date, spells.start, award_end, no_text)
    extensions = part(
        extended, EXTENSION, extension_date, standard_end + 1, spells.planned_end, no_text
    )
    stop_date = spells.end - between(rng, (0, 12), size)
    stop_text = rng.integers(0, len(p["stop_texts"]), size)
    stops = part(stopped, STOP, stop_date, spells.end, nobody, stop_text)
    never = np.full(len(rejected), NEVER)
    rejections = Decisions(
        person=rejected,
        lineage=people.lineage[rejected],
        kind=np.full(len(rejected), REJECTION),
        date=rejection_date,
        start=never,
        end=never,
        text=rng.integers(0, len(p["rejection_texts"]), len(rejected)),
        registered=registered(rng, rejection_date, people.lineage[rejected]),
    )
    award = np.where(awarded, np.cumsum(awarded) - 1, -1)
    return joined(awards, extensions, stops, rejections), award


def make_categories(rng: np.random.Generator, people: People, spells: Spells) -> Categories:
    """Return the entitlement NIR computes: a spell per municipality the person is settled in."""
    size = len(people)
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
