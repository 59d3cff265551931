"""Measures in overlapping blocks, and absence.

A participation is divided into blocks of some months; each block draws its measures from
`measures.csv` with chances that differ early, in the middle and late in the programme.
"""

from dataclasses import dataclass

import numpy as np

from introstat.synth.draw import (
    NEVER,
    Bools,
    Ints,
    Rows,
    between,
    by_year,
    choose,
    day,
    expand,
    happens,
    stream,
    year_of,
)
from introstat.synth.geography import geography
from introstat.synth.parameters import data, parameters
from introstat.synth.programmes import Participations
from introstat.synth.registration import registered

WORDS = tuple(row["measure_word"] for row in data("measures.csv"))
HOURS_MISSING = -1


@dataclass(frozen=True)
class Measures(Rows):
    """One entry per measure; its id is its position + 1."""

    participation: Ints
    word: Ints  # position in WORDS
    start: Ints
    end: Ints
    planned_end: Ints  # what is registered until the participation's end is known; NEVER if open
    half_hours: Ints  # hours a week × 2, or HOURS_MISSING
    registered: Ints  # NEVER for those that the municipality forgot: only form 11b knows them


@dataclass(frozen=True)
class Absences(Rows):
    """One entry per spell of absence; its id is its position + 1."""

    participation: Ints
    valid: Bools
    start: Ints
    end: Ints
    half_hours: Ints  # hours in all × 2
    registered: Ints


def make_measures(participations: Participations, seed: int) -> Measures:
    """Return measures of every participation, sorted by participation and start."""
    p = parameters()["measures"]
    rng = stream(seed, "measures")
    lived = participations.end - participations.start + 1
    blocks = np.maximum(1, np.rint(lived / p["block_days"]).astype(np.int64))
    parent, ordinal = expand(blocks)
    place = (ordinal + 0.5) / blocks[parent]
    stage = np.digitize(place, [0.3, 0.7])
    begins = participations.start[parent] + ordinal * lived[parent] // blocks[parent]
    ends = participations.start[parent] + (ordinal + 1) * lived[parent] // blocks[parent] - 1
    year = year_of(begins)

    chosen: list[Ints] = []
    words: list[Ints] = []
    for number, row in enumerate(data("measures.csv")):
        chance = np.array([float(row[name]) for name in ("early", "middle", "late")])[stage]
        chance[year < int(row["first_year"])] = 0
        rows = np.flatnonzero(happens(rng, chance, len(parent)))
        chosen.append(rows)
        words.append(np.full(len(rows), number))
    block, word = np.concatenate(chosen), np.concatenate(words)

    size = len(block)
    participation = parent[block]
    last = participations.end[participation]
    start = np.minimum(begins[block] + between(rng, p["late_start"], size), last)
    longer = np.where(happens(rng, p["two_blocks"], size), p["block_days"], 0)
    planned = np.maximum(start + 6, ends[block] + between(rng, p["run_over"], size) + longer)
    end = np.minimum(planned, last)
    outside = happens(rng, p["outside_programme"], size)
    end = np.where(outside, last + between(rng, (3, 40), size), end)
    measures = Measures(
        participation=participation,
        word=word,
        start=start,
        end=end,
        planned_end=np.where(happens(rng, p["open_end"], size), NEVER, np.maximum(planned, end)),
        half_hours=_hours(rng, word),
        registered=_registered(rng, participations, participation, start),
    )
    return measures[np.lexsort((word, start, participation))]


def _hours(rng: np.random.Generator, word: Ints) -> Ints:
    """Return half hours a week by type: some missing, a few impossibly many."""
    p = parameters()["measures"]
    rows = data("measures.csv")
    mean = np.array([float(row["hours_mean"]) for row in rows])[word]
    spread = np.array([float(row["hours_sd"]) for row in rows])[word]
    hours = np.clip(np.rint(rng.normal(mean, spread) * 2), 2, 75).astype(np.int64)
    hours[happens(rng, p["hours_excessive"], len(word))] *= 10
    hours[happens(rng, p["hours_missing"], len(word))] = HOURS_MISSING
    return hours


def _registered(
    rng: np.random.Generator, participations: Participations, participation: Ints, start: Ints
) -> Ints:
    """Return when each measure is entered; `NEVER` where it is forgotten."""
    p, m = parameters()["registration"], parameters()["measures"]
    size = len(start)
    lineage = participations.lineage[participation]
    known = np.maximum(registered(rng, start, lineage), participations.registered[participation])

    year = year_of(start)
    first, last = (day(text) for text in p["back_registered_window"])
    late = ((year == 2015) | (year == 2016)) & happens(rng, p["back_registered"], size)
    back = np.maximum(rng.integers(first, last + 1, size), participations.registered[participation])
    known = np.where(late, back, known)

    shape = p["measure_missing_shape"]
    forgetful = stream(0, "forgetful municipalities").gamma(shape, 1 / shape, geography().size)
    missing = by_year(p["measure_missing"], year) * forgetful[lineage]
    forgotten = happens(rng, np.minimum(missing, 0.9), size)

    count = len(participations)
    lived = participations.end - participations.start
    low, high = m["silent_from"]
    heard = lived * (low + (high - low) * rng.random(count))
    quiet = participations.start + heard.astype(np.int64)
    silent = happens(rng, m["silent_participation"], count)
    forgotten |= silent[participation] & (start > quiet[participation])
    return np.where(forgotten, NEVER, known)


def make_absences(participations: Participations, seed: int) -> Absences:
    """Return absence: a Poisson number of short spells by length of programme."""
    p = parameters()["absence"]
    rng = stream(seed, "absence")
    lived = participations.end - participations.start + 1
    parent, _ = expand(rng.poisson(lived / 30.4 * p["per_month"]).astype(np.int64))
    size = len(parent)
    start = participations.start[parent] + (lived[parent] * rng.random(size)).astype(np.int64)
    days = 1 + choose(rng, p["days"], size)
    end = np.minimum(start + days - 1, participations.end[parent])
    low, high = p["hours_per_day"]
    half_hours = np.maximum(
        1, np.rint((end - start + 1) * (low + (high - low) * rng.random(size)) * 2).astype(np.int64)
    )
    known = registered(rng, start, participations.lineage[parent])
    absences = Absences(
        participation=parent,
        valid=happens(rng, p["valid"], size),
        start=start,
        end=end,
        half_hours=half_hours,
        registered=np.maximum(known, participations.registered[parent]),
    )
    return absences[np.lexsort((start, parent))]
