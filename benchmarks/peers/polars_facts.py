"""The facts in polars, as an expert would write them who wants them fast.

Spells become events; sorted by key and day, one running sum over all of them gives the state
between two days, because what a key adds it also takes away. Days are integers from Monday
1 January of year 1, hours and amounts scaled integers, keys packed into one integer, repeated texts
categories. Weeks are made and written by the streaming engine.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.peers.running import command, timed

# Day 0 is Monday 1 January of year 1; polars counts from 1970.
_FIRST_DAY = 719_162
_LAST_DATE = pl.date(9999, 12, 31)
# Keys in one integer: a day number needs 22 bits, a week number 19, a type of measure 5.
_DAYS = 2**22
_WEEKS = 2**19
_TYPES = 2**5
# Leave and measures that hold on a day are counted in one integer.
_LEAVE = 2**16

_NO = pl.col("no").cast(pl.Int64)


def facts(inputs: Path, out: Path, only: list[str] | None = None) -> dict[str, float]:
    """Write the facts of the exported inputs to `out` and return the seconds each has taken."""
    return timed(_MAKERS, inputs, out, only)


def _scan(inputs: Path, name: str) -> pl.LazyFrame:
    return pl.scan_parquet(inputs / f"{name}.parquet")


def _day(column: str) -> pl.Expr:
    return pl.col(column).to_physical() + _FIRST_DAY


def _date(day: pl.Expr) -> pl.Expr:
    return (day - _FIRST_DAY).cast(pl.Date)


def _weekdays_until(day: pl.Expr) -> pl.Expr:
    return day // 7 * 5 + pl.min_horizontal(day % 7 + 1, pl.lit(5, dtype=pl.Int32))


def _weekdays(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    return _weekdays_until(last) - _weekdays_until(first - 1)


def _scaled(column: str) -> pl.Expr:
    """Return a decimal column of six places as whole millionths."""
    return pl.col(column).to_physical().cast(pl.Int64)


def _decimal(number: pl.Expr, scale: int) -> pl.Expr:
    unit = pl.lit(f"{10**-scale:.{scale}f}").cast(pl.Decimal(18, scale))
    return (number.cast(pl.Decimal(18, 0)) * unit).cast(pl.Decimal(18, scale))


def _shared(number: pl.Expr, part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return number * part / whole, rounded half away from zero."""
    return (2 * number.abs() * part + whole) // (2 * whole) * number.sign()


def _with_person(inputs: Path, rows: pl.LazyFrame) -> pl.LazyFrame:
    idents = _scan(inputs, "int_identity__current_idents").select("ident", "person_key")
    return rows.join(idents, on="ident", how="left").with_columns(
        pl.coalesce("person_key", "ident").alias("person_key")
    )


def _participations(inputs: Path, *columns: str) -> pl.DataFrame:
    """Return the accepted participations, numbered, with these columns and the days they last."""
    observed = _scan(inputs, "int_time__vintage").select("observed_until").collect().item()
    persons = _scan(inputs, "int_person__persons").select("person_key", "legal_regime")
    known_end = pl.when(pl.col("end_date") <= observed).then("end_date")
    return (
        _with_person(inputs, _scan(inputs, "stg_nir__deltakelser"))
        .join(persons, on="person_key")
        .with_columns(end_date=known_end, has_begun=pl.col("start_date") <= observed)
        .with_columns(
            is_ongoing=pl.col("has_begun") & pl.col("end_date").is_null(),
            termination_reason=pl.when(pl.col("end_date").is_not_null()).then(
                pl.col("termination_reason").fill_null("ikke_registrert")
            ),
            start=_day("start_date"),
            last=pl.when("has_begun").then(
                pl.col("end_date").fill_null(pl.lit(observed)).to_physical() + _FIRST_DAY
            ),
        )
        .select("participation_id", "person_key", "has_begun", "start", "last", *columns)
        .collect()
        .with_row_index("no")
    )


def _begun(participations: pl.DataFrame) -> pl.LazyFrame:
    columns = ("no", "participation_id", "start", "last")
    return participations.lazy().filter("has_begun").select(columns)


