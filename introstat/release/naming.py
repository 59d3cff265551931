"""File names of a release, as Statistics Norway's standard has them: `tiltak-4_p2017-H2_v1.px`.

Releases made before the stems had hyphens are read as they are: `tiltak_4_p2017-H2_v1.px`.
"""

import re
from collections.abc import Sequence
from datetime import date

from introstat.errors import UserError

KINDS = ("preliminary", "final")
AUDIT, REVISIONS = "personvernkontroll", "revisjoner"
_PERIOD = re.compile(r"(?P<year>[12][0-9]{3})(?:H(?P<half>[12]))?")
_STEM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FILE = re.compile(
    r"(?P<stem>[a-z][a-z0-9_-]*?)_p[12][0-9]{3}(-H[12])?(_p[12][0-9]{3}(-H[12])?)?"
    r"_v[1-9][0-9]*(__DOC)?\.[a-z0-9]+"
)


def period_dates(period: str) -> tuple[date, date]:
    """Return the first and last day of a period, `2017H2` or `2017`.

    Raises UserError if it is none.
    """
    found = _PERIOD.fullmatch(period)
    if not found:
        raise UserError(
            f"{period!r} is not a period; expected a half-year as 2017H2 or a year as 2017."
        )
    year = int(found["year"])
    match found["half"]:
        case "1":
            return date(year, 1, 1), date(year, 6, 30)
        case "2":
            return date(year, 7, 1), date(year, 12, 31)
        case _:
            return date(year, 1, 1), date(year, 12, 31)


def year_before(period: str) -> str:
    """Return the same half-year, or the year, one year before."""
    return f"{int(period[:4]) - 1}{period[4:]}"


def in_name(period: str) -> str:
    """Return a period as file names write it: `2017H2` is p2017-H2, `2017` is p2017."""
    period_dates(period)
    return "p" + period.replace("H", "-H")


def span_in_name(periods: Sequence[str]) -> str:
    """Return one or several periods as file names write them: p2017-H2, or p2016-H1_p2017-H2."""
    if not periods:
        raise UserError("A file of a release needs at least one period; the table has none.")
    # A year that begins with its first half-year is the longer one: it comes first and ends last.
    first = min(periods, key=lambda each: (period_dates(each)[0], len(each)))
    last = max(periods, key=lambda each: (period_dates(each)[1], -len(each)))
    return in_name(first) if first == last else f"{in_name(first)}_{in_name(last)}"


def file_name(stem: str, periods: Sequence[str], version: int, extension: str) -> str:
    """Return the name of a file.

    Raises UserError for a stem that is not small letters a-z, digits and `-`, or a version below 1.
    """
    if not _STEM.fullmatch(stem):
        raise UserError(
            f"{stem!r} is not the stem of a file name; expected a-z, digits and -, beginning with "
            "a letter (no æøå)."
        )
    if version < 1:
        raise UserError(f"Version {version}: versions are counted from 1.")
    return f"{stem}_{span_in_name(periods)}_v{version}.{extension}"


def stem_in(name: str) -> str | None:
    """Return the stem of a file name; None if it is not the name of a release's file."""
    found = _FILE.fullmatch(name)
    return found["stem"] if found else None


def tail_in(name: str) -> str:
    """Return what follows the stem in a file name, without its ending: `_p2017-H2_v1`."""
    return name.removeprefix(stem_in(name) or "").rpartition(".")[0]


def spellings(stem: str) -> tuple[str, str]:
    """Return a stem as it is written now, and as older releases have it."""
    now = stem.replace("_", "-")
    return now, now.replace("-", "_")
