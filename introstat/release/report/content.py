"""What the report says, before it is a PDF or a page: made once, rendered twice."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from introstat.release.report.text import Mark, Number, Span, Text


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the running text."""

    text: Text


@dataclass(frozen=True)
class Bullets:
    """A list of short statements."""

    items: tuple[Text, ...]


@dataclass(frozen=True)
class Definitions:
    """Terms and what they mean."""

    items: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class Notice:
    """A text set apart: what a reader must know before reading on."""

    text: Text


@dataclass(frozen=True)
class Tile:
    """One figure in large type."""

    label: Text
    figure: Number | Mark
    change: Text | None


@dataclass(frozen=True)
class Tiles:
    """The figures that people ask for first."""

    items: tuple[Tile, ...]


@dataclass(frozen=True)
class ReportColumn:
    """A column of a table."""

    heading: Text
    is_number: bool = True


@dataclass(frozen=True)
class ReportRow:
    """A row: its heading, and a cell for each further column."""

    heading: Text
    cells: tuple[Text, ...]
    is_total: bool = False


@dataclass(frozen=True)
class ReportTable:
    """A table; the first column is the rows' heading."""

    name: str
    caption: Text
    columns: tuple[ReportColumn, ...]
    rows: tuple[ReportRow, ...]
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart, with the text that says the same to whom does not see it."""

    name: str
    caption: Text
    alternative: Text
    svg: str
    texts: tuple[Text, ...]
    """Every text in the picture."""
    notes: tuple[Text, ...] = ()


Block = Paragraph | Bullets | Definitions | Notice | Tiles | ReportTable | Chart


@dataclass(frozen=True)
class Section:
    """A section under its heading; level 1 is a chapter."""

    name: str
    heading: Text
    level: Literal[1, 2]
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Front:
    """The front page."""

    overline: Text
    title: Text
    subtitle: Text
    period: Text
    mark: Text
    is_preliminary: bool
    lead: tuple[Text, ...]
    facts: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class ReportPages:
    """The whole report."""

    front: Front
    sections: tuple[Section, ...]
    dated: date
    publisher: str
    description: Text


def one(span: Span) -> Text:
    """A text of one piece."""
    return (span,)
