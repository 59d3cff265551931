"""Check digits of fødselsnummer, D-number and DUF number, the rules from 2032 included."""

import re
from collections.abc import Callable, Sequence
from itertools import compress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np

    Digits = np.ndarray[tuple[int, ...], np.dtype[np.int16]]
    Verdicts = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DUF_WEIGHTS = (4, 6, 3, 2, 7, 5, 4, 6, 3, 2)
# From 0, a month that there is not.
_DAYS_OF_MONTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

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
    return valid_idents([text])[0]


def is_valid_duf(text: str) -> bool:
    """Tell whether a text is a valid DUF number: ten digits and their weighted sum mod 11."""
    return valid_dufs([text])[0]


def valid_idents(texts: Sequence[str]) -> list[bool]:
    """Tell of each of many texts, in a fraction of the time, whether it `is_valid_ident`."""
    return _of_digits(texts, 11, _are_idents)


def valid_dufs(texts: Sequence[str]) -> list[bool]:
    """Tell of each of many texts, in a fraction of the time, whether it `is_valid_duf`."""
    return _of_digits(texts, 12, _are_dufs)


def _of_digits(
    texts: Sequence[str], length: int, check: Callable[["Digits"], "Verdicts"]
) -> list[bool]:
    """Return what `check` says of the texts that are so many digits; no other is valid."""
    import numpy as np

    fit = [len(text) == length and text.isascii() and text.isdigit() for text in texts]
    joined = "".join(compress(texts, fit)).encode("ascii")
    digits = np.frombuffer(joined, np.uint8).reshape(-1, length).astype(np.int16) - ord("0")
    valid = np.array(fit, bool)
    valid[valid] = check(digits)
    return cast(list[bool], valid.tolist())


def _are_idents(digits: "Digits") -> "Verdicts":
    day, month, year = (10 * digits[:, 0:6:2] + digits[:, 1:6:2]).T
    valid: Verdicts = (
        _are_dates(day - 40 * (day > 40), month - 80 * (month > 80), year)
        & (_weighted(digits, _K1_WEIGHTS) % 11 <= 3)
        & (_weighted(digits, _K2_WEIGHTS) % 11 == 0)
    )
    return valid


def _are_dates(day: "Digits", month: "Digits", year: "Digits") -> "Verdicts":
    """Tell which days are, in any century: year 00 had a 29 February once, in 2000."""
    import numpy as np

    is_month = (month >= 1) & (month <= 12)
    days = np.array(_DAYS_OF_MONTHS)[month * is_month] + ((month == 2) & (year % 4 == 0))
    valid: Verdicts = (day >= 1) & (day <= days)
    return valid


def _are_dufs(digits: "Digits") -> "Verdicts":
    last_two = 10 * digits[:, 10] + digits[:, 11]
    valid: Verdicts = _weighted(digits, _DUF_WEIGHTS) % 11 == last_two
    return valid


def _weighted(digits: "Digits", weights: tuple[int, ...]) -> "Digits":
    """Sum the first digits up by their weights; in small numbers, for there may be millions."""
    import numpy as np

    sums: Digits = digits[:, : len(weights)] @ np.array(weights, digits.dtype)
    return sums


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
        valid_idents(
            [digits[start : start + 11] for digits in found for start in range(len(digits) - 10)]
        )
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
