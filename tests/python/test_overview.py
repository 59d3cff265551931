"""The national overview: every rule and municipality, marked as internal."""

import re
import shutil
import stat
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import rows
from pages import faults

from introstat import norwegian
from introstat.cli import main
from introstat.overview import charts
from introstat.rule_texts import rules_of_seed
from introstat.warehouse.opening import open_warehouse

INTERNAL = "Intern – ikke for publisering"


class Page(HTMLParser):
    """The tables of a page as lists of cells, and the text alternatives of its pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.pictures: list[dict[str, str | None]] = []
        self._cell: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif tag == "svg":
            self.pictures.append(dict(attributes))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def overview(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["overview", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def path(generated_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("overview")
    overview("--out", out, "--warehouse", generated_warehouse)
    [found] = out.iterdir()
    return found


@pytest.fixture(scope="module")
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def number(cell: str) -> float | None:
    return None if cell == "–" else float(re.sub(r"[\s\u00a0%]", "", cell).replace(",", "."))


def test_the_page_says_that_it_is_internal(path, text):
    assert path.name == "kompletthet_2019-01-21_intern.html"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert text.index(f'aria-label="Hvem siden er for">{INTERNAL}</aside>') < text.index("<h1>")
    assert re.search(r"@media print \{[^@]*\.internal \{ position: fixed", text)
    assert f"<title>{INTERNAL}" in text


def test_the_page_asks_for_nothing_outside_itself_and_needs_no_script(text):
    assert not re.search(r"(src|href)=(?!\"#)", text)
    assert not re.search(r"<script[^>]|url\(|@import|https?:", text)
    assert faults(text) == []


def test_every_rule_is_there_with_the_warehouses_figures(page, generated_warehouse):
    expected = rows(
        generated_warehouse,
        "select rule_id, checked, findings, round(100 * share, 1) from dq_rule_states "
        "where is_newest_over order by rule_id",
    )
    shown = sorted(
        (row[0], number(row[3]), number(row[4]), number(row[5])) for row in page.tables[0][1:]
    )
    assert shown == [
        (rule, checked, findings, share) for rule, checked, findings, share in expected
    ]
    labels = {rule["rule_id"]: rule["name_nb"] for rule in rules_of_seed()}
    for row in page.tables[0][1:]:
        assert row[2].startswith(labels[row[0]])
        assert "{" not in row[2]


def test_every_municipality_is_there_and_ranked(page, generated_warehouse):
    expected = rows(
        generated_warehouse,
        "select rank, current_municipality_code, participant_count, stop_count, warning_count, "
        "findings from rpt_municipality_ranking order by rank nulls last, 2",
    )
    shown = [
        (number(row[0]), row[1][:4], *(number(cell) for cell in row[3:7]))
        for row in page.tables[2][1:]
    ]
    assert shown == expected
    assert len(shown) > 200
    over = {row[1][:4]: row[8] for row in page.tables[2][1:]}
    red = rows(
        generated_warehouse,
        "select current_municipality_code, rule_id from rpt_rule_states "
        "inner join completeness_rules using (rule_id) where state = 'stop' and owner = 'kommune'",
    )
    assert red
    for code, rule in red:
        assert rule in over[code]


def test_the_rank_follows_limits_then_findings_per_participant(generated_warehouse):
    ranked = rows(
        generated_warehouse,
        "select stop_count, warning_count, findings_per_participant, participant_count "
        "from rpt_municipality_ranking where rank is not null order by rank",
    )
    assert [row[:3] for row in ranked] == sorted((row[:3] for row in ranked), reverse=True)
    assert all(row[3] >= 5 for row in ranked)
    unranked = rows(
        generated_warehouse,
        "select max(participant_count) from rpt_municipality_ranking where rank is null",
    )
    assert unranked[0][0] < 5


def test_every_picture_says_in_words_what_it_shows(page, generated_warehouse):
    assert len(page.pictures) > 20
    for picture in page.pictures:
        assert picture["role"] == "img" and picture["aria-label"]
    [(share,)] = rows(
        generated_warehouse,
        "select share from rpt_country_completeness where rule_id = 'C03' and half_year = '2018H2'",
    )
    [told] = [p["aria-label"] for p in page.pictures if str(p["aria-label"]).startswith("C03,")]
    assert told is not None
    assert f"2. halvår 2018 {norwegian.percent(share)}" in told.replace("2.\u00a0", "2. ")


def test_development_over_half_years_is_the_sum_of_the_municipalities(generated_warehouse):
    wrong = rows(
        generated_warehouse,
        "select rule_id, half_year from rpt_country_completeness as c inner join ("
        "select rule_id, half_year, sum(checked) as checked, sum(findings) as findings "
        "from dq_counts group by all) as d using (rule_id, half_year) "
        "where c.checked <> d.checked or c.findings <> d.findings",
    )
    assert wrong == []


def test_bars_are_as_high_as_their_shares():
    points = [charts.Point("a", 0.1, False), charts.Point("b", None, False)]
    points += [charts.Point("c", 0.2, True)]
    drawn = charts.development("C01", points, 5.0, 50.0, 10)
    heights = [float(value) for value in re.findall(r'<rect[^>]*height="([\d.]+)"', drawn)]
    assert len(heights) == 2
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.11)
    assert 'class="warning"' in drawn and 'class="stop"' not in drawn
    assert "b ikke aktuelt" in drawn


def test_a_half_year_has_its_norwegian_name():
    assert norwegian.half_year("2017H2") == "2.\u00a0halvår 2017"


def test_limits_are_written_in_words():
    assert [norwegian.in_words(value) for value in (Decimal("8.00"), 12, 13)] == [
        "åtte",
        "tolv",
        "13",
    ]
    assert norwegian.times(Decimal("1.50")) == "halvannen gang"
    assert norwegian.times(Decimal("3.00")) == "tre ganger"
    assert norwegian.times(Decimal("2.50")) == "2,5 ganger"
    assert norwegian.out_of(Decimal("80.00")) == "fire av fem"
    assert norwegian.months(Decimal("12.00")) == "ett år"
    assert norwegian.months(Decimal("18.00")) == "18 måneder"


def test_the_text_says_the_limits_of_the_seeds(text, generated_warehouse, tmp_path):
    assert "de siste åtte halvårene" in text and "færre enn fem deltakere" in text
    changed = Path(shutil.copy(generated_warehouse, tmp_path / "introstat.duckdb"))
    with open_warehouse(changed, read_only=False) as connection:
        connection.execute(
            "update report_limits set limit_value = 3 where limit_name in "
            "('trend_half_years', 'least_ranked_participants')"
        )
    overview("--out", tmp_path, "--warehouse", changed)
    [path] = tmp_path.glob("*.html")
    other = path.read_text(encoding="utf-8")
    assert "de siste tre halvårene" in other and "færre enn tre deltakere" in other
    assert other.count("<rect") < text.count("<rect")


def test_a_file_name_that_hides_what_it_is_is_refused(generated_warehouse, tmp_path):
    output = overview(
        "--out", tmp_path / "oversikt.html", "--warehouse", generated_warehouse, code=2
    )
    assert "oversikt_intern.html" in output
    overview("--out", tmp_path / "oversikt_intern.html", "--warehouse", generated_warehouse)
    assert [path.name for path in tmp_path.iterdir()] == ["oversikt_intern.html"]


def test_the_same_warehouse_gives_the_same_page(path, generated_warehouse, tmp_path):
    overview("--out", tmp_path, "--warehouse", generated_warehouse)
    [again] = tmp_path.iterdir()
    assert again.read_bytes() == path.read_bytes()
