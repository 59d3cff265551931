"""How an office writes dates and numbers, and the SQL that writes them as the contract does.

Every expression gives null for a text that is not written so; nothing is guessed.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from introstat.macros import macros
from introstat.sql import text_literal

_TOKEN = r"(yyyy|mm?|dd?)"
_SHAPE = re.compile(rf"{_TOKEN}([./ -]?){_TOKEN}([./ -]?){_TOKEN}([T ]hh:mm(?::ss)?)?")
_DIGITS = {"yyyy": "[0-9]{4}", "mm": "[0-9]{2}", "m": "[0-9]{1,2}", "dd": "[0-9]{2}"}
_DIGITS["d"] = _DIGITS["m"]


@dataclass(frozen=True)
class DateFormat:
    """One way to write a date, such as dd.mm.yyyy; a time of day behind it is left out."""

    written: str
    tokens: tuple[str, str, str]
    separators: tuple[str, str]
    time: str

    @property
    def order(self) -> str:
        """The order of year, month and day, such as dmy."""
        return "".join(token[0] for token in self.tokens)

    def write_sql(self, moment: str) -> str:
        """Return SQL for a moment written so."""
        days = {"yyyy": "%Y", "mm": "%m", "m": "%-m", "dd": "%d", "d": "%-d"}
        return f"strftime({moment}, {text_literal(self._written(days, '%H:%M', ':%S'))})"

    def write(self, moment: datetime) -> str:
        """Return a moment written so."""
        days = {
            "yyyy": f"{moment.year:04d}",
            "mm": f"{moment.month:02d}",
            "m": str(moment.month),
            "dd": f"{moment.day:02d}",
            "d": str(moment.day),
        }
        return self._written(
            days, f"{moment.hour:02d}:{moment.minute:02d}", f":{moment.second:02d}"
        )

    def _written(self, days: dict[str, str], minutes: str, seconds: str) -> str:
        """Return the parts of a moment, by the tokens of its day, in this format."""
        between = (*self.separators, "")
        written = "".join(days[t] + s for t, s in zip(self.tokens, between, strict=True))
        if not self.time:
            return written
        return f"{written}{self.time[0]}{minutes}{seconds if self.time.endswith('ss') else ''}"

    def sql(self, text: str) -> str:
        """Return SQL for the date as YYYY-MM-DD, null if the text is no such date."""
        parts = [f"({_DIGITS[token]})" for token in self.tokens]
        first, second = map(re.escape, self.separators)
        time = r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?" if self.time else ""
        pattern = text_literal(f"{parts[0]}{first}{parts[1]}{second}{parts[2]}{time}")
        year, month, day = (
            f"lpad(regexp_extract({text}, {pattern}, {self.order.index(part) + 1}), 2, '0')"
            if part != "y"
            else f"regexp_extract({text}, {pattern}, {self.order.index(part) + 1})"
            for part in "ymd"
        )
        return (
            f"case when regexp_full_match({text}, {pattern}) "
            f"then try_cast({year} || '-' || {month} || '-' || {day} as date)::varchar end"
        )


def date_format(written: str) -> DateFormat:
    """Return a date format. Raises ValueError if it is none."""
    match = _SHAPE.fullmatch(written)
    if match is None:
        raise ValueError(
            f"date format {written!r} is not known; expected yyyy, mm (or m) and dd (or d) in any "
            "order, such as dd.mm.yyyy, ddmmyyyy or yyyymmdd, and perhaps hh:mm behind"
        )
    one, first, two, second, three, time = match.groups()
    found = DateFormat(written, (one, two, three), (first, second), time or "")
    if sorted(found.order) != ["d", "m", "y"]:
        raise ValueError(f"date format {written!r} needs one year, one month and one day")
    if not all(found.separators) and {"d", "m"} & set(found.tokens):
        raise ValueError(f"date format {written!r} cannot be told apart: write dd and mm")
    return found


def ambiguous(formats: tuple[DateFormat, ...]) -> tuple[DateFormat, DateFormat] | None:
    """Return two formats by which one text could be two dates, None if there are none."""
    for number, one in enumerate(formats):
        for other in formats[number + 1 :]:
            alike = one.separators == other.separators and one.order != other.order
            # With separators a year of four digits tells whether it stands first or last.
            apart = any(one.separators) and one.order.index("y") != other.order.index("y")
            if alike and not apart:
                return one, other
    return None


def dates_sql(formats: tuple[DateFormat, ...], text: str) -> str:
    """Return SQL for a date in the first format that fits, null if none does."""
    return f"coalesce({', '.join(each.sql(text) for each in formats)}, null)"


@dataclass(frozen=True)
class NumberFormat:
    """How an office writes numbers. No decimal sign: comma and point are both read."""

    decimal: str = ""
    thousands: str = ""

    def sql(self, text: str) -> str:
        """Return SQL for the number with a decimal point, null if the text is no such number."""
        return str(macros().number_text(text, self.decimal, self.thousands))


# A text that staging would read although it is not written as the mapping says: kept with a mark
# before it, so that it is told apart there and not misread.
_DATE_BY_CONTRACT = "regexp_full_match({0}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
UNREAD_MARK = "?"


def kept_unread(text: str, data_type: str) -> str:
    """Return SQL for a text that is not in the mapping's format, so that staging sets it aside."""
    if data_type == "date":
        misread = _DATE_BY_CONTRACT.format(text)
    else:
        misread = f"{macros().number_text(text)} is not null"
    return f"case when {misread} then '{UNREAD_MARK}' || {text} else {text} end"


def _padded(width: int) -> str:
    return (
        f"case when regexp_full_match({{0}}, '[0-9]{{{{1,{width}}}}}') "
        f"then lpad({{0}}, {width}, '0') else {{0}} end"
    )


TRANSFORMS = {
    "digits": "regexp_replace({0}, '[^0-9]', '', 'g')",
    "leading digits": "regexp_extract({0}, '^[0-9]*')",
    "upper": "upper({0})",
    "lower": "lower({0})",
    "pad 4": _padded(4),
    "pad 11": _padded(11),
    "pad 12": _padded(12),
}
"""What can be done to a text before its code word is looked up, by name; `{0}` is the text."""


def joined_number(text: str) -> str:
    """Return SQL for a text in which identity numbers written in two parts are one run of digits.

    What seals free text knows a number by its run of eleven digits.
    """
    return f"regexp_replace({text}, '\\b([0-9]{{6}})[ .\\-\u00a0]([0-9]{{5}})\\b', '\\1\\2', 'g')"
