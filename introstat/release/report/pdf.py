"""The report as a PDF: tagged for screen readers (PDF/UA-1) and for the archive (PDF/A-2a)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from introstat.release.report.content import (
    Block,
    Bullets,
    Chart,
    Definitions,
    Notice,
    Paragraph,
    ReportPages,
    ReportTable,
    Section,
    Tiles,
)
from introstat.release.report.fonts import FOLDER
from introstat.release.report.text import plain

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
        sys_inputs={"report": json.dumps(_report(report), ensure_ascii=False)},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=datetime.combine(report.dated, datetime.min.time(), UTC),
    )
    assert isinstance(written, bytes)
    return written


def _report(report: ReportPages) -> dict[str, Any]:
    front = report.front
    return {
        "front": {
            "overline": plain(front.overline),
            "title": plain(front.title),
            "subtitle": plain(front.subtitle),
            "period": plain(front.period),
            "mark": plain(front.mark),
            "is_preliminary": front.is_preliminary,
            "lead": [plain(text) for text in front.lead],
            "facts": [[plain(term), plain(meaning)] for term, meaning in front.facts],
        },
        "publisher": report.publisher,
        "description": plain(report.description),
        "dated": [report.dated.year, report.dated.month, report.dated.day],
        "sections": [_section(section) for section in report.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": plain(section.heading),
        "level": section.level,
        "begins_page": section.begins_page,
        "blocks": [_block(block) for block in section.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(text):
            return {"kind": "paragraph", "text": plain(text)}
        case Notice(text):
            return {"kind": "notice", "text": plain(text)}
        case Bullets(items):
            return {"kind": "bullets", "items": [plain(item) for item in items]}
        case Definitions(pairs):
            found = [[plain(term), plain(meaning)] for term, meaning in pairs]
            return {"kind": "definitions", "items": found}
        case Tiles(tiles):
            found_tiles = [
                {
                    "label": plain(tile.label),
                    "figure": plain((tile.figure,)),
                    "change": plain(tile.change) if tile.change is not None else None,
                }
                for tile in tiles
            ]
            return {"kind": "tiles", "items": found_tiles}
        case ReportTable():
            return _table(block)
        case Chart():
            return {
                "kind": "chart",
                "caption": plain(block.caption),
                "alternative": plain(block.alternative),
                "svg": block.svg,
            }


def _table(table: ReportTable) -> dict[str, Any]:
    return {
        "kind": "table",
        "caption": plain(table.caption),
        "columns": [
            {"heading": plain(column.heading), "is_number": column.is_number}
            for column in table.columns
        ],
        "rows": [
            {
                "heading": plain(row.heading),
                "cells": [plain(cell) for cell in row.cells],
                "is_total": row.is_total,
            }
            for row in table.rows
        ],
        "notes": [plain(note) for note in table.notes],
    }
