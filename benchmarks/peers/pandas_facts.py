"""The facts in pandas, as an analyst would write them.

The definitions speak of days, and so does this: every spell becomes a row for each of its days, and
days are merged and grouped. Each step is one over whole columns, none a loop over rows. The days of
the whole country do not fit into memory at once, so they are made for some participations after the
other. pandas has no decimals: hours and amounts are whole numbers of their smallest unit until they
are written.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.peers.running import command, timed

# Later than every date in the registers, and a date that pandas can hold.
_OPEN_END = pd.Timestamp("9999-12-31").as_unit("ms")
_DAY = pd.Timedelta(days=1)
_PARTICIPATIONS_AT_ONCE = 10_000
_AS_WRITTEN = ["participation_id", "person_key", "municipality_code"]
_SUMS = ["programme_days", "leave_days", "measure_days", "planned_hours"]
_ABSENCES = {"absence_hours_valid": "gyldig", "absence_hours_invalid": "ugyldig"}


def facts(inputs: Path, out: Path, only: list[str] | None = None) -> dict[str, float]:
    """Write the facts of the exported inputs to `out` and return the seconds each has taken."""
    return timed(_MAKERS, inputs, out, only)


def _read(inputs: Path, name: str, columns: list[str]) -> pd.DataFrame:
    """Return columns of an input, decimals of six places as whole millionths (none is nought)."""
    table = pq.read_table(inputs / f"{name}.parquet", columns=columns)
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            # Fifteen digits are exact in a double.
            millions = pc.multiply(table.column(place).cast(pa.float64()), 1_000_000.0)
            whole = pc.fill_null(pc.round(millions).cast(pa.int64()), 0)
            table = table.set_column(place, field.name, whole)
    return table.to_pandas(date_as_object=False)


def _table(frame: pd.DataFrame, decimals: dict[str, int]) -> pa.Table:
    """Return a frame as it is to be written: whole numbers as decimals, times as dates."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if field.name in decimals:
            scale = decimals[field.name]
            unit = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal128(scale + 1, scale))
            number = pc.multiply(column.cast(pa.decimal128(19, 0)), unit)
            column = number.cast(pa.decimal128(18, scale))
        elif pa.types.is_timestamp(field.type):
            column = column.cast(pa.date32())
        table = table.set_column(place, field.name, column)
    return table


def _write(frame: pd.DataFrame, path: Path, **decimals: int) -> None:
    pq.write_table(_table(frame, decimals), path)


def _write_parts(parts: Iterator[pd.DataFrame], path: Path, **decimals: int) -> None:
    writer = None
    for part in parts:
        table = _table(part, decimals)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _weekdays(first: pd.Series, last: pd.Series) -> np.ndarray:
    """Return the Mondays to Fridays from one day to another, both included; none if it is later."""
    begin = first.to_numpy().astype("datetime64[D]")
    end = (last + _DAY).to_numpy().astype("datetime64[D]")
    days: np.ndarray = np.busday_count(begin, np.maximum(begin, end))
    return days


def _monday(day: pd.Series) -> pd.Series:
    return day - pd.to_timedelta(day.dt.day_of_week, unit="D").astype("timedelta64[ms]")


