"""Who comes: origin, age, permit, settlement, identity numbers, death and emigration."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from introstat.synth.draw import (
    NEVER,
    Bools,
    Ints,
    Rows,
    between,
    choose,
    choose_by,
    day,
    happens,
    new_year,
    stream,
    weekday,
    year_of,
)
from introstat.synth.geography import geography
from introstat.synth.idents import duf_numbers, issue
from introstat.synth.parameters import data, parameters, read_csv, seed_path

MAN, WOMAN = 1, 2
BASES = ("flyktning", "overforingsflyktning", "humanitaert", "familie", "kollektiv_beskyttelse")
REFUGEE, QUOTA, HUMANITARIAN, FAMILY, COLLECTIVE = range(5)
LAWS = ("introduksjonsloven", "integreringsloven", "kollektiv_beskyttelse")
PARTICIPANT, NO_DECISION, REJECTED, NORWEGIAN_ONLY = range(4)
UKRAINE = "UA"
COLLECTIVE_FROM = day("2022-03-11")
COLLECTIVE_PROGRAMME_FROM = day("2022-06-15")
INTEGRATION_ACT_FROM = day("2021-01-01")
EDUCATION_FOR_COLLECTIVE_FROM = day("2023-07-01")


@dataclass(frozen=True)
class People(Rows):
    """One entry per person in every field; dates as day numbers, `NEVER` for what does not come."""

    sex: Ints
    birth: Ints
    country: Ints  # position in country_codes(), -1 where not registered
    basis: Ints  # position in BASES
    law: Ints  # position in LAWS
    role: Ints  # PARTICIPANT or why not
    permit: Ints
    arrival: Ints
    settled: Ints
    lineage: Ints  # where settled first
    start: Ints  # when the first programme begins (would have begun)
    upper_secondary: Ints  # 1 yes, 0 no, -1 not registered; whether or not it may be registered
    protection: Ints  # 0, 6 (confidential) or 7 (strictly confidential) address
    reserved: Bools
    death: Ints
    emigration: Ints
    idents: Ints  # three columns: the number at first, after one replacement, after two
    replaced: Ints  # two columns: when each replacement took place
    duf: Ints  # DUF number, -1 where not registered
    registered: Ints

    def ident_at(self, person: Ints, date: Ints) -> Ints:
        """Return the identity number in force on the date."""
        passed = (self.replaced[person] <= date[:, None]).sum(axis=1)
        return np.asarray(self.idents[person, passed])

    def gone(self) -> Ints:
        """Return the first day on which the person is dead or abroad."""
        return np.minimum(self.death, self.emigration)


@cache
def country_codes() -> list[str]:
    """Return countries of birth: those people come from, in the file's order, then all others."""
    usual = [row["country_code"] for row in data("countries.csv")]
    every = [row["country_code"] for row in read_csv(seed_path("codelists/countries.csv"))]
    return [*usual, *(code for code in every if code not in usual)]


def make_people(size: int, seed: int, first_year: int, last_year: int) -> People:
    """Return everyone in the register, by start year."""
    p = parameters()["people"]
    rng = stream(seed, "people")
    start = _starts(rng, size, first_year, last_year)
    year = year_of(start)

    role = np.where(
        happens(rng, p["never_participates"], size),
        1 + choose(rng, list(p["without_programme"].values()), size),
        PARTICIPANT,
    )
    collective_share = np.array([p["collective_protection"].get(int(y), 0.0) for y in year])
    collective = happens(rng, collective_share, size)
    country, women_share = _countries(rng, year, collective)
    sex = np.where(happens(rng, women_share, size), WOMAN, MAN)
    birth = _births(rng, start, sex)

    basis = choose(rng, list(p["basis"].values()), size)
    basis = np.where(collective, COLLECTIVE, basis)
    start = np.where(collective, np.maximum(start, COLLECTIVE_PROGRAMME_FROM + 5), start)
    settled, permit, arrival = way_to_settlement(rng, start, basis)

    geo = geography()
    lineage = choose(rng, geo.weights, size)
    lineage = np.where(settled < geo.founded[lineage], geo.capital[lineage], lineage)

    governed = (np.maximum(permit, arrival) >= INTEGRATION_ACT_FROM).astype(np.int64)
    law = np.where(collective, 2, governed)
    school = np.where(happens(rng, p["upper_secondary"], size), 1, 0)
    protected = np.where(happens(rng, p["protected_strictly"], size), 7, 6)
    idents, replaced = make_idents(rng, birth, settled)
    duf_missing = np.where(basis == FAMILY, p["duf_missing"]["family"], p["duf_missing"]["other"])
    seen = np.minimum(permit, settled)
    return People(
        sex=sex,
        birth=birth,
        country=np.where(happens(rng, p["country_missing"], size), -1, country),
        basis=basis,
        law=law,
        role=role,
        permit=permit,
        arrival=arrival,
        settled=settled,
        lineage=lineage,
        start=start,
        upper_secondary=np.where(happens(rng, p["upper_secondary_missing"], size), -1, school),
        protection=np.where(happens(rng, p["protected"], size), protected, 0),
        reserved=happens(rng, p["research_reserved"], size),
        death=start + rng.exponential(365 / p["deaths_per_year"], size).astype(np.int64),
        emigration=start + rng.exponential(365 / p["emigration_per_year"], size).astype(np.int64),
        idents=idents,
        replaced=replaced,
        duf=np.where(happens(rng, duf_missing, size), -1, duf_numbers(year_of(seen))),
        registered=seen + between(rng, (2, 30), size),
    )


