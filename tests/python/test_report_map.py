"""The report's county map, and the sign of cells that are left out of a level's detail."""

import re
from datetime import date
from decimal import Decimal
from itertools import combinations, pairwise

import duckdb
import pytest
from pdf_text import Pdf
from release_cubes import sample
from test_release_report import _contrast, _luminance, charts, facts_of, paragraphs, tables

from introstat.codelists import seed_rows
from introstat.release.report.build import build_report
from introstat.release.report.drawing import INK
from introstat.release.report.geometry import Polygon, counties
from introstat.release.report.html import html
from introstat.release.report.maps import ON_DARK, SHADES, Area, county_map
from introstat.release.report.pdf import pdf
from introstat.release.report.text import Given, Mark, Number, Ref, Text, plain

YEARS = (2016, 2017, 2018, 2019, 2020, 2023, 2024, 2026)
SIGNS: dict[str, Text] = {":": ("Skjult",), "...": ("Utelatt",), "..": ("Ingen tall",)}
LEFT_OUT = "Vises ikke på dette nivået: så få kan ventes at tallet bare sier noe om enkeltpersoner"


def names(year: int) -> dict[str, str]:
    """The counties at the end of a year, from the code list."""
    day = date(year, 12, 31)
    return {
        row["county_code"]: row["county_name"]
        for row in seed_rows("counties")
        if date.fromisoformat(row["valid_from"]) <= day
        and (not row["valid_to"] or date.fromisoformat(row["valid_to"]) > day)
    }


def number(code: str, value: int) -> Number:
    return Number(str(value), Decimal(value), Ref("direct_result_2", "2017H2", code, (), "percent"))


def areas(year: int, **without: str) -> list[Area]:
    """Every county with a figure, or the sign that is named for its code (c03=':')."""
    return [
        Area(
            code,
            (Given(name, "name"),),
            Mark(without[f"c{code}"]) if f"c{code}" in without else number(code, 30 + 2 * at),
        )
        for at, (code, name) in enumerate(sorted(names(year).items()))
    ]


def drawn(year: int, **without: str) -> str:
    return county_map(areas(year, **without), counties(year), ("Hele landet",), SIGNS).svg


def square_kilometres(polygons: tuple[Polygon, ...]) -> float:
    """The area by the shoelace formula; holes are taken off."""
    doubled = 0.0
    for outer, *holes in polygons:
        for sign, ring in ((1, outer), *((-1, hole) for hole in holes)):
            doubled += sign * abs(sum(x * y2 - x2 * y for (x, y), (x2, y2) in pairwise(ring)))
    return doubled / 2 / 1e6


def holds(polygons: tuple[Polygon, ...], x: float, y: float) -> bool:
    crossings = sum(
        (y1 <= y) != (y2 <= y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
        for rings in polygons
        for ring in rings
        for (x1, y1), (x2, y2) in pairwise(ring)
    )
    return crossings % 2 == 1


@pytest.mark.parametrize("year", YEARS)
def test_a_years_map_has_the_counties_of_its_last_day(year: int):
    found = counties(year)
    assert set(found) == set(names(year))
    for polygons in found.values():
        for rings in polygons:
            assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in rings)


@pytest.mark.parametrize("year", (2017, 2018, 2020, 2024))
def test_counties_have_their_places_and_sizes(year: int):
    found = counties(year)
    # Nordmarka and Bardufoss in UTM zone 33.
    for x, y, name in ((262_000, 6_660_000, "Oslo"), (641_000, 7_664_000, "Troms")):
        [code] = [code for code, polygons in found.items() if holds(polygons, x, y)]
        assert names(year)[code].startswith(name)
    assert square_kilometres(found["03"]) == pytest.approx(454, rel=0.1)
    assert sum(map(square_kilometres, found.values())) == pytest.approx(323_800, rel=0.03)


def test_shades_are_told_apart_in_grey_and_figures_can_be_read_on_them():
    for lighter, darker in pairwise((ON_DARK, *SHADES)):
        assert _luminance(lighter) > _luminance(darker)
        assert _contrast(lighter, darker) > 1.2
    for shade in SHADES:
        assert _contrast(shade, ON_DARK if shade in SHADES[-2:] else INK) >= 4.5


def test_a_county_has_the_shade_of_its_class_and_the_legend_names_it():
    svg = drawn(2017)
    fills = set(re.findall(r'fill="(#[0-9a-f]{6})" stroke=', svg))
    assert fills == set(SHADES)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)", svg))
    for area in areas(2017):
        assert isinstance(area.figure, Number)
        assert plain(area.name).replace(" ", "\u00a0") + f"\u00a0{area.figure.text}" in words
    # 30 to 66 in five classes of eight.
    for span in ("30–37", "38–45", "46–53", "54–61", "62–66"):
        assert f"{span}\u00a0%" in words


