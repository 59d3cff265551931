"""Figures and days in Norwegian sentences (37,5 % and fire av fem), names for files."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from fractions import Fraction

from introstat.written import NO_BREAK, exact, number, percent_sign

_PLAIN = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "ŋ": "n", "đ": "d", "ŧ": "t"})
_WORDS = (
    "null",
    "ett",
    "to",
    "tre",
    "fire",
    "fem",
    "seks",
    "sju",
    "åtte",
    "ni",
    "ti",
    "elleve",
    "tolv",
)


def whole(value: int | float) -> str:
    """Return a whole number with spaces between thousands."""
    return number(value)


def decimal(value: float) -> str:
    """Return a number with one decimal after a comma."""
    return number(value, 1)


def percent(share: float) -> str:
    """Return a share (0–1) as percent with one decimal."""
    return decimal(100 * share) + percent_sign()


def in_words(value: int | Decimal) -> str:
    """Return a whole number as it is written in a sentence: a word up to twelve, else digits."""
    return _WORDS[int(value)] if value <= 12 else whole(int(value))


def times(value: Decimal) -> str:
    """Return a factor as it is written in a sentence: halvannen gang, tre ganger, 2,5 ganger."""
    if value == Decimal("1.5"):
        return "halvannen gang"
    return f"{in_words(value) if value % 1 == 0 else decimal(float(value))} ganger"


def limit(value: Decimal, unit: str) -> str:
    """Return the limit of a rule as it is written in a sentence, by its unit in rule_limits."""
    if unit == "times":
        return times(value)
    if unit in ("months", "programme days"):
        return in_words(value)
    return exact(value).replace(NO_BREAK, " ")


def out_of(percentage: Decimal) -> str:
    """Return a percentage as so many of so many: fire av fem for 80."""
    share = Fraction(percentage) / 100
    return f"{in_words(share.numerator)} av {in_words(share.denominator)}"


def months(value: Decimal) -> str:
    """Return a number of months, in years where it can be: ett år for 12."""
    return f"{in_words(value)} måneder" if value % 12 else f"{in_words(value // 12)} år"


def day(value: date) -> str:
    """Return a date, 31.12.2017."""
    return f"{value:%d.%m.%Y}"


def half_year(name: str) -> str:
    """Return a half-year's name, 2. halvår 2017 for 2017H2."""
    return f"{name[5]}.{NO_BREAK}halvår {name[:4]}"


def slug(name: str) -> str:
    """Return a name as addresses and files have it: small letters a to z, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_PLAIN))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
