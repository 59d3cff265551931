"""A municipality's workbook: Excel written so that the same warehouse gives the same bytes."""

import io
import math
from datetime import datetime, time
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from introstat.lists.content import Content
from introstat.lists.idents import MunicipalityIdents
from introstat.lists.municipality import Municipality
from introstat.lists.sheets import FINDINGS, Kind, ListColumn, ListSheet

CONFIDENTIAL = (
    "Inneholder fødselsnumre. Bare til kommunens eget arbeid med registreringene; "
    "unntatt fra offentlighet."
)
NUMBER_FORMATS = {
    Kind.DATE: "dd.mm.yyyy",
    # Excel writes these with the reader's own signs: 20 000 and 37,5 in Norwegian.
    Kind.INTEGER: "#,##0",
    Kind.DECIMAL: "#,##0.0",
    Kind.PERCENT: "0 %",
    Kind.FINE_PERCENT: "0.0 %",
    Kind.AMOUNT: "#,##0",
}
LIGHTS = {
    "stop": ("#9C1C13", "#FBDAD7"),
    "warning": ("#7A5200", "#FFEFC2"),
    "ok": ("#1E6B2A", "#DFF2E1"),
    "not_applicable": ("#5F6B76", "#EEF1F4"),
}
"""Text and background of each light; the label says the same without colour."""
_INK, _LINE, _HEAD, _BAND, _LINK = "#1B2A3A", "#D5DCE4", "#1F3F66", "#E8EDF3", "#0B57A4"
_LINE_HEIGHT = 15.0
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MOST_ROWS = 1_048_000
"""Excel has 1 048 576 rows; some are above the table."""
_NOTES = (
    "● Over grensen: andelen er over grensen der et endelig halvår ikke slippes. "
    "● Følg opp: over varselgrensen. Grensene er de samme for alle kommuner.",
    "Utviklingen viser andelen med funn i hvert av de siste halvårene. Tom: ingenting "
    "å kontrollere. Regler uten noe å kontrollere er utelatt.",
)


def make_workbook(
    content: Content, municipality: Municipality, idents: MunicipalityIdents
) -> bytes:
    """Return the workbook of one municipality, its persons' numbers restored."""
    return _Workbook(content, municipality, idents).bytes()


