"""The facts, read literally: a calendar is laid out and every date asked what it is.

Persons are keyed by the raw number of their current ident; whoever compares maps it to the
pseudonym. Hours are exact decimals or fractions, so nothing depends on the order of summation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from .places import FAR, OTHER_PLACES, Place, place_on
from .reading import Extracts, Row

MEASURE_TYPES = {
    "norsk": "norskopplaring",
    "samfunnskunnskap": "norskopplaring",
    "spraakpraksis": "sprakpraksis",
    "arbeidspraksis_offentlig": "arbeidstrening",
    "arbeidspraksis_privat": "arbeidstrening",
    "arbeidsmarkedskurs": "arbeidsmarkedsopp",
    "arbeid_offentlig": "arbeid",
    "arbeid_privat": "arbeid",
    "grunnskole": "grunnskoleopp",
    "videregaende": "fagivgs",
    "yrkesrettet_kurs": "yrkesrettet_kurs",
    "realkompetansevurdering": "vurdering_realkompv_mkomp",
    "godkjenning_utdanning": "vurdering_realkompv_mkomp",
    "helsefremmende": "helsefremmende",
    "sosialt_nettverk": "sosialt_nettverk",
    "livsmestring": "sosialt_nettverk",
    "foreldreveiledning": "sosialt_nettverk",
    "spraaktilbud_engelsk": "annet",
    "spraaktilbud_annet": "annet",
    "annet": "annet",
}

TERMINATION_GROUPS = {
    "arbeid": "arbeid",
    "videregaende": "utdanning",
    "hoyere_utdanning": "utdanning",
    "grunnskole": "gr_skole",
    "kvalifiseringsprogram": "kvalifisering",
    "arbeidsmarkedstiltak": "kvalifisering",
    "sosialstonad": "sos_stnd",
    "trygdeytelse": "trygd_annen",
    "flyttet": "annet",
    "utvandret": "annet",
    "dod": "annet",
    "helse": "annet",
    "permisjon_ikke_tilbake": "annet",
    "avbrutt": "annet",
    "annet": "annet",
    "ikke_registrert": "ikke_registrert",
}

INTRODUCTION_ACT = "introduksjonsloven"
INTEGRATION_ACT = "integreringsloven"
COLLECTIVE_PROTECTION = "kollektiv_beskyttelse"

ONE_DAY = timedelta(days=1)


@dataclass
class Day:
    """What one calendar date is in one participation."""

    is_participation: bool = False
    is_leave: bool = False
    is_programme: bool = False
    measure_types: set[str] = field(default_factory=set)
    hours: dict[str, Decimal] = field(default_factory=dict)


@dataclass
class Participation:
    """One accepted `deltakelser` row with its calendar."""

    source: Row
    person: str
    start: date
    end: date | None
    counts_nowhere: bool
    calendar: dict[date, Day]
    absence: dict[str, dict[date, Fraction]]

    @property
    def id(self) -> str:
        return str(self.source["deltakelse_id"])

    @property
    def municipality(self) -> str:
        return str(self.source["kommunenr"])

    @property
    def rank(self) -> tuple[date, date, str]:
        """`coalesce(end_date, infinity)` is latest; ties: later `start_date`, then greater id."""
        return self.end or date.max, self.start, self.id


def monday(day: date) -> date:
    """Weeks are ISO weeks, named by their Monday."""
    while day.weekday() != 0:
        day -= ONE_DAY
    return day


def dates(first: date, last: date) -> Iterator[date]:
    """Yield every calendar date from the first to the last, both included."""
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def within(day: date, first: date, last: date | None) -> bool:
    """All `fra`/`til` dates are inclusive; an empty `til` is open."""
    return first <= day and (last is None or day <= last)


def half_year(day: date) -> str:
    """Return `2017H1` for 1 Jan-30 Jun and `2017H2` for 1 Jul-31 Dec."""
    return f"{day.year}H1" if day.month <= 6 else f"{day.year}H2"


def period_bounds(period: str) -> tuple[date, date]:
    """Return the first and last day of a year (`2017`) or a half-year (`2017H1`)."""
    year = int(period[:4])
    if period.endswith("H1"):
        return date(year, 1, 1), date(year, 6, 30)
    if period.endswith("H2"):
        return date(year, 7, 1), date(year, 12, 31)
    return date(year, 1, 1), date(year, 12, 31)


def completed_years(born: date, day: date) -> int:
    """Return the age on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def age_band(age: int | None) -> str:
    """`18-25, 26-35, 36-45, 46-55, 56+, and other (under 18 or unknown).`"""
    bands = ((18, 25), (26, 35), (36, 45), (46, 55))
    if age is not None and age >= 56:
        return "56+"
    return next((f"{a}-{b}" for a, b in bands if age is not None and a <= age <= b), "other")