def test_counties_without_a_figure_are_hatched_by_their_sign_and_told_in_the_legend():
    svg = drawn(2018, c50=":", c03="...", c18="..")
    words = [each.replace("\u00a0", " ") for each in re.findall(r"<text[^>]*>([^<]*)", svg)]
    for sign, county in ((":", "Trøndelag"), ("...", "Oslo"), ("..", "Nordland")):
        assert words[words.index(plain(SIGNS[sign])) + 1] == county
    [lines] = re.findall(r'<g class="mark-shape role-mark layer_1_marks"[^>]*>(.*?)</g>', svg)
    # Two counties and two swatches; the county without figures stays white.
    assert lines.count("<path") == 4
    slopes = set()
    for path in re.findall(r' d="([^"]*)"', lines):
        for piece in re.findall(r"M([-\d.]+),([-\d.]+)L([-\d.]+),([-\d.]+)", path):
            x, y, x2, y2 = map(float, piece)
            if abs(x2 - x) > 2:
                slopes.add(round((y2 - y) / (x2 - x)))
    assert slopes == {1, -1}
    assert drawn(2018, c18="..").count("mark-shape") == 1


@pytest.mark.parametrize("year", (2017, 2018, 2020, 2024))
def test_no_figure_stands_on_another(year: int):
    found = re.findall(
        r'<text text-anchor="(\w+)" transform="translate\(([\d.]+),([\d.]+)\)"[^>]*>(\d+)<',
        drawn(year),
    )
    assert len(found) == len(names(year))
    boxes = []
    for anchor, x, y, text in found:
        width = 6.8 * len(text)
        left = float(x) - (width / 2 if anchor == "middle" else 0)
        boxes.append((left, left + width, float(y)))
    for (left, right, y), (left2, right2, y2) in combinations(boxes, 2):
        assert right <= left2 or right2 <= left or abs(y - y2) >= 10


@pytest.fixture(scope="module")
def cubes() -> duckdb.DuckDBPyConnection:
    """A half-year in which a county is hidden, one left out, and one has nobody."""
    connection = sample(persons=9000)
    at = "measure = 'percent' and sex = 'total' and result_group = 'arbutd'"
    for county, sign in (("16", ":"), ("14", "...")):
        connection.execute(
            "update pub_direct_result_2 set value = null, sign = ? where region_code = ? and " + at,
            [sign, county],
        )
    for cube in ("participants", "direct_result_2"):
        connection.execute(f"delete from pub_{cube} where region_code = '20'")
    return connection


def test_the_report_has_the_map_with_its_source_and_says_it_in_words(
    cubes: duckdb.DuckDBPyConnection,
):
    report = build_report(cubes, facts_of("2017H2"))
    chart = charts(report)["results-region"]
    said = plain(chart.alternative)
    country = cubes.execute(
        "select value from pub_direct_result_2 where region_code = '0' and measure = 'percent' "
        "and sex = 'total' and result_group = 'arbutd'"
    ).fetchone()
    assert country is not None
    assert said.startswith("Kart over fylkene") and f"Hele landet {country[0]:.0f}\u00a0%" in said
    assert "Vises ikke av hensyn til personvernet (:): Sør-Trøndelag" in said
    assert "Vises ikke på dette nivået (...): Sogn og Fjordane" in said
    assert "Ingen tall: Finnmark" in said
    source = "Kartgrunnlag: Kartverket, CC BY 4.0."
    assert [plain(note) for note in chart.notes] == [source]
    assert any(source in page for page in Pdf(pdf(report)).pages())
    assert source in html(report)


def test_there_is_no_map_without_a_figure_or_of_other_counties(cubes: duckdb.DuckDBPyConnection):
    hidden = build_report(sample(persons=60, everything_hidden=True), facts_of("2017H2"))
    assert "results-region" not in charts(hidden)
    other = sample(persons=60)
    for table in ("regions", "pub_participants", "pub_direct_result_2"):
        other.execute(f"update {table} set region_code = '99' where region_code = '20'")
    report = build_report(other, facts_of("2017H2"))
    assert "results-region" not in charts(report)
    assert "results-county" in tables(report)


def test_a_cell_that_is_left_out_is_shown_as_its_sign_and_explained(
    cubes: duckdb.DuckDBPyConnection,
):
    report = build_report(cubes, facts_of("2017H2"))
    table = tables(report)["results-county"]
    [row] = [row for row in table.rows if plain(row.heading) == "Sogn og Fjordane"]
    assert plain(row.cells[1]) == "..."
    why = LEFT_OUT.partition(": ")[2]
    assert any(plain(note).startswith("«...»") and why in plain(note) for note in table.notes)
    others = [each for name, each in tables(report).items() if name != "results-county"]
    assert not any("«...»" in plain(note) for each in others for note in each.notes)
    assert f'<abbr title="{LEFT_OUT}">...</abbr>' in html(report)
    assert any("\n...\n" in page for page in Pdf(pdf(report)).pages())


def test_no_sentence_speaks_of_what_is_left_out():
    connection = sample(persons=900)
    connection.execute(
        "update pub_headline set value = null, sign = '...' "
        "where period = '2017H2' and measure = 'participants' and sex = 'total'"
    )
    report = build_report(connection, facts_of("2017H2"))
    assert "kan ikke vises" in paragraphs(report, "participants")
    chart = charts(report)["headline-chart"]
    total, *_ = plain(chart.alternative).split("; ")
    assert "1.\u00a0halvår 2017" in total and "2.\u00a0halvår 2017" not in total
