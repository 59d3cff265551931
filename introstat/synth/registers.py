"""What other registers know: residence, and status signals of former participants."""

from dataclasses import dataclass, fields

import numpy as np

from introstat.synth.draw import (
    NEVER,
    Ints,
    between,
    choose,
    choose_by,
    expand,
    happens,
    new_year,
    stream,
    year_of,
)
from introstat.synth.geography import geography
from introstat.synth.income import last_participation
from introstat.synth.parameters import parameters
from introstat.synth.people import MAN, People
from introstat.synth.programmes import REASONS, Participations, Programmes

SIGNALS = (*(word for word in parameters()["status"]["signals"] if word), "selvstendig")
SELF_EMPLOYED = SIGNALS.index("selvstendig")
EDUCATED = ("videregaende", "hoyere_utdanning")


@dataclass(frozen=True)
class Residences:
    """One entry per spell of registered residence; its id is its position + 1."""

    person: Ints
    code: Ints
    """Position in the geography's codes."""
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Signals:
    """One entry per signal; its id is its position + 1."""

    person: Ints
    signal: Ints
    """Position in `SIGNALS`."""
    start: Ints
    end: Ints
    known: Ints
    """The first day on which the source can report it."""


def make_residences(people: People, programmes: Programmes, seed: int) -> Residences:
    """A spell per municipality lived in; a municipal merger closes one and opens the next."""
    rng = stream(seed, "residence")
    geo = geography()
    categories = programmes.categories
    last = last_participation(programmes.participations)
    ended = programmes.participations.end[last]
    who = programmes.participations.person[last]
    # Some move on after the programme, mostly to where most people live.
    leaves = happens(rng, 0.09, len(who))
    moved = ended[leaves] + between(rng, (30, 900), int(leaves.sum()))

    person = np.concatenate([categories.person, who[leaves]])
    lineage = np.concatenate([categories.lineage, choose(rng, geo.weights, int(leaves.sum()))])
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
    order = np.lexsort((start, person))
    person, lineage, start, end = person[order], lineage[order], start[order], end[order]
    return Residences(person, geo.code_at(lineage, start), start, end)


def make_signals(people: People, spells: Participations, seed: int) -> Signals:
    """Up to three spells after the last participation, and self-employment year by year."""
    p = parameters()["status"]
    rng = stream(seed, "status")
    last = last_participation(spells)
    person, exit_date = spells.person[last], spells.end[last]
    words = np.array(REASONS)[spells.reason[last]]
    group = np.select([words == "arbeid", np.isin(words, EDUCATED)], [0, 1], 2)
    table = np.array([p["after_work"], p["after_education"], p["after_other"]])
    gone = people.gone()[person]

    parts: list[Signals] = []
    begins = exit_date + between(rng, (0, 30), len(last))
    for _ in range(p["spells"]):
        kind = choose_by(rng, table, group)
        ends = begins + between(rng, p["spell_length"], len(last))
        stays = (kind < len(table[0]) - 1) & (begins < gone)
        signal = Signals(person, kind, begins, np.minimum(ends, gone), begins + 10)
        parts.append(Signals(*(getattr(signal, f.name)[stays] for f in fields(Signals))))
        begins = ends + 1 + between(rng, p["spell_gap"], len(last))
    parts.append(_self_employed(rng, people, person, exit_date))

    joined = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Signals)]
    order = np.lexsort((joined[2], joined[0]))
    return Signals(*(column[order] for column in joined))


def _self_employed(
    rng: np.random.Generator, people: People, person: Ints, exit_date: Ints
) -> Signals:
    """From the tax assessment: whole years, known on 1 January two years after."""
    p = parameters()["status"]["self_employed"]
    share = np.where(people.sex[person] == MAN, p["men"], p["women"])
    chosen = np.flatnonzero(happens(rng, share, len(person)))
    years = between(rng, (1, 4), len(chosen))
    parent, ordinal = expand(years)
    who = person[chosen][parent]
    year = year_of(exit_date[chosen])[parent] + 1 + ordinal
    start, end = new_year(year), new_year(year + 1) - 1
    alive = end < people.gone()[who]
    signals = Signals(who, np.full(len(who), SELF_EMPLOYED), start, end, new_year(year + 2))
    return Signals(*(getattr(signals, f.name)[alive] for f in fields(Signals)))