class _Workbook:
    """One workbook while it is written."""

    def __init__(
        self, content: Content, municipality: Municipality, idents: MunicipalityIdents
    ) -> None:
        self._content = content
        self._municipality = municipality
        self._idents = idents
        self._buffer = io.BytesIO()
        self._book = xlsxwriter.Workbook(
            self._buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def bytes(self) -> bytes:
        # The day the warehouse knows takes the clock's place, so that bytes repeat.
        self._book.set_properties(
            {
                "title": f"Registreringer i NIR – {self._municipality.title}",
                "subject": f"Status per {self._content.as_of:%d.%m.%Y}",
                "author": "introstat",
                "comments": CONFIDENTIAL,
                "created": datetime.combine(self._content.as_of, time()),
            }
        )
        self._overview()
        for sheet in self._content.sheets:
            self._list(sheet)
        self._book.close()
        return self._buffer.getvalue()

    def _format(self, **properties: Any) -> Format:
        base = {"font_name": "Calibri", "font_size": 11, "font_color": _INK, "valign": "top"}
        key = tuple(sorted((base | properties).items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(key))
        return self._formats[key]

    def _cell_format(self, kind: Kind, **more: Any) -> Format:
        """Return the format of a list's cells of a kind."""
        style: dict[str, Any] = {"bottom": 1, "bottom_color": _LINE, "bold": False}
        if kind in NUMBER_FORMATS:
            style["num_format"] = NUMBER_FORMATS[kind]
        if kind is Kind.DATE or kind not in NUMBER_FORMATS:
            style |= {"align": "left", "indent": 1}
        if kind is Kind.WRAPPED:
            style["text_wrap"] = True
        return self._format(**style | more)

    def _sheet(
        self, name: str, title: str, intro: str, columns: tuple[ListColumn, ...], titles_row: int
    ) -> Worksheet:
        """Add a sheet with its heading; the columns' titles are repeated on each printed page."""
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(titles_row)
        sheet.set_footer(
            f"&L&8 {self._municipality.title} · status per {self._content.as_of:%d.%m.%Y}"
            "&C&8 Unntatt fra offentlighet&R&8 Side &P av &N"
        )
        sheet.write_string(0, 0, title, self._format(bold=True, font_size=16, font_color=_HEAD))
        sheet.set_row(0, 26)
        wrapped = self._format(text_wrap=True)
        sheet.merge_range(1, 0, 1, len(columns) - 1, "", wrapped)
        sheet.write_string(1, 0, intro, wrapped)
        sheet.set_row(1, _height(intro, sum(column.width for column in columns)) + 6)
        return sheet

    def _titles(self, sheet: Worksheet, row: int, columns: tuple[ListColumn, ...]) -> None:
        for number, column in enumerate(columns):
            is_number = column.kind in NUMBER_FORMATS and column.kind is not Kind.DATE
            style = self._format(
                bold=True,
                font_color="#FFFFFF",
                bg_color=_HEAD,
                text_wrap=True,
                valign="vcenter",
                align="right" if is_number else "left",
                indent=0 if is_number else 1,
            )
            sheet.write_string(row, number, column.title, style)
            sheet.set_column(number, number, column.width)
        sheet.set_row(row, 32)

    def _value(
        self, sheet: Worksheet, row: int, column: int, value: Any, kind: Kind, style: Format
    ) -> None:
        """Write a value; text stays text, never a formula, also when it is edited later."""
        if kind is Kind.LIGHT:
            ink, paper = LIGHTS[value]
            light = self._format(
                font_color=ink, bg_color=paper, bold=True, bottom=1, bottom_color="#FFFFFF"
            )
            sheet.write_string(row, column, f"● {self._content.light_labels[value]}", light)
        elif value is None:
            sheet.write_blank(row, column, None, style)
        elif kind is Kind.DATE:
            sheet.write_datetime(row, column, datetime.combine(value, time()), style)
        elif kind in NUMBER_FORMATS:
            sheet.write_number(row, column, value, style)
        else:
            if kind is Kind.IDENT:
                text = self._idents.number(value)
            elif kind is Kind.YES_NO:
                text = "Ja" if value else "Nei"
            else:
                text = str(value)
            if text.startswith(_FORMULA_STARTS):
                style = self._cell_format(kind, quote_prefix=True)
            sheet.write_string(row, column, text, style)

    def _list(self, plan: ListSheet) -> None:
        code = self._municipality.code
        title = f"{plan.title} – {self._municipality.title}"
        sheet = self._sheet(plan.name, title, plan.intro, plan.columns, 3)
        link = self._format(font_color=_LINK, underline=1)
        sheet.write_url(2, 0, "internal:'Oversikt'!A1", link, "← Oversikt")
        self._titles(sheet, 3, plan.columns)
        is_findings = plan.name == FINDINGS
        rows = self._content.rows[plan.name][code]
        todos: dict[str, str] = dict(self._content.todos[code]) if is_findings else {}
        styles = [self._cell_format(column.kind) for column in plan.columns]
        wrapped = [
            (place, column.width)
            for place, column in enumerate(plan.columns)
            if column.kind is Kind.WRAPPED
        ]
        number = 4
        for row in rows[:_MOST_ROWS]:
            if is_findings and row[1] in todos:
                self._banner(sheet, number, row[0], row[1], todos.pop(row[1]), plan.columns)
                number += 1
            cells = zip(row, plan.columns, styles, strict=True)
            for place, (value, column, style) in enumerate(cells):
                self._value(sheet, number, place, value, column.kind, style)
            height = max(
                (_height(row[place] or "", width) for place, width in wrapped), default=_LINE_HEIGHT
            )
            if is_findings:
                sheet.set_row(number, height, None, {"level": 1})
            elif height > _LINE_HEIGHT:
                sheet.set_row(number, height)
            number += 1
        if not rows:
            sheet.write_string(number, 0, "Ingen.", self._format(italic=True))
        if len(rows) > _MOST_ROWS:
            more = f"{len(rows) - _MOST_ROWS} linjer til fikk ikke plass."
            sheet.write_string(number, 0, more, self._format(bold=True))
        sheet.autofilter(3, 0, max(4, number - 1), len(plan.columns) - 1)
        sheet.outline_settings(visible=True, symbols_below=False)
        sheet.freeze_panes(4, 0)

    def _banner(
        self,
        sheet: Worksheet,
        row: int,
        group: str,
        rule: str,
        text: str,
        columns: tuple[ListColumn, ...],
    ) -> None:
        """A rule's line above its findings, with group and rule for the filters."""
        style = self._format(bold=True, bg_color=_BAND, text_wrap=True)
        sheet.write_string(row, 0, group, style)
        sheet.write_string(row, 1, rule, style)
        sheet.merge_range(row, 2, row, len(columns) - 1, "", style)
        sheet.write_string(row, 2, text, style)
        sheet.set_row(row, _height(text, sum(each.width for each in columns[2:]) * 0.9))

    def _overview(self) -> None:
        content, code = self._content, self._municipality.code
        columns = (
            ListColumn("Regel", Kind.TEXT, 7),
            ListColumn("Hva det gjelder", Kind.WRAPPED, 62),
            ListColumn("Status", Kind.LIGHT, 17),
            ListColumn("Kontrollert", Kind.INTEGER, 12),
            ListColumn("Funn", Kind.INTEGER, 9),
            ListColumn("Andel", Kind.FINE_PERCENT, 9),
            ListColumn("Landet", Kind.FINE_PERCENT, 9),
            ListColumn("  Utvikling", Kind.TEXT, 17),
            *(
                ListColumn(f"{each[:4]} {each[4:]}", Kind.PERCENT, 7.5)
                for each in content.half_years
            ),
        )
        titles_row = 5 + len(content.counts)
        sheet = self._sheet(
            "Oversikt",
            f"Registreringer i NIR – {self._municipality.title}",
            f"Status per {content.as_of:%d.%m.%Y}, etter NIR levert "
            f"{content.nir_delivered:%d.%m.%Y}. "
            f"{CONFIDENTIAL} Personer med adressesperre er ikke med.",
            columns,
            titles_row,
        )
        link = self._format(font_color=_LINK, underline=1)
        bold = self._cell_format(Kind.INTEGER, bold=True)
        for number, (label, name, counts) in enumerate(content.counts, start=3):
            sheet.merge_range(number, 0, number, 1, "", link)
            sheet.write_url(number, 0, f"internal:'{name}'!A1", link, label)
            sheet.write_number(number, 2, counts.get(code, 0), bold)
        sheet.write_string(
            titles_row - 1,
            0,
            "Reglene: halvåret som sist ble slutt, og det som er kommet siden",
            self._format(bold=True, font_size=13, font_color=_HEAD, valign="bottom"),
        )
        sheet.set_row(titles_row - 1, 30)
        self._titles(sheet, titles_row, columns)
        self._rules(sheet, titles_row + 1, columns)
        sheet.freeze_panes(titles_row + 1, 0)
        sheet.activate()

    def _rules(self, sheet: Worksheet, row: int, columns: tuple[ListColumn, ...]) -> None:
        half_years = self._content.half_years
        first, last, group = len(columns) - len(half_years), len(columns) - 1, None
        styles = [self._cell_format(column.kind) for column in columns]
        for found in self._content.rules[self._municipality.code]:
            if found[0] != group:
                group = found[0]
                for column in range(len(columns)):
                    sheet.write_blank(row, column, None, self._format(bg_color=_BAND))
                sheet.write_string(row, 0, found[0], self._format(bold=True, bg_color=_BAND))
                row += 1
            _, rule, name, finding, checked, findings, share, country, state, trend = found
            shares = [(trend or {}).get(half_year) for half_year in half_years]
            what = f"{name}: {finding}"
            values = (rule, what, state, checked, findings, share, country, None, *shares)
            for place, value in enumerate(values):
                self._value(sheet, row, place, value, columns[place].kind, styles[place])
            if sum(each is not None for each in shares) > 1:
                sheet.add_sparkline(
                    row,
                    first - 1,
                    {
                        "range": f"Oversikt!{_cell(row, first)}:{_cell(row, last)}",
                        "type": "column",
                        "series_color": _HEAD,
                        "min": 0,
                        "empty_cells": "gaps",
                    },
                )
            sheet.set_row(row, _height(what, columns[1].width) + 3)
            row += 1
        note = self._format(font_size=9, font_color="#5F6B76")
        for offset, line in enumerate(_NOTES):
            sheet.write_string(row + 1 + offset, 0, line, note)


def _height(text: str, width: float) -> float:
    """Return the points that a wrapped text needs in a column so many characters wide."""
    return _LINE_HEIGHT * max(1, math.ceil(len(text) / (width * 0.95)))


def _cell(row: int, column: int) -> str:
    return str(xlsxwriter.utility.xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))
