"""An independent, slow reading of some completeness rules, day by day, on a warehouse's staging.

Staging, persons and laws are proved elsewhere; this looks at what the rules make of them. Written
from the rules' words only.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from introstat.warehouse.opening import open_warehouse

Verdicts = dict[str, bool]
"""Whether each checked unit is a finding, by unit_id."""

DAY = timedelta(days=1)
# Whose a record is: the person's current number, where one replaced the record's.
PERSON = "coalesce(person_key, ident)"
JOINED = "left join int_identity__current_idents using (ident)"


class Spell(NamedTuple):
    """A measure or a leave as registered; hours are those of a week."""

    first: date
    last: date | None
    word: str = ""
    hours: Decimal = Decimal(0)

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


class Participation(NamedTuple):
    """A participation that has begun, with everything registered of it."""

    key: str
    person: str
    law: str | None
    start: date
    end: date | None
    last: date
    decision: str | None
    goal: str | None
    schooled: bool | None
    measures: list[Spell]
    leave: list[Spell]

    def days(self) -> list[date]:
        return [self.start + DAY * n for n in range((self.last - self.start).days + 1)]

    def on_leave(self, day: date) -> bool:
        return any(spell.holds(day) for spell in self.leave)

    def programme_days(self) -> list[date]:
        return [day for day in self.days() if day.weekday() < 5 and not self.on_leave(day)]

    def measured(self, day: date) -> bool:
        return any(spell.holds(day) for spell in self.measures)


def months_from(day: date, months: int) -> date:
    """The same day some months away; the month's last where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    length = (date(number // 12 + (number % 12 == 11), (number + 1) % 12 + 1, 1) - first).days
    return first.replace(day=min(day.day, length))


def half_year(day: date) -> str:
    return f"{day.year}H{1 if day.month <= 6 else 2}"


