"""Numbers as readers of a language write them: 20 000 and −37,5, in English 20,000 and −37.5."""

from decimal import ROUND_HALF_UP, Decimal

NO_BREAK = "\u00a0"
MINUS = "\u2212"
# Between thousands, before decimals, before a percent sign.
_SIGNS = {"nb": (NO_BREAK, ",", NO_BREAK), "en": (",", ".", "")}


def number(
    value: int | float | Decimal, decimals: int = 0, language: str = "nb", *, signed: bool = False
) -> str:
    """Return a number rounded half up to so many decimals; signed also +4."""
    units = Decimal(value).scaleb(decimals).quantize(Decimal(1), ROUND_HALF_UP)
    text = scaled(int(units), decimals, language)
    return f"+{text}" if signed and units > 0 else text


def scaled(units: int, decimals: int, language: str = "nb") -> str:
    """Return a number that is kept as a whole number of its last decimal: 375 and 1 for 37,5."""
    between, point, _ = _SIGNS[language]
    whole, part = divmod(abs(units), 10**decimals)
    text = f"{whole:,}".replace(",", between)
    if decimals:
        text += f"{point}{part:0{decimals}d}"
    return MINUS + text if units < 0 else text


def exact(value: Decimal, language: str = "nb") -> str:
    """Return a number with the decimals that it has: 37,5 for 37.50."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "no number"
    return number(value, max(0, -exponent), language)


def percent_sign(language: str = "nb") -> str:
    """Return the percent sign as it stands after a number."""
    return f"{_SIGNS[language][2]}%"
