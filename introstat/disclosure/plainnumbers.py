"""Numbers as people and programs in Norway write them: −2 000,50 · (2 000) · kr 2 000,- · 1.234,5.

Up to nine digits, and six decimals behind a comma or a point. A single point or comma is the sign
of decimals: 12.000 is twelve. In money nobody has three decimals, so kr 12.000 is not read.
"""

import re
from collections.abc import Sequence

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Around a number stand those of Ogham and the two older quads as well.
_AROUND = f" \u1680\u2000\u2001{_SPACES}"
_PLAIN_SIGNS = str.maketrans(dict.fromkeys(_DASHES, "-") | dict.fromkeys(_SPACES, " "))
_PLAIN = re.compile("-?[0-9]*")
_UNDRESSED = re.compile("[+-]?[0-9]{1,9}([.,][0-9]{1,6})?")
_CURRENCY = "((?:(?:kr|nkr|nok|kroner)[.]?)?) *"
# Sign, currency, sign, digits, `,-` for no øre, sign, currency, sign.
_PARTS = re.compile(
    rf"([-+(]?) *{_CURRENCY}([-+(]?) *([0-9](?:[0-9 .,]*[0-9])?) *((?:[.,]-{{1,3}})?) *([-)]?) *"
    rf"{_CURRENCY}([-)]?)"
)
_THREE_DECIMALS = re.compile("[0-9]{1,3}[.,][0-9]{3}")
_DECIMALS = "([{0}][0-9]{{1,6}}|[{0}]--?)"
_ANY_DECIMALS = _DECIMALS.format(".,")
# What an amount may look like, and the sign between its thousands.
_AMOUNTS = (
    (re.compile(f"[0-9]{{1,9}}{_ANY_DECIMALS}?"), ""),
    (re.compile(f"[1-9][0-9]{{0,2}}( [0-9]{{3}}){{1,2}}{_ANY_DECIMALS}?"), " "),
    *(
        (
            re.compile(
                f"[1-9][0-9]{{0,2}}(([{between}][0-9]{{3}}){{1,2}}{_DECIMALS.format(other)}"
                f"|([{between}][0-9]{{3}}){{2}})"
            ),
            between,
        )
        for between, other in ((".", ","), (",", "."))
    ),
)


def plain_numbers(texts: Sequence[str]) -> list[str]:
    """Return each number with a point for decimals; what is no number as it is."""
    return [
        text if _PLAIN.fullmatch(text) or (number := number_text(text)) is None else number
        for text in texts
    ]


def number_text(text: str) -> str | None:
    """Return a number as its digits, with a point for decimals; None if it is none."""
    text = text.strip(_AROUND)
    if _UNDRESSED.fullmatch(text):
        return text.replace(",", ".")
    parts = _PARTS.fullmatch(text.translate(_PLAIN_SIGNS).lower())
    if parts is None:
        return None
    first, before, second, digits, no_ore, third, after, last = parts.groups()
    sign = first + second + third + last
    if sign not in ("", "+", "-", "()") or (before and after):
        return None
    if (before or after) and not no_ore and _THREE_DECIMALS.fullmatch(digits):
        return None
    for written, between in _AMOUNTS:
        if written.fullmatch(digits + no_ore):
            number = digits.replace(between, "") if between else digits
            return ("-" if sign in ("-", "()") else "") + number.replace(",", ".")
    return None
