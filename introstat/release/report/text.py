"""The report's text: pieces that remember where their numbers come from, and the templates.

A text is a sequence of plain words, numbers and given pieces. Plain words hold no digit: a digit is
either a `Number`, which names the cells it is made of, or `Given`, which names what kind of thing
it is (a year, a law's paragraph). So every figure in the report can be found again in the cubes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from introstat import norwegian
from introstat.written import NO_BREAK, percent_sign

GivenKind = Literal[
    "period", "date", "law", "label", "limit", "name", "definition", "identifier", "count", "axis"
]


@dataclass(frozen=True)
class Ref:
    """A published cell: where it is in the cubes."""

    cube: str
    period: str
    region_code: str
    dimensions: tuple[tuple[str, str], ...]
    measure: str


@dataclass(frozen=True)
class RevisionRef:
    """A value of the revisions against the release before: the cell, and which column."""

    cell: Ref
    column: Literal["old_value", "new_value", "difference"]


@dataclass(frozen=True)
class Derived:
    """A number made of published cells, in one of three ways.

    difference: the first less the second, or less the limit; percent_change: the difference in
    percent of the second; remaining: what is left to 100. `unsigned`: shown without its sign,
    because the words beside it tell the direction.
    """

    how: Literal["difference", "percent_change", "remaining"]
    of: tuple[Ref, ...]
    limit: Decimal | None = None
    unsigned: bool = False


@dataclass(frozen=True)
class Number:
    """A figure as it is shown, its value before it was written, and where it is from."""

    text: str
    value: Decimal
    source: Ref | RevisionRef | Derived

    @property
    def is_one(self) -> bool:
        """Whether a noun after it is in the singular."""
        return self.text == "1"

    @property
    def plain(self) -> float:
        """The value for a chart's geometry."""
        return float(self.value)


@dataclass(frozen=True)
class Mark:
    """A cell without a value, and the sign in its place: ':' hidden, '..' missing, '.' impossible.

    '...' is left out of this level's detail, '–' a change that cannot be reckoned.
    """

    sign: str
    ref: Ref | None = None


@dataclass(frozen=True)
class Given:
    """Digits that are no statistics: a year, a date, a law, a limit, a name."""

    text: str
    kind: GivenKind


Span = str | Number | Mark | Given
Text = tuple[Span, ...]


def plain(text: Text) -> str:
    """Return a text as it is read."""
    return "".join(span if isinstance(span, str) else _shown(span) for span in text)


def _shown(span: Number | Mark | Given) -> str:
    return span.sign if isinstance(span, Mark) else span.text


def joined(items: Iterable[Text], between: str = ", ", last: str = " og ") -> Text:
    """Return texts in a list, as one says it: a, b og c."""
    listed = list(items)
    pieces: list[Span] = []
    for number, item in enumerate(listed):
        if number:
            pieces.append(last if number == len(listed) - 1 else between)
        pieces.extend(item)
    return tuple(pieces)


def with_percent(number: Number) -> Number:
    """The same number with the percent sign after it."""
    return replace(number, text=number.text + percent_sign())


def period_name(period: str) -> Given:
    """A period's name: 2. halvår 2017, or 2017."""
    return Given(norwegian.half_year(period) if "H" in period else period, "period")


_PLACE = re.compile(
    r"\{(?P<name>\w+)(?:\|(?P<noun>\w+))?\}|\[(?P<kind>[a-z]+): (?P<given>[^\]]+)\]"
)


class Texts:
    """The sentences of texts.yml, filled in."""

    def __init__(self, written_texts: Mapping[str, Any]) -> None:
        """Take the file's content."""
        self._texts = written_texts
        self._nouns: Mapping[str, list[str]] = written_texts["nouns"]

    def say(self, key: str, **values: Span | Text | None) -> Text | None:
        """Return the text with its places filled; None if one of them has no published value.

        So no sentence speaks of a hidden or missing figure. Raises KeyError for an unknown text.
        """
        template: str = self._found(key)
        pieces: list[Span] = []
        end = 0
        for place in _PLACE.finditer(template):
            pieces.append(template[end : place.start()])
            end = place.end()
            if place["kind"]:
                kind: Any = place["kind"]
                pieces.append(Given(place["given"], kind))
                continue
            value = values[place["name"]]
            if value is None or isinstance(value, Mark):
                return None
            pieces.extend(value if isinstance(value, tuple) else (value,))
            if place["noun"]:
                one, many = self._nouns[place["noun"]]
                is_one = isinstance(value, Number) and value.is_one
                pieces.append(NO_BREAK + (one if is_one else many))
        pieces.append(template[end:])
        return tuple(piece for piece in pieces if piece != "")

    def always(self, key: str, **values: Span | Text) -> Text:
        """Return a text whose places are always filled: captions, headings, definitions."""
        said = self.say(key, **values)
        if said is None:
            raise ValueError(f"text {key} lacks a value")
        return said

    def label(self, key: str) -> str:
        """Return a text without places and digits, such as a column's heading."""
        return plain(self.always(key))

    def several(self, key: str) -> list[str]:
        """Return the keys of a group of texts, in the file's order."""
        return [f"{key}.{name}" for name in self._found(key)]

    def _found(self, key: str) -> Any:
        found: Any = self._texts
        for part in key.split("."):
            found = found[int(part)] if isinstance(found, list) else found[part]
        return found


@cache
def texts() -> Texts:
    """The report's texts, read once."""
    path = Path(__file__).with_name("texts.yml")
    return Texts(yaml.safe_load(path.read_text(encoding="utf-8")))
