"""A figure over half-years and over years: the chart, the sentence that goes with it, the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from markupsafe import Markup

from introstat.codelists import seed_rows
from introstat.release import naming
from introstat.site import blocks, charts
from introstat.site.blocks import Chart, Row
from introstat.site.tables import Cell
from introstat.site.words import Words


@dataclass(frozen=True)
class Shown:
    """A series: whose it is (own, county, country), its names, and its figures."""

    of: str
    name: str
    short: str
    cells: Sequence[Cell]


def chart(
    words: Words,
    ident: str,
    title: str,
    periods: Sequence[str],
    drawn: Sequence[Shown],
    *,
    is_percent: bool = False,
    mergers: Sequence[date] = (),
) -> Chart | None:
    """Draw series of the same periods; None if there are fewer than two periods."""
    if len(periods) < 2 or not any(c.number is not None for each in drawn for c in each.cells):
        return None
    marked = [
        charts.Line(
            each.of,
            each.short,
            each.cells,
            [words.marked(cell, is_percent=is_percent) for cell in each.cells],
        )
        for each in drawn
    ]
    breaks = _breaks(words, periods, mergers)
    cells = [cell for each in drawn for cell in each.cells]
    kind = words("chart.half_years" if "H" in periods[0] else "chart.years")
    described = " ".join(_in_words(words, each, periods, is_percent) for each in drawn)
    caption = f"{title}, {kind.lower()}"
    picture = charts.lines(ident, caption, described, periods, marked, breaks)
    notes = []
    if any(cell.is_preliminary and cell.number is not None for cell in cells):
        notes.append(words("chart.open_points"))
    rows = [
        Row(words.period(period), [each.cells[at] for each in drawn])
        for at, period in enumerate(periods)
    ]
    head = [words("column.period"), *(each.name for each in drawn)]
    return Chart(
        Markup(picture) + blocks.meanings(words, (c for c in cells if c.number is None)),
        caption,
        _change(words, periods, drawn[0].cells, is_percent),
        blocks.table(words, caption, head, rows, is_shown=False),
        notes,
        _texts_of_breaks(words, periods),
    )


def _change(words: Words, periods: Sequence[str], cells: Sequence[Cell], is_percent: bool) -> str:
    """What became of the figure between the first and the last that is shown."""
    shown = [(p, c) for p, c in zip(periods, cells, strict=True) if c.number is not None]
    if not shown:
        return words("chart.none")
    (start, first), (end, last) = shown[0], shown[-1]
    texts = {
        "first": words.marked(first, is_percent=is_percent),
        "last": words.marked(last, is_percent=is_percent),
        "from": words.period(start),
        "to": words.period(end),
    }
    if len(shown) == 1:
        return words("chart.one", **texts)
    assert first.number is not None and last.number is not None
    if first.number == last.number:
        return words("chart.same", **texts)
    return words("chart.grew" if last.number > first.number else "chart.fell", **texts)


def _in_words(words: Words, each: Shown, periods: Sequence[str], is_percent: bool) -> str:
    """All figures of a series, for who does not see the chart."""
    values = [
        words("chart.value", period=words.period(p), value=words.marked(c, is_percent=is_percent))
        for p, c in zip(periods, each.cells, strict=True)
    ]
    return words("chart.in_words", name=each.name, values=", ".join(values))


def _breaks(words: Words, periods: Sequence[str], mergers: Sequence[date]) -> list[charts.Break]:
    found = []
    for row, at in _breaks_in(tuple(periods)):
        end = None
        if row["is_break"] != "true":
            until = date.fromisoformat(row["to_date"])
            end = sum(naming.period_dates(each)[0] < until for each in periods)
        found.append(charts.Break(at, end, row[f"label_{words.language}"]))
    days = [naming.period_dates(each)[0] for each in periods]
    for day in mergers:
        at = sum(each < day for each in days)
        if 0 < at < len(periods):
            found.append(charts.Break(at, None, words("chart.merged")))
    return found


def _texts_of_breaks(words: Words, periods: Sequence[str]) -> list[str]:
    return [
        f"{row[f'label_{words.language}']}: {row[f'text_{words.language}']}"
        for row, _ in _breaks_in(tuple(periods))
    ]


@cache
def _breaks_in(periods: tuple[str, ...]) -> list[tuple[dict[str, str], int]]:
    """The breaks of the seed that lie within the periods, and before which period."""
    days = [naming.period_dates(each)[0] for each in periods]
    found = []
    for row in seed_rows("series_breaks"):
        at = sum(each < date.fromisoformat(row["from_date"]) for each in days)
        if 0 < at < len(periods):
            found.append((row, at))
    return found
