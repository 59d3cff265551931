"""The pages of counties and municipalities."""

from markupsafe import Markup

from introstat.codelists import seed_rows
from introstat.progress import Tell
from introstat.site import blocks, maps
from introstat.site.front_files import Mapped, municipal_rows
from introstat.site.page import Page, Site, embedded, place_name
from introstat.site.place_data import COMPARED, csv_path
from introstat.site.place_sections import sections_of
from introstat.site.place_view import PlaceView
from introstat.site.places import Place
from introstat.site.tiles import tiles_of
from introstat.site.words import LANGUAGES


def write(site: Site, mapped: Mapped, tell: Tell) -> None:
    """Write the page of every place in both languages."""
    places = [*site.figures.places.counties, *site.figures.places.municipalities]
    for done, place in enumerate(places):
        tell(done, len(places), place.name)
        for language in LANGUAGES:
            _page(site, mapped, place, language)


def _page(site: Site, mapped: Mapped, place: Place, language: str) -> None:
    words, places = site.words[language], site.figures.places
    view = PlaceView(site.figures, words, place)
    name, sections = places.name(place), sections_of(view)
    page = Page(site, language, place_name(place), name, sections[0].sentences[0])
    page.scripts = [site.assets["site.js"], site.assets["places.js"]]
    trail = [(words("site.country"), page.home)]
    within = places.within(place.code) if place.kind == "county" else []
    if place.kind == "municipality":
        county = places.of[place.county]
        trail.append((county.name, page.place(county)))
        kind = words("place.county_of", county=county.short)
    else:
        kind = words("place.is_county", n=len(within))
    site.write(
        "place.html.j2",
        page,
        view=view,
        name=name,
        kind=kind,
        trail=trail,
        told=_told(page, place),
        tiles=tiles_of(view),
        sections=sections,
        municipalities=_municipalities(page, mapped, place, within) if within else None,
        county_map=_county_map(page, mapped, place, within) if within else None,
        legend=mapped.legends(words)[0],
        csv=csv_path(place.code),
        is_preliminary=site.figures.releases.latest.is_preliminary,
        setup=Markup(embedded(_setup(view))),
    )


def _told(page: Page, place: Place) -> list[str]:
    """What the place was before, or became."""
    words, places = page.words, page.site.figures.places
    told = []
    parts = [each for each in places.parts.get(place.code, []) if each.name != place.name]
    if parts:
        names = dict.fromkeys(
            words("place.former_one", name=each.name, year=each.until.year) for each in parts
        )
        told.append(words("place.former", names=words.listed(list(names))))
    if into := places.split_into(place.code):
        year = min(
            row["change_date"][:4]
            for row in seed_rows("municipality_changes")
            if row["old_code"] == place.code
        )
        names_now = words.listed([each.name for each in into])
        told.append(words("place.split", year=year, before=int(year) - 1, names=names_now))
    if source := places.split_from(place.code):
        names_before = words.listed([places.name(each) for each in source])
        told.append(words("place.new", names=names_before))
    return told


def _municipalities(page: Page, mapped: Mapped, county: Place, within: list[Place]) -> Markup:
    words = page.words
    period = words.period(page.site.figures.releases.latest.period)
    return blocks.table(
        words,
        words("places.caption", county=county.name, period=period),
        [words("site.municipality"), *mapped.headings(words)],
        municipal_rows(page, mapped, within),
    )


def _county_map(page: Page, mapped: Mapped, county: Place, within: list[Place]) -> Markup | None:
    words, places = page.words, page.site.figures.places
    areas, title = mapped.areas(page, within), mapped.title(words)
    drawn = maps.county_map(places.year, county.code, areas, title, words("place.map_help"))
    return Markup(drawn) if drawn else None


def _setup(view: PlaceView) -> dict[str, object]:
    """What the comparison's script has to know of the language."""
    words = view.words
    return {
        "place": view.place.code,
        "beside": [code for *_, code in view.compared],
        "language": words.language,
        "charts": [
            [view.title(cube, measure, codes), "percent" in measure]
            for cube, measure, codes in COMPARED
            if view.figures.newest_with(cube)
        ],
        "texts": {
            "country": words("site.country"),
            "kinds": [words("chart.half_years"), words("chart.years")],
            "remove": words("place.compare_remove", place="{place}"),
            "full": words("place.compare_full"),
            "chosen": words("script.chosen", place="{place}"),
            "removed": words("script.removed", place="{place}"),
            "found": words("front.results", n="{n}"),
            "none": words("front.no_results"),
            "period": words("column.period"),
            "table": words("site.table_of_chart"),
        },
    }