def _starts(rng: np.random.Generator, size: int, first_year: int, last_year: int) -> Ints:
    """Return programme starts: year by `entries`, month by `start_months`, never in a weekend."""
    p = parameters()
    years = list(range(first_year - p["history_years"], last_year + 1))
    year = np.array(years)[choose(rng, [p["entries"][each] for each in years], size)]
    month = choose(rng, p["start_months"], size)
    first = new_year(year) + (month * 30.4).astype(np.int64)
    return weekday(first + between(rng, (0, 29), size))


def _countries(
    rng: np.random.Generator, year: Ints, collective: Bools
) -> tuple[Ints, np.typing.NDArray[np.float64]]:
    """Return country of birth by period of start, and each country's share of women."""
    rows = data("countries.csv")
    periods = [name for name in rows[0] if name.startswith("until_")]
    last_years = [int(name.removeprefix("until_")) for name in periods]
    table = np.array([[float(row[name]) for row in rows] for name in periods])
    period = np.minimum(np.searchsorted(last_years, year), len(periods) - 1)
    country = choose_by(rng, table, period)
    country[collective] = country_codes().index(UKRAINE)
    return country, np.array([float(row["women_share"]) for row in rows])[country]


def _births(rng: np.random.Generator, start: Ints, sex: Ints) -> Ints:
    """Return date of birth from the age at start."""
    p = parameters()["people"]
    bands = np.array(p["age_bands"])
    band = choose_by(rng, np.array([p["age_men"], p["age_women"]]), sex - 1)
    age = rng.integers(bands[band, 0], bands[band, 1] + 1) + rng.random(len(start))
    birth = start - (age * 365.2425).astype(np.int64)
    rounded = happens(rng, p["birth_first_january"], len(start))
    return np.where(rounded, new_year(year_of(birth)), birth)


def way_to_settlement(
    rng: np.random.Generator, start: Ints, basis: Ints
) -> tuple[Ints, Ints, Ints]:
    """Return settlement, permit and arrival, counted back from the start of the programme."""
    p = parameters()["people"]
    size = len(start)
    settled = start - between(rng, p["settled_to_start"], size)
    permit = settled - between(rng, p["permit_to_settled"], size)
    asylum = permit - between(rng, p["arrival_to_permit"], size)
    # Quota refugees and families arrive with the permit in hand and are settled at once.
    arrival = np.where((basis == QUOTA) | (basis == FAMILY), settled - settled % 3, asylum)
    collective = basis == COLLECTIVE
    settled = np.where(collective, start - between(rng, (14, 60), size), settled)
    soon = np.maximum(settled - between(rng, (10, 150), size), COLLECTIVE_FROM)
    permit = np.where(collective, soon, permit)
    settled = np.where(collective, np.maximum(settled, permit + 5), settled)
    arrival = np.where(collective, permit - between(rng, (1, 20), size), arrival)
    return settled, permit, arrival


def make_idents(rng: np.random.Generator, birth: Ints, settled: Ints) -> tuple[Ints, Ints]:
    """Return the numbers each person has had, and when each was replaced."""
    p = parameters()["idents"]
    size = len(birth)
    temporary = happens(rng, p["d_number_replaced"], size)
    chain = temporary & happens(rng, p["chain_of_three"] / p["d_number_replaced"], size)
    number = issue(birth, np.zeros(size, dtype=np.bool_))
    idents = np.repeat(number[:, None], 3, axis=1)
    replaced = np.full((size, 2), NEVER, dtype=np.int64)

    idents[temporary, 0] = issue(birth[temporary], np.ones(temporary.sum(), dtype=np.bool_))
    replaced[:, 0] = np.where(temporary, settled + between(rng, p["replaced_after"], size), NEVER)
    replaced[:, 1] = np.where(chain, replaced[:, 0] + between(rng, (200, 900), size), NEVER)
    # The last number of a chain is a second one for the same birth date: issue all again, together.
    again = issue(np.concatenate([birth, birth[chain]]), np.zeros(size + chain.sum(), np.bool_))
    idents[:, 1] = np.where(temporary, again[:size], idents[:, 1])
    idents[:, 2] = idents[:, 1]
    idents[~temporary] = again[:size][~temporary][:, None]
    idents[chain, 2] = again[size:]
    return idents, replaced
