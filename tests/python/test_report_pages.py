"""The report's pages: filled, nothing torn apart, tables of the country complete."""

import re
from decimal import Decimal
from itertools import pairwise

import pytest
import release_cubes
from pdf_text import Pdf
from release_cubes import sample
from test_release_report import charts, facts_of, tables

from introstat.codelists import labels
from introstat.release.report.build import build_report
from introstat.release.report.content import ReportPages
from introstat.release.report.facts import Facts
from introstat.release.report.pdf import pdf
from introstat.release.report.text import Number, plain

MM = 72 / 25.4
FOOT, TOP = 22 * MM, (297 - 27) * MM
FOOTER = re.compile(r"Side \d+ av \d+")
LONG_NAMES = {
    "50": "Trøndelag - Trööndelage",
    "54": "Troms og Finnmark - Romsa ja Finnmárku - Tromssa ja Finmarkku",
}
COUNTIES_OF_LONG_NAMES = {"2017H2": set(), "2018": {"50"}, "2020H2": {"50", "54"}, "2024": {"50"}}
# Counties of each time, and many countries of birth: their table is longer than a page.
PERIODS = {
    "2017H2": ("2016H2", "2017H1"),
    "2018": ("2016", "2017"),
    "2020H2": ("2019H2", "2020H1"),
    "2024": ("2022", "2023"),
}
# A year and a half-year; the slow target makes all four.
QUICK = ("2018", "2020H2")


@pytest.fixture(scope="module")
def many_countries() -> dict[str, float]:
    codes = [code for code in labels("countries") if code not in release_cubes._COUNTRIES][:70]
    shares = {code: 0.01 * 0.93**at for at, code in enumerate(codes)}
    return release_cubes._COUNTRIES | shares | {"other": 0.01, "unknown": 0.005}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(period, marks=[] if period in QUICK else [pytest.mark.slow])
        for period in PERIODS
    ],
)
def made(
    request: pytest.FixtureRequest, many_countries: dict[str, float]
) -> tuple[ReportPages, Facts, Pdf]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_cubes, "_COUNTRIES", many_countries)
        connection = sample(
            request.param, PERIODS[request.param], persons=15_000, every_municipality=True
        )
    for code, name in LONG_NAMES.items():
        connection.execute("update regions set region_name = ? where region_code = ?", [name, code])
    facts = facts_of(request.param)
    report = build_report(connection, facts)
    return report, facts, Pdf(pdf(report))


def bodies(document: Pdf) -> list[list[tuple[float, str]]]:
    """What stands between header and footer of each page but the front page, from above."""
    pages = [
        sorted(
            ((height, words) for height, words in page if FOOT - 1 < height < TOP + 1),
            reverse=True,
        )
        for page in document.heights()
    ]
    return pages[1:]


def test_pages_are_filled(made: tuple[ReportPages, Facts, Pdf]):
    filled = [(TOP - page[-1][0]) / (TOP - FOOT) for page in bodies(made[2])]
    assert min(filled[:-1]) > 0.6, filled
    assert sum(filled[:-1]) / len(filled[:-1]) > 0.85, filled


def test_no_heading_or_caption_stands_at_the_foot_of_a_page(
    made: tuple[ReportPages, Facts, Pdf],
):
    report, _, document = made
    headings = {plain(section.heading) for section in report.sections}
    for page in bodies(document):
        last = page[-1][1]
        assert last not in headings
        assert not re.match("(Figur|Tabell) ", last)


def test_a_table_goes_on_with_its_heading_and_enough_rows(
    made: tuple[ReportPages, Facts, Pdf],
):
    """Where a table is broken its heading stands at the top of the next page."""
    report, _, document = made
    every = tables(report).values()
    headings = [{plain(column.heading) for column in table.columns[:2]} for table in every]
    rows = {plain(row.heading) for table in every for row in table.rows}
    gone_on = 0
    for before, page in pairwise(bodies(document)):
        first = [words for height, words in page if TOP - height < 25 * MM]
        is_headed = any(heading <= set(first) for heading in headings)
        if not is_headed or any(words.startswith("Tabell ") for words in first):
            continue
        gone_on += 1
        # Rows are 5 mm apart, or 10 where their headings need two lines.
        foot = [words for height, words in before if height < FOOT + 35 * MM]
        head = [words for height, words in page if TOP - height < 55 * MM]
        for part in (foot, head):
            begun = [words.rstrip() for words in part if re.match("[A-ZÅÆØ]", words)]
            assert sum(any(row.startswith(words) for row in rows) for words in begun) >= 3
    assert gone_on


def test_tables_of_the_country_have_every_row(made: tuple[ReportPages, Facts, Pdf]):
    report, _, document = made
    countries = [plain(row.heading) for row in tables(report)["country"].rows]
    assert len(countries) == len(set(countries)) == 1 + 10 + 70 + 2
    assert countries[0] == "I alt" and countries[-2:] == [
        "Andre land (få personer i hvert)", "Ukjent fødeland",
    ]  # fmt: skip
    figures = [row.cells[0][0] for row in tables(report)["country"].rows[1:-2]]
    sizes = [figure.value if isinstance(figure, Number) else Decimal(-1) for figure in figures]
    assert sizes == sorted(sizes, reverse=True)
    places = {
        words: (number, height)
        for number, page in enumerate(document.heights())
        for height, words in page
        if words in countries[1:]
    }
    # A chart names some of them as well, before or after the table.
    assert set(places) == set(countries[1:])
    assert len(set(places.values())) == len(places)
    for number, height in places.values():
        assert FOOT < height < TOP, number
    limit = int(labels("report_limits", "limit_value")["ranked_countries"])
    assert len(charts(report)["participants-country"].texts) == 2 * limit
    assert "Fødeland med færre enn 10 personer" in plain(tables(report)["country"].notes[-2])


def test_long_names_are_whole_in_the_pdf(made: tuple[ReportPages, Facts, Pdf]):
    _, facts, document = made
    text = " ".join(" ".join(document.pages()).split())
    there = {code for code, name in LONG_NAMES.items() if name in text}
    assert there == COUNTIES_OF_LONG_NAMES[facts.period]
    assert "…" not in text
