"""The report as a PDF: tagged for screen readers (PDF/UA-1) and for the archive (PDF/A-2a)."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typst

from introstat.release.report.content import ReportPages, ReportTable
from introstat.release.report.fonts import FOLDER
from introstat.release.report.row_headers import with_row_headers
from introstat.release.report.text import Given, Mark, Number, plain

_LAYOUT = Path(__file__).with_name("report.typ")


def pdf(report: ReportPages) -> bytes:
    """Return the PDF: the same content gives the same bytes on any day and machine."""
    compiler = typst.Compiler(
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)]
        )
    )
    written = compiler.compile(
        input=_LAYOUT.read_bytes(),
        format="pdf",
        sys_inputs={"report": json.dumps(_ready(report), ensure_ascii=False)},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=datetime.combine(report.dated, datetime.min.time(), UTC),
    )
    assert isinstance(written, bytes)
    blocks = [block for section in report.sections for block in section.blocks]
    rows = sum(len(block.rows) for block in blocks if isinstance(block, ReportTable))
    return with_row_headers(written, rows)


def _ready(value: Any) -> Any:
    """What Typst is given of a part of the report: texts as they are read, classes as fields."""
    if isinstance(value, str | Number | Mark | Given):
        return plain((value,))
    if isinstance(value, tuple):
        if value and all(isinstance(span, str | Number | Mark | Given) for span in value):
            return plain(value)
        return [_ready(each) for each in value]
    if isinstance(value, date):
        return [value.year, value.month, value.day]
    if is_dataclass(value):
        found = {field.name: _ready(getattr(value, field.name)) for field in fields(value)}
        return found | {"kind": type(value).__name__.removeprefix("Report").lower()}
    return value
