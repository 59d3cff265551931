"""Measures: how full the programme is, and what it holds."""

from introstat.release.contents import COUNTRY
from introstat.release.report.chapters.common import (
    SEXES,
    Context,
    by_county,
    by_sex,
    by_size,
    cells,
    codes_of,
    label,
    paragraphs,
    percent,
    sex_name,
    table,
)
from introstat.release.report.chapters.pictures import bar_chart
from introstat.release.report.charts import Bar
from introstat.release.report.content import Block, ReportRow, Section
from introstat.release.report.figures import Shown
from introstat.release.report.text import Text, plain, texts

_HOURS = ("hours_per_week", "full_time_percent", "measure_days_percent")
_COLUMNS = ("hours", "full_time", "measure_days")


def chapter(context: Context) -> list[Section]:
    """Hours, full time and days with measures; then IMDi's 4 and 12 groups."""
    days = context.headline("measure_days_percent")
    said = [
        context.change_told("measures.hours", "hours_per_week"),
        context.change_told("measures.full_time", "full_time_percent"),
        context.say("measures.days", now=percent(days)),
    ]
    return [
        Section("measures", context.always("measures.heading"), 1, paragraphs(said)),
        _groups(context),
        _hours(context),
    ]


def _groups(context: Context) -> Section:
    types = codes_of(context, "measures_12", "measure_type")
    figures = context.figures
    ranked = by_size(
        (words, figures.number("measures_12", "participants_with_measure", measure_type=code))
        for code, words in types
    )
    blocks: list[Block] = []
    if ranked:
        words, most = ranked[0]
        said = context.say("measures.largest", type=_lower(words), now=most)
        blocks += paragraphs([said])
    chart = bar_chart(context, "measures.types", [Bar(words, figure) for words, figure in ranked])
    if chart:
        blocks.append(chart)
    several = texts().always("note.several")
    for kind, heading, cube, dimension, codes in (
        ("groups", "group", "measures_4", "measure_group", None),
        ("types", "type", "measures_12", "measure_type", types),
    ):
        blocks.append(
            by_sex(
                context,
                table_name=kind,
                caption=context.always(f"measures.{kind}_caption"),
                heading=heading,
                cube=cube,
                dimension=dimension,
                codes=codes or codes_of(context, cube, dimension),
                measures=("participants_with_measure",),
                notes=(several,),
                with_total="total" in figures.codes(cube, dimension),
            )
        )
    return Section("groups", context.always("measures.groups_heading"), 2, tuple(blocks))


def _hours(context: Context) -> Section:
    def of(region: str, sex: str = "total") -> list[Shown]:
        return [
            context.figures.number("hours", measure, region=region, sex=sex) for measure in _HOURS
        ]

    rows = [
        ReportRow((sex_name(sex),), cells(of(COUNTRY, sex)), is_total=sex == "total")
        for sex in SEXES
    ]
    return Section(
        "hours",
        context.always("measures.hours_heading"),
        2,
        (
            table("hours", context.always("measures.hours_caption"), "sex", _COLUMNS, rows),
            by_county(
                context,
                table_name="hours-county",
                caption=context.always("measures.hours_county_caption"),
                columns=_COLUMNS,
                figures_of=of,
            ),
        ),
    )


def _lower(words: Text) -> Text:
    text = plain(words)
    return label(text[:1].lower() + text[1:])
