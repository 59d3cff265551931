"""Where a municipality code counts on a day, read from the lists of codes and of reforms alone."""

import csv
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

GEOGRAPHY = Path(__file__).parents[3] / "seeds" / "geography"

# The reference year is the newest known.
FAR = date(9998, 12, 31)
UNKNOWN = "9999"


class Place(NamedTuple):
    """A municipality and its county; 9999 where it cannot be told."""

    municipality: str
    county: str


NOWHERE = Place(UNKNOWN, UNKNOWN)


@cache
def _rows(name: str) -> list[dict[str, Any]]:
    with (GEOGRAPHY / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def municipality_changes() -> list[tuple[date, str, str, bool]]:
    """The recorded changes of municipality codes: day, old code, new code, whether a split."""
    return [
        (
            date.fromisoformat(row["change_date"]),
            row["old_code"],
            row["new_code"],
            row["is_split"] == "true",
        )
        for row in _rows("municipality_changes")
    ]


@cache
def _codes() -> dict[str, tuple[date, date, str]]:
    """Each code's first day, the day after its last, and its county.

    A code that no reform in the list has made is as old as can be.
    """
    made = {new for _, _, new, _ in municipality_changes()}
    found: dict[str, tuple[date, date, str]] = {}
    for row in _rows("municipalities"):
        code = row["municipality_code"]
        first = date.fromisoformat(row["valid_from"]) if code in made else date.min
        end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        if code in found:
            first, end = min(first, found[code][0]), max(end, found[code][1])
        found[code] = first, end, row["county_code"]
    return found


def is_valid(code: str, day: date) -> bool:
    """Whether a code is in use on a day."""
    first, end, _ = _codes().get(code, (date.max, date.max, ""))
    return first <= day < end


def carried_forward(code: str, last: date) -> str:
    """Return the code valid on a date: merges and renumberings map, a split keeps the old code."""
    changes = {
        old: new
        for day, old, new, is_split in municipality_changes()
        if not is_split and day <= last
    }
    while code in changes:
        code = changes[code]
    return code


def _becomes(code: str, since: date, until: date) -> Iterator[str]:
    """Every code that a code has led to after a day, splits too, by the last day known."""
    yield code
    for day, old, new, _ in municipality_changes():
        if old == code and since < day <= until:
            yield from _becomes(new, day, until)


@cache
def place_on(code: str | None, day: date, known: date) -> Place:
    """Where what is registered with a code counts on a day, with the reforms known by another.

    `Forward through mergers and renumberings and back where an event carries a code of later days:
    to the predecessor if there is exactly one. Where that cannot be told, 9999, in the county if
    all candidates lie in one county.`
    """
    if code is None or code not in _codes():
        return NOWHERE
    first, _, _ = _codes()[code]
    if day >= first:
        now = carried_forward(code, day)
        return Place(now, _codes()[now][2])
    until = max(known, first)
    before = [
        other
        for other in _codes()
        if other != code and is_valid(other, day) and code in _becomes(other, day, until)
    ]
    counties = {_codes()[other][2] for other in before}
    return Place(
        before[0] if len(before) == 1 else UNKNOWN,
        counties.pop() if len(counties) == 1 else UNKNOWN,
    )


@cache
def regions(code: str | None, last: date, known: date) -> list[tuple[str, str, str]]:
    """Where a figure counts, by the codes of a period's last day and of the reference year.

    None is a protected address: the country alone.
    """
    found = [("at_the_time", "country", "0"), ("reference_year", "country", "0")]
    if code is None:
        return found
    then, now = place_on(code, last, known), place_on(code, FAR, known)
    found += [
        ("at_the_time", "county", then.county),
        ("at_the_time", "municipality", then.municipality),
        ("reference_year", "county", now.county),
        ("reference_year", "municipality", now.municipality),
    ]
    if code in _codes() and (
        then.municipality == UNKNOWN
        or now.municipality != place_on(then.municipality, FAR, known).municipality
    ):
        found.append(("as_registered", "municipality", code))
    return found


# Codes that Statistics Norway writes where a municipality's stands and that are none.
OTHER_PLACES = {row["place_code"] for row in _rows("other_places")}
