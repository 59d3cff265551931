"""Check digits of fødselsnummer, D-number and DUF number, the rules from 2032 included."""

import re
from datetime import date

_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DUF_WEIGHTS = (4, 6, 3, 2, 7, 5, 4, 6, 3, 2)


def is_valid_ident(text: str) -> bool:
    """Tell whether a text is a valid fødselsnummer or D-number, a synthetic one included.

    Valid: eleven digits, a date part that is a date (day − 40 for D-numbers, month − 80 for
    synthetic ones), k1 leaving 0–3 and k2 leaving 0. The number tells neither century nor sex, so a
    29 February is a date if any century has it.
    """
    if len(text) != 11 or not text.isascii() or not text.isdigit():
        return False
    digits = [int(character) for character in text]
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
    return _weighted([int(character) for character in text], _DUF_WEIGHTS) % 11 == int(text[10:])


def tellable(text: str) -> str:
    """Return a message fit to be told: one line, no long word whole, no run of eleven digits.

    Names that somebody else chose (a file, a folder, a value of a manifest) may hold anything.
    """
    printable = "".join(char if char.isprintable() else "�" for char in text)
    short = re.sub(r"\S{200,}", lambda match: f"{match.group()[:100]}…", printable)
    return re.sub("[0-9]{11,}", "…", short)


def _weighted(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def _is_date(day: int, month: int, year: int) -> bool:
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False
