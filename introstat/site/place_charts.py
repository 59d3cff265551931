"""The charts and tables of a place's page."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from markupsafe import Markup

from introstat.site import blocks, charts, series
from introstat.site.blocks import Chart, Row
from introstat.site.place_view import PlaceView
from introstat.site.series import Shown
from introstat.site.tables import Cell

NO_CODES: Mapping[str, str] = MappingProxyType({})


def over_time(
    view: PlaceView,
    ident: str,
    title: str,
    cube: str,
    measure: str,
    *,
    is_percent: bool = False,
    only_own: bool = False,
    years_only: bool = False,
    codes: Mapping[str, str] = NO_CODES,
) -> list[Chart]:
    """The charts of a figure over half-years and years, as far as there are enough of them."""
    found = []
    mergers = view.figures.places.mergers.get(view.place.code, [])
    for of_years in (True,) if years_only else (False, True):
        periods = view.figures.periods(of_years)
        drawn = [
            Shown(
                of, name, short,
                [view.figures.cell(cube, measure, code, p, **codes) for p in periods],
            )
            for of, name, short, code in view.compared
            if of == "own" or not only_own
        ]  # fmt: skip
        made = series.chart(
            view.words, f"{ident}-{'y' if of_years else 'h'}", title, periods, drawn,
            is_percent=is_percent, mergers=mergers,
        )  # fmt: skip
        if made:
            found.append(made)
    return found


def bars(
    view: PlaceView, ident: str, cube: str, measure: str, dimension: str, own: dict[str, Cell],
    beside: Callable[[str], list[tuple[str, Cell]]] = lambda _: [],
    is_percent: bool = False,
) -> Chart:  # fmt: skip
    """Bars of a dimension's codes, the longest first; `own` are the figures of the place."""
    ordered = [*(code for code, _ in shown_first(own)), *(c for c in own if own[c].number is None)]
    drawn = [
        charts.Bar(
            view.label(cube, dimension, code),
            own[code],
            view.words.marked(own[code], is_percent=is_percent),
            beside(code),
        )
        for code in ordered
    ]
    title = f"{view.measure(cube, measure)}, {view.dimension(cube, dimension).lower()}"
    if is_percent:
        title = f"{view.dimension(cube, dimension)}, {view.words('column.percent').lower()}"
    caption = view.caption(title)
    described = ", ".join(f"{bar.label} {bar.text}" for bar in drawn) + "."
    picture = charts.bars(ident, caption, described, drawn)
    rows = [Row(bar.label, [bar.cell, *(cell for _, cell in bar.beside)]) for bar in drawn]
    is_compared = bool(drawn[0].beside)
    names = view.names() if is_compared else view.names()[:1]
    table = blocks.table(
        view.words, caption, [view.dimension(cube, dimension), *names], rows, is_shown=False
    )
    notes = []
    if is_compared:
        notes.append(view.words("chart.ticks" if len(names) > 2 else "chart.ticks_county"))
    signs = blocks.meanings(view.words, own.values())
    return Chart(Markup(picture) + signs, caption, "", table, notes)


def with_percents(
    view: PlaceView, cube: str, dimension: str, measure: str, rows: list[Row], period: str
) -> Markup:
    """A table of a count of the place, and its percentages beside county and country."""
    percent = view.words("column.percent")
    head = [view.dimension(cube, dimension), view.measure(cube, measure, period)]
    head += [f"{name}, {percent.lower()}" for name in view.names()]
    caption = view.caption(view.measure(cube, measure, period), period)
    return blocks.table(view.words, caption, head, rows)


def shown_first(cells: dict[str, Cell]) -> list[tuple[str, Cell]]:
    """Those with a figure, the largest first."""
    shown = [(code, cell) for code, cell in cells.items() if cell.number is not None]
    return sorted(shown, key=lambda each: -(each[1].number or 0))
