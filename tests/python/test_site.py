"""The public site: every figure is a release's, every link leads somewhere, bad input is told."""

import csv
import hashlib
import html
import json
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from string import Formatter
from urllib.parse import unquote

import pytest
import yaml
from conftest import ROOT, Done, run
from older_releases import make_older
from site_releases import LONG_NAMES, POLICY, YEAR, write_release, write_releases

from introstat.codelists import seed_rows
from introstat.release.cube import SIGN_TEXTS_EN, SIGN_TEXTS_NB
from introstat.site import words as site_words
from introstat.site.figures import Figures
from introstat.site.maps import Classes, classes_of, legend
from introstat.site.place_sections import sections_of
from introstat.site.place_view import PlaceView
from introstat.site.places import Places
from introstat.site.releases import read_releases
from introstat.site.tables import Cell
from introstat.site.tiles import tiles_of
from introstat.site.words import Words

BASE = "https://tall.example/intro/"
MOST = 150_000
VOID = {"meta", "link", "input", "br", "img"}
# A municipality and a county that the made-up releases have figures of.
PLACE, COUNTY = "1811", "18"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_releases(tmp_path_factory.mktemp("site") / "release")


@pytest.fixture(scope="module")
def site(releases: Path) -> Path:
    out = releases.parent / "site"
    done = make(releases, out, "--base-url", BASE.rstrip("/"))
    assert done.returncode == 0, done.stderr
    assert str(out / "index.html") in done.stdout
    return out


def make(releases: Path, out: Path, *more: str) -> Done:
    return run("site", "--releases", releases, "--out", out, *more)


@dataclass
class Read(HTMLParser):
    """What a reader of a page meets: links, identifiers, tables, and the texts."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        elif tag in ("link", "script") and ("src" in given or given.get("rel") != "canonical"):
            address = given.get("src") or given.get("href")
            self.loaded += [address] if address else []
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1] += [""] * int(given.get("colspan", 1))
        for name in ("content", "aria-label"):
            if name in given and tag != "meta":
                self.texts.append((given[name], ""))
        if tag not in VOID:
            self._open.append((tag, given.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag, tag

    def handle_data(self, data: str) -> None:
        if not self._open:
            return
        tag, classes = self._open[-1]
        if tag == "script":
            self.scripts.append(data)
        elif tag != "style":
            self.texts.append((data, classes))
        names = [each for each, _ in self._open]
        if ("td" in names or "th" in names) and tag != "i":
            self.tables[-1][-1][-1] += data


def read(path: Path) -> Read:
    parser = Read()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def pages(site: Path) -> Iterator[Path]:
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).parts[0] != "utgivelser":
            yield path


Cells = dict[tuple[str, ...], tuple[str, str]]


def cells_of(path: Path) -> tuple[list[str], Cells]:
    """A published table read by its columns: names of the codes, and value and sign by codes."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if f"{name}_label" in rows[0]]
    return names, {tuple(row[name] for name in names): (row["value"], row["sign"]) for row in rows}


@cache
def published(releases: Path) -> dict[str, tuple[list[str], Cells]]:
    """Every table of the newest releases by stem and period, as the CSV files have it."""
    found = {}
    for release in read_releases(releases).newest:
        for path in sorted(release.folder.glob("*.csv")):
            if not path.name.startswith("revisjoner"):
                found[f"{path.name.split('_p2')[0]}_{release.period}"] = cells_of(path)
    return found


def written(value: str, language: str) -> str:
    whole, _, part = value.partition(".")
    between, point = ("\u00a0", ",") if language == "nb" else (",", ".")
    return f"{int(whole):,}".replace(",", between) + (point + part if part else "")


# Figures


