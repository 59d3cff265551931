"""The report's two files."""

from pathlib import Path

import duckdb

from introstat.release.report.build import build_report
from introstat.release.report.content import ReportPages
from introstat.release.report.facts import Facts
from introstat.release.report.html import html
from introstat.release.report.pdf import pdf


def write_report(figures: duckdb.DuckDBPyConnection, facts: Facts, folder: Path) -> list[Path]:
    """Write the report as PDF and as a page into the folder, and return both paths.

    `figures` holds a relation `pub_<cube>` for each published cube, protected, with `regions` and
    `revisions`; it is only read. The same cubes and facts give the same bytes.
    """
    return write_files(build_report(figures, facts), facts.file_stem, folder)


def write_files(report: ReportPages, file_stem: str, folder: Path) -> list[Path]:
    """Write a report's content as PDF and as a page."""
    document, page = folder / f"{file_stem}.pdf", folder / f"{file_stem}.html"
    document.write_bytes(pdf(report))
    page.write_text(html(report), encoding="utf-8")
    return [document, page]
