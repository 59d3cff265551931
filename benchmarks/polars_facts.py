"""The week facts in polars, as an expert would write them who wants them fast.

Spells become events; sorted by key and day, one running sum over all of them gives the state
between two days, because what a key adds it also takes away. Days are integers from Monday
1 January of year 1, hours and amounts scaled integers, keys packed into one integer, repeated texts
categories. Weeks are made and written by the streaming engine.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.timing import command, timed

# Day 0 is Monday 1 January of year 1; polars counts from 1970.
_FIRST_DAY = 719_162
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
    idents = _scan(inputs, "int_identity__idents").select("ident", "person_key")
    return rows.join(idents, on="ident")


def _participations(inputs: Path, *columns: str) -> pl.DataFrame:
    """Return the accepted participations, numbered, with these columns and the days they last."""
    observed = _scan(inputs, "int_time__vintage").select("observed_until").collect().item()
    persons = _scan(inputs, "int_person__persons").select(
        "person_key", "legal_regime", "death_date"
    )
    known_end = pl.when(pl.col("end_date") <= observed).then("end_date")
    # Nobody takes part after the day of death.
    begun = pl.col("start_date") <= pl.min_horizontal("death_date", pl.lit(observed))
    end = pl.when("has_begun").then(pl.min_horizontal("end_date", "death_date"))
    return (
        _with_person(inputs, _scan(inputs, "stg_nir__deltakelser"))
        .join(persons, on="person_key")
        .with_columns(end_date=known_end, has_begun=begun)
        .with_columns(end_date=end.otherwise("end_date"))
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


_MAKERS = {
    "fct_participation_weeks": _make_participation_weeks,
    "fct_measure_weeks": _make_measure_weeks,
}

if __name__ == "__main__":
    command("benchmarks.polars_facts", facts, list(_MAKERS))()
