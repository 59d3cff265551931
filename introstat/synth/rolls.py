"""Who must exist for a published table to come out: one roll of persons per year.

Each person belongs to one year of the file and counts nowhere else. What the table does not fix is
drawn: other countries and municipalities than the listed ones, ages within a band, reasons of exit.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from introstat.errors import UserError
from introstat.synth import published
from introstat.synth.draw import Ints, Rows, between, choose, day, new_year, weekday
from introstat.synth.geography import geography
from introstat.synth.parameters import data, parameters, read_csv, seed_path
from introstat.synth.people import MAN, WOMAN, country_codes
from introstat.synth.published import PublishedCounts, SexTable
from introstat.synth.spells import REASONS

SUCCESSES = ("arbeid", "videregaende", "hoyere_utdanning")


@dataclass(frozen=True)
class Roll(Rows):
    """One entry per person: what the table fixes; the rest is drawn."""

    year: Ints
    sex: Ints
    birth: Ints
    country: Ints
    lineage: Ints
    start: Ints
    end: Ints
    reason: Ints
    protection: Ints
    status: Ints  # position in status_codes(), -1 where the table is not about status


def make_rolls(rng: np.random.Generator, file: Path, table: PublishedCounts) -> list[Roll]:
    """Return one roll per year of the file; `file` is named in messages.

    Raises UserError if a row's label is not known, ContradictionError if exits cannot be allotted.
    """
    if table.shape == published.DIRECT:
        return [_by_result(rng, file, each) for each in table.results]
    by_shape = {
        published.AGE: _by_age,
        published.COUNTRY: _by_country,
        published.MUNICIPALITY: _by_municipality,
        published.STATUS: _by_status,
    }
    return [by_shape[table.shape](rng, file, each) for each in table.tables]


def _spread(table: SexTable) -> tuple[Ints, Ints]:
    """Return row (its position; the number of rows for the rest) and sex of each person."""
    parts = [*table.rows.values(), table.rest]
    row = np.repeat(np.arange(len(parts)), [sum(part) for part in parts])
    return row, np.concatenate([np.repeat([MAN, WOMAN], part) for part in parts])


def _roll(rng: np.random.Generator, year: int, sex: Ints, **fixed: Ints) -> Roll:
    """Fill in what the table leaves open: participants whose programme lies within the year."""
    size = len(sex)
    age = rng.integers(20, 50, size)
    start = weekday(day(f"{year}-01-02") + between(rng, (0, 150), size))
    columns: dict[str, Ints] = {
        "year": np.full(size, year),
        "sex": sex,
        "birth": new_year(year - age) + between(rng, (0, 360), size),
        "country": choose(rng, _country_weights(year), size),
        "lineage": _others(rng, year, set(), size),
        "start": start,
        "end": weekday(start + between(rng, (60, 180), size)),
        "reason": _reasons(rng, sex, list(REASONS[:-3])),
        "protection": np.zeros(size, dtype=np.int64),
        "status": np.full(size, -1),
    }
    return Roll(**(columns | fixed))


def _reasons(rng: np.random.Generator, sex: Ints, among: list[str]) -> Ints:
    """Return reasons of exit from the given words, as often as usual."""
    usual = parameters()["programmes"]
    shares = np.array([usual["reasons_men"], usual["reasons_women"]])
    positions = np.array([REASONS.index(word) for word in among])
    men, women = (choose(rng, shares[row, positions], len(sex)) for row in (0, 1))
    return np.asarray(positions[np.where(sex == MAN, men, women)])


def _country_weights(year: int) -> list[float]:
    rows = data("countries.csv")
    periods = [name for name in rows[0] if name.startswith("until_")]
    fitting = [name for name in periods if int(name.removeprefix("until_")) >= year] or periods[-1:]
    return [float(row[fitting[0]]) for row in rows]


def _codes(year: int) -> dict[str, int]:
    """Return municipality codes valid through the year, each with a lineage that leads to it."""
    geo = geography()
    codes = geo.code_at(np.arange(geo.size), np.full(geo.size, day(f"{year}-12-31")))
    return {geo.codes[code]: lineage for lineage, code in reversed(list(enumerate(codes)))}


def _others(rng: np.random.Generator, year: int, listed: set[str], size: int) -> Ints:
    """Return municipalities that are not listed, by size."""
    lineages = np.array([lineage for code, lineage in _codes(year).items() if code not in listed])
    return np.asarray(lineages[choose(rng, geography().weights[lineages], size)])


def _by_age(rng: np.random.Generator, file: Path, table: SexTable) -> Roll:
    """Return ages within the bands; persons outside all bands are seventeen."""
    bands = [published.age_band(label) for label in table.rows]
    unknown = [label for label, band in zip(table.rows, bands, strict=True) if band is None]
    if unknown:
        raise UserError(f"{file}: {', '.join(unknown)} is no age band such as «18-25 år».")
    limits = np.array([*(band for band in bands if band), (17, 17)])
    row, sex = _spread(table)
    age = rng.integers(limits[row, 0], limits[row, 1] + 1)
    birth = new_year(table.year - age) + between(rng, (0, 360), len(row))
    return _roll(rng, table.year, sex, birth=birth)


def _by_country(rng: np.random.Generator, file: Path, table: SexTable) -> Roll:
    """Return listed countries as they are, the rest over other countries."""
    countries = seed_path("codelists/countries.csv")
    codes = {row["label_nb"]: row["country_code"] for row in read_csv(countries)}
    unknown = [label for label in table.rows if label not in codes]
    if unknown:
        raise UserError(
            f"{file}: {', '.join(unknown)} is not in seeds/codelists/countries.csv (label_nb). "
            "Add the country there or correct the name."
        )
    listed = [codes[label] for label in table.rows]
    known = country_codes()
    row, sex = _spread(table)
    weights = np.zeros(len(known))
    usual = _country_weights(table.year)
    weights[: len(usual)] = usual
    weights[np.isin(known, listed)] = 0
    positions = np.array([*(known.index(code) for code in listed), -1])
    rest = choose(rng, weights, len(row))
    country = np.where(row == len(listed), rest, positions[row])
    return _roll(rng, table.year, sex, country=country)


def _by_municipality(rng: np.random.Generator, file: Path, table: SexTable) -> Roll:
    """Return listed municipalities as they are, the rest over the others valid in the year."""
    codes = _codes(table.year)
    listed = [label[:4] for label in table.rows]
    unknown = [label for label in table.rows if label[:4] not in codes]
    if unknown:
        raise UserError(
            f"{file}: {', '.join(unknown)} does not begin with a municipality code valid on "
            f"31 December {table.year}. Correct the code."
        )
    row, sex = _spread(table)
    positions = np.array([*(codes[code] for code in listed), -1])
    rest = _others(rng, table.year, set(listed), len(row))
    return _roll(rng, table.year, sex, lineage=np.where(row == len(listed), rest, positions[row]))


def status_codes() -> list[str]:
    """Return the codes of status after the programme, in the order of their list."""
    return [row["status_code"] for row in read_csv(seed_path("codelists/statuses.csv"))]


def _by_status(rng: np.random.Generator, _: Path, table: SexTable) -> Roll:
    """Return persons who left in the year before the table's, each with a status."""
    codes = status_codes()
    row, sex = _spread(table)
    status = np.zeros(len(row), dtype=np.int64)
    for number, label in enumerate(table.rows):
        among = label.removeprefix("group:").split(",")
        rows = np.flatnonzero(row == number)
        drawn = rng.integers(0, len(among), len(rows))
        status[rows] = np.array([codes.index(code) for code in among])[drawn]
    return _left(rng, table.year - 1, sex, status=status)


