"""A sheet of a workbook, .xlsx or .ods, row by row: what its cells hold, not how they are shown.

Of a formula that is the value that was saved with it.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from introstat.errors import DeliveryRefused
from introstat.filereading import expect_small_archive, shown_names
from introstat.mapping.cells import BLANKS, Value
from introstat.mapping.opendocument import ods_rows, ods_sheets

_READ = (".xlsx", ".xlsm", ".ods")
_NOT_READ = (".xls", ".xlsb", ".fods")
_FORMULA = re.compile(rb"<(\w+:)?f[ >/]")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its rows that hold something, each with its number, to its last value.

    `others` are the names of the workbook's other sheets, hidden ones left out.
    """

    name: str
    rows: Iterator[tuple[int, list[Value]]]
    others: tuple[str, ...]


def is_workbook(path: Path) -> bool:
    """Return whether a file is a workbook by its name, of a kind that is read or of another."""
    return path.suffix.lower() in _READ + _NOT_READ


def open_sheet(path: Path, wanted: str, where: str) -> Sheet:
    """Open a sheet: by its name, by its number among those that are shown, or the only one shown.

    Raises DeliveryRefused, also while the rows are read, if there is no such sheet, if the file is
    no workbook, or if a formula was saved without its value.
    """
    if path.suffix.lower() in _NOT_READ:
        raise DeliveryRefused(
            f"{where}: a workbook of this kind is not read. Open it and save it as .xlsx or .ods.",
            "unreadable",
        )
    is_ods = path.suffix.lower() == ".ods"
    with _reading(where):
        expect_small_archive(path, where)
        sheets = ods_sheets(path) if is_ods else _xlsx_sheets(path)
    name = _chosen(sheets, wanted, where)
    rows = ods_rows(path, name) if is_ods else _xlsx_rows(path, name, where)
    others = tuple(each for each, is_shown in sheets.items() if is_shown and each != name)
    return Sheet(name, _filled(rows, where), others)


def _chosen(sheets: dict[str, bool], wanted: str, where: str) -> str:
    """Return the name of the wanted sheet; `sheets` says of each whether it is shown."""
    shown = [name for name, is_shown in sheets.items() if is_shown]
    if wanted in sheets:
        return wanted
    if wanted.isdecimal() and 1 <= int(wanted) <= len(shown):
        return shown[int(wanted) - 1]
    if not wanted and len(shown) == 1:
        return shown[0]
    names = shown_names(shown)
    if not wanted:
        raise DeliveryRefused(
            f"{where}: has {len(shown)} sheets: {names}. Say which in the mapping: `sheet`, with "
            "its name or number.",
            "mapping",
        )
    raise DeliveryRefused(
        f"{where}: has no sheet {wanted!r}; it has {names}. Correct `sheet` in the mapping, or "
        "name the sheet so.",
        "mapping",
    )


def _filled(
    rows: Iterator[tuple[int, list[Value]]], where: str
) -> Iterator[tuple[int, list[Value]]]:
    # The library warns of what it does not keep when it writes, and nothing is written.
    with _reading(where), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, values in rows:
            while values and _is_nothing(values[-1]):
                values.pop()
            if values:
                yield number, values


def _is_nothing(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(BLANKS))


def _xlsx(path: Path, *, with_values: bool = True) -> Any:
    import openpyxl

    return openpyxl.load_workbook(path, read_only=True, data_only=with_values, keep_links=False)


def _xlsx_sheets(path: Path) -> dict[str, bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = _xlsx(path)
    try:
        return {sheet.title: sheet.sheet_state == "visible" for sheet in workbook.worksheets}
    finally:
        workbook.close()


def _xlsx_rows(path: Path, name: str, where: str) -> Iterator[tuple[int, list[Value]]]:
    formulas = _xlsx(path, with_values=False) if _has_formulas(path) else None
    workbook = _xlsx(path)
    try:
        pairs = zip(
            _cells(workbook[name]),
            _cells(formulas[name]) if formulas else repeat(()),
            strict=False,
        )
        for number, (cells, written) in enumerate(pairs, start=1):
            for cell, formula in zip(cells, written, strict=False):
                # The value of a formula that makes an empty text is marked as a text.
                if formula.data_type == "f" and cell.value is None and cell.data_type == "n":
                    raise DeliveryRefused(
                        f"{where}, line {number}: a formula that was saved without its value. Open "
                        "the workbook in Excel or LibreOffice, save it, and deliver that.",
                        "unreadable",
                    )
            yield number, [cell.value for cell in cells]
    finally:
        workbook.close()
        if formulas:
            formulas.close()


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # What a sheet says of its own size may be wrong.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows()
    return rows


def _has_formulas(path: Path) -> bool:
    with ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as content:
                    before = b""
                    while block := content.read(1 << 20):
                        if _FORMULA.search(before + block):
                            return True
                        before = block[-20:]
    return False


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Refuse the file if what is done in the block shows that it is no sound workbook."""
    try:
        yield
    except (DeliveryRefused, MemoryError):
        raise
    except Exception:  # the library lets through whatever its parsers meet
        raise DeliveryRefused(
            f"{where}: not readable as a workbook: it is broken, locked with a password, or of "
            "another kind than its name says. Open it and save it anew as .xlsx or .ods.",
            "unreadable",
        ) from None
