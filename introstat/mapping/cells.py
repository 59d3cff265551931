"""A workbook's cells as texts, written as the office's file would have them.

A cell that is a date or a number is written in the format that the mapping gives for its column,
so that all else is the same as with a text file.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from introstat.identity.numbers import DECIMAL_PLACES, with_zero
from introstat.mapping.layout import OfficeFile

Value = str | int | float | bool | datetime | date | time | timedelta | None
# What is trimmed from a value.
BLANKS = " \t\u00a0"
# Excel's day zero, 1899-12-30: what a date cell with 0 says, which a reader takes for a time.
_DAY_ZERO = datetime(1899, 12, 30)


def cell_writer(layout: OfficeFile, name: str) -> Callable[[Value], str]:
    """Return what makes a text of the cells of one of the office's columns."""
    fields = [each for rule in layout.rules for each in rule.fields if name in each.reads]
    dated = [each.dates for each in fields if each.target.data_type == "date"]
    counted = [each.number for each in fields if each.target.data_type in ("decimal", "integer")]
    dates = (dated or [layout.formats.dates])[0][0]
    decimal = (counted or [layout.formats.number])[0].decimal or "."
    is_ident = any(each.target.identity == "ident" for each in fields)
    is_mapped = name in layout.used

    def write(value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, int | float):
            text = _number(value, rounded=bool(counted)).replace(".", decimal)
            # A number has no zeros in front, and an identity number has eleven digits.
            if is_ident:
                return text.zfill(11) if len(text) == 10 else text
            # Nobody says what is in a column that no field reads. Keys and codes stay as they are.
            return text if is_mapped else with_zero(text)
        if dated and value == time():
            return dates.write(_DAY_ZERO)
        if isinstance(value, datetime):
            return dates.write(value)
        if isinstance(value, date):
            return dates.write(datetime.combine(value, time()))
        return str(value)

    return write


def _number(value: int | float, *, rounded: bool) -> str:
    """Return a number as a spreadsheet knows it, to fifteen digits, never in powers of ten."""
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if number == number.to_integral_value():
        return f"{number:.0f}"
    if rounded:
        # A formula's hours have fifteen digits.
        number = round(number, DECIMAL_PLACES)
    return f"{number:f}".rstrip("0").rstrip(".")
