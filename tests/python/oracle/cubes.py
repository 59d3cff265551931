"""An independent count of the cubes, person by person, from a warehouse's facts.

Facts and dimensions are proved elsewhere; days are counted from the registered spells, since a week
may reach into two periods. Written from the cubes' definitions only.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any, NamedTuple

import duckdb

from .facts import MEASURE_TYPES, half_year, period_bounds
from .places import FAR, GEOGRAPHY, NOWHERE, UNKNOWN, place_on, regions

Cell = tuple[str, ...]
"""Period, region set, type and code, the cube's own codes, and the name of the figure."""
Cube = dict[Cell, tuple[Decimal, int]]
"""The figure of each cell and the persons it rests on; none where there is nothing to tell."""

BANDS = {
    "18-25": (18, 25),
    "26-35": (26, 35),
    "36-45": (36, 45),
    "46-55": (46, 55),
    "56+": (56, 150),
}
MEASURE_GROUPS = {
    row["measure_type"]: row["measure_group"]
    for row in csv.DictReader(
        (GEOGRAPHY.parent / "codelists" / "measure_types.csv").open(encoding="utf-8")
    )
}
TO_WORK_OR_EDUCATION = ("arbeid", "utdanning")


def age_on(born: date, day: date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def band_of(born: date | None, day: date) -> str:
    age = -1 if born is None else age_on(born, day)
    return next((band for band, (low, high) in BANDS.items() if low <= age <= high), "other")


def half_up(number: Fraction | int, decimals: int = 0) -> Decimal:
    """Rounded half up."""
    scale = 10**decimals
    return Decimal(floor(number * scale + Fraction(1, 2))) / scale


class Someone(NamedTuple):
    """A person in a period: place and codes, and what was done with the days."""

    period: str
    place: str | None
    sex: str
    band: str
    country: str
    group: str | None
    programme_days: int
    measured_days: int
    hours: Fraction
    judged: int
    full_time: int
    measures: frozenset[str]


class Days(NamedTuple):
    """A participation's days in a period."""

    programme: int
    measured: int
    hours: Fraction
    measures: frozenset[str]


class Counted:
    """Every cube of a warehouse, counted anew."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._rows: Callable[[str], list[tuple[Any, ...]]] = lambda query: connection.execute(
            query
        ).fetchall()
        self._cubes: dict[str, Cube] = {}
        [(self.until, self.known)] = self._rows("select observed_until, as_of from dim_vintage")
        self.persons = {
            key: (sex or "unknown", born, country or "unknown", bool(is_protected))
            for key, sex, born, country, is_protected in self._rows(
                "select person_key, sex, birth_date, country_of_birth, is_address_protected "
                "from dim_person"
            )
        }
        self.participations = self._rows(
            "select participation_id, person_key, municipality_code, legal_regime, start_date, "
            "end_date from fct_participation "
            "where start_date <= (select observed_until from dim_vintage)"
        )
        first = min(start.year for *_, start, _ in self.participations)
        self.periods = {
            period: period_bounds(period)
            for year in range(first, self.until.year + 1)
            for period in (f"{year}", f"{year}H1", f"{year}H2")
        }
        self.somebody = list(self._somebody())

    def regions(self, place: str | None, period: str) -> list[tuple[str, str, str]]:
        """Where a figure of a place counts in a period."""
        return regions(place, period_bounds(period)[1], self.known)

    def _somebody(self) -> Iterator[Someone]:
        """Each person in each period that one of the person's participations touches."""
        groups = dict(
            self._rows("select participation_id, termination_group from fct_terminations")
        )
        days = self._days()
        of_person = defaultdict(list)
        for one in self.participations:
            of_person[one[1]].append(one)
        for (person, own), (period, (first, last)) in product(
            of_person.items(), self.periods.items()
        ):
            touching = [one for one in own if one[4] <= last and (one[5] or self.until) >= first]
            if not touching:
                continue
            key, _, code, _, _, end = max(touching, key=lambda one: (one[5] or FAR, one[4], one[0]))
            sex, born, country, is_protected = self.persons[person]
            worked = [(one, days[one[0], period]) for one in touching if (one[0], period) in days]
            judged = [
                5 * its.hours >= its.programme * self._full_week(its)
                for one, its in worked
                if its.programme >= 20 and one[3]
            ]
            yield Someone(
                period,
                None if is_protected else code,
                sex,
                band_of(born, last),
                country,
                groups.get(key, "ukjent") if end and end <= last else None,
                sum(its.programme for _, its in worked),
                sum(its.measured for _, its in worked),
                sum((its.hours for _, its in worked), Fraction(0)),
                len(judged),
                sum(judged),
                frozenset().union(*(its.measures for _, its in worked)),
            )

    @staticmethod
    def _full_week(days: Days) -> Fraction:
        return Fraction(30) if "fagivgs" in days.measures else Fraction("37.5")

    def _days(self) -> dict[tuple[str, str], Days]:
        """What a participation's programme days in each period hold, where there are some."""
        measures, leaves = defaultdict(list), defaultdict(list)
        for key, first, last, word, hours in self._rows(
            "select participation_id, from_date, to_date, measure_word, hours_per_week "
            "from stg_nir__tiltak"
        ):
            measures[key].append((first, last, word, hours))
        for key, first, last in self._rows(
            "select participation_id, from_date, to_date from stg_nir__permisjoner"
        ):
            leaves[key].append((first, last))
        result = {}
        for key, *_, start, end in self.participations:
            whole = (start, end or self.until)
            programme = _weekdays(*whole)
            for first, last in leaves[key]:
                programme -= _weekdays(first, last or whole[1])
            by_half_year = defaultdict(set)
            for number in programme:
                by_half_year[half_year(date.fromordinal(number))].add(number)
            for period in self.periods:
                there = set().union(
                    *(days for name, days in by_half_year.items() if name.startswith(period))
                )
                covered: set[int] = set()
                hours, kinds = Fraction(0), set()
                for first, last, word, weekly in measures[key] if there else ():
                    during = there & _weekdays(max(first, start), min(last or whole[1], whole[1]))
                    covered |= during
                    hours += len(during) * Fraction(weekly or 0) / 5
                    kinds |= {MEASURE_TYPES.get(word, "ukjent")} if during else set()
                if there:
                    result[key, period] = Days(len(there), len(covered), hours, frozenset(kinds))
        return result

    def counted(
        self,
        counts: Iterable[tuple[str, str | None, Cell, Cell]],
        name: str,
        only: tuple[str, ...] = ("country", "county", "municipality"),
    ) -> tuple[Cube, Counter[Cell]]:
        """A cube of persons: for each its period, place, codes without and codes with a total."""
        cells: Counter[Cell] = Counter()
        for period, place, kept, codes in counts:
            for region in self.regions(place, period):
                if region[1] in only:
                    for rolled in product(*((code, "total") for code in codes)):
                        cells[period, *region, *kept, *rolled] += 1
        return {(*cell, name): (Decimal(n), n) for cell, n in cells.items()}, cells

    def with_percent(self, cube: Cube, cells: Counter[Cell], over: int, decimals: int = 0) -> Cube:
        """The cube with each cell's percent of the total over one of its codes, by place."""
        percents = {}
        for cell, count in cells.items():
            whole = cells[*cell[:over], "total", *cell[over + 1 :]]
            percents[*cell, "percent"] = half_up(Fraction(100 * count, whole), decimals), count
        return cube | percents

    def cube(self, name: str) -> Cube:
        """The cube of a name; counted once."""
        if name not in self._cubes:
            self._cubes[name] = getattr(self, name)()
        return self._cubes[name]

    def stat_participants(self) -> Cube:
        found = self.counted(
            ((one.period, one.place, (), (one.sex, one.band)) for one in self.somebody),
            "participants",
        )
        return self.with_percent(*found, over=4, decimals=1)

    def stat_participants_country(self) -> Cube:
        found = self.counted(
            ((one.period, one.place, (), (one.sex, one.country)) for one in self.somebody),
            "participants",
            ("country", "county"),
        )
        return self.with_percent(*found, over=4)

    def _measures(self, code_of: Callable[[str], str]) -> Cube:
        return self.counted(
            (
                (one.period, one.place, (kind,), (one.sex,))
                for one in self.somebody
                for kind in {code_of(kind) for kind in one.measures}
            ),
            "participants_with_measure",
        )[0]

    def stat_measures_12(self) -> Cube:
        return self._measures(lambda kind: kind)

    def stat_measures_4(self) -> Cube:
        return self._measures(lambda kind: MEASURE_GROUPS[kind])

    def _exits(self, code_of: Callable[[str], str]) -> Cube:
        found = self.counted(
            (
                (one.period, one.place, (), (one.sex, code_of(one.group)))
                for one in self.somebody
                if one.group
            ),
            "exits",
        )
        return self.with_percent(*found, over=5)

    def stat_direct_result_7(self) -> Cube:
        return self._exits(lambda group: group)

    def stat_direct_result_2(self) -> Cube:
        return self._exits(lambda group: "arbutd" if group in TO_WORK_OR_EDUCATION else "annet")

    def stat_hours(self) -> Cube:
        cells = defaultdict(list)
        for one in self.somebody:
            if one.programme_days:
                for region in self.regions(one.place, one.period):
                    for sex in (one.sex, "total"):
                        cells[one.period, *region, sex].append(one)
        cube: Cube = {}
        for cell, there in cells.items():
            days = sum(one.programme_days for one in there)
            hours = sum((one.hours for one in there), Fraction(0))
            measured = sum(one.measured_days for one in there)
            judged = sum(one.judged for one in there)
            cube[*cell, "hours_per_week"] = half_up(5 * hours / days, 1), len(there)
            cube[*cell, "measure_days_percent"] = (
                half_up(Fraction(100 * measured, days)),
                len(there),
            )
            if judged:
                sides = (
                    sum(one.full_time > 0 for one in there),
                    sum(one.judged > one.full_time for one in there),
                )
                cube[*cell, "full_time_percent"] = (
                    half_up(Fraction(100 * sum(one.full_time for one in there), judged)),
                    min(sides) or sum(one.judged > 0 for one in there),
                )
        return cube

    def _statuses(self, column: str, only: tuple[str, ...]) -> Cube:
        statuses = self._rows(
            f"select person_key, status_year, years_after, municipality_code, {column} "
            "from fct_one_year_status "
            "where is_resident and has_status_source and has_income_source"
        )
        found = self.counted(
            (
                (
                    str(year),
                    None if self.persons[key][3] else place,
                    (str(after),),
                    (self.persons[key][0], code),
                )
                for key, year, after, place, code in statuses
            ),
            "former_participants",
            only,
        )
        return self.with_percent(*found, over=6)

    def stat_status(self) -> Cube:
        return self._statuses("status_group", ("country", "county", "municipality"))

    def stat_status_codes(self) -> Cube:
        return self._statuses("status_code", ("country", "county"))

    def stat_benefit(self) -> Cube:
        paid: dict[tuple[str, str], dict[str | None, Decimal]] = defaultdict(dict)
        for key, month, place, amount in self._rows(
            "select person_key, benefit_month, municipality_code, amount from fct_benefit_months"
        ):
            for period in (str(month.year), half_year(month)):
                if period in self.periods:
                    own = paid[key, period]
                    own[place] = own.get(place, Decimal(0)) + amount
        cells: dict[Cell, list[Decimal]] = defaultdict(list)
        for (key, period), by_place in paid.items():
            last = self.periods[period][1]
            sex, born, _, is_protected = self.persons.get(key, ("unknown", None, "", False))
            if sum(by_place.values()) > 0:
                place = None if is_protected else self._most(by_place, last)
                for region in self.regions(place, period):
                    for codes in product((sex, "total"), (band_of(born, last), "total")):
                        cells[period, *region, *codes].append(sum(by_place.values(), Decimal(0)))
        cube: Cube = {}
        for cell, amounts in cells.items():
            total = Fraction(sum(amounts))
            cube[*cell, "recipients"] = Decimal(len(amounts)), len(amounts)
            cube[*cell, "amount"] = half_up(total), len(amounts)
            cube[*cell, "mean_amount"] = half_up(total / len(amounts)), len(amounts)
        return cube

    def _most(self, by_place: dict[str | None, Decimal], last: date) -> str:
        """The code registered of the municipality that paid most, the lower code of equals."""
        by_municipality: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for code, amount in by_place.items():
            there = place_on(code, last, self.known).municipality
            known = code if code and place_on(code, FAR, self.known) != NOWHERE else UNKNOWN
            own = by_municipality[there if there != UNKNOWN else known]
            own[known] = own.get(known, Decimal(0)) + amount
        most = min(by_municipality, key=lambda code: (-sum(by_municipality[code].values()), code))
        return min(by_municipality[most], key=lambda code: (-by_municipality[most][code], code))

    def stat_completeness(self) -> Cube:
        cells: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
        for rule, code, is_protected, name, checked, findings in self._rows(
            "select rule_id, place_code, is_address_protected, half_year, checked, findings "
            "from dq_counts where checked > 0"
        ):
            place = None if is_protected else code
            for period in (name, name[:4]):
                for region in self.regions(place, period):
                    cells[period, *region, rule][0] += checked
                    cells[period, *region, rule][1] += findings
        cube: Cube = {}
        for cell, (checked, findings) in cells.items():
            if cell[0] in self.periods:
                cube[*cell, "checked"] = Decimal(checked), checked
                cube[*cell, "findings"] = Decimal(findings), findings
                cube[*cell, "percent"] = half_up(Fraction(100 * findings, checked)), checked
        return cube

    def stat_registration_share(self) -> Cube:
        """A year's events expected are those of its half-years; so are the interval's ends."""
        cells: dict[Cell, list[tuple[int, list[float]]]] = defaultdict(list)
        for kind, name, known, *shares in self._rows(
            "select event_type, half_year, known_count, known_share, known_share_low, "
            "known_share_high from fct_registration_share where region_type = 'country'"
        ):
            for period in (name, name[:4]):
                cells[period, "at_the_time", "country", "0", kind].append((known, shares))
        cube: Cube = {}
        for cell, halves in cells.items():
            known = sum(count for count, _ in halves)
            for place, name in enumerate(("known_percent", "low_percent", "high_percent")):
                whole = sum(count / shares[place] for count, shares in halves if shares[place])
                if whole:
                    cube[*cell, name] = Decimal(floor(100 * known / whole + 0.5)), known
        return cube

    def stat_series(self) -> dict[tuple[str, str, str], tuple[Decimal, int]]:
        """Period, sex and figure of the country's main figures."""
        total, exits = ("total",), self.cube("stat_direct_result_2")
        chosen = [
            (self.cube("stat_participants"), (), total, "participants", ""),
            (self.cube("stat_hours"), (), (), "", ""),
            (exits, (), total, "exits", ""),
            (exits, (), ("arbutd",), "percent", "direct_result_percent"),
            (self.cube("stat_benefit"), (), total, "", ""),
            (self.cube("stat_status"), ("1",), total, "former_participants", ""),
            (self.cube("stat_status"), ("1",), ("1",), "percent", "status_percent"),
        ]
        series = {}
        # Of each cube: the codes before and after sex, the figure if not all, and its other name.
        for cube, before, after, only, called in chosen:
            for (period, *region_and_codes, name), figure in cube.items():
                region, codes = region_and_codes[:3], region_and_codes[3:]
                sex = codes[len(before)]
                is_chosen = codes == [*before, sex, *after] and only in ("", name)
                if region == ["at_the_time", "country", "0"] and is_chosen:
                    series[period, sex, called or name] = figure
        return series

    def stat_country_years(self) -> dict[int, tuple[Any, ...]]:
        """By year: participants, men, women, exits, of these to work or education and percent,
        former participants, of these in work or education and percent.
        """
        former = defaultdict(list)
        for year, group, has_income in self._rows(
            "select status_year, status_group, has_income_source from fct_one_year_status "
            "where years_after = 1 and is_resident"
        ):
            former[year].append((group == "1", has_income))
        by_year = defaultdict(list)
        for one in self.somebody:
            if len(one.period) == 4:
                by_year[int(one.period)].append(one)
        result = {}
        for year in {*by_year, *former}:
            there = by_year[year]
            exits = [one.group in TO_WORK_OR_EDUCATION for one in there if one.group]
            in_work = [is_in_work for is_in_work, _ in former[year]]
            result[year] = (
                len(there),
                sum(one.sex == "1" for one in there),
                sum(one.sex == "2" for one in there),
                len(exits),
                sum(exits),
                half_up(Fraction(100 * sum(exits), len(exits))) if exits else None,
                len(in_work) or None,
                sum(in_work) if in_work else None,
                half_up(Fraction(100 * sum(in_work), len(in_work)))
                if in_work and all(has_income for _, has_income in former[year])
                else None,
            )
        return result


def _weekdays(first: date, last: date) -> set[int]:
    """The Mondays to Fridays from one date to another, by number; Monday is 1 modulo 7."""
    return {
        number for number in range(first.toordinal(), last.toordinal() + 1) if number % 7 in _WORK
    }


_WORK = (1, 2, 3, 4, 5)