def _clipped(inputs: Path, name: str, begun: pl.LazyFrame, **columns: pl.Expr) -> pl.LazyFrame:
    """Return spells within their participation; an open end lasts as long as it does."""
    return (
        _scan(inputs, name)
        .join(begun, on="participation_id")
        .select(
            "no",
            first=pl.max_horizontal(_day("from_date"), "start"),
            last=pl.min_horizontal(_day("to_date"), "last"),
            **columns,
        )
        .filter(pl.col("first") <= pl.col("last"))
    )


def _measure_types(inputs: Path) -> tuple[list[str], pl.Expr]:
    """Return the types, and the place in them of a measure's word."""
    words = _scan(inputs, "measure_words").collect()
    types = sorted({*words["measure_type"], "ukjent"})
    places = {word: types.index(kind) for word, kind in words.iter_rows()}
    place = pl.col("measure_word").replace_strict(
        places, default=types.index("ukjent"), return_dtype=pl.Int32
    )
    return types, place


def _events(spells: pl.LazyFrame, key: pl.Expr, state: int, hours: pl.Expr) -> list[pl.LazyFrame]:
    """Return what spells add on their first day and take away on the day after their last."""
    return [
        spells.select(
            key=key * _DAYS + day,
            state=pl.lit(sign * state, dtype=pl.Int32),
            hours=(sign * hours).cast(pl.Int64),
        )
        for day, sign in ((pl.col("first"), 1), (pl.col("last") + 1, -1))
    ]


