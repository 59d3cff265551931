"""A page for each table: what it shows first is in the page, the rest in files for the script."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from introstat.disclosure.published import SIGNS
from introstat.release import naming
from introstat.release.contents import AT_THE_TIME, REGION_TYPES, load_contents
from introstat.release.cube import MEASURE, MEASURE_LABEL_EN, MEASURE_LABEL_NB
from introstat.release.formats import csv_package, imdi_csv, jsonstat, parquet, px, sdmx
from introstat.site import blocks
from introstat.site.page import MENU, RELEASES, Page, Site, embedded
from introstat.site.releases import Released
from introstat.site.schema_org import dataset_json
from introstat.site.tables import PERIOD, REGION, Cell, Table, plain_number
from introstat.site.words import LANGUAGES, PRELIMINARY, Words

FOLDER = "tabell"
_MOST_COLUMNS = 13
_LONG = 30
"""A dimension of more codes is chosen from; one of more than the second stands in the rows."""
FORMATS = (
    ("CSV", csv_package.EXTENSION),
    ("PX", px.EXTENSION),
    ("JSON-stat", jsonstat.EXTENSION),
    ("Parquet", parquet.EXTENSION),
)
"""The formats of a table's own files: names and endings."""
WORKBOOK = "tabeller_*.xlsx"
"""All tables of a release in one workbook."""


@dataclass(frozen=True)
class Listed:
    """A table of the site: its address, and the releases that have it, newest first."""

    stem: str
    cube: str
    region_set: str
    releases: tuple[Released, ...]

    @property
    def newest(self) -> Table:
        """The table of the newest release that has it."""
        return self.releases[0].tables[self.cube, self.region_set]

    @property
    def name(self) -> str:
        """The address of its page in a language's part of the site."""
        return f"{FOLDER}/{self.stem}.html"

    def file(self, release: Released, ending: str) -> str:
        """The name of its file in a release, in a format."""
        return release.tables[self.cube, self.region_set].path.with_suffix(f".{ending}").name

    def title(self, language: str) -> str:
        """Its title, as the release has it."""
        return str(self.newest.about["title"][language])


def listed(site: Site) -> list[Listed]:
    """The tables of all releases, but those in municipalities of an older reference year."""
    found = []
    releases = site.figures.releases
    for cube in load_contents().cubes.values():
        for region_set in cube.region_sets:
            having = tuple(
                release
                for release in reversed(releases.newest)
                if (cube.name, region_set) in release.tables
                and (region_set == AT_THE_TIME or release.reference_year == releases.reference_year)
            )
            if having:
                stem = having[0].package.stem(cube, region_set)
                found.append(Listed(stem, cube.name, region_set, having))
    return found


def write(site: Site, tables: list[Listed]) -> None:
    """Write the tables' pages, the list of them, and the data that their filters show."""
    for each in tables:
        data = {r.period: _data(site, each, r) for r in each.releases}
        for language in LANGUAGES:
            _page(site, each, language, data)
    for language in LANGUAGES:
        words = site.words[language]
        page = Page(site, language, MENU["tables"], words("table.heading"), words("table.lead"))
        site.write("tables.html.j2", page, tables=tables)


# Which dimension stands where


@dataclass(frozen=True)
class Layout:
    """The dimensions of rows and columns, and the code at which each other one stands first."""

    rows: str
    columns: str
    chosen: dict[str, str]


def layout_of(table: Table) -> Layout:
    """Regions in the rows if there are several, the last dimension in the columns if it fits."""
    names = [n for n in table.places if n != MEASURE]
    rows = REGION if len(table.codes(REGION)) > 1 else PERIOD
    own = [name for name in names if name not in (REGION, PERIOD)]
    if len(table.codes(rows)) == 1 or any(len(table.codes(name)) > _LONG for name in own):
        rows = names[-1]
    columns = next(
        (
            name
            for name in reversed(own)
            if name not in (rows, "rule_id") and 1 < len(table.codes(name)) <= _MOST_COLUMNS
        ),
        MEASURE,
    )
    if rows == PERIOD:
        columns = MEASURE
    chosen = {n: _first(table, n) for n in table.places if n not in (rows, columns)}
    return Layout(rows, columns, chosen)


def _first(table: Table, name: str) -> str:
    codes = table.codes(name)
    total = table.totals.get(name)
    return total if total in codes and total else codes[0]


def _page(site: Site, each: Listed, language: str, data: dict[str, str]) -> None:
    words, table = site.words[language], each.newest
    release = each.releases[0]
    layout = layout_of(table)
    title, description = each.title(language), str(table.about["description"][language])
    page = Page(site, language, each.name, title, description)
    page.scripts = [site.assets["site.js"]]
    page.json_ld = dataset_json(site, page, file_links(page, release, each))
    measure = layout.chosen.get(MEASURE)
    caption = _caption(words, table, layout, release.period)
    setup = {
        "table": each.stem,
        "rows": layout.rows,
        "columns": layout.columns,
        "chosen": layout.chosen,
        "data": {period: page.to(path) for period, path in data.items()},
        "period": release.period,
        "periods": {
            r.period: words.period(r.period) + (PRELIMINARY if r.is_preliminary else "")
            for r in each.releases
        },
        "texts": {
            "rows": words("table.rows", n="{n}"),
            "period": words("column.period"),
            "search": words("table.filter_region"),
            "signs": {sign: words.meaning(sign) for sign in SIGNS[1:]},
            "preliminary": words("about.preliminary_sign"),
            "caption": title,
        },
        "language": language,
    }
    site.write(
        "table.html.j2",
        page,
        title=title,
        description=description,
        notes=table.about["notes"][language],
        release=release,
        table=_table(words, table, layout, caption),
        shown=", ".join(_chosen_labels(words, table, layout)),
        formats=file_links(page, release, each),
        setup=Markup(embedded(setup)),
        measure=measure,
    )


