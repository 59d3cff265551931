"""One Excel workbook of a release, in Norwegian: a sheet for each table, made to read and filter.

Rows are combinations of codes; the smallest classification stands under the measures in the heading
if it is small enough. Numbers are numbers, signs are text in their cells. Rows of cells that cannot
occur are left out. The sheet `Koder` says which label is which code.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from introstat.disclosure.published import CANNOT_OCCUR, SIGNS
from introstat.errors import UserError
from introstat.release.cube import (
    MEASURE,
    PRELIMINARY_NB,
    SIGN_TEXTS_NB,
    PublishedCube,
    Release,
    unique_labels,
)
from introstat.release.formats.cells import cells_table, one_line

EXTENSION = "xlsx"
CONTENTS, CODES = "Innhold", "Koder"
_INK, _LINE, _HEAD, _GREY = "#1B2A3A", "#D5DCE4", "#1F3F66", "#5F6B76"
_TITLE_ROW, _MARK_ROW, _NOTE_ROW, _TOP_ROW, _HEAD_ROW = range(5)
_WIDEST_HEADING = 16
"""Codes times measures that a heading has at most."""
_VALUE_WIDTH, _LINE_HEIGHT = 14, 15.0
_MOST_ROWS = 1_048_000
_CODE_COLUMNS = ("Ark", "Variabel", "Navn", "Plass", "Kode", "Tekst", "English", "Merknad")
_IN_ROWS, _IN_HEADING, _MEASURES = "rader", "kolonner", "statistikkvariabel"
_TABLES_ROW = 6
"""The first row of the contents sheet that names a table."""


@dataclass(frozen=True)
class _Plan:
    """How a cube lies on its sheet: the axes of the rows, and the one in the heading, if any."""

    cube: PublishedCube
    rows: tuple[int, ...]
    heading: int | None
    labels: tuple[list[str], ...]
    """Labels of every axis, the measures last, as the sheet shows them."""


def write(cubes: Sequence[PublishedCube], path: Path, release: Release) -> None:
    """Write the workbook of these cubes; the same cubes give the same bytes."""
    book = xlsxwriter.Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False},
    )
    # The day of publication takes the clock's place, so that bytes repeat.
    book.set_properties(
        {
            "title": release.title_nb,
            "author": release.publisher,
            "comments": f"Lisens: {release.licence_name}",
            "created": datetime.combine(release.updated, time()),
        }
    )
    _Writer(book, release).write([_plan(cube) for cube in cubes])
    book.close()


def read(path: Path) -> dict[str, pa.Table]:
    """Return the cells of every table, by the name of its sheet."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        lists: dict[str, list[tuple[Any, ...]]] = {}
        for row in book[CODES].iter_rows(min_row=2, values_only=True):
            lists.setdefault(str(row[0]), []).append(row)
        marks = {
            str(row[0]): row[3] == "*"
            for row in book[CONTENTS].iter_rows(min_row=_TABLES_ROW + 1, values_only=True)
            if row[0] in lists
        }
        return {
            name: _read_sheet(f"{path}, {name}", list(book[name].values), rows, marks[name])
            for name, rows in lists.items()
        }
    finally:
        book.close()


def _plan(cube: PublishedCube) -> _Plan:
    small = [
        (len(each.codes), -axis)
        for axis, each in enumerate(cube.dimensions)
        if each.role == "classification"
        and len(each.codes) > 1
        and len(each.codes) * len(cube.measures) <= _WIDEST_HEADING
    ]
    heading = -min(small)[1] if small else None
    labels = []
    for each in cube.dimensions:
        pairs = [(code.code, one_line(code.label_nb)) for code in each.codes]
        # A region's code has a column of its own.
        is_region = each.role == "region"
        labels.append([label for _, label in pairs] if is_region else unique_labels(pairs))
    measures = [
        (each.name, one_line(each.label_nb + (f" ({each.unit_nb})" if each.unit_nb else "")))
        for each in cube.measures
    ]
    labels.append(unique_labels(measures))
    rows = tuple(axis for axis in range(len(cube.dimensions)) if axis != heading)
    return _Plan(cube, rows, heading, tuple(labels))


