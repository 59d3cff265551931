"""Extracts from which the warehouse computes a published table again, cell by cell.

The persons are invented; only their numbers are the table's (see `rolls`). The definitions
are the warehouse's: a participant has a participation that touches the year; an exit is counted in
the municipality of the participation; the status is that on 30 November of the year after the exit.
"""

from datetime import date
from pathlib import Path

import numpy as np

from introstat.errors import UserError
from introstat.progress import Tell, silent
from introstat.synth import deliveries, kostra, published, snapshots
from introstat.synth.decisions import AWARD, Categories, Decisions
from introstat.synth.deliveries import GeneratedDelivery
from introstat.synth.draw import (
    NEVER,
    Bools,
    between,
    first_day,
    joined,
    month_of,
    new_year,
    stream,
    year_of,
)
from introstat.synth.generate import database, new_folder
from introstat.synth.geography import geography
from introstat.synth.idents import duf_numbers
from introstat.synth.income import (
    BENEFIT,
    SALARY,
    IncomeLines,
    full_benefit,
    make_units,
    sort_lines,
)
from introstat.synth.measures import WORDS, Absences, Measures
from introstat.synth.people import (
    INTEGRATION_ACT_FROM,
    People,
    make_idents,
    way_to_settlement,
)
from introstat.synth.programmes import GOALS, Leaves, Participations, Programmes
from introstat.synth.published import PublishedCounts
from introstat.synth.registers import SELF_EMPLOYED, SIGNALS, Residences, Signals
from introstat.synth.rolls import Roll, make_rolls, status_codes
from introstat.synth.truth import Truth, load

FIRST_YEAR, LAST_YEAR = 2013, 2024
"""Years whose municipality codes are known, with room for a later status year."""
SELF_EMPLOYED_SHARE = 0.05
"""Of the employed: those known from self-employment instead of wages."""
STATUS_SIGNALS = {
    "05": "utdanning",
    "15": "utdanning",
    "21": "helt_ledig",
    "22": "arbeidssoker_tiltak",
    "32": "nedsatt_arbeidsevne_tiltak",
    "31": "aap",
    "33": "helserelatert_ytelse",
    "34": "kontantstotte_overgangsstonad",
    "35": "sosialhjelp",
    "80": "grunnskole",
}
"""The signal that gives each status; 11 and 08 have none."""


def replicate(file: Path, out: Path, seed: int, progress: Tell = silent) -> None:
    """Write extracts to the new folder `out` from which the table in `file` can be computed."""
    table = published.read(file)
    years = table.years
    if min(years) < FIRST_YEAR or max(years) > LAST_YEAR:
        raise UserError(
            f"{file} has figures of {min(years)}–{max(years)}; municipalities are known for "
            f"{FIRST_YEAR}–{LAST_YEAR} only. Leave the other years out."
        )
    rng = stream(seed, "replicate")
    roll = joined(*make_rolls(rng, file, table))
    truth = _truth(rng, roll)
    with new_folder(out) as folder, database(folder) as connection:
        load(connection, truth, seed, dirty=False)
        snapshots.macros(connection)
        planned = _plan(table, truth)
        forms = [each.covers_until.year for each in planned if each.source == "kostra"]
        if forms:
            kostra.prepare(connection, min(forms), max(forms))
        deliveries.write(connection, folder, planned, progress)


def _truth(rng: np.random.Generator, roll: Roll) -> Truth:
    """Return a register of these persons, one participation each, and no faults."""
    people = _people(rng, roll)
    size = len(people)
    programmes = _programmes(rng, roll, people)
    participation = np.arange(size)
    short = np.flatnonzero(participation % 10 == 0)
    half = (roll.start + roll.end) // 2
    both = np.repeat(participation, 2)
    second = np.arange(2 * size) % 2 == 1
    start = np.where(second, half[both], roll.start[both])
    code = geography().code_at(roll.lineage, roll.end)
    return Truth(
        people=people,
        programmes=programmes,
        measures=Measures(
            participation=both,
            word=np.where(second, WORDS.index("spraakpraksis"), WORDS.index("norsk")),
            start=start,
            end=roll.end[both],
            planned_end=roll.end[both],
            half_hours=np.where(second, 25, 50),
            registered=start + 20,
        ),
        absences=Absences(
            participation=short,
            valid=short % 30 != 0,
            start=half[short],
            end=half[short],
            half_hours=np.full(len(short), 12),
            registered=half[short] + 14,
        ),
        units=make_units(size),
        income=_income(rng, roll),
        residences=Residences(participation, code, people.settled, np.full(size, NEVER)),
        signals=_signals(roll),
    )


def _people(rng: np.random.Generator, roll: Roll) -> People:
    zero, never = np.zeros(len(roll), dtype=np.int64), np.full(len(roll), NEVER)
    settled, permit, arrival = way_to_settlement(rng, roll.start, zero)
    idents, replaced = make_idents(rng, roll.birth, settled)
    seen = np.minimum(permit, settled)
    return People(
        sex=roll.sex,
        birth=roll.birth,
        country=roll.country,
        basis=zero,
        law=(np.maximum(permit, arrival) >= INTEGRATION_ACT_FROM).astype(np.int64),
        role=zero,
        permit=permit,
        arrival=arrival,
        settled=settled,
        lineage=roll.lineage,
        start=roll.start,
        upper_secondary=zero,
        protection=roll.protection,
        reserved=zero > 0,
        death=never,
        emigration=never,
        idents=idents,
        replaced=replaced,
        duf=duf_numbers(year_of(seen)),
        registered=seen + 10,
    )


