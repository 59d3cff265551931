"""Hold the warehouse's tables against the facts read day by day."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from introstat.warehouse.opening import open_warehouse

from .facts import all_facts
from .reading import Extracts, Quarantined, Row, read

AT_MOST = 10
HOURS_TOLERANCE = Fraction(1, 10**6)
RELATIVE_TOLERANCE = Fraction(1, 10**9)


@dataclass(frozen=True)
class Table:
    """The key of a table and how its columns are held against the oracle's.

    Columns not named are compared exactly.
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]
    hours: frozenset[str] = field(default=frozenset())
    doubles: frozenset[str] = field(default=frozenset())


ABSENCE = ("absence_hours_valid", "absence_hours_invalid")

TABLES = {
    "dim_person": Table(
        key=("person_key",),
        columns=(
            "sex",
            "birth_date",
            "country_of_birth",
            "citizenship",
            "legal_regime",
            "residence_basis",
            "permit_date",
            "arrival_date",
            "has_upper_secondary",
            "is_address_protected",
            "settled_municipality_code",
            "settled_date",
            "death_date",
            "is_research_reserved",
        ),
    ),
    "fct_participation": Table(
        key=("participation_id",),
        columns=(
            "person_key",
            "decision_id",
            "municipality_code",
            "legal_regime",
            "start_date",
            "end_date",
            "is_ongoing",
            "termination_reason",
            "final_goal",
            "programme_days",
            "leave_days",
            "measure_days",
            "planned_hours",
            "hours_per_week",
            *ABSENCE,
            "registered_date",
            "registration_lag_days",
        ),
        hours=frozenset(ABSENCE),
        doubles=frozenset({"hours_per_week"}),
    ),
    "fct_measure_weeks": Table(
        key=("participation_id", "week_start", "measure_type"),
        columns=("person_key", "municipality_code", "measure_days", "planned_hours"),
    ),
    "fct_participation_weeks": Table(
        key=("participation_id", "week_start"),
        columns=("programme_days", "leave_days", "measure_days", "planned_hours", *ABSENCE),
        hours=frozenset(ABSENCE),
    ),
    "fct_terminations": Table(
        key=("participation_id",),
        columns=(
            "person_key",
            "municipality_code",
            "end_date",
            "end_year",
            "end_half_year",
            "termination_reason",
            "termination_group",
            "is_work_or_education",
            "termination_source",
            "registered_date",
            "registration_lag_days",
            "is_exit_of_year",
            "is_exit_of_half_year",
        ),
    ),
    "fct_one_year_status": Table(
        key=("person_key", "years_after"),
        columns=(
            "exit_year",
            "status_year",
            "municipality_code",
            "residence_municipality_code",
            "is_resident",
            "status_code",
            "status_group",
            "is_preliminary",
        ),
    ),
    "fct_participation_periods": Table(
        key=("participation_id", "period"),
        columns=(
            "person_key",
            "period_type",
            "programme_days",
            "leave_days",
            "measure_days",
            "planned_hours",
            "hours_per_week",
            "is_full_time",
            "municipality_code",
            "measure_types",
            "is_last_in_period",
            "is_exit",
        ),
        doubles=frozenset({"hours_per_week"}),
    ),
    "fct_participant_periods": Table(
        key=("person_key", "period"),
        columns=(
            "period_type",
            "participation_id",
            "municipality_code",
            "county_code",
            "reference_municipality_code",
            "reference_county_code",
            "is_address_protected",
            "sex",
            "age",
            "age_band",
            "country_of_birth",
            "legal_regime",
            "programme_days",
            "leave_days",
            "measure_days",
            "planned_hours",
            "hours_per_week",
            "is_exit",
            "termination_reason",
            "termination_group",
            "is_work_or_education",
        ),
        doubles=frozenset({"hours_per_week"}),
    ),
    "fct_participant_period_measures": Table(
        key=("person_key", "period", "measure_type"),
        columns=("measure_days", "planned_hours"),
    ),
    "fct_benefit_months": Table(
        key=("person_key", "benefit_month", "municipality_code"),
        columns=("amount", "line_count", "participation_id", "is_matched"),
    ),
}


def as_fraction(value: Any) -> Fraction:
    """Return a number exactly as it prints."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def is_number(value: Any) -> bool:
    """Say whether a value is a number and no truth value."""
    return isinstance(value, (int, float, Decimal, Fraction)) and not isinstance(value, bool)


def agree(table: Table, column: str, ours: Any, theirs: Any) -> bool:
    """Say whether one value of the warehouse is the oracle's."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if is_number(ours) and is_number(theirs):
        left, right = as_fraction(ours), as_fraction(theirs)
        if column in table.hours:
            return abs(left - right) <= HOURS_TOLERANCE
        if column in table.doubles:
            return abs(left - right) <= RELATIVE_TOLERANCE * max(abs(left), abs(right))
        return left == right
    # True is not 1 and a timestamp is not a date: the type belongs to the interface.
    return type(ours) is type(theirs) and bool(ours == theirs)


def shown(value: Any) -> str:
    """Return a value for people; no identity number ever shows."""
    if isinstance(value, Fraction):
        value = float(value)
    text = "null" if value is None else str(value)
    return re.sub(r"[0-9]{11,}", "<number>", text)


