"""Random draws and small vector helpers. Dates are whole days since 1970-01-01 (int64)."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: A date that never comes: «not registered», «not known», «still going on».
NEVER = int(np.datetime64("9999-12-31", "D").astype(np.int64))


@dataclass(frozen=True)
class Rows:
    """A table by columns: arrays of one length with an entry for each row."""

    def columns(self) -> list[Any]:
        """Return the arrays in the order of the fields."""
        return [getattr(self, field.name) for field in fields(self)]

    def __len__(self) -> int:
        return len(self.columns()[0])

    def __getitem__(self, rows: Ints | Bools) -> Self:
        return type(self)(*(column[rows] for column in self.columns()))


T = TypeVar("T", bound=Rows)


def joined(*parts: T) -> T:
    """Return the rows of all parts, one part after the other."""
    columns = zip(*(part.columns() for part in parts), strict=True)
    return type(parts[0])(*map(np.concatenate, columns))


def stream(seed: int, name: str) -> np.random.Generator:
    """Return a generator for each topic, so that a change in one leaves the others alone."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def day(text: str) -> int:
    """Return `2016-01-31` as a day number."""
    return int(np.datetime64(text, "D").astype(np.int64))


def iso(value: int) -> str:
    """Return a day number as `2016-01-31`."""
    return str(np.datetime64(value, "D"))


def year_of(days: Ints) -> Ints:
    """Return the calendar year of each day."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def month_of(days: Ints) -> Ints:
    """Return whole months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_day(months: Ints) -> Ints:
    """Return the first day of each month number."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def new_year(years: Ints) -> Ints:
    """Return 1 January of each year."""
    return first_day((years - 1970) * 12)


def weekday(days: Ints) -> Ints:
    """Return the day itself, or the Monday after a weekend."""
    number = (days + 3) % 7
    return np.where(number > 4, days + 7 - number, days)


def choose(rng: np.random.Generator, shares: Sequence[float] | Floats, size: int) -> Ints:
    """Return positions drawn with the given relative weights."""
    cumulative = np.cumsum(np.asarray(shares, dtype=np.float64))
    drawn = rng.random(size) * cumulative[-1]
    position = np.searchsorted(cumulative, drawn, side="right")
    return np.asarray(np.minimum(position, len(cumulative) - 1))


def choose_by(rng: np.random.Generator, table: Floats, group: Ints) -> Ints:
    """Return positions drawn as by `choose`, with one row of weights per group."""
    chosen = np.zeros(len(group), dtype=np.int64)
    for number, weights in enumerate(table):
        rows = np.flatnonzero(group == number)
        chosen[rows] = choose(rng, weights, len(rows))
    return chosen


def between(rng: np.random.Generator, bounds: Sequence[int], size: int) -> Ints:
    """Return whole numbers, both bounds included."""
    return rng.integers(bounds[0], bounds[1] + 1, size)


def happens(rng: np.random.Generator, chance: float | Floats, size: int) -> Bools:
    """Return true with the given chance."""
    return np.asarray(rng.random(size) < chance)


def expand(counts: Ints) -> tuple[Ints, Ints]:
    """Return each child's parent, and its number among the siblings, for counts per parent."""
    parent = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return parent, np.arange(len(parent)) - first[parent]


def by_year(table: Mapping[Any, float], years: Ints) -> Floats:
    """Return the value of the newest entry not after each year; the oldest entry before that."""
    known = sorted(int(year) for year in table)
    position = np.searchsorted(np.array(known), years, side="right") - 1
    values = np.array([float(table[year]) for year in known])
    return np.asarray(values[np.maximum(position, 0)])