def _programmes(rng: np.random.Generator, roll: Roll, people: People) -> Programmes:
    size = len(people)
    everyone = np.arange(size)
    never = np.full(size, NEVER)
    governed = people.law == 1
    leave = np.flatnonzero(everyone % 40 == 0)
    return Programmes(
        participations=Participations(
            person=everyone,
            lineage=roll.lineage,
            start=roll.start,
            end=roll.end,
            planned_end=roll.end,
            reason=roll.reason,
            by_system=np.zeros(size, dtype=np.bool_),
            registered=roll.start + 7,
            # Everything of a year is registered before the delivery of the following January.
            end_registered=roll.end + between(rng, (0, 10), size),
            first_end=never,
            first_end_registered=never,
            reopened=never,
            decision=everyone,
            goal=np.where(governed, rng.integers(0, len(GOALS), size), -1),
            contract=np.where(governed, roll.start, never),
        ),
        decisions=Decisions(
            person=everyone,
            lineage=roll.lineage,
            kind=np.full(size, AWARD),
            date=roll.start - 10,
            start=roll.start,
            end=roll.end,
            text=np.full(size, -1),
            registered=roll.start,
        ),
        categories=Categories(
            person=everyone,
            lineage=roll.lineage,
            kind=np.zeros(size, dtype=np.int64),
            start=people.settled,
            end=never,
            registered=people.settled + 5,
        ),
        leaves=Leaves(
            participation=leave,
            kind=np.ones(len(leave), dtype=np.int64),
            start=roll.start[leave] + 20,
            end=roll.start[leave] + 30,
            registered=roll.start[leave] + 25,
        ),
    )


def _income(rng: np.random.Generator, roll: Roll) -> IncomeLines:
    """Return benefit for the last month of the programme; wages in November for the employed."""
    size = len(roll)
    geo = geography()
    units = make_units(size)
    everyone = np.arange(size)
    month = month_of(roll.end)
    benefit = IncomeLines(
        delivered=month,
        month=month,
        payer=geo.code_at(roll.lineage, first_day(month)),
        unit=units.first[roll.lineage],
        person=everyone,
        kind=np.full(size, BENEFIT),
        amount=np.rint(full_benefit(month)).astype(np.int64),
    )
    paid = np.flatnonzero(_employed(roll) & ~_self_employed(roll))
    november = (roll.year[paid] + 1 - 1970) * 12 + 10
    unit = units.first_private[roll.lineage[paid]]
    wages = IncomeLines(
        delivered=november,
        month=november,
        payer=len(geo.codes) + unit,
        unit=unit,
        person=paid,
        kind=np.full(len(paid), SALARY),
        amount=between(rng, (4_000, 32_000), len(paid)),
    )
    return sort_lines(benefit, wages)


def _employed(roll: Roll) -> Bools:
    codes = np.array([*status_codes(), ""])
    return np.asarray(np.isin(codes[roll.status], ["11", "15"]))


def _self_employed(roll: Roll) -> Bools:
    """Return every twentieth of the employed."""
    every = round(1 / SELF_EMPLOYED_SHARE)
    chosen: Bools = np.arange(len(roll)) % every == 0
    return _employed(roll) & chosen


def _signals(roll: Roll) -> Signals:
    """Return the signal behind each status, over the whole status year."""
    codes = np.array([*status_codes(), ""])[roll.status]
    year = roll.year + 1
    signal = np.full(len(codes), -1)
    for code, word in STATUS_SIGNALS.items():
        signal[codes == code] = SIGNALS.index(word)
    own = np.flatnonzero(_self_employed(roll))
    others = np.flatnonzero(signal >= 0)
    person = np.concatenate([others, own])
    kind = np.concatenate([signal[others], np.full(len(own), SELF_EMPLOYED)])
    start, end = new_year(year[person]), new_year(year[person] + 1) - 1
    known = np.where(kind == SELF_EMPLOYED, new_year(year[person] + 2), start + 10)
    order = np.argsort(person, kind="stable")
    return Signals(person[order], kind[order], start[order], end[order], known[order])


def _plan(table: PublishedCounts, truth: Truth) -> list[GeneratedDelivery]:
    """Return the deliveries that are needed, late enough for the table to be final."""
    last = max(table.years)
    planned = [GeneratedDelivery("nir", date(last + 1, 1, 21), date(last, 12, 31))]
    # A status is final two years after; who has got a new number by then must be known too.
    is_status = table.shape == published.STATUS
    known = date(last + (2 if is_status else 1), 1, 21)
    for source in ("folkeregister", "status") if is_status else ("folkeregister",):
        planned.append(GeneratedDelivery(source, known, date(known.year - 1, 12, 31)))
    months = np.unique(truth.income.delivered).tolist()
    return deliveries.in_order([*planned, *deliveries.of_months(months)])
