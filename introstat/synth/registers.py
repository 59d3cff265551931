"""What other registers know: residence, and status signals of former participants."""

from dataclasses import dataclass

import numpy as np

from introstat.synth.draw import (
    NEVER,
    Ints,
    Rows,
    between,
    choose,
    choose_by,
    expand,
    happens,
    joined,
    new_year,
    stream,
    year_of,
)
from introstat.synth.geography import geography
from introstat.synth.income import last_participations
from introstat.synth.parameters import parameters
from introstat.synth.people import MAN, People
from introstat.synth.programmes import Participations, Programmes
from introstat.synth.spells import REASONS

SIGNALS = (*(word for word in parameters()["status"]["signals"] if word), "selvstendig")
SELF_EMPLOYED = SIGNALS.index("selvstendig")
EDUCATED = ("videregaende", "hoyere_utdanning")


@dataclass(frozen=True)
class Residences(Rows):
    """One entry per spell of registered residence; its id is its position + 1."""

    person: Ints
    code: Ints  # position in the geography's codes
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Signals(Rows):
    """One entry per signal; its id is its position + 1."""

    person: Ints
    signal: Ints  # position in SIGNALS
    start: Ints
    end: Ints
    known: Ints  # the first day on which the source can report it


def make_residences(people: People, programmes: Programmes, seed: int) -> Residences:
    """Return a spell per municipality lived in; a merger closes one and opens the next."""
    rng = stream(seed, "residence")
    geo = geography()
    categories = programmes.categories
    last = last_participations(programmes.participations)
    # Some move on after the programme, mostly to where most people live.
    movers = last[happens(rng, 0.09, len(last))]
    moved = movers.end + between(rng, (30, 900), len(movers))

    person = np.concatenate([categories.person, movers.person])
    lineage = np.concatenate([categories.lineage, choose(rng, geo.weights, len(movers))])
    start = np.concatenate([categories.start, moved])
    order = np.lexsort((start, person))
    person, lineage, start = person[order], lineage[order], start[order]
    gone = people.gone()[person]
    following = np.append(np.where(person[1:] == person[:-1], start[1:] - 1, NEVER), NEVER)
    end = np.minimum(following, gone)
    kept = (start < end) & ~happens(rng, 0.004, len(person))
    return _by_code(person[kept], lineage[kept], start[kept], end[kept])


def _by_code(person: Ints, lineage: Ints, start: Ints, end: Ints) -> Residences:
    """Cut each spell where its municipality's code changes."""
    geo = geography()
    for date in geo.breaks:
        eve = np.full(1, date - 1)
        before, after = geo.code_at(lineage, eve), geo.code_at(lineage, eve + 1)
        cut = (before != after) & (start < date) & (end >= date)
        person, lineage = np.append(person, person[cut]), np.append(lineage, lineage[cut])
        start = np.append(start, np.full(int(cut.sum()), date))
        end = np.append(np.where(cut, date - 1, end), end[cut])
    spells = Residences(person, geo.code_at(lineage, start), start, end)
    return spells[np.lexsort((start, person))]


def make_signals(people: People, spells: Participations, seed: int) -> Signals:
    """Return up to three spells after the last participation, and self-employment year by year."""
    p = parameters()["status"]
    rng = stream(seed, "status")
    last = last_participations(spells)
    words = np.array(REASONS)[last.reason]
    group = np.select([words == "arbeid", np.isin(words, EDUCATED)], [0, 1], 2)
    table = np.array([p["after_work"], p["after_education"], p["after_other"]])
    gone = people.gone()[last.person]

    parts: list[Signals] = []
    begins = last.end + between(rng, (0, 30), len(last))
    for _ in range(p["spells"]):
        kind = choose_by(rng, table, group)
        ends = begins + between(rng, p["spell_length"], len(last))
        stays = (kind < len(table[0]) - 1) & (begins < gone)
        signals = Signals(last.person, kind, begins, np.minimum(ends, gone), begins + 10)
        parts.append(signals[stays])
        begins = ends + 1 + between(rng, p["spell_gap"], len(last))
    every = joined(*parts, _self_employed(rng, people, last))
    return every[np.lexsort((every.start, every.person))]


def _self_employed(rng: np.random.Generator, people: People, last: Participations) -> Signals:
    """Return whole years of tax assessments, known on 1 January two years after."""
    p = parameters()["status"]["self_employed"]
    share = np.where(people.sex[last.person] == MAN, p["men"], p["women"])
    chosen = last[happens(rng, share, len(last))]
    parent, ordinal = expand(between(rng, (1, 4), len(chosen)))
    who = chosen.person[parent]
    year = year_of(chosen.end)[parent] + 1 + ordinal
    start, end = new_year(year), new_year(year + 1) - 1
    signals = Signals(who, np.full(len(who), SELF_EMPLOYED), start, end, new_year(year + 2))
    return signals[end < people.gone()[who]]
