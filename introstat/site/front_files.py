"""The front page, and the page of all places that stands in for search without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from introstat.release.contents import TOTAL, is_year
from introstat.release.naming import year_before
from introstat.site import blocks, maps, series
from introstat.site.blocks import Chart, Row
from introstat.site.figures import Figures
from introstat.site.page import MENU, Page, Site, embedded
from introstat.site.place_view import DIRECT, GOAL_GROUP, ONE_YEAR, small_base
from introstat.site.places import Place
from introstat.site.schema_org import dataset_json
from introstat.site.series import Shown
from introstat.site.tables import Cell
from introstat.site.tiles import Tile
from introstat.site.words import LANGUAGES, Words

_TILES = (
    "participants", "hours_per_week", "direct_result_percent", "status_percent", "mean_amount",
)  # fmt: skip
_CHARTS = ("participants", "direct_result_percent", "hours_per_week", "status_percent")
_LIKE = {"total": "own", "2": "county", "1": "country"}
"""Whose colour each sex's line has."""


@dataclass(frozen=True)
class MapFigure:
    """A figure that the map can show: its table, measure and codes, and the count it rests on."""

    name: str
    cube: str
    measure: str
    codes: dict[str, str]
    base: tuple[str, str, dict[str, str]] | None = None


MAP_FIGURES = (
    MapFigure("participants", "participants", "participants", {}),
    MapFigure(
        "direct", "direct_result_2", "percent", DIRECT,
        ("direct_result_2", "exits", {"result_group": TOTAL}),
    ),
    MapFigure("hours", "hours", "hours_per_week", {}, ("participants", "participants", {})),
    MapFigure(
        "status", "status", "percent", ONE_YEAR | GOAL_GROUP,
        ("status", "former_participants", ONE_YEAR),
    ),
)  # fmt: skip


class Mapped:
    """The figures of the map, place by place, with their classes."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self.shown = [
            (figure, period)
            for figure in MAP_FIGURES
            if (period := figures.newest_with(figure.cube))
        ]
        self._cells = {
            place.code: [self._cell(figure, period, place.code) for figure, period in self.shown]
            for place in [*figures.places.municipalities, *figures.places.counties]
        }
        municipal = [place.code for place in figures.places.municipalities]
        self.classes = [
            maps.classes_of(
                [self._cells[code][at] for code in municipal if not self._is_few(at, code)]
            )
            for at in range(len(self.shown))
        ]

    def cells(self, code: str) -> list[Cell]:
        """The figures of a place."""
        return self._cells[code]

    def areas(self, page: Page, places: Sequence[Place]) -> list[maps.Area]:
        """Municipalities for the map of a page."""
        name = page.site.figures.places.name
        return [
            maps.Area(each.code, name(each), page.to(page.place(each)), self._classes(each.code))
            for each in places
        ]

    def title(self, words: Words) -> str:
        """What the map shows first."""
        period = words.period(self._figures.releases.latest.period)
        return words("front.map_title", figure=words("map.participants"), period=period)

    def _classes(self, code: str) -> list[str]:
        found = []
        for at, cell in enumerate(self._cells[code]):
            if cell.number is None:
                found.append(maps.UNSEEN)
            elif self._is_few(at, code):
                found.append(maps.FEW)
            else:
                found.append(self.classes[at].of(cell))
        return found

    def names(self, words: Words) -> list[str]:
        """What the figures are called."""
        return [words(f"map.{figure.name}") for figure, _ in self.shown]

    def headings(self, words: Words) -> list[str]:
        """What the figures are called in a table, with the period where it is another."""
        latest = self._figures.releases.latest.period
        return [
            words(f"map.{figure.name}") + ("" if period == latest else f", {words.period(period)}")
            for figure, period in self.shown
        ]

    def legends(self, words: Words) -> list[list[tuple[str, str]]]:
        """The legend of each figure."""
        few = (maps.FEW, words("front.map_few", least=small_base()))
        unseen = (maps.UNSEEN, words("front.map_unseen"))
        return [
            [*maps.legend(self.classes[at], words.figure), *([few] if figure.base else []), unseen]
            for at, (figure, _) in enumerate(self.shown)
        ]

    def _is_few(self, at: int, code: str) -> bool:
        figure, period = self.shown[at]
        if figure.base is None:
            return False
        cube, measure, codes = figure.base
        base = self._figures.cell(cube, measure, code, period, **codes)
        return base.number is None or base.number < small_base()

    def _cell(self, figure: MapFigure, period: str, code: str) -> Cell:
        return self._figures.cell(figure.cube, figure.measure, code, period, **figure.codes)


def write(site: Site, mapped: Mapped) -> None:
    """Write both pages in both languages."""
    for language in LANGUAGES:
        _front(site, mapped, language)
        _places(site, mapped, language)


def _front(site: Site, mapped: Mapped, language: str) -> None:
    words, figures = site.words[language], site.figures
    page = Page(site, language, MENU["front"], words("site.title"), words("site.lead"))
    page.scripts = [site.assets["site.js"], site.assets["places.js"]]
    page.json_ld = dataset_json(site, page)
    latest = figures.releases.latest
    areas = mapped.areas(page, figures.places.municipalities)
    drawn = maps.country_map(
        figures.places.year, areas, mapped.title(words), words("front.map_help")
    )
    rows = [
        Row(_link(page, place, place.name), mapped.cells(place.code))
        for place in figures.places.counties
    ]
    caption = words("front.map_table", period=words.period(latest.period))
    county_table = blocks.table(
        words, caption, [words("site.county"), *mapped.headings(words)], rows
    )
    site.write(
        "front.html.j2",
        page,
        latest=latest,
        tiles=_tiles(figures, words, latest.period),
        charts=_charts(figures, words),
        map=Markup(drawn),
        figures=list(zip(mapped.names(words), mapped.legends(words), strict=True)),
        counties=county_table,
        places_path=page.own(MENU["places"]),
        releases=list(reversed(figures.releases.newest)),
        setup=Markup(embedded(_setup(words))),
    )


def _setup(words: Words) -> dict[str, object]:
    """What the search's script has to know of the language."""
    return {
        "language": words.language,
        "texts": {
            "found": words("front.results", n="{n}"),
            "none": words("front.no_results"),
        },
    }