class Register:
    """What the rules read, from a warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        def rows(query: str) -> list[tuple]:
            return connection.execute(query).fetchall()

        [(self.observed_until,)] = rows("select observed_until from dim_vintage")
        measures, leave = defaultdict(list), defaultdict(list)
        for key, *spell in rows(
            "select participation_id, from_date, to_date, measure_word, hours_per_week "
            "from stg_nir__tiltak"
        ):
            first, last, word, hours = spell
            measures[key].append(Spell(first, last, word, hours or Decimal(0)))
        for key, first, last in rows(
            "select participation_id, from_date, to_date from stg_nir__permisjoner"
        ):
            leave[key].append(Spell(first, last))
        self.participations = [
            Participation(
                key, person, law, start, end, end or self.observed_until, decision, goal, schooled,
                measures[key], leave[key],
            )
            for key, person, law, start, end, decision, goal, schooled, died in rows(
                "select participation_id, person_key, persons.legal_regime, start_date, end_date, "
                "decision_id, final_goal, has_upper_secondary, death_date "
                "from fct_participation left join dim_person as persons using (person_key)"
            )
            if start <= min(self.observed_until, died or self.observed_until)
        ]  # fmt: skip
        self.deaths: dict[str, date] = dict(
            rows("select person_key, death_date from dim_person where death_date is not null")
        )
        self.ends: dict[str, date | None] = dict(
            rows("select participation_id, end_date from stg_nir__deltakelser")
        )
        self.spells = {
            kind: rows(f"select {key}, {whose}, from_date, to_date from {table} {joined}")
            for kind, key, whose, table, joined in (
                ("measure", "measure_id", "participation_id", "stg_nir__tiltak", ""),
                ("absence", "absence_id", "participation_id", "stg_nir__fravaer", ""),
                ("leave", "leave_id", "participation_id", "stg_nir__permisjoner", ""),
                ("category", "category_id", PERSON, "stg_nir__kategorier", JOINED),
                ("residence", "residence_id", PERSON, "stg_folkeregister__bosatt", JOINED),
                ("signal", "signal_id", PERSON, "stg_status__signaler", JOINED),
            )
        }
        [(self.residences_until, self.signals_until)] = rows(
            "select folkeregister_delivered, status_delivered from dim_vintage"
        )
        self.all_participations = rows(
            "select participation_id, person_key, start_date from fct_participation"
        )
        self.decisions = {
            key: (person, kind, day, first)
            for key, person, kind, day, first in rows(
                f"select decision_id, {PERSON}, decision_type, decision_date, from_date "
                f"from stg_nir__vedtak {JOINED}"
            )
        }
        self.benefit: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        self.paid: list[tuple[str, date, str | None, Decimal]] = rows(
            "select person_key, benefit_month, municipality_code, amount from fct_benefit_months"
        )
        for person, month, _, amount in self.paid:
            self.benefit[person, month] += amount
        self.organisations = {
            number
            for (number,) in rows(
                "select employer_id from stg_aordningen__inntekt where is_current union "
                "select unit_id from stg_aordningen__inntekt where is_current union "
                "select unit_id from stg_aordningen__virksomheter where is_current"
            )
        }
        self.received = {
            date.fromisoformat(f"{dataset[8:]}-01")
            for (dataset,) in rows(
                "select dataset from stg_receipt__files "
                "where is_used and source = 'aordningen' and table_name = 'inntekt'"
            )
        }


def running_measures(register: Register) -> Verdicts:
    """C01."""
    verdicts = {}
    since = months_from(register.observed_until, -2)
    window = [since + DAY * n for n in range((register.observed_until - since).days + 1)]
    for one in register.participations:
        inside = [day for day in window if one.start <= day]
        works = [day for day in inside if day.weekday() < 5]
        if one.end is None and one.start <= since and not all(map(one.on_leave, works)):
            verdicts[one.key] = not any(map(one.measured, inside))
    return verdicts


def measure_gaps(register: Register) -> Verdicts:
    """C04."""
    verdicts = {}
    for one in register.participations:
        longest = current = 0
        days = one.programme_days()
        for day in days:
            current = 0 if one.measured(day) else current + 1
            longest = max(longest, current)
        if days:
            verdicts[one.key] = longest > 10
    return verdicts


def full_time(register: Register) -> Verdicts:
    """C08."""
    verdicts = {}
    for one in register.participations:
        by_half_year = defaultdict(list)
        for day in one.programme_days():
            by_half_year[half_year(day)].append(day)
        for name, days in by_half_year.items():
            running = [spell for day in days for spell in one.measures if spell.holds(day)]
            wanted = Decimal("37.5")
            if any(spell.word == "videregaende" for spell in running):
                wanted = Decimal(30)
            if len(days) >= 20 and one.law:
                hours = sum((spell.hours for spell in running), Decimal(0)) / 5
                verdicts[f"{one.key}/{name}"] = hours * 5 < wanted * len(days)
    return verdicts


def durations(register: Register) -> Verdicts:
    """C10."""
    verdicts = {}
    for one in register.participations:
        extended = any(
            person == one.person
            and kind == "forlengelse"
            and any(mark and one.start <= mark <= one.last for mark in (day, first))
            for person, kind, day, first in register.decisions.values()
        )
        if one.law is None:
            continue
        if one.law == "kollektiv_beskyttelse":
            months, added = 12, 0
        elif one.law == "integreringsloven" and one.schooled:
            months, added = 6, 6
        elif one.law == "integreringsloven" and one.goal == "videregaende":
            months, added = 36, 12
        else:
            months, added = 24, 12
        # The law's own dates: integreringsloven from 2021, chapter 6A from 11 March 2022.
        begins = {"integreringsloven": date(2021, 1, 1), "kollektiv_beskyttelse": date(2022, 3, 11)}
        if one.start < begins.get(one.law, date.min):
            continue
        months += added if extended else 0
        allowed = (months_from(one.start, months) - one.start).days
        verdicts[one.key] = sum(not one.on_leave(day) for day in one.days()) > allowed
    return verdicts


def benefit_for_months(register: Register) -> Verdicts:
    """C11."""
    verdicts = {}
    for one in register.participations:
        by_month = defaultdict(list)
        for day in one.days():
            by_month[day.replace(day=1)].append(day)
        for month, days in by_month.items():
            following = months_from(month, 1)
            whole = len(days) == (following - month).days and not any(map(one.on_leave, days))
            if whole and {month, following} <= register.received:
                paid = (register.benefit.get((one.person, m), 0) for m in (month, following))
                verdicts[f"{one.key}/{month:%Y-%m}"] = all(amount <= 0 for amount in paid)
    return verdicts


def awards(register: Register) -> Verdicts:
    """C14."""
    verdicts = {}
    for one in register.participations:
        person, kind, day, _ = register.decisions.get(one.decision or "", (None, None, None, None))
        verdicts[one.key] = not (
            person == one.person and kind == "tildeling" and day <= months_from(one.start, 2)
        )
    return verdicts


def deaths(register: Register) -> Verdicts:
    """C24, by kind and key of a record: the day after the death is asked of it.

    A spell without an end goes on as long as its source has looked, one within a participation no
    longer than that was registered to last.
    """
    verdicts = {}
    persons = {key: person for key, person, _ in register.all_participations}

    def ask(kind: str, key: str, person: str, first: date, last: date | None) -> None:
        if person in register.deaths:
            after = register.deaths[person] + DAY
            verdicts[f"{kind} {key}"] = first >= after or (last is not None and last >= after)

    def registered_end(key: str) -> date | None:
        end = register.ends[key]
        return end if end and end <= register.observed_until else None

    for key, person, start in register.all_participations:
        end = registered_end(key)
        if end:
            ask("end", key, person, end, None)
        ask("participation", key, person, start, None if end else register.observed_until)
    looked = {
        "category": register.observed_until,
        "residence": register.residences_until,
        "signal": register.signals_until,
    }
    for kind, spells in register.spells.items():
        for key, whose, first, last in spells:
            if kind in looked:
                ask(kind, key, whose, first, last or looked[kind])
            elif whose in persons:
                until = registered_end(whose) or register.observed_until
                ask(kind, key, persons[whose], first, last or until)
    for key, (person, _, day, _) in register.decisions.items():
        ask("decision", key, person, day, None)
    for person, month, place, amount in register.paid:
        if person in register.deaths and amount > 0:
            due = months_from(register.deaths[person].replace(day=1), 1)
            where = f"/{place}" if place else ""
            verdicts[f"benefit {person}/{month:%Y-%m}{where}"] = month > due
    return verdicts


def organisation_numbers(register: Register) -> Verdicts:
    """C25."""
    return {number: not is_organisation(number) for number in register.organisations}


def is_organisation(number: str) -> bool:
    """Nine digits; the last makes the weighted sum of all of them divisible by eleven."""
    if len(number) != 9 or any(digit not in "0123456789" for digit in number):
        return False
    rest = sum(int(d) * w for d, w in zip(number[:8], (3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return int(number[8]) == (0 if rest == 0 else 11 - rest)


RULES = {
    "C01": running_measures,
    "C04": measure_gaps,
    "C08": full_time,
    "C10": durations,
    "C11": benefit_for_months,
    "C14": awards,
    "C24": deaths,
    "C25": organisation_numbers,
}


def compare_rules(warehouse: Path) -> list[str]:
    """Return each unit on which a rule's model and this reading differ."""
    differences = []
    with open_warehouse(warehouse) as connection:
        register = Register(connection)
        for rule_id, read in RULES.items():
            expected = read(register)
            found = dict(
                connection.execute(
                    "select if(rule_id = 'C24', unit_type || ' ', '') || unit_id, is_finding "
                    "from dq_checked where rule_id = ? and is_checked",
                    [rule_id],
                ).fetchall()
            )
            differences += [
                f"{rule_id} {unit}: expected {expected.get(unit)}, found {found.get(unit)}"
                for unit in sorted(expected.keys() | found.keys())
                if expected.get(unit) is not found.get(unit)
            ]
    return differences
