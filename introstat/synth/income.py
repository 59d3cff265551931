"""What employers and municipalities report each month: benefit, wages, corrections.

Amounts are whole NOK. Months are whole months since January 1970.
"""

from dataclasses import dataclass, replace

import numpy as np

from introstat.synth.draw import (
    NEVER,
    Floats,
    Ints,
    Rows,
    between,
    by_year,
    choose,
    expand,
    first_day,
    happens,
    joined,
    month_of,
    stream,
)
from introstat.synth.geography import geography
from introstat.synth.parameters import parameters
from introstat.synth.people import WOMAN, People
from introstat.synth.programmes import Participations, Programmes
from introstat.synth.spells import REASONS

# Kinds of income line: where the description stands in the object, and its word.
KINDS = (
    ("pensjonEllerTrygd", "introduksjonsstoenad"),
    ("pensjonEllerTrygd", "kvalifiseringstoenad"),
    ("loennsinntekt", "fastloenn"),
    ("loennsinntekt", "timeloenn"),
    ("loennsinntekt", "overtidsgodtgjoerelse"),
)
BENEFIT, QUALIFICATION_BENEFIT, SALARY, HOURLY, OVERTIME = range(len(KINDS))
# Below this age in days the benefit is two thirds.
YOUNG = 25 * 365.25


@dataclass(frozen=True)
class Units:
    """Reporting units: first the municipal ones, then private employers."""

    lineage: Ints
    municipal: int  # how many units are municipal
    first: Ints  # by lineage: its first municipal unit
    per_lineage: Ints  # by lineage: how many municipal units
    first_private: Ints  # by lineage: its first private employer
    private_per_lineage: Ints

    @property
    def size(self) -> int:
        """The number of units."""
        return len(self.lineage)


@dataclass(frozen=True)
class Lines(Rows):
    """One entry per income line, whoever reports it."""

    month: Ints
    unit: Ints
    person: Ints
    kind: Ints  # position in KINDS
    amount: Ints


@dataclass(frozen=True)
class IncomeLines(Lines):
    """One entry per income line, sorted as it is reported."""

    delivered: Ints  # the month whose delivery holds it: the line's own, or a later correction's
    payer: Ints  # who is liable to report: a municipality code's position, or len(codes) + unit


def make_units(persons: int) -> Units:
    """Return one to three units in each municipality, private employers by its size."""
    geo = geography()
    per_lineage = 1 + (geo.weights > 250).astype(np.int64) + (geo.weights > 1000)
    lineage, _ = expand(per_lineage)
    count = persons / parameters()["income"]["persons_per_employer"]
    private = np.maximum(1, np.rint(geo.weights / geo.weights.sum() * count)).astype(np.int64)
    private_lineage, _ = expand(private)
    return Units(
        lineage=np.concatenate([lineage, private_lineage]),
        municipal=len(lineage),
        first=np.cumsum(per_lineage) - per_lineage,
        per_lineage=per_lineage,
        first_private=len(lineage) + np.cumsum(private) - private,
        private_per_lineage=private,
    )


def make_income(
    people: People, programmes: Programmes, units: Units, seed: int, first_year: int, last_year: int
) -> IncomeLines:
    """Return all lines of the calendar months of the years given."""
    rng = stream(seed, "income")
    window = ((first_year - 1970) * 12, (last_year - 1969) * 12 - 1)
    payroll = _Payroll(rng, units, window)
    parts = [
        *_benefit(payroll, people, programmes),
        _wages_beside(payroll, programmes.participations),
        *_after_programme(payroll, people, programmes.participations),
    ]
    original = _report(joined(*parts), units)
    return sort_lines(original, _corrections(rng, original, window))


@dataclass(frozen=True)
class _Payroll:
    """What payments are drawn with; those outside the window of months are not reported."""

    rng: np.random.Generator
    units: Units
    window: tuple[int, int]


def _months(start: Ints, end: Ints, window: tuple[int, int], lag: Ints) -> tuple[Ints, Ints]:
    """Return months of each spell whose payment (`lag` months later) falls into the window."""
    first = np.maximum(month_of(start), window[0] - lag)
    last = np.minimum(month_of(end), window[1] - lag)
    parent, ordinal = expand(np.maximum(last - first + 1, 0))
    return parent, first[parent] + ordinal


def _covered(start: Ints, end: Ints, month: Ints) -> Floats:
    """Return the share of the month's days inside the spell."""
    first, after = first_day(month), first_day(month + 1)
    days = np.minimum(end + 1, after) - np.maximum(start, first)
    return np.asarray(np.maximum(days, 0) / (after - first))