def _caption(words: Words, table: Table, layout: Layout, period: str) -> str:
    measure = layout.chosen.get(MEASURE)
    if measure is None:
        return f"{table.about['title'][words.language]}, {words.period(period)}"
    about = table.measures[measure]
    return words(
        "table.caption",
        measure=about["label"][words.language],
        unit=about["unit"][words.language],
        period=words.period(period),
    )


def _chosen_labels(words: Words, table: Table, layout: Layout) -> list[str]:
    return [
        words.period(code) if name == PERIOD else _label(table, name, code, words.language)
        for name, code in layout.chosen.items()
    ]


def _label(table: Table, name: str, code: str, language: str) -> str:
    if name == MEASURE:
        return str(table.measures[code]["label"][language])
    return table.label(name, code, language)


def _axis_label(table: Table, name: str, language: str) -> str:
    if name == MEASURE:
        return MEASURE_LABEL_NB if language == "nb" else MEASURE_LABEL_EN
    [found] = [each for each in table.dimensions if each["name"] == name]
    return str(found["label"][language])


def _table(words: Words, table: Table, layout: Layout, caption: str) -> Markup:
    """What stands in the page."""
    columns = table.codes(layout.columns)
    parts, seen = [], []
    for code in table.codes(layout.rows):
        cells = [_cell(table, layout, code, column) for column in columns]
        seen += cells
        heading = (
            words.period(code)
            if layout.rows == PERIOD
            else _label(table, layout.rows, code, words.language)
        )
        inner = "".join(_joined(words, cells))
        parts.append(f'<tr><th scope="row">{escape(heading)}</th>{inner}</tr>')
    head = [_axis_label(table, layout.rows, words.language)]
    head += [_label(table, layout.columns, code, words.language) for code in columns]
    whole = blocks.in_scroll(caption, head, "".join(parts), ' id="table"')
    return whole + blocks.meanings(words, seen)


def _joined(words: Words, cells: list[Cell]) -> Iterator[str]:
    """The columns of a row; a sign that stands in several beside each other is one wide cell."""
    for sign, run in groupby(cells, lambda cell: cell.sign):
        if not sign:
            yield from (f'<td class="n">{words.shown(cell)}</td>' for cell in run)
            continue
        same = list(run)
        wide = f' colspan="{len(same)}"' if len(same) > 1 else ""
        yield f'<td class="n"{wide}>{words.shown(same[0])}</td>'


def _cell(table: Table, layout: Layout, row: str, column: str) -> Cell:
    codes = layout.chosen | {layout.rows: row, layout.columns: column}
    measure, region = codes.pop(MEASURE), codes.pop(REGION)
    period = codes.pop(PERIOD)
    return table.cell(measure, region, period, **codes)


def _data(site: Site, each: Listed, release: Released) -> str:
    """Write all cells of a table for the script, and return the file's address."""
    table = release.tables[each.cube, each.region_set]
    content: dict[str, Any] = {
        "table": each.stem,
        "period": release.period,
        "preliminary": release.is_preliminary,
        "axes": [
            {
                "name": name,
                "label": [_axis_label(table, name, language) for language in LANGUAGES],
                "codes": [
                    [code, *(_axis_code(words, table, name, code) for words in site.words.values())]
                    for code in table.codes(name)
                ],
            }
            for name in table.places
        ],
        "units": {
            name: [measure["unit"][language] for language in LANGUAGES]
            for name, measure in table.measures.items()
        },
        "cells": " ".join(_runs(table)),
    }
    name = f"{each.stem}_{release.period}.js"
    return site.put_asset(name, f"introstatTable({embedded(content)});\n".encode())


def _axis_code(words: Words, table: Table, name: str, code: str) -> str:
    if name == PERIOD:
        return words.period(code)
    return _label(table, name, code, words.language)


def _runs(table: Table) -> Iterator[str]:
    """The cells in order, figures with a dot, or signs; `~n` is n more like the one before."""
    decimals = [each["decimals"] for each in table.measures.values()]
    texts = []
    numbers, signs = table.numbers.reshape(-1).tolist(), table.signs.reshape(-1).tolist()
    for at, (number, sign) in enumerate(zip(numbers, signs, strict=True)):
        texts.append(SIGNS[sign] if sign else plain_number(number, decimals[at % len(decimals)]))
    for text, run in groupby(texts):
        yield text
        if more := sum(1 for _ in run) - 1:
            yield f"~{more}"


def file_links(page: Page, release: Released, each: Listed) -> list[tuple[str, str]]:
    """The files of a table in a release: names of formats, and links."""
    data = release.tables[each.cube, each.region_set].path
    tail = naming.tail_in(data.name)
    own = each.region_set == AT_THE_TIME
    imdi = imdi_csv.names_for(each.cube, release.is_preliminary, tail) if own else []
    files = [(name, each.file(release, ending)) for name, ending in FORMATS]
    # Releases made before have no SDMX.
    own_sdmx = f"{sdmx.FOLDER}/{data.stem}.{sdmx.EXTENSION}"
    files += [("SDMX-CSV", own_sdmx)] if (release.folder / own_sdmx).is_file() else []
    files += [("Excel", book.name) for book in release.folder.glob(WORKBOOK)]
    files += [
        (f"IMDi ({page.words(f'site.{level}').lower()})", f"{imdi_csv.FOLDER}/{name}")
        for level, name in zip(REGION_TYPES[1:], imdi, strict=False)
    ]
    return [(name, page.to(f"{RELEASES}/{release.name}/{file}")) for name, file in files]