def _stretches(events: list[pl.LazyFrame]) -> pl.LazyFrame:
    """Return the stretches between events that hold a Monday–Friday, with what holds then."""
    day = (pl.col("key") % _DAYS).cast(pl.Int32)
    return (
        pl.concat(events)
        .sort("key")
        .with_columns(
            pl.col("state").cum_sum(), pl.col("hours").cum_sum(), next=pl.col("key").shift(-1)
        )
        .filter(pl.col("key") != pl.col("next"), pl.col("key") // _DAYS == pl.col("next") // _DAYS)
        .select(
            key=(pl.col("key") // _DAYS).cast(pl.Int32),
            first=day,
            last=(pl.col("next") % _DAYS - 1).cast(pl.Int32),
            is_leave=pl.col("state") >= _LEAVE,
            has_measure=pl.col("state").is_between(1, _LEAVE - 1),
            hours="hours",
        )
        .with_columns(days=_weekdays(pl.col("first"), pl.col("last")))
        .filter(pl.col("days") > 0)
    )


def _participation_stretches(inputs: Path, participations: pl.DataFrame) -> pl.DataFrame:
    begun = _begun(participations)
    hours = _scaled("hours_per_week").fill_null(0)
    measures, leave = pl.collect_all(
        [
            _clipped(inputs, "stg_nir__tiltak", begun, hours=hours),
            _clipped(inputs, "stg_nir__permisjoner", begun),
        ]
    )
    nothing = pl.lit(0, dtype=pl.Int64)
    events = [
        *_events(begun.rename({"start": "first"}), _NO, 0, nothing),
        *_events(measures.lazy(), _NO, 1, pl.col("hours")),
        *_events(leave.lazy(), _NO, _LEAVE, nothing),
    ]
    # Planned hours are of days that are no leave.
    planned = pl.when("is_leave").then(0).otherwise("hours")
    return _stretches(events).with_columns(hours=planned).collect(engine="streaming")


def _weeks(
    stretches: pl.DataFrame, columns: Callable[[pl.Expr], dict[str, pl.Expr]]
) -> pl.LazyFrame:
    """Return the weeks of stretches: `columns` gives the values of so many days of a stretch.

    A whole Monday–Friday belongs to one stretch, so only parts of weeks are added up.
    """
    first, last = pl.col("first"), pl.col("last")
    to_friday = pl.min_horizontal(last, first // 7 * 7 + 4) - first + 1
    begins = stretches.lazy().filter((first % 7).is_between(1, 4))
    ends = stretches.lazy().filter(last % 7 < 4, (first % 7 == 0) | (first // 7 < last // 7))
    five = columns(pl.lit(5, dtype=pl.Int32))
    parts = (
        pl.concat(
            [
                begins.select("key", week=first // 7, **columns(to_friday)),
                ends.select("key", week=last // 7, **columns(last % 7 + 1)),
            ]
        )
        .group_by(pair=pl.col("key").cast(pl.Int64) * _WEEKS + pl.col("week"))
        .agg(pl.col(name).sum() for name in five)
        .select(
            (pl.col("pair") // _WEEKS).cast(pl.Int32).alias("key"),
            *(pl.col(name) for name in five),
            (pl.col("pair") % _WEEKS).cast(pl.Int32).alias("week"),
        )
    )
    whole = (
        stretches.lazy()
        .filter((first + 6) // 7 < (last + 3) // 7)
        .select(
            "key",
            **five,
            week=pl.int_ranges((first + 6) // 7, (last + 3) // 7, dtype=pl.Int32),
        )
    )
    typed = [
        pl.col(name).cast(pl.Int32) if name != "planned" else _decimal(pl.col(name), 7)
        for name in five
    ]
    return pl.concat([parts.with_columns(typed), whole.with_columns(typed).explode("week")])


def _categories(participations: pl.DataFrame) -> pl.LazyFrame:
    """Return what weeks repeat of a participation, as categories: each text is written once."""
    columns = ("participation_id", "person_key", "municipality_code")
    return participations.lazy().select("no", pl.col(columns).cast(pl.Categorical))


def _absences(inputs: Path, begun: pl.LazyFrame) -> pl.LazyFrame:
    """Return the billionths of hours of absence in each participation's weeks, by type."""
    first, last, week = pl.col("first"), pl.col("last"), pl.col("week")
    hours = 1000 * pl.col("hours")
    spells = (
        _scan(inputs, "stg_nir__fravaer")
        .join(begun, on="participation_id")
        .select(
            "no",
            "absence_type",
            begin=_day("from_date"),
            first=pl.max_horizontal(_day("from_date"), "start"),
            last=pl.min_horizontal(_day("to_date"), "last"),
            start="start",
            end="last",
            hours=_scaled("hours"),
        )
        .with_columns(days=pl.when(first <= last).then(_weekdays(first, last)).otherwise(0))
        .collect()
        .lazy()
    )
    until = _weekdays(first, pl.min_horizontal(last, week * 7 + 6)).cast(pl.Int64)
    before = _weekdays(first, pl.max_horizontal(week * 7 - 1, first - 1)).cast(pl.Int64)
    days = pl.col("days").cast(pl.Int64)
    spread = (
        spells.filter(pl.col("days") > 0)
        .with_columns(week=pl.int_ranges(first // 7, last // 7 + 1, dtype=pl.Int32))
        .explode("week")
        .filter(until > before)
        .select(
            "no",
            "week",
            "absence_type",
            hours=_shared(hours, until, days) - _shared(hours, before, days),
        )
    )
    begin_week = pl.col("begin") // 7
    in_participation = _weekdays(
        pl.max_horizontal(begin_week * 7, "start"), pl.min_horizontal(begin_week * 7 + 6, "end")
    )
    placed = spells.filter(pl.col("days") == 0, in_participation > 0).select(
        "no", begin_week.alias("week"), "absence_type", hours=hours
    )
    return pl.concat([spread, placed])


def _absence_sums() -> dict[str, pl.Expr]:
    return {
        name: pl.col("hours").filter(pl.col("absence_type") == kind).sum()
        for name, kind in (
            ("absence_hours_valid", "gyldig"),
            ("absence_hours_invalid", "ugyldig"),
        )
    }


def _make_participation(inputs: Path, path: Path) -> None:
    participations = _participations(
        inputs,
        *("decision_id", "municipality_code", "legal_regime", "start_date", "end_date"),
        *("is_ongoing", "termination_reason", "final_goal", "registered_date"),
    )
    stretches = _participation_stretches(inputs, participations)
    days = pl.col("days").cast(pl.Int64)
    sums = stretches.group_by(no=pl.col("key").cast(pl.UInt32)).agg(
        programme_days=days.filter(~pl.col("is_leave")).sum(),
        leave_days=days.filter("is_leave").sum(),
        measure_days=days.filter("has_measure").sum(),
        planned=(pl.col("hours") * days * 2).sum(),
    )
    absences = _absences(inputs, _begun(participations)).group_by("no").agg(**_absence_sums())
    programme_days = pl.col("programme_days")
    (
        participations.lazy()
        .join(sums.lazy(), on="no", how="left")
        .join(absences, on="no", how="left")
        .select(
            *("participation_id", "person_key", "decision_id", "municipality_code"),
            *("legal_regime", "start_date", "end_date", "is_ongoing", "termination_reason"),
            "final_goal",
            pl.col("programme_days", "leave_days", "measure_days").fill_null(0).cast(pl.Int32),
            _decimal(pl.col("planned").fill_null(0), 7).alias("planned_hours"),
            pl.when(programme_days > 0)
            .then(5 * pl.col("planned") / 10**7 / programme_days)
            .alias("hours_per_week"),
            _decimal(pl.col("absence_hours_valid").fill_null(0), 9),
            _decimal(pl.col("absence_hours_invalid").fill_null(0), 9),
            "registered_date",
            registration_lag_days=_day("registered_date") - _day("start_date"),
        )
        .sink_parquet(path)
    )


def _make_participation_weeks(inputs: Path, path: Path) -> None:
    participations = _participations(inputs, "municipality_code")
    stretches = _participation_stretches(inputs, participations)

    def values(days: pl.Expr) -> dict[str, pl.Expr]:
        return {
            "programme_days": pl.when("is_leave").then(0).otherwise(days),
            "leave_days": pl.when("is_leave").then(days).otherwise(0),
            "measure_days": pl.when("has_measure").then(days).otherwise(0),
            "planned": pl.col("hours") * days * 2,
        }

    pair = _NO * _WEEKS + pl.col("week")
    absences = (
        _absences(inputs, _begun(participations))
        .group_by(pair=pair)
        .agg(**_absence_sums())
        .with_columns(_decimal(pl.col(name), 9) for name in _absence_sums())
    )
    (
        _weeks(stretches, values)
        .with_columns(no=pl.col("key").cast(pl.UInt32))
        .join(absences, left_on=pair, right_on="pair", how="left")
        .join(_categories(participations), on="no")
        .select(
            *("participation_id", "person_key", "municipality_code"),
            _date(pl.col("week") * 7).alias("week_start"),
            *("programme_days", "leave_days", "measure_days"),
            pl.col("planned").alias("planned_hours"),
            *(pl.col(name).fill_null(0) for name in _absence_sums()),
        )
        .sink_parquet(path)
    )


def _make_measure_weeks(inputs: Path, path: Path) -> None:
    participations = _participations(inputs, "municipality_code")
    begun = _begun(participations)
    types, place = _measure_types(inputs)
    hours = _scaled("hours_per_week").fill_null(0)
    measures, leave = pl.collect_all(
        [
            _clipped(inputs, "stg_nir__tiltak", begun, type=place, hours=hours),
            _clipped(inputs, "stg_nir__permisjoner", begun),
        ]
    )
    # Leave falls on each type that the participation has.
    of_types = measures.lazy().select("no", "type").join(leave.lazy(), on="no").unique()
    key = _NO * _TYPES + pl.col("type")
    stretches = (
        _stretches(
            [
                *_events(measures.lazy(), key, 1, pl.col("hours")),
                *_events(of_types, key, _LEAVE, pl.lit(0, dtype=pl.Int64)),
            ]
        )
        .filter("has_measure")
        .collect(engine="streaming")
    )

    def values(days: pl.Expr) -> dict[str, pl.Expr]:
        return {"measure_days": days, "planned": pl.col("hours") * days * 2}

    names = pl.LazyFrame(
        {
            "type": pl.Series(range(len(types)), dtype=pl.Int32),
            "measure_type": pl.Series(types, dtype=pl.Categorical),
        }
    )
    (
        _weeks(stretches, values)
        .with_columns(no=(pl.col("key") // _TYPES).cast(pl.UInt32), type=pl.col("key") % _TYPES)
        .join(_categories(participations), on="no")
        .join(names, on="type")
        .select(
            *("participation_id", "person_key", "municipality_code"),
            _date(pl.col("week") * 7).alias("week_start"),
            "measure_type",
            "measure_days",
            pl.col("planned").alias("planned_hours"),
        )
        .sink_parquet(path)
    )


def _exits(inputs: Path, participations: pl.DataFrame) -> pl.LazyFrame:
    """Return the exits by type of period: the person's last in the period, ended in it."""
    # In this order the last row is the last participation.
    ordered = (
        participations.lazy()
        .filter("has_begun")
        .sort(pl.col("end_date").fill_null(_LAST_DATE), "start", "participation_id")
        .with_row_index("place")
        .select("place", "no", "person_key", "start", "last", "end_date")
    )
    periods = _scan(inputs, "int_time__periods").select(
        "period_type", opens=_day("first_day"), closes=_day("last_day")
    )
    touches = (pl.col("start") <= pl.col("closes")) & (pl.col("last") >= pl.col("opens"))
    ended = (
        ordered.filter(pl.col("end_date").is_not_null())
        .join(periods, how="cross")
        .filter(touches, pl.col("last") <= pl.col("closes"))
    )
    others = ordered.select("person_key", "place", "start", "last")
    return (
        ended.join(others, on="person_key", suffix="_other")
        .filter(pl.col("start_other") <= pl.col("closes"), pl.col("last_other") >= pl.col("opens"))
        .group_by("no", "period_type", "opens")
        .agg(is_exit=pl.col("place_other").max() == pl.col("place").first())
        .filter("is_exit")
        .group_by("no")
        .agg(
            is_exit_of_year=(pl.col("period_type") == "year").any(),
            is_exit_of_half_year=(pl.col("period_type") == "half_year").any(),
        )
    )


def _make_terminations(inputs: Path, path: Path) -> None:
    participations = _participations(
        inputs,
        *("municipality_code", "start_date", "end_date", "termination_reason"),
        *("termination_source", "termination_registered_date"),
    )
    reasons = _scan(inputs, "termination_reasons").select("termination_reason", "termination_group")
    groups = _scan(inputs, "termination_groups").select("termination_group", "is_work_or_education")
    year = pl.col("end_date").dt.year()
    half = pl.when(pl.col("end_date").dt.month() <= 6).then(pl.lit("H1")).otherwise(pl.lit("H2"))
    (
        participations.lazy()
        .filter("has_begun", pl.col("end_date").is_not_null())
        .join(reasons, on="termination_reason", how="left")
        .join(groups, on="termination_group", how="left")
        .join(_exits(inputs, participations), on="no", how="left")
        .select(
            *("participation_id", "person_key", "municipality_code", "end_date"),
            year.cast(pl.Int32).alias("end_year"),
            (year.cast(pl.String).str.zfill(4) + half).alias("end_half_year"),
            "termination_reason",
            pl.col("termination_group").fill_null("ukjent"),
            pl.col("is_work_or_education").fill_null(False),
            "termination_source",
            pl.col("termination_registered_date").alias("registered_date"),
            (_day("termination_registered_date") - _day("end_date")).alias("registration_lag_days"),
            pl.col("is_exit_of_year").fill_null(False),
            pl.col("is_exit_of_half_year").fill_null(False),
        )
        .sink_parquet(path)
    )


def _income_lines(inputs: Path) -> pl.LazyFrame:
    """Return the lines of benefit, and of wages in November, with the amount in millionths."""
    line = pl.col("income_lines").struct
    pension = line.field("pensjonEllerTrygd").struct.field("beskrivelse")
    kind = (
        pl.when(pension == "introduksjonsstoenad")
        .then(pl.lit("benefit"))
        .when(line.field("loennsinntekt").is_not_null())
        .then(pl.lit("wage"))
    )
    amount = pl.col("text").str.replace(",", ".", literal=True)
    readable = pl.col("text").str.contains(r"^[+-]?[0-9]{1,9}([.,][0-9]{1,6})?$")
    lines = (
        _scan(inputs, "stg_aordningen__inntekt")
        .filter("is_current")
        .select("ident", "unit_id", "income_month", "income_lines")
        .explode("income_lines")
        .select(
            *("ident", "unit_id", "income_month"),
            kind.alias("kind"),
            line.field("beloep").str.strip_chars(" ").alias("text"),
        )
        .filter(
            (pl.col("kind") == "benefit")
            | ((pl.col("kind") == "wage") & (pl.col("income_month").dt.month() == 11))
        )
        .with_columns(
            # Fifteen digits are exact in a double.
            amount=pl.when(readable)
            .then((amount.cast(pl.Float64, strict=False) * 1_000_000).round())
            .cast(pl.Int64)
        )
        .drop("text")
    )
    return _with_person(inputs, lines).drop("ident")


def _make_one_year_status(inputs: Path, path: Path) -> None:
    vintage = _scan(inputs, "int_time__vintage").collect().row(0, named=True)
    status_year = pl.col("exit_year") + pl.col("years_after")
    delivered = pl.lit(vintage["status_delivered"], dtype=pl.Date)
    cohort = (
        _participations(inputs, "municipality_code", "end_date")
        .lazy()
        .filter("has_begun")
        .sort(pl.col("end_date").fill_null(_LAST_DATE), "start", "participation_id")
        .group_by("person_key")
        .agg(pl.col("municipality_code", "end_date").last())
        .filter(pl.col("end_date").is_not_null())
        .select(
            "person_key",
            "municipality_code",
            exit_year=pl.col("end_date").dt.year().cast(pl.Int32),
            years_after=pl.lit([1, 2, 3, 4, 5], dtype=pl.List(pl.Int32)),
        )
        .explode("years_after")
        .filter(pl.date(status_year, 12, 10) < vintage["as_of"])
        .with_columns(
            status_year=status_year,
            reference_date=pl.date(status_year, 11, 30),
            is_preliminary=(delivered < pl.date(status_year + 2, 1, 1)).fill_null(True),
        )
        .collect()
    )
    lines, spells, signals = pl.collect_all(
        [
            _income_lines(inputs).filter(pl.col("income_month").dt.month() == 11),
            _with_person(inputs, _scan(inputs, "stg_folkeregister__bosatt")).select(
                *("person_key", "municipality_code", "residence_id", "from_date", "to_date")
            ),
            _with_person(inputs, _scan(inputs, "stg_status__signaler")).select(
                *("person_key", "signal", "from_date", "to_date")
            ),
        ],
        engine="streaming",
    )
    reference = cohort.lazy().select("person_key", "status_year", "reference_date")
    on_reference_date = pl.col("reference_date").is_between(
        pl.col("from_date"), pl.col("to_date").fill_null(_LAST_DATE)
    )
    who = ["person_key", "status_year"]
    residences = (
        reference.join(spells.lazy(), on="person_key")
        .filter(on_reference_date)
        .sort("from_date", "residence_id")
        .group_by(who)
        .agg(pl.col("municipality_code").last().alias("residence_municipality_code"))
        .with_columns(has_residence=True)
    )
    words = _scan(inputs, "status_signals").select("signal", "status_code")
    wages = (
        lines.lazy()
        .filter(pl.col("kind") == "wage")
        .group_by("person_key", status_year=pl.col("income_month").dt.year().cast(pl.Int32))
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
    )
    held = pl.concat(
        [
            reference.join(signals.lazy(), on="person_key")
            .filter(on_reference_date)
            .join(words, on="signal", how="left")
            .select(*who, pl.col("status_code").fill_null("80")),
            reference.join(wages, on=who).select(*who, status_code=pl.lit("11")),
        ]
    ).collect()
    both = (
        held.lazy()
        .filter(pl.col("status_code").is_in(["11", "05"]))
        .group_by(who)
        .agg(pl.col("status_code").n_unique().alias("codes"))
        .filter(pl.col("codes") == 2)
        .select(*who, status_code=pl.lit("15"))
    )
    statuses = _scan(inputs, "statuses").select("status_code", "status_group", "priority")
    first_match = (
        pl.concat([held.lazy(), both])
        .join(statuses, on="status_code")
        .group_by(who)
        .agg(pl.col("priority").min())
        .join(statuses.select("priority", "status_code"), on="priority")
        .drop("priority")
    )
    deaths = _scan(inputs, "int_person__persons").select("person_key", "death_date")
    income_years = lines["income_month"].dt.year().unique().to_list()
    resident = pl.col("has_residence").fill_null(False) & (
        pl.col("death_date") >= pl.col("reference_date")
    ).fill_null(True)
    (
        cohort.lazy()
        .join(residences, on=who, how="left")
        .join(deaths, on="person_key", how="left")
        .join(first_match, on=who, how="left")
        .with_columns(pl.col("status_code").fill_null("08"), is_resident=resident)
        .join(statuses, on="status_code")
        .select(
            *("person_key", "exit_year", "status_year", "years_after", "municipality_code"),
            pl.when("is_resident").then("residence_municipality_code"),
            "is_resident",
            pl.when("is_resident").then("status_code"),
            pl.when("is_resident").then("status_group"),
            "is_preliminary",
            pl.lit(vintage["status_delivered"] is not None).alias("has_status_source"),
            pl.col("status_year").is_in(income_years).alias("has_income_source"),
        )
        .sink_parquet(path)
    )


def _make_benefit_months(inputs: Path, path: Path) -> None:
    lines = (
        _income_lines(inputs)
        .filter(pl.col("kind") == "benefit")
        .group_by(pl.col("person_key").cast(pl.Categorical), "unit_id", month="income_month")
        .agg(pl.col("amount").sum(), known=pl.col("amount").count(), lines=pl.len())
        .collect(engine="streaming")
        .lazy()
    )
    units = (
        lines.select("unit_id", "month")
        .unique()
        .join(_scan(inputs, "stg_aordningen__virksomheter").filter("is_current"), on="unit_id")
        .filter(
            pl.col("month").is_between(
                pl.col("valid_from"), pl.col("valid_to").fill_null(_LAST_DATE)
            )
        )
        .sort("valid_from", "line_number")
        .group_by("unit_id", "month")
        .agg(pl.col("municipality_code").last())
    )
    months = (
        lines.join(units, on=["unit_id", "month"], how="left")
        .group_by("person_key", "month", "municipality_code")
        .agg(pl.col("amount", "known", "lines").sum())
        .collect()
        .lazy()
    )
    # In this order the greatest place is the latest start.
    participations = (
        _participations(inputs, "start_date")
        .sort("start", "participation_id")
        .drop("no")
        .with_row_index("place")
        .with_columns(pl.col("person_key").cast(pl.Categorical))
        .lazy()
    )
    touching = (
        months.select("person_key", "month")
        .join(participations.select("person_key", "place", "start", "last"), on="person_key")
        .filter(
            pl.col("start") < pl.col("month").dt.offset_by("1mo").to_physical() + _FIRST_DAY,
            _day("month") <= pl.col("last"),
        )
        .group_by("person_key", "month")
        .agg(pl.col("place").max())
    )
    cents = _shared(pl.col("amount"), pl.lit(1), pl.lit(10_000))
    (
        months.join(touching, on=["person_key", "month"], how="left")
        .join(participations.select("place", "participation_id"), on="place", how="left")
        .select(
            "person_key",
            pl.col("month").alias("benefit_month"),
            "municipality_code",
            pl.when(pl.col("known") > 0).then(_decimal(cents, 2)).alias("amount"),
            pl.col("lines").cast(pl.Int32).alias("line_count"),
            "participation_id",
            pl.col("participation_id").is_not_null().alias("is_matched"),
        )
        .sink_parquet(path)
    )


_MAKERS = {
    "fct_participation": _make_participation,
    "fct_participation_weeks": _make_participation_weeks,
    "fct_measure_weeks": _make_measure_weeks,
    "fct_terminations": _make_terminations,
    "fct_one_year_status": _make_one_year_status,
    "fct_benefit_months": _make_benefit_months,
}

if __name__ == "__main__":
    command("benchmarks.peers.polars_facts", facts, list(_MAKERS))()