def test_the_data_of_filters_are_the_releases_cells_one_by_one(site: Path, releases: Path) -> None:
    tables, seen = published(releases), set()
    for path in sorted((site / "filer").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        if not text.startswith("introstatTable("):
            continue
        data = json.loads(text.removeprefix("introstatTable(").rstrip().removesuffix(");"))
        key = f"{data['table']}_{data['period']}"
        names, cells = tables[key]
        assert [axis["name"] for axis in data["axes"]] == names
        shown: list[str] = []
        for token in data["cells"].split(" "):
            shown += [shown[-1]] * int(token[1:]) if token[0] == "~" else [token]
        codes = list(product(*([code for code, *_ in axis["codes"]] for axis in data["axes"])))
        assert len(codes) == len(shown) == len(cells)
        for at, text_of in zip(codes, shown, strict=True):
            value, sign = cells[at]
            assert text_of == (sign or value), (key, at)
        seen.add(key)
    assert seen == set(tables)


def test_the_file_of_a_place_is_its_rows_of_the_releases(site: Path, releases: Path) -> None:
    tables = published(releases)
    with (site / "tall" / f"{PLACE}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for row in rows:
        names, _ = tables[f"{row['table']}_{row['release'].split('_')[0]}"]
        inner = dict(each.split("=") for each in row["codes"].split(";") if each)
        at = inner | {name: row[name] for name in ("period", "region", "measure")}
        found[f"{row['table']}_{row['period']}", tuple(at[name] for name in names)] = (
            row["value"], row["sign"],
        )  # fmt: skip
    expected = {
        (key, at): cell
        for key, (names, cells) in tables.items()
        if f"kommuner{YEAR}" in key
        for at, cell in cells.items()
        if at[names.index("region")] == PLACE
    }
    assert found == expected
    assert len(rows) == len(found) > 500


def given_texts() -> list[str]:
    """Texts with digits that are no figures: labels, notes, rules, breaks, names, longest first."""
    texts: set[str] = {*(LONG_NAMES.values())}
    for row in seed_rows("series_breaks"):
        texts |= {row[name] for name in row if name.startswith(("label", "text"))}

    def walk(node: object) -> None:
        if isinstance(node, dict):
            for value in node.values():
                walk(value)
        elif isinstance(node, str):
            texts.add(node)

    walk(yaml.safe_load((ROOT / "introstat/site/texts.yml").read_text(encoding="utf-8")))
    texts |= {*SIGN_TEXTS_NB.values(), *SIGN_TEXTS_EN.values()}
    found = [text for text in texts if re.search(r"\d", text) and "{" not in text]
    return sorted(found, key=lambda text: (-len(text), text))


def labels_of(releases: Path, language: str) -> set[str]:
    """Every label, title, description and note of the releases' tables."""
    found: set[str] = set()
    for release in read_releases(releases).newest:
        for table in release.tables.values():
            about = table.about
            found |= {about["title"][language], about["description"][language]}
            found |= {*about["notes"][language]}
            for each in about["dimensions"]:
                found |= {code["label"][language] for code in each["codes"]}
            found |= {each["label"][language] for each in about["measures"]}
    return {text for text in found if re.search(r"\d", text)}


_NOT_FIGURES = re.compile(
    r"\b20\d\d(?:H[12])?(?:_v\d+)?\b|\bH[12]\b|\b[12]\.\u00a0halvår|CC[ -]BY[ -]4\.0|\b4\.0\b"
    r"|\b\d{1,2}\.\d{1,2}\.20\d\d\b|\b\d{1,2} January\b|under \d+ personer|Fewer than \d+ persons"
    r"|\(\d{4}\)|med \d+ kommuner|of \d+ municipalities"
)


def numbers_on(page: Path, given: list[str]) -> Iterator[tuple[str, str]]:
    """The numbers of a page's texts and pictures that are no years, names or labels."""
    parser = Read()
    # The ranges of the map's legend are round ones.
    parser.feed(
        re.sub(r'<ul class="legend.*?</ul>', "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    )
    for text, classes in parser.texts:
        # So are the numbers along an axis.
        if classes == "q":
            continue
        left = text
        for each in given:
            left = left.replace(each, " ") if each in left else left
        left = _NOT_FIGURES.sub(" ", left)
        for number in re.findall(r"\d[\d\u00a0,.]*\d|\d", left):
            yield number.rstrip(",."), text


def numbers_of_regions(releases: Path, language: str) -> dict[str, set[str]]:
    """The numbers that the releases show of each region, as a page writes them."""
    of: dict[str, set[str]] = {}
    for names, cells in published(releases).values():
        at = names.index("region")
        for codes, (value, _) in cells.items():
            if value:
                of.setdefault(codes[at], {"0"}).add(written(value, language))
    return of


def checked_numbers(site: Path, releases: Path, language: str, where: dict[str, set[str]]) -> int:
    """How many numbers stand on the pages; each must be among those that its page may have."""
    own = "" if language == "nb" else "en/"
    given = sorted({*given_texts(), *labels_of(releases, language)}, key=lambda text: -len(text))
    checked = 0
    for name, allowed in where.items():
        for number, text in numbers_on(site / f"{own}{name}.html", given):
            assert number in allowed, (name, number, text)
            checked += 1
    return checked


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_number_on_a_page_is_in_the_releases(
    site: Path, releases: Path, language: str
) -> None:
    of = numbers_of_regions(releases, language)
    every = {number for numbers in of.values() for number in numbers}
    where = {f"kommune/{PLACE}": of[PLACE] | of[COUNTY] | of["0"]}
    where |= {"kommune/0301": of["0301"] | of["03"] | of["0"], f"fylke/{COUNTY}": every}
    where |= {name: every for name in ("index", "steder", "tabell/deltakere", "tabell/status")}
    assert checked_numbers(site, releases, language, where) > 2_000


@pytest.mark.slow
@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_number_on_every_page_with_figures_is_in_the_releases(
    site: Path, releases: Path, language: str
) -> None:
    """All places and tables: a municipality's page has its own, counties' and the country's."""
    of = numbers_of_regions(releases, language)
    every = {number for numbers in of.values() for number in numbers}
    above = {number for code, numbers in of.items() if len(code) < 4 for number in numbers}
    own = site if language == "nb" else site / "en"
    names = [
        path.relative_to(own).with_suffix("").as_posix()
        for kind in ("kommune", "fylke", "tabell")
        for path in sorted((own / kind).glob("*.html"))
        if "refresh" not in path.read_text(encoding="utf-8")
    ]
    where = {
        name: above | of.get(name.split("/")[1], set()) if name.startswith("kommune/") else every
        for name in names
    }
    assert len(where) > 350
    assert checked_numbers(site, releases, language, where) > 100_000


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_tables_of_a_place_are_its_cells(site: Path, releases: Path, language: str) -> None:
    names, cells = published(releases)[f"deltakere-kommuner{YEAR}_2025"]
    assert names == ["period", "region", "sex", "age_band", "measure"]
    own = "" if language == "nb" else "en/"
    caption = "Alder" if language == "nb" else "Age"
    [table] = [
        each for each in read(site / f"{own}kommune/{PLACE}.html").tables if each[0][0] == caption
    ]
    ages = list(dict.fromkeys(codes[3] for codes in cells))
    columns = [(PLACE, "total"), (PLACE, "1"), (PLACE, "2"), (COUNTY, "total"), ("0", "total")]
    for age, row in zip(ages, table[1:], strict=True):
        for (region, sex), shown in zip(columns, row[1:], strict=True):
            value, sign = cells["2025", region, sex, age, "participants"]
            assert shown == (sign or f"{written(value, language)}*")
    assert any(":" in row for row in table)


def test_no_sentence_speaks_of_a_figure_that_is_not_shown(site: Path) -> None:
    words = Words("nb")
    assert words.say("say.participants.only", n=Cell(None, ":", 0, False), period="2025") is None
    hidden = 0
    for path in (site / "kommune").glob("*.html"):
        for text in re.findall(r'<p class="says">(.*?)</p>', path.read_text(encoding="utf-8")):
            signs = re.findall(r"\((:|\.\.?\.?)\)", text)
            assert [sign for sign in signs if SIGN_TEXTS_NB[sign] in text] == signs
            hidden += len(signs)
            assert not re.search(r"(^|\s)(:|\.\.\.?)(\s|$)", text), text
    assert hidden > 100


class AnyFigures(Figures):
    """Figures of which any may be any sign or number, hidden totals beside shown parts as well."""

    def __init__(self, of: Figures, chance: random.Random) -> None:
        super().__init__(of.releases, of.places)
        self.chance = chance
        self.given: set[str] = set()

    def cell(self, *_: str, **__: str) -> Cell:
        sign = self.chance.choice(["", "", "", ":", "...", "..", "."])
        number = None if sign else self.chance.choice([0, 1, 7, 29, 30, 31, 99, 4711])
        self.given |= {f"{number:,}"} if number is not None else set()
        return Cell(number, sign, 0, self.chance.random() < 0.3)


def test_whatever_is_hidden_a_page_says_only_what_is_shown(releases: Path) -> None:
    found = read_releases(releases)
    figures = Figures(found, Places(found))
    seen: set[str] = set()
    for seed in range(60):
        mixed = AnyFigures(figures, random.Random(seed))
        place = figures.places.of[(PLACE, COUNTY)[seed % 2]]
        view = PlaceView(mixed, Words("en"), place)
        told = [text for section in sections_of(view) for text in section.sentences]
        told += [chart.sentence for section in sections_of(view) for chart in section.charts]
        told += [tile.text for tile in tiles_of(view)]
        for text in told:
            left = _NOT_FIGURES.sub(" ", text.replace(place.name, ""))
            for number in re.findall(r"\d[\d,]*\d|\d", left):
                assert number in mixed.given, (seed, text)
        seen |= set(told)
    assert len(seen) > 300


def test_a_small_base_is_told_as_a_count(site: Path, releases: Path) -> None:
    names, cells = published(releases)[f"avslutning-direkte-3-kommuner{YEAR}_2025"]
    small = []
    for at, (value, _) in cells.items():
        codes = dict(zip(names, at, strict=True))
        whole = {"sex": "total", "result_group": "total", "measure": "exits"}
        if codes | whole == codes and value and 0 < int(value) < 30 and len(codes["region"]) == 4:
            part, _ = cells[tuple((codes | {"result_group": "arbutd"})[n] for n in names)]
            if part:
                small.append((codes["region"], part, value))
    assert small
    for region, part, whole_of in small:
        text = (site / "kommune" / f"{region}.html").read_text(encoding="utf-8")
        assert f"<b>{part} av {whole_of}*</b>" in text
        assert f"{part} av {whole_of} som avsluttet programmet i 2025" in text


def test_a_release_of_an_older_reference_year_counts_where_the_area_is_the_same(
    tmp_path: Path, releases: Path
) -> None:
    write_release(tmp_path, "2022", year=2022)
    shutil.copytree(releases / "2025_v1", tmp_path / "2025_v1")
    found = read_releases(tmp_path)
    figures = Figures(found, Places(found))
    assert figures.periods(True) == ["2022", "2023", "2024", "2025"]
    _, cells = cells_of(tmp_path / "2022_v1" / "deltakere-kommuner2022_p2022_v1.csv")
    for code in (PLACE, COUNTY, "0"):
        value, sign = cells["2022", code, "total", "total", "participants"]
        own = figures.cell("participants", "participants", code, "2022")
        assert (str(own.number or ""), own.sign) == (value, sign)
    # Ålesund was split in 2024, and with it the county is of another area than before.
    assert ("2022", "15", "total", "total", "participants") in cells
    for code in ("15", "1508", "3001", "3101"):
        assert figures.cell("participants", "participants", code, "2022").sign == ".."
    assert figures.cell("participants", "participants", PLACE, "2023").sign == ".."


# Links, files, and what may be in them


def test_a_site_of_releases_of_before_is_the_same_but_for_the_names_of_their_files(
    site: Path, releases: Path, tmp_path: Path
) -> None:
    older = Path(shutil.copytree(releases, tmp_path / "releases"))
    for folder in older.glob("20*"):
        make_older(folder)
    built = make(older, tmp_path / "site", "--base-url", BASE)
    assert built.returncode == 0, built.stderr
    test_every_link_of_every_page_leads_to_something(tmp_path / "site")
    for path in sorted((tmp_path / "site" / "tall").glob("*.csv")):
        assert path.read_bytes() == (site / "tall" / path.name).read_bytes()
    assert {path.name for path in (site / "tabell").iterdir()} == {
        path.name for path in (tmp_path / "site" / "tabell").iterdir()
    }


def test_every_link_of_every_page_leads_to_something(site: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in pages(site)}
    identifiers = {path: re.findall(r' id="([^"]+)"', text) for path, text in texts.items()}
    links = 0
    for path, text in texts.items():
        assert len(identifiers[path]) == len(set(identifiers[path])), path
        found = {*re.findall(r'(?:href|src)="([^"]+)"', text)}
        found |= {*re.findall(r'"((?:\.\./)*filer/[^"]+)"', text)}
        for link in map(html.unescape, found):
            if re.match(r"[a-z]+:", link):
                outside = ("https://creativecommons.org/", "mailto:", BASE)
                assert link.startswith(outside), (path, link)
                continue
            address, _, fragment = link.partition("#")
            target = Path(os.path.normpath(path.parent / unquote(address))) if address else path
            assert target.is_file(), (path, link)
            assert not fragment or fragment in identifiers[target], (path, link)
            links += 1
    assert links > 20_000


@pytest.mark.parametrize("name", ["index", "steder", "tabeller", "om", "last-ned", "fylke/46"])
def test_every_tag_is_closed(site: Path, name: str) -> None:
    """read() sees to it, and that the tables have as many columns as their heads."""
    for table in (*read(site / f"{name}.html").tables, *read(site / f"en/{name}.html").tables):
        assert {len(row) for row in table} == {len(table[0])}


def test_pages_are_light_and_ask_for_nothing_outside(site: Path) -> None:
    for path in pages(site):
        text = path.read_text(encoding="utf-8")
        assert len(text.encode()) <= MOST, path
        assert not re.search(r"(src|url\()=?[\"']?(https?:)?//", text), path
        assert "default-src 'none'" in text or 'http-equiv="refresh"' in text or "noindex" in text
    script = (ROOT / "introstat/site/assets/site.js").read_text(encoding="utf-8")
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|cookie|localStorage)\b", script)


def test_every_place_has_its_page_and_earlier_codes_and_names_lead_there(site: Path) -> None:
    last_day = f"{YEAR}-12-31"
    now = {
        row["municipality_code"]: row["municipality_name"]
        for row in seed_rows("municipalities")
        if row["valid_from"] <= last_day and (not row["valid_to"] or row["valid_to"] > last_day)
    }
    assert len(now) == 357
    for own, said in (("", "Audnedal er nå en del av Lyngdal."), ("en/", "now part of Lyngdal.")):
        for code, name in now.items():
            text = html.unescape((site / f"{own}kommune/{code}.html").read_text(encoding="utf-8"))
            assert LONG_NAMES.get(code, name) in text
        for former in ("kommune/1027.html", "sted/audnedal.html"):
            text = (site / own / former).read_text(encoding="utf-8")
            assert said in text
            assert "url=../" in text and "kommune/4225.html" in text
        split = (site / own / "kommune/1534.html").read_text(encoding="utf-8")
        assert "http-equiv" not in split
        assert "kommune/1508.html" in split and "kommune/1580.html" in split
    assert "Audnedal (til 2020)" in (site / "kommune/4225.html").read_text(encoding="utf-8")


def test_the_newest_version_counts_and_every_version_can_be_reached(
    site: Path, releases: Path
) -> None:
    for folder in releases.iterdir():
        for path in folder.rglob("*"):
            if path.is_file():
                copy = site / "utgivelser" / path.relative_to(releases)
                assert copy.read_bytes() == path.read_bytes()
    text = (site / "last-ned.html").read_text(encoding="utf-8")
    assert 'id="u2024H1_v1"' in text and 'id="u2024H1_v2"' in text
    assert "2024H1_v1" not in (site / "index.html").read_text(encoding="utf-8")
    about = read(site / "om.html")
    [revised] = [table for table in about.tables if table[0][1:3] == ["Før", "Nå"]]
    assert revised[1][1:3] == ["8\u00a0990", "9\u00a0000"]


def test_sitemap_catalogue_and_feed_name_what_is_there(site: Path, releases: Path) -> None:
    places = [
        each.text or ""
        for each in ET.parse(site / "sitemap.xml").iter(
            "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
        )
    ]
    assert len(places) > 700
    assert all((site / place.removeprefix(BASE)).is_file() for place in places)
    atom = "{http://www.w3.org/2005/Atom}"
    entries = list(ET.parse(site / "utgivelser.atom").iter(f"{atom}entry"))
    assert len(entries) == sum(1 for _ in releases.iterdir())
    for entry in entries:
        assert (site / (entry.findtext(f"{atom}id") or "").removeprefix(BASE)).is_file()
        assert entry.findtext(f"{atom}updated") == "2026-01-21T00:00:00Z"
    turtle = (site / "katalog.ttl").read_text(encoding="utf-8")
    sets = re.findall(r"<(\S+)> a dcat:Dataset ;\n(.*?) \.\n(?:\n|<)", turtle, re.DOTALL)
    assert len(sets) == len(list((site / "tabell").glob("*.html")))
    for address, said in sets:
        assert (site / address.removeprefix(BASE)).is_file()
        for name in ("title", "description", "identifier", "publisher"):
            assert f"dct:{name} " in said, (address, name)
        assert "dcat:theme " in said and "dcat:contactPoint " in said
    for address in re.findall(r"dcat:downloadURL <(\S+)>", turtle):
        assert (site / address.removeprefix(BASE)).is_file()
    known = json.loads(read(site / "index.html").scripts[0])
    assert known["@type"] == "Dataset" and known["url"] == f"{BASE}index.html"


@pytest.fixture(scope="module")
def plain(releases: Path) -> Path:
    """A site of one release, without an address, in the place of an older one."""
    folder = releases.parent / "one"
    shutil.copytree(releases / "2024_v1", folder / "2024_v1")
    old = releases.parent / "plain"
    old.mkdir()
    (old / ".introstat-site").touch()
    (old / "gone.html").touch()
    done = make(folder, old)
    assert done.returncode == 0
    assert "--base-url" in done.stderr
    return old


def test_a_new_site_takes_the_place_of_the_old_one(plain: Path) -> None:
    assert (plain / "index.html").is_file()
    assert not (plain / "gone.html").exists()
    assert not list(plain.parent.glob(".making*"))


def test_without_an_address_there_is_no_file_that_needs_one(plain: Path) -> None:
    for name in ("sitemap.xml", "katalog.ttl", "utgivelser.atom"):
        assert not (plain / name).exists()
        assert name not in (plain / "last-ned.html").read_text(encoding="utf-8")


def test_the_same_releases_give_the_same_bytes(plain: Path, releases: Path) -> None:
    """Also in another process, whose sets have another order."""
    again = releases.parent / "again"
    subprocess.run(
        [
            str(Path(sys.executable).with_name("introstat")), "site",
            "--releases", str(releases.parent / "one"), "--out", str(again),
        ],
        env=os.environ | {"PYTHONHASHSEED": "1"}, check=True, capture_output=True,
    )  # fmt: skip

    def sums(site: Path) -> dict[Path, str]:
        return {
            path.relative_to(site): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(site.rglob("*"))
            if path.is_file()
        }

    assert sums(plain) == sums(again)
    assert len(sums(again)) > 2_000


# Bad input


@pytest.fixture
def one(tmp_path: Path, releases: Path) -> Path:
    """A folder of one release, and an old site that must stay."""
    folder = tmp_path / "release"
    shutil.copytree(releases / "2024H2_v1", folder / "2024H2_v1")
    old = tmp_path / "site"
    old.mkdir()
    (old / ".introstat-site").touch()
    (old / "index.html").write_text("old")
    return folder


def told(folder: Path, code: int) -> str:
    """Make a site that cannot be made: one line is told, and the old one stays."""
    out = folder.parent / "site"
    done = make(folder, out)
    assert done.returncode == code, done.stdout + done.stderr
    assert (out / "index.html").read_text() == "old"
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".making")]
    [line] = done.stderr.strip().splitlines()
    return line


def test_no_release_is_told(one: Path) -> None:
    shutil.rmtree(one / "2024H2_v1")
    assert "holds no release" in told(one, 2)
    one.rmdir()
    assert "is not there" in told(one, 2)


def test_an_altered_release_is_refused(one: Path) -> None:
    table = next((one / "2024H2_v1").glob("deltakere_p*.csv"))
    table.write_text(table.read_text(encoding="utf-8").replace("total", "totalt"), encoding="utf-8")
    assert f"2024H2_v1 is not as it was made: {table.name}" in told(one, 3)


@pytest.mark.parametrize("what", ["missing", "extra"])
def test_a_release_with_a_file_too_few_or_too_many_is_refused(one: Path, what: str) -> None:
    if what == "missing":
        next((one / "2024H2_v1").glob("deltakere_p*.px")).unlink()
    else:
        (one / "2024H2_v1" / "notes.txt").write_text("mine")
    assert "is not as it was made" in told(one, 3)


def test_a_release_that_was_not_audited_is_refused(one: Path) -> None:
    write_release(one, "2024H1", passed=False)
    assert "2024H1_v1 was not audited" in told(one, 3)


def test_a_folder_whose_manifest_is_of_another_release_or_none_is_refused(one: Path) -> None:
    (one / "2024H2_v1").rename(one / "2024H2_v2")
    assert "its manifest is of 2024H2_v1" in told(one, 3)
    (one / "2024H2_v2" / "manifest.json").write_text("{}")
    assert "is not what a release writes" in told(one, 2)
    (one / "2024H2_v2" / "manifest.json").write_text("{")
    assert "no whole release" in told(one, 2)


def test_releases_of_different_policies_are_refused_unless_a_newer_version_has_the_same(
    one: Path,
) -> None:
    write_release(one, "2024H1", policy=replace(POLICY, hide_to=5))
    line = told(one, 3)
    assert "2024H1_v1 and 2024H2_v1 are protected by different policies" in line
    assert "hide_to is 5 and 3" in line
    # Somebody else has decided the same: nothing is protected less.
    write_release(one, "2024H1", 2, policy=replace(POLICY, decided_by="Et annet utvalg"))
    assert [each.name for each in read_releases(one).newest] == ["2024H1_v2", "2024H2_v1"]
    # What is called an outcome protects nothing where whole groups are allowed.
    write_release(one, "2024H1", 3, policy=replace(POLICY, sensitive={"status": "status_group"}))
    assert [each.name for each in read_releases(one).newest] == ["2024H1_v3", "2024H2_v1"]
    groups = {"whole_groups": "protect", "zeros": "may_hide"}
    outcomes = {"sensitive": {"status": "status_group"}}
    write_release(one, "2024H1", 4, policy=replace(POLICY, **groups, **outcomes))
    assert "are protected by different policies" in told(one, 3)


def test_a_folder_that_holds_something_else_is_left_alone(one: Path) -> None:
    mine = one.parent / "mine"
    mine.mkdir()
    (mine / "thesis.odt").write_text("years of work")
    done = make(one, mine)
    assert done.returncode == 2 and "is no site of introstat's" in done.stderr
    assert (mine / "thesis.odt").is_file()
    done = make(one, one)
    assert done.returncode == 2 and "holds the releases" in done.stderr
    assert make(one, mine, "--base-url", "tall.example").returncode == 2


# Texts and classes


def test_texts_are_there_in_both_languages_with_the_same_places() -> None:
    def walk(node: dict, key: str = "") -> Iterator[tuple[str, dict[str, str]]]:
        for name, value in node.items():
            if set(value) == {"nb", "en"}:
                yield f"{key}{name}", value
            else:
                yield from walk(value, f"{key}{name}.")

    found = dict(walk(dict(site_words._texts())))
    assert len(found) > 150
    for key, value in found.items():
        places = [{name for _, name, _, _ in Formatter().parse(value[each])} for each in value]
        assert places[0] == places[1], key
    code = "".join(
        path.read_text(encoding="utf-8")
        for ending in ("*.py", "*.j2")
        for path in (ROOT / "introstat/site").rglob(ending)
    )
    begun = re.findall(r"""["'](\w+\.(?:\w+\.)*)(?:\{|["'] [~+])""", code)
    for key in found:
        used = f'"{key}"' in code or f"'{key}'" in code or key.startswith(tuple(begun))
        assert used, f"{key} is not used"


def test_classes_of_the_map_are_round_and_hold_every_figure() -> None:
    def classes(*numbers: int, decimals: int = 0) -> list[str]:
        cells = [Cell(number, "", decimals, False) for number in numbers]
        found = classes_of(cells)
        assert list(found.starts) == sorted(set(found.starts)) and len(found.starts) <= 5
        return [found.of(cell) for cell in cells]

    assert classes() == []
    assert legend(classes_of([]), str) == []
    assert legend(Classes((0, 10), 0), Words("nb").figure) == [("2", "10–"), ("1", "0–9")]
    assert classes(0, 4, 9, 12, 60, 4000) == ["1", "1", "1", "2", "3", "5"]
    assert set(classes(40, 45, 50, 55, 60)) == set("12345")
    assert classes(7) == ["1"]
    assert classes(250, 301, 375, decimals=1)[0] == "1"


def test_places_without_figures_say_that_they_are_missing(site: Path) -> None:
    text = (site / "kommune/1103.html").read_text(encoding="utf-8")
    assert SIGN_TEXTS_NB[".."] in text