class Facts:
    """All facts of one set of extracts."""

    def __init__(self, extracts: Extracts) -> None:
        self.extracts = extracts
        self.rows = extracts.rows
        # Without a delivery from NIR nothing has been observed.
        self.observed_until = extracts.observed_until or date.min

    # Persons

    @cached_property
    def _next_ident(self) -> dict[str, str]:
        return {row["ident"]: row["gjeldende_ident"] for row in self.rows["identer"]}

    def current(self, ident: str) -> str:
        """`A chain of numbers is followed to its end whatever its dates; a loop is broken at the
        number that sorts first.`
        """
        walked = [ident]
        while walked[-1] in self._next_ident:
            following = self._next_ident[walked[-1]]
            if following in walked:
                return min(walked[walked.index(following) :])
            walked.append(following)
        return walked[-1]

    @cached_property
    def persons(self) -> dict[str, Row | None]:
        """Return each person's winning `personer` row.

        `the current ident's row wins, then the latest registrert_dato`; a person known only from a
        participation still gets a row.
        """
        winners: dict[str, Row | None] = {}
        for row in self.rows["personer"]:
            person = self.current(row["ident"])
            other = winners.get(person)
            if other is None or self._person_rank(row) > self._person_rank(other):
                winners[person] = row
        for row in self.rows["deltakelser"]:
            winners.setdefault(self.current(row["ident"]), None)
        return winners

    @cached_property
    def deaths(self) -> dict[str, date]:
        """Return the day of death of each person known to have died.

        `death_date counts from observed_until back; a date that lies before the birth is missing.`
        A person is dead whichever number knows of it; the number that wins is asked first.
        """
        found: dict[str, date] = {}
        for row in sorted(self.rows["personer"], key=self._person_rank):
            person, died = self.current(row["ident"]), row["dod_dato"]
            born = (self.persons[person] or {})["fodselsdato"] or date.min
            if died is not None and born <= died <= self.observed_until:
                found[person] = died
        return found

    def _person_rank(self, row: Row) -> tuple[bool, date, int]:
        is_current = row["ident"] == self.current(row["ident"])
        return is_current, row["registrert_dato"] or date.min, row["line_number"]

    def legal_regime(self, person: str) -> str | None:
        """Return the law that governs a person.

        `1. kollektiv_beskyttelse if oppholdsgrunnlag = 'kollektiv_beskyttelse' and the permit date
        is on or after 2022-03-11; 2. else integreringsloven if the permit date is on or after
        2021-01-01, or the arrival date is; 3. else introduksjonsloven. With neither date known, the
        start of the first participation decides.`
        """
        row = self.persons.get(person) or {}
        permit, arrival = row.get("opphold_dato"), row.get("ankomst_dato")
        if permit is None and arrival is None:
            starts = [
                deltakelse["start_dato"]
                for deltakelse in self.rows["deltakelser"]
                if self.current(deltakelse["ident"]) == person
            ]
            if not starts:
                return None
            permit = min(starts)
        if (
            row.get("oppholdsgrunnlag") == "kollektiv_beskyttelse"
            and permit is not None
            and permit >= date(2022, 3, 11)
        ):
            return COLLECTIVE_PROTECTION
        for day in (permit, arrival):
            if day is not None and day >= date(2021, 1, 1):
                return INTEGRATION_ACT
        return INTRODUCTION_ACT

    @cached_property
    def _regimes(self) -> dict[str, str | None]:
        return {person: self.legal_regime(person) for person in self.persons}

    def dim_person(self) -> list[Row]:
        """One row per person."""
        result = []
        for person, winner in self.persons.items():
            row: Row = winner or {}
            result.append(
                {
                    "person_key": person,
                    "sex": row.get("kjonn"),
                    "birth_date": row.get("fodselsdato"),
                    "country_of_birth": row.get("fodeland"),
                    "citizenship": row.get("statsborgerskap"),
                    "legal_regime": self._regimes[person],
                    "residence_basis": row.get("oppholdsgrunnlag"),
                    "permit_date": row.get("opphold_dato"),
                    "arrival_date": row.get("ankomst_dato"),
                    "has_upper_secondary": {"ja": True, "nei": False}.get(
                        row.get("utdanningsbakgrunn") or ""
                    ),
                    "is_address_protected": (
                        row.get("adressebeskyttelse") in ("6", "7") if winner else None
                    ),
                    "settled_municipality_code": row.get("bosatt_kommune"),
                    "settled_date": row.get("bosatt_dato"),
                    "death_date": self.deaths.get(person),
                    "is_research_reserved": (
                        row.get("reservert_forskning") == "1" if winner else None
                    ),
                }
            )
        return result

    # Participations, day by day

    @cached_property
    def participations(self) -> list[Participation]:
        """Return every accepted participation with its calendar."""
        return [self._participation(row) for row in self.rows["deltakelser"]]

    def _children(self, dataset: str) -> dict[str, list[Row]]:
        children: dict[str, list[Row]] = {}
        for row in self.rows[dataset]:
            children.setdefault(row["deltakelse_id"], []).append(row)
        return children

    @cached_property
    def _measures(self) -> dict[str, list[Row]]:
        return self._children("tiltak")

    @cached_property
    def _leaves(self) -> dict[str, list[Row]]:
        return self._children("permisjoner")

    @cached_property
    def _absences(self) -> dict[str, list[Row]]:
        return self._children("fravaer")

    def _participation(self, source: Row) -> Participation:
        """`An end date after observed_until is not known yet. A participation that starts after it
        stays in fct_participation with zero days, and counts nowhere else.`

        `A participation ends at the latest on the day of death. One that starts after the death
        keeps its dates, has no days, and counts nowhere else.`
        """
        start, end = source["start_dato"], source["slutt_dato"]
        person = self.current(source["ident"])
        died = self.deaths.get(person)
        if end is not None and end > self.observed_until:
            end = None
        is_after_death = died is not None and start > died
        if died is not None and not is_after_death and (end is None or end > died):
            end = died
        calendar = {
            day: self._day(source["deltakelse_id"], day, start, end)
            for day in dates(start, end or self.observed_until)
            if not is_after_death
        }
        return Participation(
            source=source,
            person=person,
            start=start,
            end=end,
            counts_nowhere=start > self.observed_until or is_after_death,
            calendar=calendar,
            absence=self._absence(source["deltakelse_id"], calendar),
        )

    def _day(self, participation_id: str, day: date, start: date, end: date | None) -> Day:
        """Say what one date is.

        `A day of participation is a Monday-Friday date d with start_date <= d <= coalesce(end_date,
        observed_until) and d <= observed_until. A leave day is a day of participation inside a
        permisjoner spell. A programme day is a day of participation that is no leave day. A tiltak
        row gives timer_per_uke / 5 hours on each programme day from fra_dato to coalesce(til_dato,
        end of participation); missing hours: the days count, the hours are 0.`
        """
        what = Day()
        what.is_participation = (
            day.weekday() < 5
            and start <= day <= (end or self.observed_until)
            and day <= self.observed_until
        )
        what.is_leave = what.is_participation and any(
            within(day, leave["fra_dato"], leave["til_dato"])
            for leave in self._leaves.get(participation_id, [])
        )
        what.is_programme = what.is_participation and not what.is_leave
        if what.is_programme:
            for measure in self._measures.get(participation_id, []):
                if within(day, measure["fra_dato"], measure["til_dato"]):
                    kind = MEASURE_TYPES.get(measure["tiltakstype"], "ukjent")
                    weekly = measure["timer_per_uke"] or Decimal(0)
                    what.measure_types.add(kind)
                    what.hours[kind] = what.hours.get(kind, Decimal(0)) + weekly / 5
        return what

    def _absence(
        self, participation_id: str, calendar: dict[date, Day]
    ) -> dict[str, dict[date, Fraction]]:
        """Return absence hours by type and date (a Monday for those that fall whole into a week).

        `Absence hours are spread evenly over the spell's Monday-Friday dates that are days of
        participation; a spell with none falls whole into the week of its fra_dato if that week has
        a row, else it counts nowhere.`
        """
        days = [day for day, what in calendar.items() if what.is_participation]
        weeks = {monday(day) for day in days}
        hours: dict[str, dict[date, Fraction]] = {"gyldig": {}, "ugyldig": {}}
        for spell in self._absences.get(participation_id, []):
            kind = hours.get(spell["fravaerstype"])
            if kind is None:
                continue  # an unknown word is a finding: neither valid nor invalid absence
            struck = [day for day in days if within(day, spell["fra_dato"], spell["til_dato"])]
            if struck:
                for day in struck:
                    kind[day] = kind.get(day, Fraction(0)) + Fraction(spell["timer"]) / len(struck)
            elif monday(spell["fra_dato"]) in weeks:
                week = monday(spell["fra_dato"])
                kind[week] = kind.get(week, Fraction(0)) + Fraction(spell["timer"])
        return hours

    def fct_participation(self) -> list[Row]:
        """One row per accepted `deltakelser` row."""
        result = []
        for one in self.participations:
            days = one.calendar.values()
            programme_days = sum(day.is_programme for day in days)
            planned = sum((sum(day.hours.values(), Decimal(0)) for day in days), Decimal(0))
            registered = one.source["registrert_dato"]
            result.append(
                {
                    "participation_id": one.id,
                    "person_key": one.person,
                    "decision_id": one.source["vedtak_id"],
                    "municipality_code": one.municipality,
                    "legal_regime": self._regimes[one.person],
                    "start_date": one.start,
                    "end_date": one.end,
                    "is_ongoing": one.end is None and not one.counts_nowhere,
                    "termination_reason": self._reason(one),
                    "final_goal": one.source["sluttmal"],
                    "programme_days": programme_days,
                    "leave_days": sum(day.is_leave for day in days),
                    "measure_days": sum(bool(day.measure_types) for day in days),
                    "planned_hours": planned,
                    "hours_per_week": 5 * planned / programme_days if programme_days else None,
                    "absence_hours_valid": sum(one.absence["gyldig"].values(), Fraction(0)),
                    "absence_hours_invalid": sum(one.absence["ugyldig"].values(), Fraction(0)),
                    "registered_date": registered,
                    "registration_lag_days": (
                        (registered - one.start).days if registered else None
                    ),
                }
            )
        return result

    @staticmethod
    def _reason(one: Participation) -> str | None:
        """Null while ongoing, else the word or `ikke_registrert`."""
        if one.end is None:
            return None
        return one.source["avslutningsarsak"] or "ikke_registrert"

    def fct_measure_weeks(self) -> list[Row]:
        """Participation x week x 12-group, where `measure_days > 0`.

        `measure_days: distinct programme days in the week with such a measure.`
        """
        result = []
        for one in self.participations:
            cells: dict[tuple[date, str], Row] = {}
            for date_, day in one.calendar.items():
                for kind in day.measure_types:
                    key = monday(date_), kind
                    cell = cells.setdefault(
                        key,
                        {
                            "participation_id": one.id,
                            "person_key": one.person,
                            "municipality_code": one.municipality,
                            "week_start": key[0],
                            "measure_type": kind,
                            "measure_days": 0,
                            "planned_hours": Decimal(0),
                        },
                    )
                    cell["measure_days"] += 1
                    cell["planned_hours"] += day.hours[kind]
            result.extend(cells.values())
        return result

    def fct_participation_weeks(self) -> list[Row]:
        """Participation x week with at least one day of participation."""
        result = []
        for one in self.participations:
            weeks: dict[date, Row] = {}
            for date_, day in one.calendar.items():
                if not day.is_participation:
                    continue
                week = weeks.setdefault(
                    monday(date_),
                    {
                        "participation_id": one.id,
                        "week_start": monday(date_),
                        "programme_days": 0,
                        "leave_days": 0,
                        "measure_days": 0,
                        "planned_hours": Decimal(0),
                        "absence_hours_valid": Fraction(0),
                        "absence_hours_invalid": Fraction(0),
                    },
                )
                week["programme_days"] += day.is_programme
                week["leave_days"] += day.is_leave
                week["measure_days"] += bool(day.measure_types)
                week["planned_hours"] += sum(day.hours.values(), Decimal(0))
            for kind, column in (
                ("gyldig", "absence_hours_valid"),
                ("ugyldig", "absence_hours_invalid"),
            ):
                for date_, hours in one.absence[kind].items():
                    weeks[monday(date_)][column] += hours
            result.extend(weeks.values())
        return result

    # Periods

    def place(self, one: Participation, day: date) -> Place:
        """Where a participation counts on a day."""
        return place_on(one.municipality, day, self.extracts.as_of)

    def touches(self, one: Participation, first: date, last: date) -> bool:
        """Say whether a participation touches a period.

        `start_date is not after its last day (nor after observed_until) and coalesce(end_date,
        observed_until) is not before its first day: calendar days, weekends included.`
        """
        return (
            one.start <= last
            and one.start <= self.observed_until
            and (one.end or self.observed_until) >= first
        )

    @cached_property
    def _by_person(self) -> dict[str, list[Participation]]:
        """Return the participations of each person; those that have not begun count nowhere."""
        result: dict[str, list[Participation]] = {}
        for one in self.participations:
            if not one.counts_nowhere:
                result.setdefault(one.person, []).append(one)
        return result

    def last_in(self, person: str, period: str) -> Participation | None:
        """Return the participation of a person that touches a period and ends last."""
        first, last = period_bounds(period)
        touching = [
            one for one in self._by_person.get(person, []) if self.touches(one, first, last)
        ]
        return max(touching, key=lambda one: one.rank, default=None)

    def _is_last(self, one: Participation, period: str) -> bool:
        """`take the participation that touches it and whose coalesce(end_date, infinity) is latest;
        if it ended in that period, it is that person's one exit of the period.`
        """
        return self.last_in(one.person, period) is one

    def fct_terminations(self) -> list[Row]:
        """One row per ended participation."""
        result = []
        for one in self.participations:
            if one.end is None or one.counts_nowhere:
                continue
            reason = self._reason(one)
            assert reason
            group = TERMINATION_GROUPS.get(reason, "ukjent")
            registered = one.source["avslutning_registrert_dato"]
            result.append(
                {
                    "participation_id": one.id,
                    "person_key": one.person,
                    "municipality_code": one.municipality,
                    "end_date": one.end,
                    "end_year": one.end.year,
                    "end_half_year": half_year(one.end),
                    "termination_reason": reason,
                    "termination_group": group,
                    "is_work_or_education": group in ("arbeid", "utdanning"),
                    "termination_source": one.source["avslutning_kilde"],
                    "registered_date": registered,
                    "registration_lag_days": (registered - one.end).days if registered else None,
                    "is_exit_of_year": self._is_last(one, str(one.end.year)),
                    "is_exit_of_half_year": self._is_last(one, half_year(one.end)),
                }
            )
        return result

    @cached_property
    def periods(self) -> list[str]:
        """Return every year and half-year from the first participation to `observed_until`."""
        begun = [one.start for one in self.participations if not one.counts_nowhere]
        if not begun:
            return []
        years = range(min(begun).year, self.observed_until.year + 1)
        result = []
        for year in years:
            for period in (str(year), f"{year}H1", f"{year}H2"):
                if period_bounds(period)[0] <= self.observed_until:
                    result.append(period)
        return result

    @cached_property
    def _by_period(self) -> dict[tuple[str, str], Row]:
        """Return days, hours and measure types by participation and period it touches."""
        result: dict[tuple[str, str], Row] = {}
        for one in self.participations:
            if one.counts_nowhere:
                continue
            for period in self.periods:
                if self.touches(one, *period_bounds(period)):
                    result[one.id, period] = {
                        "programme_days": 0,
                        "leave_days": 0,
                        "measure_days": 0,
                        "planned_hours": Decimal(0),
                        "types": {},
                    }
            for date_, day in one.calendar.items():
                if not day.is_participation:
                    continue
                hours = sum(day.hours.values(), Decimal(0))
                for period in (str(date_.year), half_year(date_)):
                    row = result[one.id, period]
                    row["programme_days"] += day.is_programme
                    row["leave_days"] += day.is_leave
                    row["measure_days"] += bool(day.measure_types)
                    row["planned_hours"] += hours
                    for kind in day.measure_types:
                        days, of_kind = row["types"].get(kind, (0, Decimal(0)))
                        row["types"][kind] = days + 1, of_kind + day.hours[kind]
        return result

    def fct_participation_periods(self) -> list[Row]:
        """Participation x period that it touches.

        `is_full_time: its law's hours met in the period; null below 20 programme days. Full time:
        37.5 hours a week, 30 where a measure in the period needs much own preparation.`
        """
        result = []
        for one in self.participations:
            for period in self.periods:
                if (one.id, period) not in self._by_period:
                    continue
                row = self._by_period[one.id, period]
                days, hours = row["programme_days"], row["planned_hours"]
                asked = Decimal(30) if "fagivgs" in row["types"] else Decimal("37.5")
                last = period_bounds(period)[1]
                result.append(
                    {
                        "participation_id": one.id,
                        "person_key": one.person,
                        "period": period,
                        "period_type": "year" if len(period) == 4 else "half_year",
                        "programme_days": days,
                        "leave_days": row["leave_days"],
                        "measure_days": row["measure_days"],
                        "planned_hours": hours,
                        "hours_per_week": 5 * hours / days if days else None,
                        "is_full_time": (
                            5 * hours >= asked * days
                            if days >= 20 and self._regimes[one.person]
                            else None
                        ),
                        "municipality_code": self.place(one, last).municipality,
                        "measure_types": ", ".join(sorted(row["types"])) or None,
                        "is_last_in_period": self._is_last(one, period),
                        "is_exit": self._is_last(one, period)
                        and one.end is not None
                        and one.end <= last,
                    }
                )
        return result

    def fct_participant_periods(self) -> list[Row]:
        """One row per person and period (year or half-year) touched.

        `A person has one municipality per period: that of the participation that touches it and
        ends last, carried forward to the code valid on the period's last day.`
        """
        result = []
        for person, theirs in self._by_person.items():
            about = self.persons[person] or {}
            for period in self.periods:
                one = self.last_in(person, period)
                if one is None:
                    continue
                last = period_bounds(period)[1]
                rows = [
                    self._by_period[each.id, period]
                    for each in theirs
                    if (each.id, period) in self._by_period
                ]
                days = sum(row["programme_days"] for row in rows)
                hours = sum((row["planned_hours"] for row in rows), Decimal(0))
                is_exit = one.end is not None and one.end <= last
                reason = self._reason(one) if is_exit else None
                group = TERMINATION_GROUPS.get(reason, "ukjent") if reason else None
                place, now = self.place(one, last), self.place(one, FAR)
                born = about.get("fodselsdato")
                age = completed_years(born, last) if born else None
                result.append(
                    {
                        "person_key": person,
                        "period": period,
                        "period_type": "year" if len(period) == 4 else "half_year",
                        "participation_id": one.id,
                        "municipality_code": place.municipality,
                        "county_code": place.county,
                        "reference_municipality_code": now.municipality,
                        "reference_county_code": now.county,
                        "is_address_protected": about.get("adressebeskyttelse") in ("6", "7"),
                        "sex": about.get("kjonn"),
                        "age": age,
                        "age_band": age_band(age),
                        "country_of_birth": about.get("fodeland"),
                        "legal_regime": self._regimes[person],
                        "programme_days": days,
                        "leave_days": sum(row["leave_days"] for row in rows),
                        "measure_days": sum(row["measure_days"] for row in rows),
                        "planned_hours": hours,
                        "hours_per_week": 5 * hours / days if days else None,
                        "is_exit": is_exit,
                        "termination_reason": reason,
                        "termination_group": group,
                        "is_work_or_education": group in ("arbeid", "utdanning") if group else None,
                    }
                )
        return result

    def fct_participant_period_measures(self) -> list[Row]:
        """Person x period x 12-group with a programme day of such a measure."""
        result: dict[tuple[str, str, str], Row] = {}
        for one in self.participations:
            for period in self.periods:
                types = self._by_period.get((one.id, period), {}).get("types", {})
                for kind, (days, hours) in types.items():
                    row = result.setdefault(
                        (one.person, period, kind),
                        {
                            "person_key": one.person,
                            "period": period,
                            "measure_type": kind,
                            "measure_days": 0,
                            "planned_hours": Decimal(0),
                        },
                    )
                    row["measure_days"] += days
                    row["planned_hours"] += hours
        return list(result.values())

    # Status after the programme

    def fct_one_year_status(self) -> list[Row]:
        """SSB's former participants: person x years after (1-5).

        `A person belongs to one cohort: the year in which the last participation ended, none if it
        is ongoing. A row exists once as_of is past 10 December of the status year.`
        """
        result = []
        for person, theirs in self._by_person.items():
            last = max(theirs, key=lambda one: one.rank)
            if last.end is None:
                continue
            for years_after in (1, 2, 3, 4, 5):
                status_year = last.end.year + years_after
                if self.extracts.as_of <= date(status_year, 12, 10):
                    continue
                reference = date(status_year, 11, 30)
                home = self._residence(person, reference)
                code = self._status(person, reference) if home else None
                delivered = self.extracts.status_delivered
                result.append(
                    {
                        "person_key": person,
                        "exit_year": last.end.year,
                        "status_year": status_year,
                        "years_after": years_after,
                        "municipality_code": last.municipality,
                        "residence_municipality_code": home,
                        "is_resident": home is not None,
                        "status_code": code,
                        "status_group": STATUS_GROUPS.get(code, "3") if code else None,
                        # `the newest status delivery is dated before 1 January of status_year + 2`
                        "is_preliminary": delivered is None
                        or delivered < date(status_year + 2, 1, 1),
                    }
                )
        return result

    @cached_property
    def _homes(self) -> dict[str, list[Row]]:
        homes: dict[str, list[Row]] = {}
        for spell in self.rows["bosatt"]:
            homes.setdefault(self.current(spell["ident"]), []).append(spell)
        return homes

    def _residence(self, person: str, reference: date) -> str | None:
        """Return the municipality a person lives in on a date, nothing if not resident.

        `is_resident: a bosatt spell covers the reference date and the person did not die before
        it.` Of several spells the one that began last speaks.
        """
        died = self.deaths.get(person)
        if died is not None and died < reference:
            return None
        covering = [
            spell
            for spell in self._homes.get(person, [])
            if within(reference, spell["fra_dato"], spell["til_dato"])
        ]
        if not covering:
            return None
        latest = max(covering, key=lambda spell: (spell["fra_dato"], spell["bosatt_id"]))
        # `Svalbard ...: a person registered there is not resident in a municipality of Norway.`
        return None if latest["kommunenr"] in OTHER_PLACES else str(latest["kommunenr"])

    @cached_property
    def _signals(self) -> dict[str, list[Row]]:
        signals: dict[str, list[Row]] = {}
        for signal in self.rows["signaler"]:
            signals.setdefault(self.current(signal["ident"]), []).append(signal)
        return signals

    @cached_property
    def _wages(self) -> dict[tuple[str, str], Decimal]:
        """Return the sum of wage lines by person and month."""
        wages: dict[tuple[str, str], Decimal] = {}
        for row in self.rows["inntekt"]:
            for part in row["incomes"]:
                if row["counts"] and part["is_wage"]:
                    key = self.current(row["ident"]), row["month"]
                    wages[key] = wages.get(key, Decimal(0)) + part["amount"]
        return wages

    def _status(self, person: str, reference: date) -> str:
        """Return the status by first match.

        `Employed: wage lines summing to more than 0 for November, or selvstendig on the reference
        date. In education: utdanning on it.`
        """
        signals = {
            signal["signal"]
            for signal in self._signals.get(person, [])
            if within(reference, signal["fra_dato"], signal["til_dato"])
        }
        wage = self._wages.get((person, f"{reference.year}-11"), Decimal(0))
        employed = wage > 0 or "selvstendig" in signals
        in_education = "utdanning" in signals
        if employed and in_education:
            return "15"
        if employed:
            return "11"
        if in_education:
            return "05"
        for signal, code in (
            ("helt_ledig", "21"),
            ("arbeidssoker_tiltak", "22"),
            ("nedsatt_arbeidsevne_tiltak", "32"),
            ("aap", "31"),
            ("helserelatert_ytelse", "33"),
            ("kontantstotte_overgangsstonad", "34"),
            ("sosialhjelp", "35"),
        ):
            if signal in signals:
                return code
        return "80" if signals else "08"

    # Introduction benefit

    def fct_benefit_months(self) -> list[Row]:
        """Person x month x municipality of the reporting unit.

        `Amounts may be negative and may come in several lines for one person and month: they add
        up. participation_id: the person's participation that touches the month; the latest start
        if several.`
        """
        result: dict[tuple[str, date, str | None], Row] = {}
        for row in self.rows["inntekt"]:
            for part in row["incomes"]:
                if not (row["counts"] and part["is_benefit"]):
                    continue
                person = self.current(row["ident"])
                first = date.fromisoformat(row["month"] + "-01")
                municipality = self._unit_municipality(row["unit"], first)
                one = self._participation_in_month(person, first)
                cell = result.setdefault(
                    (person, first, municipality),
                    {
                        "person_key": person,
                        "benefit_month": first,
                        "municipality_code": municipality,
                        "amount": Decimal(0),
                        "line_count": 0,
                        "participation_id": one.id if one else None,
                        "is_matched": one is not None,
                    },
                )
                cell["amount"] += part["amount"]
                cell["line_count"] += 1
        return list(result.values())

    def _unit_municipality(self, unit: str, first: date) -> str | None:
        """`the row valid on the month's first day; null if none`"""
        valid = [
            row
            for row in self.rows["virksomheter"]
            if row["virksomhet_id"] == unit and within(first, row["gyldig_fra"], row["gyldig_til"])
        ]
        if not valid:
            return None
        return str(max(valid, key=lambda row: (row["gyldig_fra"], row["line_number"]))["kommunenr"])

    def _participation_in_month(self, person: str, first: date) -> Participation | None:
        last = first
        while (last + ONE_DAY).month == first.month:
            last += ONE_DAY
        touching = [
            one for one in self._by_person.get(person, []) if self.touches(one, first, last)
        ]
        return max(touching, key=lambda one: (one.start, one.id), default=None)


STATUS_GROUPS = {"11": "1", "15": "1", "05": "1", "21": "2", "22": "2"}


FACTS = (
    "dim_person",
    "fct_participation",
    "fct_measure_weeks",
    "fct_participation_weeks",
    "fct_terminations",
    "fct_one_year_status",
    "fct_benefit_months",
    "fct_participation_periods",
    "fct_participant_periods",
    "fct_participant_period_measures",
)


def all_facts(extracts: Extracts) -> dict[str, list[Row]]:
    """Return every fact table by name."""
    facts = Facts(extracts)
    return {name: getattr(facts, name)() for name in FACTS}
