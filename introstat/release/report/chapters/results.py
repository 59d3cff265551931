"""Results: who ended, why, and how many went directly to work or education."""

from introstat.release.report.chapters.common import (
    MEN,
    WOMEN,
    Context,
    by_county,
    by_sex,
    by_size,
    codes_of,
    paragraphs,
    percent,
)
from introstat.release.report.chapters.pictures import bar_chart, line_chart, map_of_counties
from introstat.release.report.charts import Bar
from introstat.release.report.content import Block, Section
from introstat.release.report.figures import Shown
from introstat.release.report.text import Mark, texts

_REASONS, _RESULT = "direct_result_7", "direct_result_2"
_WORK_OR_EDUCATION, _NOT_REGISTERED = "arbutd", "ikke_registrert"


def chapter(context: Context) -> list[Section]:
    """The direct result and its change, the reasons, the counties ranked."""
    figures = context.figures
    exits = context.headline("exits")
    missing = figures.number(_REASONS, "percent", termination_group=_NOT_REGISTERED)
    said = [
        context.change_told("results.level", "direct_result_percent"),
        context.say(
            "results.sexes",
            men=percent(context.headline("direct_result_percent", sex=MEN)),
            women=percent(context.headline("direct_result_percent", sex=WOMEN)),
        ),
        context.say("results.exits", now=exits) or context.say("results.exits_none"),
        None
        if isinstance(exits, Mark)
        else context.say("results.not_registered", now=percent(missing)),
    ]
    chart = line_chart(context, "results.chart", "direct_result_percent")
    blocks: list[Block] = [*paragraphs(said)]
    if chart:
        blocks.append(chart)
    return [
        Section("results", context.always("results.heading"), 1, tuple(blocks)),
        _reasons(context),
        _counties(context),
    ]


def _reasons(context: Context) -> Section:
    figures = context.figures
    codes = codes_of(context, _REASONS, "termination_group")
    shown = by_size(
        (words, percent(figures.number(_REASONS, "percent", termination_group=code)))
        for code, words in codes
    )
    chart = bar_chart(context, "results.reasons", [Bar(words, figure) for words, figure in shown])
    blocks: list[Block] = [chart] if chart else []
    blocks.append(
        by_sex(
            context,
            table_name="reasons",
            caption=context.always("results.reasons_caption"),
            heading="reason",
            cube=_REASONS,
            dimension="termination_group",
            codes=codes,
            measures=("exits", "percent"),
            notes=(texts().always("note.rounded"),),
        )
    )
    return Section("reasons", context.always("results.reasons_heading"), 2, tuple(blocks))


def _counties(context: Context) -> Section:
    figures = context.figures

    def direct(region: str) -> Shown:
        return figures.number(_RESULT, "percent", region=region, result_group=_WORK_OR_EDUCATION)

    def of(region: str) -> list[Shown]:
        return [
            figures.number(_RESULT, "exits", region=region),
            direct(region),
            figures.number(_REASONS, "percent", region=region, termination_group=_NOT_REGISTERED),
        ]

    chart = map_of_counties(context, "results.region", direct)
    blocks: list[Block] = [chart] if chart else []
    blocks.append(
        by_county(
            context,
            table_name="results-county",
            caption=context.always("results.region_caption"),
            columns=("exits", "direct_percent", "not_registered_percent"),
            figures_of=of,
            notes=(texts().always("note.protected"),),
        )
    )
    return Section("results-region", context.always("results.region_heading"), 2, tuple(blocks))
