"""One page of headline figures."""

from introstat.release.report.chapters.common import (
    Context,
    breaks_crossed,
    cells,
    column,
    marked,
    percent,
)
from introstat.release.report.chapters.pictures import line_chart
from introstat.release.report.content import (
    Block,
    Notice,
    Paragraph,
    ReportColumn,
    ReportRow,
    ReportTable,
    Section,
    Tile,
    Tiles,
)
from introstat.release.report.figures import (
    Shown,
    difference,
    difference_in_millions,
    percent_change,
)
from introstat.release.report.text import (
    Mark,
    Number,
    Text,
    period_name,
    texts,
)

_HALF_YEAR = (
    "participants",
    "exits",
    "direct_result_percent",
    "hours_per_week",
    "full_time_percent",
    "measure_days_percent",
    "recipients",
    "amount",
    "mean_amount",
)
# The chart fills the page of headline figures.
_CHART_HEIGHT = 310
_YEAR = (*_HALF_YEAR[:3], "former_participants", "status_percent", *_HALF_YEAR[3:])


def chapter(context: Context) -> Section:
    """Tiles, the table of headline figures with their changes, participants over time."""
    measures = _YEAR if context.is_year else _HALF_YEAR
    is_compared = context.before in context.figures.periods("headline")
    rows = [_row(context, measure, is_compared=is_compared) for measure in measures]
    columns = [
        column("figure", is_number=False),
        ReportColumn((period_name(context.facts.period),)),
    ]
    if is_compared:
        columns += [
            ReportColumn((period_name(context.before),)),
            column("change"),
            column("percent_change"),
        ]
    notes = (texts().always("note.points"), *breaks_crossed(context)) if is_compared else ()
    caption = context.always("headline.caption" if is_compared else "headline.caption_alone")
    blocks: list[Block] = []
    if not any(isinstance(context.headline(measure), Number) for measure in measures):
        blocks.append(Notice(context.always("headline.none")))
    else:
        blocks.append(Tiles(_tiles(context)))
    blocks.append(
        ReportTable("headline", caption, tuple(columns), tuple(rows), marked(rows, notes))
    )
    if not is_compared:
        blocks.append(Paragraph(context.always("headline.no_before")))
    chart = line_chart(context, "headline.chart", "participants", _CHART_HEIGHT)
    blocks.append(chart or Paragraph(context.always("headline.one_period")))
    return Section("headline", context.always("headline.heading"), 1, tuple(blocks))


def _figure(context: Context, measure: str, period: str | None = None) -> Shown:
    if measure == "amount":
        return context.figures.millions("headline", measure, period=period)
    return context.headline(measure, period)


def _row(context: Context, measure: str, *, is_compared: bool) -> ReportRow:
    words = texts().always(f"measure.{measure}")
    now = _figure(context, measure)
    if not is_compared:
        return ReportRow(words, cells([now]))
    old = _figure(context, measure, context.before)
    change = difference_in_millions if measure == "amount" else difference
    share: Shown = Mark("")
    if not measure.endswith("_percent"):
        share = percent_change(now, old)
    return ReportRow(words, cells([now, old, change(now, old), share]))


def _tiles(context: Context) -> tuple[Tile, ...]:
    measures = ["participants", "direct_result_percent", "hours_per_week"]
    measures.append("status_percent" if context.is_year else "mean_amount")
    return tuple(_tile(context, measure) for measure in measures)


def _tile(context: Context, measure: str) -> Tile:
    now = context.headline(measure)
    change = difference(now, context.headline(measure, context.before))
    is_percent = measure.endswith("_percent")
    shown = percent(now) if is_percent else now
    said: Text | None = None
    if isinstance(change, Number):
        kind = "unchanged" if change.value == 0 else ("points" if is_percent else "change")
        said = context.say(f"headline.tile_{kind}", change=change)
    return Tile(texts().always(f"headline.tile.{measure}"), shown, said)
