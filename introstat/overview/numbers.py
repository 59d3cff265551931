"""Figures as Norwegian readers write them: 20 000 and 37,5 %."""

from datetime import date

_NO_BREAK = "\u00a0"


def whole(value: int | float) -> str:
    """A whole number with spaces between thousands."""
    return f"{value:,.0f}".replace(",", _NO_BREAK)


def decimal(value: float) -> str:
    """A number with one decimal after a comma."""
    return f"{value:,.1f}".replace(",", _NO_BREAK).replace(".", ",")


def percent(share: float) -> str:
    """A share (0–1) as percent with one decimal."""
    return f"{decimal(100 * share)}{_NO_BREAK}%"


def day(value: date) -> str:
    """A date, 31.12.2017."""
    return f"{value:%d.%m.%Y}"


def half_year(name: str) -> str:
    """A half-year's name, 2. halvår 2017 for 2017H2."""
    return f"{name[5]}.{_NO_BREAK}halvår {name[:4]}"
