"""The report's content out of the cubes: every chapter in its place."""

import duckdb

from introstat.release.report.chapters import (
    about,
    benefit,
    completeness,
    headline,
    measures,
    participants,
    results,
    revisions,
    status,
)
from introstat.release.report.chapters.common import Context
from introstat.release.report.chapters.front import front
from introstat.release.report.content import ReportPages, Section
from introstat.release.report.facts import Facts
from introstat.release.report.figures import Figures


def build_report(connection: duckdb.DuckDBPyConnection, facts: Facts) -> ReportPages:
    """Return everything that the report says, with each number's cells."""
    context = Context(Figures(connection, facts.period), facts)
    sections: list[Section] = [
        headline.chapter(context),
        *participants.chapter(context),
        *measures.chapter(context),
        *results.chapter(context),
        *(status.chapter(context) if context.is_year else []),
        *benefit.chapter(context),
        *completeness.chapter(context),
        *revisions.chapter(context),
        *about.chapter(context),
    ]
    return ReportPages(
        front=front(context),
        sections=tuple(sections),
        dated=facts.as_of,
        publisher=facts.publisher,
        description=context.always("front.lead"),
    )
