"""The sheets of an .ods file, LibreOffice's own format: a ZIP archive with a content.xml."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from introstat.mapping.cells import Value

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (
    f"{{{_NAMES}{part}:1.0}}" for part in ("table", "office", "text", "style")
)
_ERROR = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_NUMBERS = ("float", "percentage", "currency")
# What LibreOffice gives a sheet: a file that says more is no sheet.
_MOST_ROWS, _MOST_CELLS = 1_048_576, 16_384


def ods_sheets(path: Path) -> dict[str, bool]:
    """Return the names of the sheets in their order, and whether each is shown."""
    hidden: set[str | None] = set()
    sheets: dict[str, bool] = {}
    for element, parents in _elements(path):
        if element.tag == f"{_STYLE}style":
            properties = element.find(f"{_STYLE}table-properties")
            if properties is not None and properties.get(f"{_TABLE}display") == "false":
                hidden.add(element.get(f"{_STYLE}name"))
        elif element.tag == f"{_TABLE}table" and not _tables(parents):
            is_shown = element.get(f"{_TABLE}style-name") not in hidden
            sheets[element.get(f"{_TABLE}name", "")] = is_shown
    return sheets


def ods_rows(path: Path, sheet: str) -> Iterator[tuple[int, list[Value]]]:
    """Give the rows of a sheet that hold something, with their numbers.

    Raises ValueError, ElementTree.ParseError, KeyError and zipfile's errors if it is none.
    """
    number = 0
    for element, parents in _elements(path):
        tables = _tables(parents)
        if element.tag != f"{_TABLE}table-row" or len(tables) != 1:
            continue
        if tables[0].get(f"{_TABLE}name", "") != sheet:
            continue
        repeated = int(element.get(f"{_TABLE}number-rows-repeated", 1))
        if number + repeated > _MOST_ROWS:
            raise ValueError("too many rows")
        values = _values(element)
        for each in range(repeated if values else 0):
            yield number + each + 1, list(values)
        number += repeated


def _elements(
    path: Path,
) -> Iterator[tuple[ElementTree.Element, list[ElementTree.Element]]]:
    """Give every element once it is whole, with those it stands in, and let go of the rows."""
    parents: list[ElementTree.Element] = []
    with ZipFile(path) as archive, archive.open("content.xml") as content:
        for event, element in ElementTree.iterparse(content, ("start", "end")):
            if event == "start":
                parents.append(element)
                continue
            parents.pop()
            yield element, parents
            if element.tag == f"{_TABLE}table-row":
                parents[-1].remove(element)


def _tables(parents: list[ElementTree.Element]) -> list[ElementTree.Element]:
    return [each for each in parents if each.tag == f"{_TABLE}table"]


def _values(row: ElementTree.Element) -> list[Value]:
    """Return a row's values up to the last one."""
    values: list[Value] = []
    empty = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated", 1))
        if len(values) + empty + repeated > _MOST_CELLS:
            raise ValueError("too many columns")
        value = _value(cell)
        if value is None or value == "":
            empty += repeated
            continue
        values += [*[None] * empty, *[value] * repeated]
        empty = 0
    return values


def _value(cell: ElementTree.Element) -> Value:
    kind = cell.get(f"{_OFFICE}value-type")
    text = "\n".join(_text(part) for part in cell.findall(f"{_TEXT}p"))
    if cell.get(_ERROR) == "error":
        return text
    if kind in _NUMBERS:
        return float(cell.get(f"{_OFFICE}value", ""))
    if kind == "date":
        try:
            return datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", ""))
        except ValueError:
            return text  # before the year 1
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    return cell.get(f"{_OFFICE}string-value") or text


def _text(part: ElementTree.Element) -> str:
    """Return the text of a paragraph; notes to a cell stand beside it."""
    found = part.text or ""
    for child in part:
        if child.tag == f"{_TEXT}s":
            found += " " * int(child.get(f"{_TEXT}c", 1))
        elif child.tag == f"{_TEXT}tab":
            found += "\t"
        elif child.tag == f"{_TEXT}line-break":
            found += "\n"
        else:
            found += _text(child)
        found += child.tail or ""
    return found
