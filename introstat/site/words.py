"""The site's texts in one language: sentences with guards, figures, periods and days."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from introstat import norwegian
from introstat.disclosure.published import CANNOT_OCCUR, HIDDEN, LEFT_OUT, MISSING
from introstat.release.contents import is_year
from introstat.release.cube import SIGN_TEXTS_EN, SIGN_TEXTS_NB
from introstat.site.tables import Cell
from introstat.written import NO_BREAK, percent_sign, scaled

LANGUAGES = ("nb", "en")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
PRELIMINARY = "*"
_SIGN_WORDS = {
    HIDDEN: "sign.hidden",
    LEFT_OUT: "sign.left_out",
    MISSING: "sign.missing",
    CANNOT_OCCUR: "sign.cannot_occur",
}


class Words:
    """The texts of texts.yml in a language, and how it writes figures."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts: Mapping[str, Any] = _texts()
        self._signs = {
            sign: Markup("{}<i> {}</i>").format(sign, self(key))
            for sign, key in _SIGN_WORDS.items()
        }

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its places filled. Raises KeyError for an unknown one."""
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        text: str = found[self.language]
        return text.format(**values) if values else text

    def say(self, key: str, **values: str | Cell) -> str | None:
        """Return a sentence with its figures; None if one of them is not shown.

        So no sentence speaks of a hidden or missing figure.
        """
        filled = {}
        for name, value in values.items():
            if isinstance(value, Cell):
                if value.number is None:
                    return None
                filled[name] = self.figure(value)
            else:
                filled[name] = value
        return self(key, **filled)

    def figure(self, cell: Cell) -> str:
        """A figure as readers of the language write it: 20 000 and 37,5; the sign if none."""
        if cell.number is None:
            return cell.sign
        return scaled(cell.number, cell.decimals, self.language)

    def percent(self, cell: Cell) -> str:
        """A percentage with its sign."""
        return self.figure(cell) + (percent_sign(self.language) if cell.number is not None else "")

    def count(self, number: int) -> str:
        """A number of things that is no statistic: rows, places."""
        return self.figure(Cell(number, "", 0, False))

    def marked(self, cell: Cell, *, is_percent: bool = False) -> str:
        """A figure with its star if it is preliminary."""
        text = self.percent(cell) if is_percent else self.figure(cell)
        return text + (PRELIMINARY if cell.is_preliminary and cell.number is not None else "")

    def shown(self, cell: Cell) -> Markup:
        """A cell of a table: the figure, or the sign and, for who does not see it, a word."""
        if cell.number is None and cell.sign:
            return self._signs[cell.sign]
        return Markup(self.marked(cell))

    def meaning(self, sign: str) -> str:
        """What a sign means, as the release's files say it."""
        return (SIGN_TEXTS_NB if self.language == "nb" else SIGN_TEXTS_EN)[sign]

    def period(self, period: str) -> str:
        """A period's name: 2. halvår 2017, or 2017."""
        if is_year(period):
            return period
        if self.language == "nb":
            return norwegian.half_year(period)
        year, half = period.split("H")
        return f"H{half}{NO_BREAK}{year}"

    def day(self, day: date) -> str:
        """A date: 21.1.2019, or 21 January 2019."""
        if self.language == "nb":
            return f"{day.day}.{day.month}.{day.year}"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def listed(self, items: list[str]) -> str:
        """Several in a sentence: a, b og c."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self('site.and')} {items[-1]}"


@cache
def _texts() -> Mapping[str, Any]:
    path = Path(__file__).with_name("texts.yml")
    texts: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return texts