def _rounded_share(number: pd.Series, part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return number * part / whole, rounded half away from zero."""
    return (2 * number.abs() * part + whole) // (2 * whole) * np.sign(number)


def _person_keys(inputs: Path, rows: pd.DataFrame) -> pd.DataFrame:
    idents = _read(inputs, "int_identity__current_idents", ["ident", "person_key"])
    rows = rows.merge(idents, on="ident", how="left")
    rows["person_key"] = rows["person_key"].fillna(rows["ident"])
    return rows.drop(columns="ident")


def _vintage(inputs: Path) -> pd.Series:
    columns = ["as_of", "observed_until", "status_delivered"]
    return _read(inputs, "int_time__vintage", columns).iloc[0]


def _participations(inputs: Path) -> pd.DataFrame:
    """Return the accepted participations; `last_day` is missing where one has not begun."""
    columns = [
        *("participation_id", "ident", "municipality_code", "decision_id", "start_date"),
        *("end_date", "termination_reason", "termination_source"),
        *("termination_registered_date", "final_goal", "registered_date"),
    ]
    persons = _read(inputs, "int_person__persons", ["person_key", "legal_regime"])
    rows = _person_keys(inputs, _read(inputs, "stg_nir__deltakelser", columns))
    rows = rows.merge(persons, on="person_key")
    observed = _vintage(inputs)["observed_until"]
    rows["has_begun"] = rows["start_date"] <= observed
    rows["end_date"] = rows["end_date"].where(rows["end_date"] <= observed)
    has_ended = rows["end_date"].notna()
    rows["is_ongoing"] = rows["has_begun"] & ~has_ended
    rows["last_day"] = rows["end_date"].fillna(observed).where(rows["has_begun"])
    reasons = rows["termination_reason"].fillna("ikke_registrert")
    rows["termination_reason"] = reasons.where(has_ended)
    return rows.sort_values("participation_id", ignore_index=True)


def _in_participation(spells: pd.DataFrame, participations: pd.DataFrame) -> pd.DataFrame:
    """Return spells clipped to their participation; an open end lasts as long as it does."""
    begun = participations.loc[
        participations["has_begun"], ["participation_id", "start_date", "last_day"]
    ]
    spells = spells.merge(begun, on="participation_id")
    spells["first_day"] = spells[["from_date", "start_date"]].max(axis=1)
    spells["last_day"] = spells[["to_date", "last_day"]].min(axis=1)
    return spells[spells["first_day"] <= spells["last_day"]]


def _measures(inputs: Path, participations: pd.DataFrame) -> pd.DataFrame:
    columns = ["participation_id", "measure_word", "from_date", "to_date", "hours_per_week"]
    words = _read(inputs, "measure_words", ["measure_word", "measure_type"])
    spells = _read(inputs, "stg_nir__tiltak", columns)
    spells = spells.merge(words, on="measure_word", how="left")
    spells["measure_type"] = spells["measure_type"].fillna("ukjent")
    return _in_participation(spells, participations)


def _leave(inputs: Path, participations: pd.DataFrame) -> pd.DataFrame:
    columns = ["participation_id", "from_date", "to_date"]
    return _in_participation(_read(inputs, "stg_nir__permisjoner", columns), participations)


def _days(spells: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return a row with these columns for each Monday to Friday of each spell."""
    length = (spells["last_day"] - spells["first_day"]).dt.days + 1
    days = spells.loc[spells.index.repeat(length), [*columns, "first_day"]]
    later = pd.to_timedelta(days.groupby(level=0).cumcount(), unit="D")
    days["day"] = days.pop("first_day") + later.astype("timedelta64[ms]")
    return days[days["day"].dt.day_of_week < 5].reset_index(drop=True)


def _leave_days(leave: pd.DataFrame) -> pd.DataFrame:
    days = _days(leave, ["participation_id"]).drop_duplicates()
    return days.assign(is_leave=True)


def _participation_days(
    participations: pd.DataFrame, leave: pd.DataFrame, measures: pd.DataFrame
) -> pd.DataFrame:
    """Return the days of participation, each with what it counts for."""
    keys = ["participation_id", "day"]
    begun = participations[participations["has_begun"]]
    days = _days(begun.rename(columns={"start_date": "first_day"}), ["participation_id"])
    measured = _days(measures, ["participation_id", "hours_per_week"])
    measured = measured.groupby(keys, as_index=False)["hours_per_week"].sum()
    days = days.merge(_leave_days(leave), on=keys, how="left")
    days = days.merge(measured, on=keys, how="left")
    is_leave = days["is_leave"].notna()
    has_measure = days["hours_per_week"].notna() & ~is_leave
    # A fifth of a week's hours, in ten-millionths.
    planned = days["hours_per_week"].where(has_measure, 0).astype("int64") * 2
    return days[keys].assign(
        programme_days=(~is_leave).astype("int64"),
        leave_days=is_leave.astype("int64"),
        measure_days=has_measure.astype("int64"),
        planned_hours=planned,
    )


def _in_parts(
    participations: pd.DataFrame, *spells: pd.DataFrame
) -> Iterator[tuple[pd.DataFrame, ...]]:
    """Return the participations with their spells, some participations at once."""
    for first in range(0, len(participations), _PARTICIPATIONS_AT_ONCE):
        some = participations.iloc[first : first + _PARTICIPATIONS_AT_ONCE]
        yield (
            some,
            *(of[of["participation_id"].isin(some["participation_id"])] for of in spells),
        )


def _exploded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each week that a row reaches into from its first to its last day."""
    monday = _monday(rows["first_day"])
    weeks = (rows["last_day"] - monday).dt.days // 7 + 1
    rows = rows.assign(week_start=monday)
    rows = rows.loc[rows.index.repeat(weeks)]
    later = rows.groupby(level=0).cumcount() * 7
    rows["week_start"] += pd.to_timedelta(later, unit="D").astype("timedelta64[ms]")
    return rows.reset_index(drop=True)


def _weeks(stretches: pd.DataFrame) -> pd.DataFrame:
    """Return the weeks of stretches, with the days of each stretch in the week."""
    weeks = _exploded(stretches)
    first = weeks["first_day"].where(weeks["first_day"] > weeks["week_start"], weeks["week_start"])
    sunday = weeks["week_start"] + 6 * _DAY
    last = weeks["last_day"].where(weeks["last_day"] < sunday, sunday)
    weeks["days"] = _weekdays(first, last)
    return weeks[weeks["days"] > 0]


def _absences(inputs: Path, participations: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of absence by participation and week, in billionths; a column for each type.

    Shares are differences of rounded running totals, so that a spell's weeks add up to its hours.
    """
    columns = ["participation_id", "absence_type", "from_date", "to_date", "hours"]
    begun = participations.loc[
        participations["has_begun"], ["participation_id", "start_date", "last_day"]
    ].rename(columns={"last_day": "end_day"})
    spells = _read(inputs, "stg_nir__fravaer", columns).merge(begun, on="participation_id")
    spells["first_day"] = spells[["from_date", "start_date"]].max(axis=1)
    spells["last_day"] = spells[["to_date", "end_day"]].min(axis=1)
    spells["days"] = _weekdays(spells["first_day"], spells["last_day"])
    spells["hours"] *= 1000

    spread = _weeks(spells[spells["days"] > 0].rename(columns={"days": "all_days"}))
    until = spread["week_start"] + 6 * _DAY
    until = spread["last_day"].where(spread["last_day"] < until, until)
    days_until = _weekdays(spread["first_day"], until)
    days_before = days_until - spread["days"]
    spread["hours"] = _rounded_share(
        spread["hours"], days_until, spread["all_days"]
    ) - _rounded_share(spread["hours"], days_before, spread["all_days"])

    # A spell without such a day falls into the week of its first day, if the participation has it.
    whole = spells[spells["days"] == 0].copy()
    whole["week_start"] = _monday(whole["from_date"])
    sunday = whole["week_start"] + 6 * _DAY
    first = whole["start_date"].where(
        whole["start_date"] > whole["week_start"], whole["week_start"]
    )
    last = whole["end_day"].where(whole["end_day"] < sunday, sunday)
    whole = whole[_weekdays(first, last) > 0]

    keys = ["participation_id", "week_start"]
    absences = pd.concat([spread, whole])[[*keys, "absence_type", "hours"]]
    for name, kind in _ABSENCES.items():
        absences[name] = absences["hours"].where(absences["absence_type"] == kind, 0)
    return absences.groupby(keys, as_index=False)[list(_ABSENCES)].sum()


def _make_participation(inputs: Path, path: Path) -> None:
    participations = _participations(inputs)
    spells = _leave(inputs, participations), _measures(inputs, participations)
    days = pd.concat(
        _participation_days(*part).groupby("participation_id", as_index=False)[_SUMS].sum()
        for part in _in_parts(participations, *spells)
    )
    absences = _absences(inputs, participations)
    absences = absences.groupby("participation_id", as_index=False)[list(_ABSENCES)].sum()
    fact = participations.merge(days, on="participation_id", how="left")
    fact = fact.merge(absences, on="participation_id", how="left")
    per_week = 5 * fact["planned_hours"] / 10**7 / fact["programme_days"]
    fact["hours_per_week"] = per_week.where(fact["programme_days"] > 0)
    numbers = [*_SUMS, *_ABSENCES]
    fact[numbers] = fact[numbers].fillna(0).astype("int64")
    lag = (fact["registered_date"] - fact["start_date"]).dt.days
    fact["registration_lag_days"] = lag.astype("Int32")
    columns = [
        *("participation_id", "person_key", "decision_id", "municipality_code", "legal_regime"),
        *("start_date", "end_date", "is_ongoing", "termination_reason", "final_goal"),
        *_SUMS,
        "hours_per_week",
        *_ABSENCES,
        *("registered_date", "registration_lag_days"),
    ]
    _write(fact[columns], path, planned_hours=7, absence_hours_valid=9, absence_hours_invalid=9)


def _make_participation_weeks(inputs: Path, path: Path) -> None:
    participations = _participations(inputs)
    spells = _leave(inputs, participations), _measures(inputs, participations)
    absences = _absences(inputs, participations)
    keys = ["participation_id", "week_start"]

    def parts() -> Iterator[pd.DataFrame]:
        for part in _in_parts(participations, *spells):
            days = _participation_days(*part)
            days["week_start"] = _monday(days["day"])
            weeks = days.groupby(keys, as_index=False)[_SUMS].sum()
            weeks = weeks.merge(absences, on=keys, how="left")
            weeks[list(_ABSENCES)] = weeks[list(_ABSENCES)].fillna(0).astype("int64")
            weeks = weeks.merge(part[0][_AS_WRITTEN], on="participation_id")
            yield weeks[[*_AS_WRITTEN, "week_start", *_SUMS, *_ABSENCES]]

    _write_parts(parts(), path, planned_hours=7, absence_hours_valid=9, absence_hours_invalid=9)


def _make_measure_weeks(inputs: Path, path: Path) -> None:
    participations = _participations(inputs)
    spells = _leave(inputs, participations), _measures(inputs, participations)
    keys = ["participation_id", "measure_type"]

    def parts() -> Iterator[pd.DataFrame]:
        for some, leave, measures in _in_parts(participations, *spells):
            days = _days(measures, [*keys, "hours_per_week"])
            days = days.groupby([*keys, "day"], as_index=False)["hours_per_week"].sum()
            days = days.merge(_leave_days(leave), on=["participation_id", "day"], how="left")
            days = days[days["is_leave"].isna()]
            days["week_start"] = _monday(days["day"])
            days["planned_hours"] = days["hours_per_week"] * 2
            weeks = days.groupby([*keys, "week_start"], as_index=False).agg(
                measure_days=("day", "size"), planned_hours=("planned_hours", "sum")
            )
            weeks = weeks.merge(some[_AS_WRITTEN], on="participation_id")
            yield weeks[
                [*_AS_WRITTEN, "week_start", "measure_type", "measure_days", "planned_hours"]
            ]

    _write_parts(parts(), path, planned_hours=7)


def _by_end(participations: pd.DataFrame) -> pd.DataFrame:
    """Return the participations that have begun, the last to end last."""
    begun = participations[participations["has_begun"]]
    begun = begun.assign(end_or_open=begun["end_date"].fillna(_OPEN_END))
    return begun.sort_values(["end_or_open", "start_date", "participation_id"])


def _make_terminations(inputs: Path, path: Path) -> None:
    participations = _by_end(_participations(inputs))
    periods = _read(inputs, "int_time__periods", ["period", "period_type", "first_day", "last_day"])
    exits: dict[str, list[pd.Series]] = {"year": [], "half_year": []}
    for period in periods.itertuples():
        touching = participations[
            (participations["start_date"] <= period.last_day)
            & (participations["last_day"] >= period.first_day)
        ]
        last = touching.drop_duplicates("person_key", keep="last")
        ended = last["end_date"] <= period.last_day
        exits[period.period_type].append(last.loc[ended, "participation_id"])

    reasons = _read(inputs, "termination_reasons", ["termination_reason", "termination_group"])
    groups = _read(inputs, "termination_groups", ["termination_group", "is_work_or_education"])
    fact = participations[participations["end_date"].notna()]
    fact = fact.merge(reasons, on="termination_reason", how="left")
    fact = fact.merge(groups, on="termination_group", how="left")
    year = fact["end_date"].dt.year.astype("int32")
    half = np.where(fact["end_date"].dt.month <= 6, "H1", "H2")
    registered = fact["termination_registered_date"]
    fact = fact.assign(
        end_year=year,
        end_half_year=year.astype(str).str.zfill(4) + half,
        termination_group=fact["termination_group"].fillna("ukjent"),
        is_work_or_education=fact["is_work_or_education"].eq(True),
        registered_date=registered,
        registration_lag_days=(registered - fact["end_date"]).dt.days.astype("Int32"),
    )
    for kind, found in exits.items():
        fact[f"is_exit_of_{kind}"] = fact["participation_id"].isin(pd.concat(found))
    columns = [
        *_AS_WRITTEN,
        *("end_date", "end_year", "end_half_year", "termination_reason", "termination_group"),
        *("is_work_or_education", "termination_source", "registered_date"),
        *("registration_lag_days", "is_exit_of_year", "is_exit_of_half_year"),
    ]
    _write(fact[columns], path)


def _income_lines(inputs: Path, kinds: Callable[[pd.DataFrame], pd.Series]) -> pd.DataFrame:
    """Return the lines of benefit, and of wages in November, that `kinds` asks for.

    Amounts are millionths, missing where the text is no number. pandas knows no lists, so each part
    of the file is flattened by Arrow.
    """
    parts = []
    file = pq.ParquetFile(inputs / "stg_aordningen__inntekt.parquet")
    columns = ["ident", "unit_id", "income_month", "income_lines", "is_current"]
    for batch in file.iter_batches(500_000, columns=columns):
        current = pa.Table.from_batches([batch]).filter(batch["is_current"])
        lists = current["income_lines"].combine_chunks()
        lines = pc.list_flatten(lists)
        rows = current.select(columns[:3]).take(pc.list_parent_indices(lists))
        part = rows.to_pandas(date_as_object=False)
        part["text"] = pc.struct_field(lines, "beloep").to_pandas()
        pension = pc.struct_field(lines, ["pensjonEllerTrygd", "beskrivelse"]).to_pandas()
        has_wage = pc.is_valid(pc.struct_field(lines, "loennsinntekt")).to_pandas()
        is_benefit = pension == "introduksjonsstoenad"
        part["kind"] = np.select([is_benefit, has_wage], ["benefit", "wage"], "other")
        november = part["income_month"].dt.month == 11
        wanted = (part["kind"] == "benefit") | ((part["kind"] == "wage") & november)
        parts.append(part[wanted & kinds(part)])
    found = pd.concat(parts, ignore_index=True)
    text = found.pop("text").str.strip(" ")
    readable = text.str.fullmatch(r"[+-]?[0-9]{1,9}([.,][0-9]{1,6})?").eq(True)
    amount = pd.to_numeric(text.where(readable).str.replace(",", "."))
    found["amount"] = (amount * 1_000_000).round().astype("Int64")
    return _person_keys(inputs, found)


def _cohort(inputs: Path) -> pd.DataFrame:
    vintage = _vintage(inputs)
    last = _by_end(_participations(inputs)).drop_duplicates("person_key", keep="last")
    last = last[last["end_date"].notna()]
    cohort = last[["person_key", "municipality_code"]].assign(
        exit_year=last["end_date"].dt.year.astype("int32")
    )
    years = pd.DataFrame({"years_after": np.arange(1, 6, dtype="int32")})
    cohort = cohort.merge(years, how="cross")
    cohort["status_year"] = cohort["exit_year"] + cohort["years_after"]
    cohort["reference_date"] = _dates(cohort["status_year"], 11, 30)
    cohort = cohort[_dates(cohort["status_year"], 12, 10) < vintage["as_of"]].copy()
    final_from = _dates(cohort["status_year"] + 2, 1, 1)
    delivered = vintage["status_delivered"]
    cohort["is_preliminary"] = pd.isna(delivered) | (final_from > delivered)
    return cohort


def _dates(years: pd.Series, month: int, day: int) -> pd.Series:
    return pd.to_datetime({"year": years, "month": month, "day": day})


def _on_reference_date(cohort: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    who = ["person_key", "status_year"]
    found = cohort[[*who, "reference_date"]].merge(spells, on="person_key")
    has_begun = found["from_date"] <= found["reference_date"]
    has_ended = found["to_date"] < found["reference_date"]
    return found[has_begun & ~has_ended]


def _make_one_year_status(inputs: Path, path: Path) -> None:
    who = ["person_key", "status_year"]
    cohort = _cohort(inputs)
    statuses = _read(inputs, "statuses", ["status_code", "status_group", "priority"])

    columns = ["ident", "residence_id", "municipality_code", "from_date", "to_date"]
    spells = _person_keys(inputs, _read(inputs, "stg_folkeregister__bosatt", columns))
    residences = _on_reference_date(cohort, spells).sort_values(["from_date", "residence_id"])
    residences = residences.drop_duplicates(who, keep="last")
    residences = residences[[*who, "municipality_code"]].rename(
        columns={"municipality_code": "residence_municipality_code"}
    )

    columns = ["ident", "signal", "from_date", "to_date"]
    words = _read(inputs, "status_signals", ["signal", "status_code"])
    signals = _person_keys(inputs, _read(inputs, "stg_status__signaler", columns))
    signals = _on_reference_date(cohort, signals).merge(words, on="signal", how="left")
    signals["status_code"] = signals["status_code"].fillna("80")

    november = _income_lines(inputs, lambda part: part["income_month"].dt.month == 11)
    november["status_year"] = november["income_month"].dt.year
    wages = november[november["kind"] == "wage"].groupby(who, as_index=False)["amount"].sum()
    employed = cohort[who].merge(wages[wages["amount"] > 0], on=who).assign(status_code="11")

    held = pd.concat([signals[[*who, "status_code"]], employed[[*who, "status_code"]]])
    work_and_school = held[held["status_code"].isin(["11", "05"])].drop_duplicates()
    both = work_and_school.loc[work_and_school.duplicated(who), who].assign(status_code="15")
    first_match = (
        pd.concat([held, both])
        .merge(statuses[["status_code", "priority"]], on="status_code")
        .sort_values("priority")
        .drop_duplicates(who)
    )

    deaths = _read(inputs, "int_person__persons", ["person_key", "death_date"])
    fact = (
        cohort.merge(residences, on=who, how="left", indicator="found")
        .merge(deaths, on="person_key", how="left")
        .merge(first_match[[*who, "status_code"]], on=who, how="left")
    )
    fact["status_code"] = fact["status_code"].fillna("08")
    fact = fact.merge(statuses[["status_code", "status_group"]], on="status_code")
    is_dead = fact["death_date"] < fact["reference_date"]
    fact["is_resident"] = (fact["found"] == "both") & ~is_dead
    for name in ("residence_municipality_code", "status_code", "status_group"):
        fact[name] = fact[name].where(fact["is_resident"])
    fact["has_status_source"] = pd.notna(_vintage(inputs)["status_delivered"])
    fact["has_income_source"] = fact["status_year"].isin(november["status_year"])
    columns = [
        *("person_key", "exit_year", "status_year", "years_after", "municipality_code"),
        *("residence_municipality_code", "is_resident", "status_code", "status_group"),
        *("is_preliminary", "has_status_source", "has_income_source"),
    ]
    _write(fact[columns], path)


def _make_benefit_months(inputs: Path, path: Path) -> None:
    lines = _income_lines(inputs, lambda part: part["kind"] == "benefit")
    lines = lines.rename(columns={"income_month": "benefit_month"})

    unit_month = ["unit_id", "benefit_month"]
    columns = ["unit_id", "municipality_code", "valid_from", "valid_to"]
    units = _read(inputs, "stg_aordningen__virksomheter", [*columns, "is_current", "line_number"])
    units = lines[unit_month].drop_duplicates().merge(units[units["is_current"]], on="unit_id")
    is_valid = (units["valid_from"] <= units["benefit_month"]) & ~(
        units["valid_to"] < units["benefit_month"]
    )
    units = units[is_valid].sort_values(["valid_from", "line_number"])
    units = units.drop_duplicates(unit_month, keep="last")
    lines = lines.merge(units[[*unit_month, "municipality_code"]], on=unit_month, how="left")

    person_month = ["person_key", "benefit_month"]
    months = lines.groupby([*person_month, "municipality_code"], dropna=False, as_index=False).agg(
        amount=("amount", "sum"), known=("amount", "count"), line_count=("kind", "size")
    )

    columns = ["person_key", "participation_id", "start_date", "last_day"]
    touching = months[person_month].drop_duplicates()
    touching = touching.merge(_participations(inputs)[columns], on="person_key")
    month_end = touching["benefit_month"] + pd.offsets.MonthEnd(1)
    touching = touching[
        (touching["start_date"] <= month_end) & (touching["last_day"] >= touching["benefit_month"])
    ]
    touching = touching.sort_values(["start_date", "participation_id"])
    touching = touching.drop_duplicates(person_month, keep="last")

    fact = months.merge(touching[[*person_month, "participation_id"]], on=person_month, how="left")
    amount = fact["amount"]
    cents = (amount.abs() + 5_000) // 10_000 * np.sign(amount)
    fact["amount"] = cents.where(fact["known"] > 0)
    fact["line_count"] = fact["line_count"].astype("int32")
    fact["is_matched"] = fact["participation_id"].notna()
    columns = [
        *("person_key", "benefit_month", "municipality_code", "amount", "line_count"),
        *("participation_id", "is_matched"),
    ]
    _write(fact[columns], path, amount=2)


_MAKERS = {
    "fct_participation": _make_participation,
    "fct_participation_weeks": _make_participation_weeks,
    "fct_measure_weeks": _make_measure_weeks,
    "fct_terminations": _make_terminations,
    "fct_one_year_status": _make_one_year_status,
    "fct_benefit_months": _make_benefit_months,
}

if __name__ == "__main__":
    command("benchmarks.peers.pandas_facts", facts, list(_MAKERS))()
