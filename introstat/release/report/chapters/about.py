"""Definitions, signs, breaks, sources, and how the figures were made."""

from datetime import date
from decimal import Decimal

from introstat import norwegian
from introstat.codelists import limits, seed_rows
from introstat.release.naming import period_dates
from introstat.release.report.chapters.common import Context
from introstat.release.report.content import Block, Bullets, Definitions, Paragraph, Section
from introstat.release.report.text import Given, Text, texts
from introstat.written import exact


def chapter(context: Context) -> list[Section]:
    """What a reader must know to use the figures."""
    return [
        Section("about", context.always("about.heading"), 1, ()),
        Section(
            "definitions", context.always("about.definitions_heading"), 2, (_definitions(context),)
        ),
        Section("signs", context.always("about.signs_heading"), 2, (_signs(context),)),
        Section("breaks", context.always("about.breaks_heading"), 2, (_breaks(context),)),
        Section("sources", context.always("about.sources_heading"), 2, (_sources(context),)),
        Section("making", context.always("about.making_heading"), 2, tuple(_making(context))),
    ]


def _definitions(context: Context) -> Definitions:
    """Terms of the report; those of the status only where the report has it."""
    keys = texts().several("about.definitions")
    if not context.is_year:
        keys.remove("about.definitions.status")
    values = {
        "hours": _full_time(with_preparation=False),
        "prepared_hours": _full_time(with_preparation=True),
        "days": Given(f"{limits()['C08', 'programme_days']:.0f}", "definition"),
    }
    return Definitions(
        tuple((texts().always(f"{key}.0"), texts().always(f"{key}.1", **values)) for key in keys)
    )


def _full_time(*, with_preparation: bool) -> Given:
    """The law's hours per week, of all measures or of those that need much preparation."""
    hours = {
        Decimal(row["hours_per_week"])
        for row in seed_rows("law_full_time")
        if bool(row["measure_type"]) == with_preparation
    }
    said = [exact(each) for each in sorted(hours)]
    return Given(" eller ".join(said), "definition")


def _signs(context: Context) -> Definitions:
    policy = context.facts.policy
    values = {
        "hidden": Given(policy.hidden_counts, "limit"),
        "least": Given(str(policy.min_persons), "limit"),
    }
    return Definitions(
        tuple(
            (texts().always(f"{key}.0"), texts().always(f"{key}.1", **values))
            for key in texts().several("about.signs")
        )
    )


def _breaks(context: Context) -> Bullets:
    """The breaks that began no later than the period's last day."""
    _, last_day = period_dates(context.facts.period)
    items: list[Text] = [
        (Given(row["text_nb"], "definition"),)
        for row in seed_rows("series_breaks")
        if date.fromisoformat(row["from_date"]) <= last_day
    ]
    return Bullets(tuple(items))


def _sources(context: Context) -> Bullets:
    return Bullets(tuple((Given(source, "definition"),) for source in context.facts.sources))


def _short(commit: str) -> str:
    """A commit as readers see it, with what is said behind it of changed files."""
    name, plus, changed = commit.partition("+")
    return name[:12] + plus + changed


def _making(context: Context) -> list[Block]:
    policy = context.facts.policy
    return [
        Paragraph(texts().always("about.making")),
        Bullets(
            (
                texts().always(
                    "about.policy",
                    fingerprint=Given(policy.short_fingerprint, "identifier"),
                    by=Given(policy.decided_by, "name"),
                    on=Given(norwegian.day(date.fromisoformat(policy.decided_on)), "date"),
                ),
                texts().always(
                    "about.code", commit=Given(_short(context.facts.commit), "identifier")
                ),
            )
        ),
    ]