def shown_key(names: Iterable[str], key: tuple[Any, ...]) -> str:
    """Return a row's key for people."""
    return ", ".join(f"{name} {shown(value)}" for name, value in zip(names, key, strict=True))


def differences(name: str, table: Table, ours: list[Row], theirs: list[Row]) -> list[str]:
    """Return what differs between the oracle's rows and the warehouse's."""
    found: list[str] = []
    by_key: dict[tuple[Any, ...], Row] = {}
    for row in theirs:
        key = tuple(row[column] for column in table.key)
        if key in by_key:
            found.append(f"{name}: twice in the warehouse: {shown_key(table.key, key)}")
        by_key[key] = row
    wanted = {tuple(row[column] for column in table.key): row for row in ours}
    assert len(wanted) == len(ours), f"the oracle repeats a key of {name}"
    for key in sorted(wanted.keys() - by_key.keys(), key=str):
        found.append(f"{name}: missing in the warehouse: {shown_key(table.key, key)}")
    for key in sorted(by_key.keys() - wanted.keys(), key=str):
        found.append(f"{name}: not expected: {shown_key(table.key, key)}")
    for key in sorted(wanted.keys() & by_key.keys(), key=str):
        for column in table.columns:
            expected, actual = wanted[key][column], by_key[key][column]
            if not agree(table, column, expected, actual):
                found.append(
                    f"{name}: {shown_key(table.key, key)}: {column} is {shown(actual)}, "
                    f"expected {shown(expected)}"
                )
    return found


def fetch(connection: duckdb.DuckDBPyConnection, name: str, columns: Iterable[str]) -> list[Row]:
    """Return a table's rows."""
    names = list(columns)
    quoted = ", ".join(f'"{column}"' for column in names)
    rows = connection.execute(f'select {quoted} from "{name}"').fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def quarantine_differences(ours: list[Quarantined], theirs: list[Row]) -> list[str]:
    """Return what differs in `quarantine`, and where an identity number shows in its content."""
    found = []

    def as_text(delivered: Any) -> str:
        day = delivered.date() if isinstance(delivered, datetime) else delivered
        return day.isoformat() if isinstance(day, date) else str(day)

    wanted = Counter(
        (row.dataset, row.reason, as_text(row.delivered), row.file_name, row.line_number)
        for row in ours
    )
    names = ("dataset", "reason", "delivered", "file_name", "line_number")
    actual = Counter(
        (
            row["dataset"],
            row["reason"],
            as_text(row["delivered"]),
            row["file_name"],
            row["line_number"],
        )
        for row in theirs
    )
    for key in sorted((wanted - actual).elements(), key=str):
        found.append(f"quarantine: missing in the warehouse: {shown_key(names, key)}")
    for key in sorted((actual - wanted).elements(), key=str):
        found.append(f"quarantine: not expected: {shown_key(names, key)}")
    idents = {
        (row.dataset, as_text(row.delivered), row.file_name, row.line_number): row.idents
        for row in ours
    }
    for row in theirs:
        place = row["dataset"], as_text(row["delivered"]), row["file_name"], row["line_number"]
        content = row["row_content"]
        if content is None:
            found.append(f"quarantine: no row_content: {place}")
        elif any(ident in str(content) for ident in idents.get(place, ())):
            found.append(f"quarantine: an identity number stands in row_content: {place}")
    return found


def mapped(rows: list[Row], pseudonym: Callable[[str], str]) -> list[Row]:
    """Return rows with pseudonyms in place of raw person keys."""
    return [
        row | {"person_key": pseudonym(row["person_key"])} if "person_key" in row else row
        for row in rows
    ]


def compare(
    extracts: Path | Extracts,
    warehouse: Path,
    as_of: date | None,
    pseudonym: Callable[[str], str],
) -> list[str]:
    """Return the differences between the oracle's facts and the warehouse's, at most ten a table.

    Keys, dates, codes, counts, planned hours and amounts agree exactly; absence hours within a
    millionth, doubles within 1e-9 of their size.
    """
    known = extracts if isinstance(extracts, Extracts) else read(extracts, as_of)
    facts = all_facts(known)
    result: list[str] = []

    def report(name: str, found: list[str]) -> None:
        result.extend(found[:AT_MOST])
        if len(found) > AT_MOST:
            result.append(f"{name}: {len(found) - AT_MOST} more differences")

    with open_warehouse(warehouse) as connection:
        for name, table in TABLES.items():
            try:
                theirs = fetch(connection, name, (*table.key, *table.columns))
            except duckdb.Error as error:
                report(name, [f"{name}: {str(error).splitlines()[0]}"])
                continue
            report(name, differences(name, table, mapped(facts[name], pseudonym), theirs))
        columns = ("dataset", "reason", "delivered", "file_name", "line_number", "row_content")
        try:
            theirs = fetch(connection, "quarantine", columns)
        except duckdb.Error as error:
            report("quarantine", [f"quarantine: {str(error).splitlines()[0]}"])
        else:
            report("quarantine", quarantine_differences(known.quarantined, theirs))
    return result