def full_benefit(month: Ints) -> Floats:
    """Return 2 G / 12 in force in the month (G changes on 1 May)."""
    basic = parameters()["income"]["basic_amount"]
    return by_year(basic, 1970 + (month - 4) // 12) * 2 / 12


def _benefit(payroll: _Payroll, people: People, programmes: Programmes) -> list[Lines]:
    """Return introduction benefit: every programme month, less leave and invalid absence."""
    p = parameters()["income"]
    rng, units = payroll.rng, payroll.units
    spells, leaves = programmes.participations, programmes.leaves
    arrears = stream(0, "arrears").random(geography().size) < p["paid_in_arrears"]
    lag = arrears[spells.lineage].astype(np.int64)
    # A few payments go on although the programme has ended.
    runs_on = happens(rng, p["benefit_without_programme"], len(spells))
    paid_until = np.where(runs_on, spells.end + 62, spells.end)
    parent, month = _months(spells.start, paid_until, payroll.window, lag)

    share = _covered(spells.start[parent], paid_until[parent], month)
    on_leave = np.full(len(spells), -1)
    on_leave[leaves.participation] = np.arange(len(leaves.participation))
    leave = on_leave[parent]
    if len(leaves.start):
        away = _covered(leaves.start[leave], leaves.end[leave], month)
        share = np.clip(share - np.where(leave >= 0, away, 0), 0, 1)

    size = len(parent)
    person = spells.person[parent]
    young = first_day(month) - people.birth[person] < YOUNG
    reduced = happens(rng, p["deduction"], size)
    low, high = p["deduction_share"]
    share = share * np.where(reduced, 1 - low - (high - low) * rng.random(size), 1)
    amount = np.rint(full_benefit(month) * share * np.where(young, 2 / 3, 1)).astype(np.int64)
    lineage = spells.lineage[parent]
    unit = units.first[lineage] + person % units.per_lineage[lineage]
    lines = Lines(month + lag[parent], unit, person, np.full(size, BENEFIT), amount)
    return _split(rng, lines[(amount > 200) & ~happens(rng, p["benefit_missing"], size)])


def _split(rng: np.random.Generator, lines: Lines) -> list[Lines]:
    """Return the lines with some amounts in two, some with a correction, a few paid twice."""
    p = parameters()["income"]
    size = len(lines)
    split = happens(rng, p["split_amount"], size)
    part = np.where(split, (lines.amount * (0.2 + 0.6 * rng.random(size))).astype(np.int64), 0)
    negative = happens(rng, p["negative_correction"], size)
    back = -np.minimum(lines.amount, 100 * between(rng, (3, 60), size))
    twice = happens(rng, p["double_payment"], size)
    return [
        replace(lines, amount=lines.amount - part),
        replace(lines, amount=part)[split],
        replace(lines, amount=back)[negative],
        lines[twice],
    ]


def _employer(rng: np.random.Generator, units: Units, lineage: Ints) -> Ints:
    """Return a private employer in the municipality, or every seventh time the municipality."""
    number = (rng.random(len(lineage)) * units.private_per_lineage[lineage]).astype(np.int64)
    public = happens(rng, 1 / 7, len(lineage))
    return np.where(public, units.first[lineage], units.first_private[lineage] + number)


def _wages(
    payroll: _Payroll, person: Ints, lineage: Ints, start: Ints, end: Ints, part_time: float
) -> Lines:
    """Return monthly pay for each spell of work."""
    rng = payroll.rng
    p = parameters()["income"]
    count = len(person)
    unit = _employer(rng, payroll.units, lineage)
    wage = p["monthly_wage"]
    level = part_time * wage["median"] * rng.lognormal(0, wage["sigma"], count)
    word = SALARY + choose(rng, p["wage_words_share"], count)
    parent, month = _months(start, end, payroll.window, np.zeros(count, dtype=np.int64))
    size = len(parent)
    growth = (1 + p["wage_growth"]) ** ((month - 540) / 12)
    variation = np.where(word[parent] == HOURLY, rng.lognormal(0, 0.25, size), 1)
    pay = level[parent] * growth * variation * _covered(start[parent], end[parent], month)
    wages = Lines(month, unit[parent], person[parent], word[parent], np.rint(pay).astype(np.int64))
    overtime = happens(rng, p["overtime"], size)
    extra = np.rint(pay * (0.02 + 0.15 * rng.random(size))).astype(np.int64)
    more = replace(wages, kind=np.full(size, OVERTIME), amount=extra)[overtime]
    lines = joined(wages, more)
    return lines[lines.amount > 0]


def _wages_beside(payroll: _Payroll, spells: Participations) -> Lines:
    """Return part-time work in the last half of the programme."""
    share = parameters()["income"]["work_beside_programme"]
    spells = spells[happens(payroll.rng, share, len(spells))]
    start = (spells.start + spells.end) // 2
    return _wages(payroll, spells.person, spells.lineage, start, spells.end, 0.2)


def last_participations(spells: Participations) -> Participations:
    """Return each participant's last participation."""
    return spells[np.append(spells.person[1:] != spells.person[:-1], True)]


def _after_programme(payroll: _Payroll, people: People, spells: Participations) -> list[Lines]:
    """Return wages after the last exit, by its reason, and qualification benefit."""
    rng = payroll.rng
    p = parameters()["income"]
    last = last_participations(spells)
    size = len(last)
    words = np.array(REASONS)[last.reason]
    chance = np.full(size, p["work_by_reason"]["other"], dtype=np.float64)
    for word, share in p["work_by_reason"].items():
        chance[words == word] = share
    straight = words == "arbeid"
    woman = (people.sex[last.person] == WOMAN) & ~straight
    works = happens(rng, chance * np.where(woman, p["women_factor"], 1), size)
    soon = between(rng, p["work_starts_after"]["arbeid"], size)
    later = between(rng, p["work_starts_after"]["other"], size)
    begins = last.end + 1 + np.where(straight, soon, later)
    lasts = (rng.exponential(p["work_lasts_months"], size) * 30.4).astype(np.int64) + 30
    gone = people.gone()[last.person]
    ends = np.minimum(np.minimum(begins + lasts, gone), NEVER - 1)
    works &= begins < ends
    person, lineage = last.person[works], last.lineage[works]
    wages = _wages(payroll, person, lineage, begins[works], ends[works], 0.85)

    goes_on = words == "kvalifiseringsprogram"
    last = last[goes_on]
    until = np.minimum(last.end + between(rng, (150, 540), len(last)), gone[goes_on])
    lag = np.zeros(len(last), dtype=np.int64)
    parent, month = _months(last.end + 1, until, payroll.window, lag)
    share = _covered((last.end + 1)[parent], until[parent], month)
    benefit = Lines(
        month=month,
        unit=payroll.units.first[last.lineage[parent]],
        person=last.person[parent],
        kind=np.full(len(parent), QUALIFICATION_BENEFIT),
        amount=np.rint(full_benefit(month) * share).astype(np.int64),
    )
    return [wages, benefit[benefit.amount > 0]]


def _report(lines: Lines, units: Units) -> IncomeLines:
    """Return lines as first reported, each by whoever is liable for its unit in that month."""
    geo = geography()
    code = geo.code_at(units.lineage[lines.unit], first_day(lines.month))
    payer = np.where(lines.unit < units.municipal, code, len(geo.codes) + lines.unit)
    return IncomeLines(**vars(lines), delivered=lines.month, payer=payer)


def _corrections(
    rng: np.random.Generator, lines: IncomeLines, window: tuple[int, int]
) -> IncomeLines:
    """Return employer-months reported anew: some persons gone, some amounts changed."""
    p = parameters()["income"]
    key = lines.payer * 10_000 + lines.month
    pairs = np.unique(key)
    month = pairs % 10_000
    again = month + between(rng, p["corrected_delay"], len(pairs))
    chosen = happens(rng, p["corrected_months"], len(pairs)) & (again <= window[1])
    position = np.searchsorted(pairs, key)
    rows = np.flatnonzero(chosen[position])
    # A person is dropped as a whole: the draw belongs to person and month, not to the line.
    draw = stream(int(rng.integers(1 << 30)), "dropped").random(10_007)
    gone = draw[(lines.person[rows] * 31 + lines.month[rows]) % 10_007] < p["person_dropped"]
    rows = rows[~gone]
    delivered = again[position[rows]]
    lines = lines[rows]
    changed = happens(rng, p["amount_changed"], len(rows))
    factor = 0.75 + 0.4 * rng.random(len(rows))
    reported = np.rint(lines.amount * factor).astype(np.int64)
    amount = np.where(changed, reported, lines.amount)
    return replace(lines, delivered=delivered, amount=amount)


def sort_lines(*parts: IncomeLines) -> IncomeLines:
    """Return all lines by delivery, month, unit and person, else as they were made."""
    lines = joined(*parts)
    base = int(lines.month.min()) if len(lines) else 0
    units, persons = int(lines.unit.max(initial=0)) + 1, int(lines.person.max(initial=0)) + 1
    key = ((lines.delivered - base) * 4096 + lines.month - base) * units + lines.unit
    return lines[np.argsort(key * persons + lines.person, kind="stable")]