class _Writer:
    """One workbook while it is written."""

    def __init__(self, book: xlsxwriter.Workbook, release: Release) -> None:
        self._book, self._release = book, release
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def write(self, plans: Sequence[_Plan]) -> None:
        """Write every sheet."""
        names = [each.cube.file_stem for each in plans]
        if len({name[:31] for name in (*names, CONTENTS.lower(), CODES.lower())}) < len(names) + 2:
            raise UserError(f"Two tables would share a sheet of the workbook: {', '.join(names)}.")
        self._contents(plans)
        for plan in plans:
            self._table(plan)
        self._codes(plans)

    def _format(self, **properties: Any) -> Format:
        base = {"font_name": "Calibri", "font_size": 11, "font_color": _INK, "valign": "top"}
        key = tuple(sorted((base | properties).items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(key))
        return self._formats[key]

    def _sheet(self, name: str) -> Worksheet:
        sheet = self._book.add_worksheet(name[:31])
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8 &A&R&8 Side &P av &N")
        return sheet

    def _contents(self, plans: Sequence[_Plan]) -> None:
        release, sheet = self._release, self._sheet(CONTENTS)
        big = self._format(bold=True, font_size=16, font_color=_HEAD)
        sheet.write_string(0, 0, release.title_nb, big)
        sheet.set_row(0, 26)
        is_preliminary = any(each.cube.is_preliminary for each in plans)
        mark = f"{PRELIMINARY_NB} " if is_preliminary else ""
        sheet.write_string(
            1, 0, f"{mark}Oppdatert {release.updated:%d.%m.%Y}, versjon {release.version}.",
            self._format(bold=is_preliminary),
        )  # fmt: skip
        licence = f"{release.licence_name}: {release.licence_address}"
        sheet.write_string(2, 0, f"{release.publisher}. {licence}", self._format())
        head = self._head()
        for column, (title, width) in enumerate(
            (("Ark", 30), ("Tabell", 80), ("Perioder", 26), ("Foreløpig", 11))
        ):
            sheet.write_string(_TABLES_ROW - 1, column, title, head)
            sheet.set_column(column, column, width)
        link = self._format(font_color="#0B57A4", underline=1)
        wrapped = self._format(text_wrap=True)
        row = _TABLES_ROW
        for plan in plans:
            cube, name = plan.cube, plan.cube.file_stem[:31]
            sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name)
            sheet.write_string(row, 1, one_line(cube.title_nb), wrapped)
            spans = cube.periods[0] if len(cube.periods) == 1 else (
                f"{cube.periods[0]} – {cube.periods[-1]}"
            )  # fmt: skip
            sheet.write_string(row, 2, spans, wrapped)
            sheet.write_string(row, 3, "*" if cube.is_preliminary else "", wrapped)
            row += 1
        sheet.write_url(row, 0, f"internal:'{CODES}'!A1", link, CODES)
        sheet.write_string(row, 1, "Koder og tekster i alle tabellene", wrapped)
        sheet.write_string(row + 2, 0, "Tegn i tabellene", self._format(bold=True))
        for offset, (sign, text) in enumerate(SIGN_TEXTS_NB.items(), start=row + 3):
            sheet.write_string(offset, 0, sign, self._format(bold=True))
            sheet.write_string(offset, 1, text, wrapped)
        sheet.freeze_panes(_TABLES_ROW, 0)

    def _head(self, **properties: Any) -> Format:
        style = {"bold": True, "font_color": "#FFFFFF", "bg_color": _HEAD, "text_wrap": True}
        return self._format(**(style | properties))

    def _table(self, plan: _Plan) -> None:
        cube, sheet = plan.cube, self._sheet(plan.cube.file_stem)
        sheet.write_string(
            _TITLE_ROW, 0, one_line(cube.title_nb),
            self._format(bold=True, font_size=14, font_color=_HEAD),
        )  # fmt: skip
        mark = PRELIMINARY_NB if cube.is_preliminary else f"Oppdatert {cube.updated:%d.%m.%Y}."
        sheet.write_string(_MARK_ROW, 0, mark, self._format(bold=cube.is_preliminary))
        notes = " ".join(one_line(each) for each in (cube.description_nb, *cube.notes_nb) if each)
        source = f" Kilde: {one_line(cube.source_nb)}." if cube.source_nb else ""
        left, width = self._row_headings(sheet, plan)
        headed = [""] if plan.heading is None else plan.labels[plan.heading]
        right = self._head(align="right")
        column = left
        for measure in plan.labels[-1]:
            top = measure if plan.heading is not None else ""
            if len(headed) > 1:
                end = column + len(headed) - 1
                sheet.merge_range(_TOP_ROW, column, _TOP_ROW, end, top, self._head(align="center"))
            else:
                sheet.write_string(_TOP_ROW, column, top, self._head())
            for label in headed:
                sheet.write_string(_HEAD_ROW, column, label or measure, right)
                column += 1
        sheet.set_column(left, column - 1, _VALUE_WIDTH)
        width += _VALUE_WIDTH * (column - left)
        grey = self._format(font_color=_GREY, text_wrap=True)
        if column > 1:
            sheet.merge_range(_NOTE_ROW, 0, _NOTE_ROW, column - 1, "", grey)
        sheet.write_string(_NOTE_ROW, 0, notes + source, grey)
        sheet.set_row(_NOTE_ROW, _LINE_HEIGHT * math.ceil(max(1, len(notes + source)) / width))
        sheet.set_row(_HEAD_ROW, 32)
        last = self._cells(sheet, plan)
        if last >= _HEAD_ROW + 1:
            sheet.autofilter(_HEAD_ROW, 0, last, left - 1)
        sheet.freeze_panes(_HEAD_ROW + 1, left)
        sheet.repeat_rows(_TOP_ROW, _HEAD_ROW)

    def _row_headings(self, sheet: Worksheet, plan: _Plan) -> tuple[int, int]:
        """Write the headings of the rows' columns; return how many and how wide they are."""
        column, all_widths = 0, 0
        for axis in plan.rows:
            dimension = plan.cube.dimensions[axis]
            titles = [(one_line(dimension.label_nb), 24)]
            if dimension.role == "region":
                titles = [("Kode", 8), (one_line(dimension.label_nb), 36)]
            for title, width in titles:
                sheet.write_string(_TOP_ROW, column, "", self._head())
                sheet.write_string(_HEAD_ROW, column, title, self._head())
                sheet.set_column(column, column, width)
                column += 1
                all_widths += width
        return column, all_widths

    def _cells(self, sheet: Worksheet, plan: _Plan) -> int:
        """Write the rows; return the last one's number."""
        cube = plan.cube
        text = self._format(bottom=1, bottom_color=_LINE)
        sign_format = self._format(bottom=1, bottom_color=_LINE, align="right")
        number_formats = [
            self._format(
                bottom=1, bottom_color=_LINE,
                # Excel shows the reader's own signs for these: 20 000 and 37,5 in Norwegian.
                num_format="#,##0" + (f".{'0' * each.decimals}" if each.decimals else ""),
            )
            for each in cube.measures
        ]  # fmt: skip
        axes = [*plan.rows, len(cube.dimensions)]
        axes += [] if plan.heading is None else [plan.heading]
        wide = (*(cube.shape[axis] for axis in plan.rows), -1)
        scale = np.array([10.0**each.decimals for each in cube.measures])
        values = (cube.numbers / scale).transpose(axes).reshape(wide)
        signs = cube.sign_numbers.transpose(axes).reshape(wide)
        per_measure = values.shape[-1] // len(cube.measures)
        formats = [each for each in number_formats for _ in range(per_measure)]
        row = _HEAD_ROW
        for places in np.ndindex(wide[:-1]):
            row_signs = signs[places]
            if (row_signs == SIGNS.index(CANNOT_OCCUR)).all():
                continue
            row += 1
            if row >= _MOST_ROWS:
                raise UserError(f"Table {cube.name} has more rows than a sheet of Excel.")
            column = 0
            for axis, place in zip(plan.rows, places, strict=True):
                if cube.dimensions[axis].role == "region":
                    sheet.write_string(row, column, cube.dimensions[axis].codes[place].code, text)
                    column += 1
                sheet.write_string(row, column, plan.labels[axis][place], text)
                column += 1
            cells = zip(values[places].tolist(), row_signs.tolist(), formats, strict=True)
            for offset, (value, sign, form) in enumerate(cells, start=column):
                if sign:
                    sheet.write_string(row, offset, SIGNS[sign], sign_format)
                else:
                    sheet.write_number(row, offset, value, form)
        return row

    def _codes(self, plans: Sequence[_Plan]) -> None:
        sheet = self._sheet(CODES)
        for column, title in enumerate(_CODE_COLUMNS):
            sheet.write_string(0, column, title, self._head())
            sheet.set_column(column, column, 40 if column in (5, 6, 7) else 18)
        row = 0
        for plan in plans:
            for line in _code_lines(plan):
                row += 1
                for column, text in enumerate(line):
                    sheet.write_string(row, column, text, self._format())
        sheet.autofilter(0, 0, max(row, 1), len(_CODE_COLUMNS) - 1)
        sheet.freeze_panes(1, 0)


