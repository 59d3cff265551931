"""Check digits of fødselsnummer, D-number and DUF number, the rules from 2032 included."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from operator import mul

_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DUF_WEIGHTS = (4, 6, 3, 2, 7, 5, 4, 6, 3, 2)

# What stands between the parts of a number that somebody has written apart.
BLANKS = " \t\u00a0\u2007\u202f._-"


def _apart(digit: str, blanks: str) -> str:
    # In JSON, which no control character may stand in, a tab is written with two.
    blank = rf"(?:[{blanks}]|\\t)"
    return (
        rf"{digit}{{2}}{blank}?{digit}{{2}}{blank}?{digit}{{2}}"
        rf"{blank}{{0,3}}{digit}{{3}}{blank}?{digit}{{2}}"
    )


def _number_in_text(digit: str, blanks: str) -> str:
    return rf"{digit}{{11,}}|{_apart(digit, blanks)}"


_RUN = re.compile(r"\d{11,}")
_APART = re.compile(r"(?<!\d)" + _apart(r"\d", BLANKS) + r"(?!\d)")
# What a text must match to hold either, in the words of RE2; the second is the same for a text in
# ASCII, and is told several times as fast.
NUMBER_IN_TEXT = _number_in_text(r"\p{Nd}", BLANKS)
NUMBER_IN_ASCII = _number_in_text("[0-9]", "".join(filter(str.isascii, BLANKS)))


def is_valid_ident(text: str) -> bool:
    """Tell whether a text is a valid fødselsnummer or D-number, a synthetic one included.

    Valid: eleven digits, a date part that is a date (day − 40 for D-numbers, month − 80 for
    synthetic ones), k1 leaving 0–3 and k2 leaving 0. The number tells neither century nor sex, so a
    29 February is a date if any century has it.
    """
    if len(text) != 11 or not text.isascii() or not text.isdigit():
        return False
    digits = list(map(int, text))
    day, month, year = int(text[:2]), int(text[2:4]), int(text[4:6])
    return (
        _is_date(day - 40 if day > 40 else day, month - 80 if month > 80 else month, year)
        and _weighted(digits, _K1_WEIGHTS) % 11 <= 3
        and _weighted(digits, _K2_WEIGHTS) % 11 == 0
    )


def is_valid_duf(text: str) -> bool:
    """Tell whether a text is a valid DUF number: ten digits and their weighted sum mod 11."""
    if len(text) != 12 or not text.isascii() or not text.isdigit():
        return False
    return _weighted(list(map(int, text)), _DUF_WEIGHTS) % 11 == int(text[10:])


def numbers_replaced(text: str, replace: Callable[[str], str]) -> str:
    """Return the text with every number in it replaced by what `replace` makes of its digits.

    A number is a run of eleven or more digits, because an identity number may hide in a longer one
    (a line that has slipped, two numbers without a blank), or a valid identity number written with
    blanks, dots or dashes between day, month, year and the rest. Digits of any script count.
    """

    def joined(match: re.Match[str]) -> str:
        digits = ascii_digits(match.group())
        return replace(digits) if is_valid_ident(digits) else match.group()

    apart = _APART.sub(joined, text)
    return _RUN.sub(lambda match: replace(ascii_digits(match.group())), apart)


def holds_valid_number(text: str) -> bool:
    """Tell whether a valid identity number stands in a text, also within a longer run of digits."""
    found: list[str] = []

    def noted(digits: str) -> str:
        found.append(digits)
        return ""

    numbers_replaced(text, noted)
    return any(
        is_valid_ident(digits[start : start + 11])
        for digits in found
        for start in range(len(digits) - 10)
    )


def without_numbers(text: str) -> str:
    """Return a message in which no number stands: each is replaced by `…`."""
    return numbers_replaced(text, lambda _: "…")


def tellable(text: str) -> str:
    """Return a message fit to be told: one line, no long word whole, and no number.

    Names that somebody else chose (a file, a folder, a value of a manifest) may hold anything.
    """
    known = "".join(char if char.isprintable() else "�" for char in without_numbers(text))
    return re.sub(r"\S{200,}", lambda match: f"{match.group()[:100]}…", known)


def ascii_digits(text: str) -> str:
    """Return the digits of a text, of whatever script, as 0–9."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


def _weighted(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(map(mul, digits, weights))


@cache
def _is_date(day: int, month: int, year: int) -> bool:
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False
