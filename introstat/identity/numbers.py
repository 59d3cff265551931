"""Check digits of fødselsnummer, D-number and DUF number, the rules from 2032 included."""

import re
from collections.abc import Callable
from functools import cache

_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DUF_WEIGHTS = (4, 6, 3, 2, 7, 5, 4, 6, 3, 2)
# What the test populations add to the month, by whose they are: Skatteetaten's Tenor, Nav, Norsk
# Helsenett.
SYNTHETIC_MONTHS = {"tenor": 80, "nav": 40, "nhn": 65}
SYNTHETIC = frozenset({"tenor"})
"""The test populations whose numbers are valid where nothing else is said: the contract's own."""
# From 0, a month that there is not.
_DAYS_OF_MONTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# What is between the parts of a number that somebody has written apart.
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
# ASCII, and is matched several times as fast.
NUMBER_IN_TEXT = _number_in_text(r"\p{Nd}", BLANKS)
NUMBER_IN_ASCII = _number_in_text("[0-9]", "".join(filter(str.isascii, BLANKS)))


def is_valid_ident(text: str, synthetic: frozenset[str] = SYNTHETIC) -> bool:
    """Return whether a text is a valid fødselsnummer or D-number, or one of a test population.

    Valid: eleven digits, a date part that is a date (day − 40 for D-numbers, the month less what
    the `synthetic` populations add to it), k1 leaving 0–3 and k2 leaving 0. The number tells
    neither century nor sex, so a 29 February is a date if any century has it: year 00 had one once,
    in 2000.
    """
    if not _is_digits(text, 11):
        return False
    day, month, year = int(text[:2]), _months(synthetic)[int(text[2:4])], int(text[4:6])
    day -= 40 * (day > 40)
    return (
        1 <= month <= 12
        and 1 <= day <= _DAYS_OF_MONTHS[month] + (month == 2 and year % 4 == 0)
        and _weighted(text, _K1_WEIGHTS) % 11 <= 3
        and _weighted(text, _K2_WEIGHTS) % 11 == 0
    )


@cache
def _months(synthetic: frozenset[str]) -> tuple[int, ...]:
    """Return the month that each two digits are, 0 for none."""
    added = (0, *(SYNTHETIC_MONTHS[name] for name in synthetic))
    months = {month + more: month for more in added for month in range(1, 13)}
    return tuple(months.get(digits, 0) for digits in range(100))


def is_valid_duf(text: str) -> bool:
    """Return whether a text is a valid DUF number: ten digits and their weighted sum mod 11."""
    return _is_digits(text, 12) and _weighted(text, _DUF_WEIGHTS) % 11 == int(text[10:])


def is_valid_form_duf(text: str) -> bool:
    """Return whether a text is a DUF number by the published control of form 11b (K6).

    The same weights, over the digits 5–10 and then 1–4.
    """
    return _is_digits(text, 12) and (
        _weighted(text[4:10] + text[:4], _DUF_WEIGHTS) % 11 == int(text[10:])
    )


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _weighted(text: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the first digits by their weights."""
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False))


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
    """Return whether a text holds a valid identity number, also within a longer run of digits."""
    found = [ascii_digits(run) for run in (*_APART.findall(text), *_RUN.findall(text))]
    return any(
        is_valid_ident(digits[start : start + 11])
        for digits in found
        for start in range(len(digits) - 10)
    )


_EVERY = frozenset(SYNTHETIC_MONTHS)
# Numbers as they stand in JSON outside of its texts.
_JSON_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|-?[0-9][0-9.eE+-]*')
DECIMAL_PLACES = 6
"""Decimals that staging reads (macros/staging/numbers.sql)."""


def may_hold_unsealable(text: str) -> str:
    """Return SQL for whether `sealable_numbers` may have something to do in a text of JSON."""
    bare = r"(?:^|[:\[,\s-])"
    return f"regexp_matches({text}, '{bare}(?:[0-9]{{10}}|[0-9]{{1,10}}\\.[0-9]{{11}})')"


def sealable_numbers(text: str) -> str:
    """Return a text of JSON in which sealing replaces every identity number and leaves JSON.

    What replaces a number is a text. So one of eleven or more digits that is a number in JSON
    becomes a text, and so does one of ten that is an identity number whose zero got lost because it
    was a number. Of a number with more decimals than anybody means, six are kept.
    """
    return _JSON_TOKEN.sub(lambda match: _sealable(match.group()), text)


def _sealable(token: str) -> str:
    if token.startswith('"'):
        return token
    whole, _, places = token.partition(".")
    if whole.isdigit() and not places.strip("0"):
        number = with_zero(whole)
        return f'"{number}"' if len(number) > 10 else token
    if not _RUN.search(token):
        return token
    try:
        rounded = f"{float(token):.{DECIMAL_PLACES}f}"
    except ValueError:  # no JSON, which is refused
        return token
    return rounded if re.fullmatch(r"-?[0-9]{1,10}\.[0-9]+", rounded) else f'"{token}"'


def with_zero(digits: str) -> str:
    """Return an identity number that was kept as a number with the zero that it then lost."""
    number = f"0{digits}"
    return number if len(digits) == 10 and is_valid_ident(number, _EVERY) else digits


def without_numbers(text: str) -> str:
    """Return a message without numbers: each is replaced by `…`."""
    return numbers_replaced(text, lambda _: "…")


def tellable(text: str) -> str:
    """Return a message fit to be printed: one line, no long word whole, and no number.

    Names that somebody else chose (a file, a folder, a value of a manifest) may hold anything.
    """
    known = "".join(char if char.isprintable() else "�" for char in without_numbers(text))
    return re.sub(r"\S{200,}", lambda match: f"{match.group()[:100]}…", known)


def ascii_digits(text: str) -> str:
    """Return the digits of a text, of whatever script, as 0–9."""
    return "".join(str(int(char)) for char in text if char.isdecimal())
