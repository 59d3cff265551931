"""About the figures, downloads, the accessibility statement, pages of earlier codes and names."""

import json
import shutil

from markupsafe import Markup

from introstat.codelists import report_limit, seed_rows
from introstat.release import manifest, naming
from introstat.release.contents import AT_THE_TIME, COUNTRY
from introstat.release.formats import csv_package
from introstat.site import blocks
from introstat.site.blocks import Row
from introstat.site.page import ACCESSIBILITY, FOLDERS, MENU, RELEASES, Page, Site
from introstat.site.places import Former
from introstat.site.releases import Released
from introstat.site.table_files import WORKBOOK, Listed, file_links
from introstat.site.tables import Cell, Table
from introstat.site.words import LANGUAGES, Words


def write(site: Site, tables: list[Listed]) -> None:
    """Write the pages in both languages, and the releases' own files beside them."""
    for release in site.figures.releases.all:
        shutil.copytree(release.folder, site.folder / RELEASES / release.name)
    for language in LANGUAGES:
        _about(site, tables, language)
        _download(site, tables, language)
        words = site.words[language]
        contact = tables[0].newest.about["contact"]
        page = Page(
            site, language, ACCESSIBILITY, words("accessibility.heading"),
            words("accessibility.status"),
        )  # fmt: skip
        site.write("accessibility.html.j2", page, contact=contact)
        _former(site, language)


# About the figures


def _about(site: Site, tables: list[Listed], language: str) -> None:
    words, releases = site.words[language], site.figures.releases
    page = Page(site, language, MENU["about"], words("about.heading"), words("about.method_text"))
    of_time = [each for each in tables if each.region_set == AT_THE_TIME]
    notes = dict.fromkeys(note for each in of_time for note in each.newest.about["notes"][language])
    signs = of_time[0].newest.about["signs"][language]
    policy = releases.latest.policy
    site.write(
        "about.html.j2",
        page,
        tables=[
            (each.title(language), each.newest.about["description"][language], each)
            for each in of_time
        ],
        signs=list(signs.items()),
        notes=list(notes),
        policy=words("about.policy", print=policy.short_fingerprint, day=policy.decided_on),
        sources=of_time[0].newest.about["source"][language],
        breaks=[
            (row[f"label_{language}"], row[f"text_{language}"])
            for row in seed_rows("series_breaks")
        ],
        year=site.figures.places.year,
        releases=list(reversed(releases.all)),
        newest={each.name for each in releases.newest},
        revisions=[
            (release, *_revised(site, words, release))
            for release in reversed(releases.newest)
            if release.version > 1
        ],
        revisions_path=lambda release: page.to(
            f"{RELEASES}/{release.name}/{release.revisions_path.name}"
        ),
    )


def _revised(site: Site, words: Words, release: Released) -> tuple[str, Markup | None]:
    """How many figures a version changed, and those of the country."""
    every = release.revisions()
    if not every:
        return words("about.revised_none", new=release.name), None
    said = words("about.revised", new=release.name, n=words.count(len(every)))
    most = int(report_limit("revised_figures"))
    own = [
        row for row in every if row["region_code"] == COUNTRY and row["region_set"] == AT_THE_TIME
    ][:most]
    rows = []
    for row in own:
        table = release.tables.get((row["cube"], AT_THE_TIME))
        if table is not None:
            rows.append(
                Row(
                    _what(words, table, row),
                    [*(_old_and_new(table, row)), row["reason"]],
                )
            )
    if not rows:
        return said, None
    head = [words("column.figure"), words("about.old"), words("about.new"), words("about.reason")]
    return said, blocks.table(words, words("about.revised_list", new=release.name), head, rows)


def _what(words: Words, table: Table, row: dict[str, str]) -> str:
    """A revised figure in words: measure, what it is of, period."""
    codes: dict[str, str] = json.loads(row["dimensions"])
    of = [
        table.label(name, code, words.language)
        for name, code in codes.items()
        if code != table.totals.get(name) and code in table.places[name]
    ]
    measure = table.measures[row["measure"]]["label"][words.language]
    return ", ".join([str(measure), *of, words.period(row["period"])])


def _old_and_new(table: Table, row: dict[str, str]) -> list[Cell]:
    decimals = table.measures[row["measure"]]["decimals"]
    found = []
    for which in ("old", "new"):
        text = row[f"{which}_value"]
        number = None if not text else round(float(text) * 10**decimals)
        found.append(Cell(number, row[f"{which}_sign"], decimals, False))
    return found


# Downloads


def _download(site: Site, tables: list[Listed], language: str) -> None:
    words, releases = site.words[language], site.figures.releases
    page = Page(site, language, MENU["download"], words("download.heading"), words("download.lead"))
    newest = {each.name for each in releases.newest}
    listed = []
    for release in reversed(releases.all):
        rows = [
            (each.title(language), file_links(page, release, each))
            for each in tables
            if (each.cube, each.region_set) in release.tables
        ] if release.name in newest else []  # fmt: skip
        listed.append((release, release.name in newest, _whole(page, words, release), rows))
    site.write("download.html.j2", page, listed=listed, has_catalogue=bool(site.base_url))


def _whole(page: Page, words: Words, release: Released) -> list[tuple[str, str]]:
    """The files that are of a whole release: what they are, and links."""
    found = []
    for key, pattern in (
        ("report", "rapport_*.pdf"), ("report_html", "rapport_*.html"),
        ("workbook", WORKBOOK), ("package", csv_package.PACKAGE),
        ("region_list", "kodelister/*.csv"), ("audit", f"{naming.AUDIT}_*.json"),
        ("manifest", manifest.MANIFEST),
    ):  # fmt: skip
        for path in sorted(release.folder.glob(pattern)):
            inner = path.relative_to(release.folder).as_posix()
            found.append((words(f"download.{key}"), page.to(f"{RELEASES}/{release.name}/{inner}")))
    return found


# Earlier codes and names


def _former(site: Site, language: str) -> None:
    """A page for each code of before, and for each name of now and before."""
    places = site.figures.places
    for former in places.former:
        if former.now:
            _leads(site, language, f"{FOLDERS[former.kind]}/{former.code}.html", [former])
    for name, every in places.names.items():
        _leads(site, language, f"sted/{name}.html", every)


def _leads(site: Site, language: str, name: str, every: list[Former]) -> None:
    words, places = site.words[language], site.figures.places
    now = list(dict.fromkeys(places.of[code] for each in every for code in each.now))
    title = every[0].name
    if len(now) > 1:
        said = words("former.several", name=title)
    elif title != now[0].name and every[0].code != now[0].code:
        said = words("former.is_now", name=title, place=now[0].name)
    elif title != now[0].name:
        said = words("former.renamed", name=title, place=now[0].name)
    else:
        said = words("former.code", name=title, code=now[0].code)
    page = Page(site, language, name, title, said)
    site.leads_on.add(page.path)
    site.write(
        "former.html.j2",
        page,
        said=said,
        now=[(places.name(p), page.to(page.place(p))) for p in now],
    )