def _left(rng: np.random.Generator, year: int, sex: Ints, **fixed: Ints) -> Roll:
    """Return persons whose only participation ended in the year, begun one or two years before."""
    end = weekday(day(f"{year}-01-04") + between(rng, (0, 350), len(sex)))
    start = weekday(end - between(rng, (300, 725), len(sex)))
    return _roll(rng, year, sex, start=start, end=end, **fixed)


def _by_result(rng: np.random.Generator, file: Path, result: published.DirectResult) -> Roll:
    """Return exits by county and reason; protected persons anywhere."""
    county_of = _counties(file, result)
    lineages = _allocate(rng, file, result, county_of)
    parts = [*result.counties.values(), result.shielded]
    work = np.array([REASONS.index("arbeid")])
    education = np.array([REASONS.index(word) for word in SUCCESSES[1:]])
    kinds = np.concatenate(
        [np.repeat([0, 1, 2], [p.work, p.education, p.exits - p.work - p.education]) for p in parts]
    )
    exits = np.array([part.exits for part in parts])
    shielded = np.repeat(np.arange(len(parts)), exits) == len(parts) - 1

    # The sexes are fixed among successes and among the others, but in no particular county.
    success = kinds < 2
    sex = np.full(len(kinds), WOMAN)
    sex[rng.permutation(np.flatnonzero(success))[: result.successful_men]] = MAN
    other_men = result.men - result.successful_men
    sex[rng.permutation(np.flatnonzero(~success))[:other_men]] = MAN

    unsuccessful = [word for word in REASONS[:-3] if word not in SUCCESSES]
    reason = np.select(
        [kinds == 0, kinds == 1],
        [work[0], education[choose(rng, (0.8, 0.2), len(kinds))]],
        _reasons(rng, sex, unsuccessful),
    )
    protection = np.where(shielded, 6 + (rng.random(len(kinds)) < 0.25), 0)
    return _left(rng, result.year, sex, reason=reason, lineage=lineages, protection=protection)