def _code_lines(plan: _Plan) -> list[tuple[str, ...]]:
    """The lines of the code sheet for one table."""
    cube = plan.cube
    lines: list[tuple[str, ...]] = []
    units = {each.name: f" ({each.unit_en})" for each in cube.measures}
    for number, axis in enumerate(cube.axes):
        where = _IN_HEADING if number == plan.heading else _IN_ROWS
        if axis.role == "region":
            where += " med kode"
        if axis.role == "metric":
            where = _MEASURES
        for code, label in zip(axis.codes, plan.labels[number], strict=True):
            more = units[code.code] if axis.role == "metric" else ""
            lines.append(
                (cube.file_stem[:31], axis.name, one_line(axis.label_nb), where, code.code, label,
                 one_line(code.label_en + more), "")
            )  # fmt: skip
    return lines


def _read_sheet(
    where: str, rows: list[tuple[Any, ...]], codes: list[tuple[Any, ...]], is_preliminary: bool
) -> pa.Table:
    """The cells of one sheet."""
    code_of: dict[str, dict[str, str]] = {}
    place: dict[str, str] = {}
    for _, variable, _, variable_place, code, label, *_ in codes:
        key = code if variable_place.endswith("kode") else label
        code_of.setdefault(variable, {})[key] = code
        place[variable] = variable_place
    in_rows = [name for name, each in place.items() if each.startswith(_IN_ROWS)]
    in_heading = next((n for n, each in place.items() if each.startswith(_IN_HEADING)), None)
    key_columns: dict[str, int] = {}
    column = 0
    for name in in_rows:
        key_columns[name] = column
        column += 2 if place[name].endswith("kode") else 1
    measures = list(code_of[MEASURE].items())
    headed = list(code_of[in_heading].items()) if in_heading else []
    heads = [
        (measure, code, label or measure_label)
        for measure_label, measure in measures
        for label, code in (headed or [("", "")])
    ]
    found = [str(each) for each in rows[_HEAD_ROW][column : column + len(heads)]]
    if found != [head for _, _, head in heads]:
        raise UserError(f"{where}: the headings are not those of the sheet {CODES}.")
    keys: dict[str, list[str]] = {name: [] for name in place}
    values: list[Decimal | None] = []
    signs: list[str] = []
    for row in rows[_HEAD_ROW + 1 :]:
        row_codes = {name: code_of[name].get(row[at], "") for name, at in key_columns.items()}
        if not all(row_codes.values()):
            raise UserError(f"{where}: a row with a text that is not in the sheet {CODES}.")
        for (measure, code, _), cell in zip(heads, row[column:], strict=False):
            for name, row_code in row_codes.items():
                keys[name].append(row_code)
            keys[MEASURE].append(measure)
            if in_heading:
                keys[in_heading].append(code)
            is_sign = isinstance(cell, str)
            if (is_sign and cell not in SIGNS[1:]) or cell is None:
                raise UserError(f"{where}: a cell that is neither a number nor a sign.")
            signs.append(cell if is_sign else "")
            values.append(None if is_sign else Decimal(repr(cell)))
    return cells_table(dict(keys), values, signs, is_preliminary)
