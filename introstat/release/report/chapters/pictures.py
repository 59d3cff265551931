"""Charts of the chapters, each with the text that says the same in words."""

from collections.abc import Iterable, Sequence
from datetime import date

from introstat.codelists import seed_rows
from introstat.release.naming import period_dates
from introstat.release.report import charts
from introstat.release.report.chapters.common import SEXES, Context, sex_name
from introstat.release.report.content import Chart
from introstat.release.report.text import (
    Given,
    Number,
    Span,
    Text,
    joined,
    period_name,
    texts,
)


def _series_said(bars: Iterable[charts.Bar]) -> Text:
    """Bars in words: a label and its figure, separated by commas."""
    return joined((*bar.label, " ", bar.figure) for bar in bars)


def bar_chart(
    context: Context,
    key: str,
    bars: Sequence[charts.Bar],
    *,
    series: Sequence[tuple[str, str]] = (),
    limit: tuple[Given, float, str] | None = None,
    **more: Span,
) -> Chart | None:
    """A chart of bars under the texts `<key>_chart` and `<key>_alternative`; None without bars.

    `limit`: a line across, where it is and its text; `more`: what the alternative says beside bars.
    """
    if not bars:
        return None
    if series:
        said = joined(
            (
                (f"{words}: ", *_series_said(bar for bar in bars if bar.series == code))
                for code, words in series
                if any(bar.series == code for bar in bars)
            ),
            between="; ",
            last="; ",
        )
    else:
        said = _series_said(bars)
    drawn = charts.bars(bars, series, limit)
    return Chart(
        name=key.replace(".", "-"),
        caption=context.always(f"{key}_chart"),
        alternative=context.always(f"{key}_alternative", series=said, **more),
        svg=drawn.svg,
        texts=drawn.texts,
    )


def line_chart(context: Context, key: str, measure: str) -> Chart | None:
    """A headline measure over the periods, in all and by sex; None with fewer than two periods."""
    periods = context.figures.periods("headline")
    lines = []
    for sex in SEXES:
        found = [context.headline(measure, period, sex) for period in periods]
        figures = tuple(figure if isinstance(figure, Number) else None for figure in found)
        if sum(figure is not None for figure in figures) > 1:
            lines.append(charts.Line(sex, sex_name(sex), figures))
    if not lines:
        return None
    names = [period_name(period) for period in periods]
    breaks = breaks_among(periods)
    drawn = charts.line(names, lines, breaks, percent=measure.endswith("_percent"))
    said = joined(
        (
            context.always(
                "headline.series",
                name=each.name,
                points=joined(
                    context.always("headline.point", period=period, figure=figure)
                    for period, figure in zip(names, each.figures, strict=True)
                    if figure is not None
                ),
            )
            for each in lines
        ),
        between="; ",
        last="; ",
    )
    breaks_said: Text = ()
    for each in breaks:
        breaks_said += context.always("headline.break", label=each.label, period=names[each.first])
    return Chart(
        name=key.replace(".", "-"),
        caption=context.always(key),
        alternative=context.always(
            "headline.chart_alternative",
            caption=texts().always(key),
            series=said,
            breaks=breaks_said,
        ),
        svg=drawn.svg,
        texts=drawn.texts,
    )


def breaks_among(periods: Sequence[str]) -> list[charts.Break]:
    """The breaks and weaknesses of the seed series_breaks that lie among the periods."""
    days = [period_dates(period)[0] for period in periods]
    found = []
    for row in seed_rows("series_breaks"):
        start = date.fromisoformat(row["from_date"])
        at = next((number for number, day in enumerate(days) if day >= start), None)
        if at is None:
            continue
        if row["is_break"] == "true":
            if at > 0:
                found.append(charts.Break(row["label_nb"], at, None))
            continue
        stop = date.fromisoformat(row["to_date"])
        end = next((number for number, day in enumerate(days) if day >= stop), len(days))
        if end > at:
            found.append(charts.Break(row["label_nb"], at, end))
    return found