def _counties(file: Path, result: published.DirectResult) -> dict[str, list[int]]:
    """Return each county's lineages in the year, largest first."""
    end = f"{result.year}-12-31"
    names = {
        row["county_name"].strip(): row["county_code"]
        for row in read_csv(seed_path("geography/counties.csv"))
        if row["valid_from"] <= end < (row["valid_to"] or "9999")
    }
    unknown = [name for name in result.counties if name not in names]
    if unknown:
        raise UserError(f"{file}: no county {', '.join(unknown)} at the end of {result.year}.")
    county_of_code = {
        row["municipality_code"]: row["county_code"]
        for row in read_csv(seed_path("geography/municipalities.csv"))
        if row["valid_from"] <= end < (row["valid_to"] or "9999")
    }
    weights = geography().weights
    found: dict[str, list[int]] = {}
    for name in result.counties:
        members = [
            lineage
            for code, lineage in _codes(result.year).items()
            if county_of_code[code] == names[name]
        ]
        found[name] = sorted(members, key=lambda lineage: -weights[lineage])
    return found


def _allocate(
    rng: np.random.Generator,
    file: Path,
    result: published.DirectResult,
    county_of: dict[str, list[int]],
) -> Ints:
    """Return a municipality for each exit, so that as many as the table says have five or more."""
    exits = {name: each.exits for name, each in result.counties.items()}
    most = {name: min(len(county_of[name]), exits[name] // 5) for name in exits}
    least = {name: int(exits[name] > 4 * len(county_of[name])) for name in exits}
    wanted = result.municipalities
    if wanted is None:
        wanted = max(sum(least.values()), int(0.6 * sum(most.values())))
    if not sum(least.values()) <= wanted <= sum(most.values()):
        raise published.ContradictionError(
            file,
            [
                f"{result.year} / I alt / {published.FIVE_OR_MORE} is {wanted}: "
                f"the counties' exits allow {sum(least.values())} to {sum(most.values())}"
            ],
        )
    # The counties take turns, whoever has used the smallest part of what it can hold.
    large = dict(least)
    while sum(large.values()) < wanted:
        free = [name for name in exits if large[name] < most[name]]
        large[min(free, key=lambda name: (large[name] + 0.5) / most[name])] += 1
    lineages = [_in_county(rng, county_of[name], exits[name], large[name]) for name in exits]
    weights = geography().weights
    return np.concatenate([*lineages, choose(rng, weights, result.shielded.exits)])


def _in_county(rng: np.random.Generator, members: list[int], exits: int, large: int) -> Ints:
    """Return `large` municipalities with five or more exits, at most four in each of the others."""
    counts = np.zeros(len(members), dtype=np.int64)
    counts[:large] = 5
    left = exits - int(counts.sum())
    # About a third of what is left, or all of it where no municipality is large, in small ones.
    small = rng.permutation(np.arange(large, len(members)).repeat(4))
    taken = small[: left if large == 0 else left // 3]
    counts += np.bincount(taken, minlength=len(members))
    left -= len(taken)
    if left:
        weights = geography().weights[members[:large]]
        counts[:large] += np.bincount(choose(rng, weights, left), minlength=large)
    return np.repeat(members, counts)
