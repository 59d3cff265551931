"""Which municipality is meant: a code or a name, as of the day the warehouse knows."""

import difflib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import duckdb

from introstat.codelists import NO_MUNICIPALITY
from introstat.errors import UserError
from introstat.queries import first_row, only_row


@dataclass(frozen=True)
class Municipality:
    """A municipality of today, or the rest of one that was split."""

    code: str
    name: str
    county: str

    @property
    def title(self) -> str:
        """Code and name, as a reader writes them."""
        return f"{self.code} {self.name}"


# From each code to the code of today, for the days from `from_date` until before `until_date`.
_SUCCESSIONS = "dim_municipality_successor"

_TODAY = f"""
    select municipality_code, municipality_name, coalesce(county_name, '') as county_name
    from dim_municipality
    where valid_from <= $day and municipality_code in (
        select current_code from {_SUCCESSIONS} where $day >= from_date and $day < until_date
    )
    qualify row_number() over (partition by municipality_code order by valid_from desc) = 1
    order by municipality_code
"""

_UNKNOWN_NAME = "select label_nb from other_places where place_code = $code"

# Names that a place of today has had, has in full, or will have.
_NAMES = f"""
    select municipality_name, coalesce(current_code, municipality_code) as code
    from dim_municipality
    inner join {_SUCCESSIONS} as successions using (municipality_code)
    where $day >= from_date and $day < until_date
"""

_WITH_ROWS = """
    select current_municipality_code from rpt_completeness where checked > 0
    union select current_municipality_code from rpt_participants
    union select current_municipality_code from rpt_ended_participants
    union select current_municipality_code from rpt_findings
"""

_ONCE = f"""
    select municipality_name, min(valid_from) over () as begins, current_code, from_date
    from dim_municipality
    left join {_SUCCESSIONS} as successions
        on dim_municipality.municipality_code = successions.municipality_code
        and $day >= from_date and $day < until_date
    where dim_municipality.municipality_code = $code
    order by valid_from desc
    limit 1
"""

_PREDECESSORS = f"""
    select municipality_code
    from {_SUCCESSIONS}
    where current_code = $code and municipality_code <> $code and from_date > $day
    order by municipality_code
"""


def municipalities(connection: duckdb.DuckDBPyConnection, day: date) -> list[Municipality]:
    """Return every municipality of the day, by code, old codes of split ones among them."""
    rows = connection.execute(_TODAY, {"day": day}).fetchall()
    return [Municipality(*row) for row in rows]


def with_something_to_tell(connection: duckdb.DuckDBPyConnection, day: date) -> list[Municipality]:
    """Return the municipalities that have participants, or anything that was checked."""
    told = {code for (code,) in connection.execute(_WITH_ROWS).fetchall()}
    return [each for each in municipalities(connection, day) if each.code in told]


def findings_of(connection: duckdb.DuckDBPyConnection, code: str) -> int:
    """Return how many findings are listed of a municipality."""
    query = "select count(*) from rpt_findings where current_municipality_code = $code"
    row = only_row(connection, query, {"code": code})
    return int(row[0])


def find(connection: duckdb.DuckDBPyConnection, wanted: str, day: date) -> Municipality:
    """Return the municipality with a code or a name; UserError says which one may be meant.

    A name may be in one of several languages, of earlier or later days, and without diacritics.
    9999 stands for what has no known municipality.
    """
    known = {each.code: each for each in municipalities(connection, day)}
    text = wanted.strip()
    if text == NO_MUNICIPALITY:
        return unknown(connection)
    if text.isdigit():
        code = text.zfill(4) if len(text) == 3 else text  # a spreadsheet has eaten the zero
        if code in known:
            return known[code]
        raise UserError(_unknown_code(connection, text, day, known))
    rows = connection.execute(_NAMES, {"day": day}).fetchall()
    today = [(each.name, each.code) for each in known.values()]
    for names in (today, rows):
        for written in (str.casefold, _folded):
            codes = {code for name, code in names if written(text) in map(written, _parts(name))}
            named = [known[code] for code in sorted(codes & known.keys())]
            if len(named) == 1:
                return named[0]
            if codes and not named:  # made of several after the day
                raise UserError(_unknown_code(connection, min(codes), day, known))
            if named:
                raise UserError(
                    f"{text} is the name of {len(named)} municipalities: "
                    f"{', '.join(_with_county(each) for each in named)}. Give the code."
                )
    close = difflib.get_close_matches(
        _folded(text), {_folded(part) for name, _ in today for part in _parts(name)}, 3, 0.75
    )
    meant = [
        known[code] for name, code in today if {_folded(part) for part in _parts(name)} & set(close)
    ]
    hint = (
        f"Did you mean {' or '.join(each.title for each in meant)}?"
        if meant
        else "Give the name or the code as Statistics Norway writes it."
    )
    raise UserError(f"No municipality is called {text} on {day}. {hint}")


def unknown(connection: duckdb.DuckDBPyConnection) -> Municipality:
    """Return what stands for a municipality that cannot be told; the register's owner's list."""
    row = only_row(connection, _UNKNOWN_NAME, {"code": NO_MUNICIPALITY})
    return Municipality(NO_MUNICIPALITY, row[0], "")


def _parts(name: str) -> set[str]:
    """Return what a municipality may be called: whole, in one language, without its county."""
    return {name, *name.split(" - "), name.split(" (")[0]}


def _folded(name: str) -> str:
    """Return a name without diacritics, dashes and doubled letters for å: Tråante is Traante."""
    plain = name.casefold().removesuffix(" kommune").translate(_LETTERS).replace("oe", "o")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", plain.replace("aa", "a")).strip()


_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "đ": "d", "ŋ": "n", "ŧ": "t"})


def _with_county(municipality: Municipality) -> str:
    if municipality.name.endswith(")"):
        return municipality.title
    return f"{municipality.title} ({municipality.county})"


def _unknown_code(
    connection: duckdb.DuckDBPyConnection, code: str, day: date, known: dict[str, Municipality]
) -> str:
    once = first_row(connection, _ONCE, {"code": code, "day": day})
    if once is None:
        close = difflib.get_close_matches(code, known, 3)
        hint = f" Close to it: {', '.join(known[each].title for each in close)}." if close else ""
        return f"There is no municipality {code}: expected four digits, like 0301.{hint}"
    name, begins, successor, since = once
    if begins > day:
        rows = connection.execute(_PREDECESSORS, {"code": code, "day": day}).fetchall()
        before = [known[old].title for (old,) in rows if old in known]
        return (
            f"{code} {name} is a municipality from {begins}; this warehouse knows {day}. "
            f"Then it was {' and '.join(before) or 'part of another'}."
        )
    return (
        f"{code} {name} is {known[successor].title} since {since}. Its persons are in that "
        f"municipality's lists: introstat lists {successor}"
    )
