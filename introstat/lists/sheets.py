"""The sheets of a municipality's workbook: titles, columns and queries, as sheets.yml has them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

FINDINGS = "Å gjøre"
"""The sheet whose rows are grouped by rule."""


class Kind(StrEnum):
    """How a column's values are written."""

    IDENT = "ident"
    """A person's pseudonym, restored to the identity number."""
    TEXT = "text"
    WRAPPED = "wrapped"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    PERCENT = "percent"
    FINE_PERCENT = "fine_percent"
    """With one decimal."""
    AMOUNT = "amount"
    YES_NO = "yes_no"
    LIGHT = "light"
    """A state of the traffic light; its label is written."""


@dataclass(frozen=True)
class ListColumn:
    """One column of a list."""

    title: str
    kind: Kind
    width: float


@dataclass(frozen=True)
class ListSheet:
    """A sheet that is one table: what it is called, what a reader must know, and its rows.

    The query gives the municipality's code and then the columns, for every municipality.
    """

    name: str
    title: str
    intro: str
    columns: tuple[ListColumn, ...]
    query: str


def _sheet(given: dict[str, Any]) -> ListSheet:
    columns = (ListColumn(title, Kind(kind), width) for title, kind, width in given["columns"])
    return ListSheet(**given | {"columns": tuple(columns)})


_GIVEN = yaml.safe_load(Path(__file__).with_name("sheets.yml").read_text(encoding="utf-8"))

TABLES: list[str] = _GIVEN["tables"]
"""What a warehouse must hold for a workbook to be made of it."""
COUNTS: list[dict[str, str]] = _GIVEN["counts"]
"""The overview's first figures: label, sheet, table and condition."""
SHEETS = tuple(_sheet(given) for given in _GIVEN["sheets"])
"""The lists in the order of the workbook, after its overview."""
