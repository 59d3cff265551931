"""Charts of the chapters, each with the text that says the same in words."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from introstat.codelists import seed_rows
from introstat.disclosure.published import HIDDEN, LEFT_OUT, MISSING
from introstat.release.contents import COUNTRY
from introstat.release.naming import period_dates
from introstat.release.report import charts, maps
from introstat.release.report.chapters.common import SEXES, Context, percent, sex_name
from introstat.release.report.content import Chart
from introstat.release.report.figures import Shown
from introstat.release.report.geometry import counties
from introstat.release.report.text import (
    Given,
    Mark,
    Number,
    Span,
    Text,
    joined,
    period_name,
    texts,
)

_SIGN_TEXTS = {HIDDEN: "hidden", LEFT_OUT: "left_out"}


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


def line_chart(
    context: Context, key: str, measure: str, height: int = charts.LINE_HEIGHT
) -> Chart | None:
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
    drawn = charts.line(names, lines, breaks, percent=measure.endswith("_percent"), height=height)
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


def map_of_counties(context: Context, key: str, figure_of: Callable[[str], Shown]) -> Chart | None:
    """A map of a percentage under the texts `<key>_chart` and `<key>_alternative`.

    None where no county's figure is shown, or the map's counties are not the release's.
    """
    _, last_day = period_dates(context.facts.period)
    borders = counties(last_day.year)
    names = {region.code: region.name for region in context.figures.regions("county")}
    found = {code: figure_of(code) for code in names}
    shown = [code for code, figure in found.items() if isinstance(figure, Number)]
    if not shown or not set(names) <= set(borders):
        return None
    # A county without participants has no row in the cubes.
    names = _county_names(last_day) | names
    areas = [
        maps.Area(code, (Given(names[code], "name"),), found.get(code, Mark(MISSING)))
        for code in sorted(borders)
    ]
    without: dict[str, list[Text]] = {}
    for area in areas:
        if isinstance(area.figure, Mark):
            without.setdefault(area.figure.sign, []).append(area.name)
    signs = {
        sign: texts().always(f"map.sign.{_SIGN_TEXTS.get(sign, 'missing')}") for sign in without
    }
    country = texts().say(
        "map.country", name=texts().always("name.country"), figure=percent(figure_of(COUNTRY))
    )
    drawn = maps.county_map(areas, borders, country or texts().always("name.country"), signs)
    said = [country] if country else []
    said += [(*area.name, " ", percent(area.figure)) for area in maps.ranked(areas)]
    said += [
        texts().always("map.without", why=signs[sign], counties=joined(named))
        for sign, named in without.items()
    ]
    return Chart(
        name=key.replace(".", "-"),
        caption=context.always(f"{key}_chart"),
        alternative=context.always(f"{key}_alternative", series=joined(said, last=", ")),
        svg=drawn.svg,
        texts=drawn.texts,
        notes=(texts().always("map.source"),),
    )


def _county_names(day: date) -> dict[str, str]:
    """The counties of a day by code."""
    return {
        row["county_code"]: row["county_name"]
        for row in seed_rows("counties")
        if date.fromisoformat(row["valid_from"]) <= day
        and not (row["valid_to"] and date.fromisoformat(row["valid_to"]) <= day)
    }


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