def _tiles(figures: Figures, words: Words, period: str) -> list[Tile]:
    found = []
    for measure in _TILES:
        at = period
        cell = figures.headline(measure, at) if _has(figures, measure, at) else None
        if cell is None and figures.of_years():
            at = figures.of_years()
            cell = figures.headline(measure, at)
        if cell is None:
            continue
        label = figures.headline_label(measure, at, words.language)
        beside = []
        before = year_before(at)
        if before in figures.headline_periods(is_year(at)):
            old = figures.headline(measure, before)
            beside = [
                words("tile.beside", name=words.period(before), value=_written(words, measure, old))
            ]
        if at != period:
            beside.insert(0, words.period(at))
        found.append(Tile(_written(words, measure, cell), label, beside, cell))
    return found


def _has(figures: Figures, measure: str, period: str) -> bool:
    return bool(figures.headline_label(measure, period, "nb"))


def _charts(figures: Figures, words: Words) -> list[Chart]:
    found = []
    for measure in _CHARTS:
        for of_years in (False, True):
            periods = figures.headline_periods(of_years)
            if not periods or not _has(figures, measure, periods[-1]):
                continue
            sexes = figures.headline_sexes(of_years, words.language)
            drawn = [
                Shown(
                    _LIKE[sex], label, label,
                    [figures.headline(measure, period, sex=sex) for period in periods],
                )
                for sex, label in sexes
                if sex in _LIKE
            ]  # fmt: skip
            made = series.chart(
                words, f"{measure.split('_')[0]}-{'y' if of_years else 'h'}",
                figures.headline_label(measure, periods[-1], words.language), periods, drawn,
                is_percent=measure.endswith("percent"),
            )  # fmt: skip
            if made:
                found.append(made)
    return found


def _written(words: Words, measure: str, cell: Cell) -> str:
    return words.marked(cell, is_percent=measure.endswith("percent"))


def _link(page: Page, place: Place, name: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(page.to(page.place(place)), name)


def _places(site: Site, mapped: Mapped, language: str) -> None:
    words, places = site.words[language], site.figures.places
    heading = words("places.heading")
    page = Page(site, language, MENU["places"], heading, words("site.lead"))
    period = words.period(site.figures.releases.latest.period)
    counties = []
    for county in places.counties:
        rows = [Row(_link(page, county, county.name), mapped.cells(county.code), True)]
        rows += municipal_rows(page, mapped, places.within(county.code))
        caption = words("places.caption", county=county.name, period=period)
        head = [words("column.place"), *mapped.headings(words)]
        counties.append((county, blocks.table(words, caption, head, rows)))
    former = [
        (name, every[0].name, every)
        for name, every in places.names.items()
        if all(each.name != places.of[code].name for each in every for code in each.now)
    ]
    site.write("places.html.j2", page, heading=heading, counties=counties, former=former)


def municipal_rows(page: Page, mapped: Mapped, places: Sequence[Place]) -> list[Row]:
    """The municipalities of a county with the figures of the map."""
    all_places = page.site.figures.places
    return [
        Row(_link(page, place, all_places.name(place)), mapped.cells(place.code))
        for place in places
    ]
