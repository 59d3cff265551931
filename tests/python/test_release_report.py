"""The ministry's report: every number found again in the cubes, both files, the guards of texts."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from pages import faults
from pdf_text import Pdf
from release_cubes import DIMENSIONS, sample

from introstat import written
from introstat.codelists import labels
from introstat.disclosure.policy import Policy
from introstat.release.report.build import build_report
from introstat.release.report.chapters.common import Context
from introstat.release.report.chapters.pictures import breaks_among
from introstat.release.report.charts import COLOURS
from introstat.release.report.content import (
    Bullets,
    Chart,
    Definitions,
    Notice,
    Paragraph,
    ReportPages,
    ReportTable,
    Tiles,
)
from introstat.release.report.facts import Facts
from introstat.release.report.figures import Figures, percent_change
from introstat.release.report.row_headers import with_row_headers
from introstat.release.report.text import (
    Derived,
    Given,
    Mark,
    Number,
    Ref,
    RevisionRef,
    Span,
    Text,
    plain,
    texts,
)
from introstat.release.report.write import write_files, write_report
from introstat.scrolling import checksum

NO_BREAK = "\u00a0"
POLICY = Policy("Avdelingsdirektøren", "2017-12-01")
# Digits that the layout itself writes: pages, and the numbers of figures and tables.
_OF_THE_LAYOUT = (
    re.compile(r"^Side \d+ av \d+$", re.MULTILINE),
    re.compile(r"^(Figur|Tabell) \n\d+$", re.MULTILINE),
    re.compile(r"^\.{4,}\n \d+$", re.MULTILINE),
)
_FIGURE = re.compile(r"\d{1,3}(?:[\u00a0 ]\d{3})+(?:,\d+)?(?!\d)|\d+(?:,\d+)?")


def figures_in(text: str) -> set[str]:
    """The numbers in a text, with any blanks between their thousands written alike."""
    return {figure.replace(NO_BREAK, " ") for figure in _FIGURE.findall(text)}


def facts_of(period: str, kind: str = "preliminary", previous: str | None = None) -> Facts:
    stem = period.replace("H", "-H")
    return Facts(
        period=period,
        kind=kind,  # type: ignore[arg-type]
        version=1,
        as_of=date(2018, 1, 21),
        observed_until=date(2018, 1, 7),
        file_stem=f"rapport_p{stem}_v1",
        commit="0123abc",
        policy=POLICY,
        publisher="Integrerings- og mangfoldsdirektoratet (IMDi)",
        contact="statistikk@example.no",
        sources=("NIR, levert 07.01.2018", "A-ordningen, levert 10.01.2018"),
        previous=previous,
    )


@dataclass
class Made:
    """A report that was made, with what it was made of."""

    connection: duckdb.DuckDBPyConnection
    facts: Facts
    report: ReportPages
    folder: Path

    @property
    def pdf(self) -> bytes:
        return (self.folder / f"{self.facts.file_stem}.pdf").read_bytes()

    @property
    def html(self) -> str:
        return (self.folder / f"{self.facts.file_stem}.html").read_text(encoding="utf-8")

    @cached_property
    def pages(self) -> list[str]:
        return Pdf(self.pdf).pages()


_RELEASES = {
    "half-year": ({"every_municipality": True}, facts_of("2017H2")),
    "year": (
        {"period": "2021", "earlier": ("2015", "2016", "2017", "2018", "2019", "2020")},
        facts_of("2021", "final", previous="2020_v2"),
    ),
    "first and small": ({"earlier": (), "persons": 60}, facts_of("2017H2")),
    "all hidden": ({"everything_hidden": True}, facts_of("2017H2")),
    "revised": (
        {"revised": True, "persons": 900},
        replace(
            facts_of("2017H2", previous="2017H2_v1"), version=2, file_stem="rapport_p2017-H2_v2"
        ),
    ),
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    made = {}
    for name, (cubes, facts) in _RELEASES.items():
        connection = sample(**cubes)  # type: ignore[arg-type]
        folder = tmp_path_factory.mktemp("report")
        report = build_report(connection, facts)
        write_files(report, facts.file_stem, folder)
        made[name] = Made(connection, facts, report, folder)
    return made


@pytest.fixture(params=_RELEASES)
def made(request: pytest.FixtureRequest, releases: dict[str, Made]) -> Made:
    return releases[request.param]


@pytest.fixture
def half_year(releases: dict[str, Made]) -> Made:
    return releases["half-year"]


@pytest.fixture
def year(releases: dict[str, Made]) -> Made:
    return releases["year"]


@pytest.fixture
def hidden(releases: dict[str, Made]) -> Made:
    return releases["all hidden"]


def all_texts(report: ReportPages) -> Iterator[Text]:
    front = report.front
    yield from (front.overline, front.title, front.subtitle, front.period, front.mark, *front.lead)
    for term, meaning in front.facts:
        yield from (term, meaning)
    for section in report.sections:
        yield section.heading
        for block in section.blocks:
            match block:
                case Paragraph(text) | Notice(text):
                    yield text
                case Bullets(items):
                    yield from items
                case Definitions(pairs):
                    for term, meaning in pairs:
                        yield from (term, meaning)
                case Tiles(tiles):
                    for tile in tiles:
                        yield from (tile.label, (tile.figure,), tile.change or ())
                case ReportTable():
                    yield from (block.caption, *block.notes)
                    yield from (column.heading for column in block.columns)
                    for row in block.rows:
                        yield from (row.heading, *row.cells)
                case Chart():
                    yield from (block.caption, block.alternative, *block.texts)


def spans(report: ReportPages) -> Iterator[Span]:
    for text in all_texts(report):
        yield from text


def tables(report: ReportPages) -> dict[str, ReportTable]:
    return {
        block.name: block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, ReportTable)
    }


def charts(report: ReportPages) -> dict[str, Chart]:
    return {
        block.name: block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Chart)
    }


def paragraphs(report: ReportPages, section_name: str) -> str:
    [section] = [section for section in report.sections if section.name == section_name]
    return " ".join(plain(block.text) for block in section.blocks if isinstance(block, Paragraph))


def cell(connection: duckdb.DuckDBPyConnection, ref: Ref) -> tuple[Decimal | None, str]:
    """Look a cell up in its cube, by the name that the report gives it."""
    where = " and ".join(f"{name} = ?" for name, _ in ref.dimensions)
    found = connection.execute(
        f"select value, sign from pub_{ref.cube} where region_set = 'at_the_time' and period = ? "
        f"and region_code = ? and measure = ?{' and ' + where if where else ''}",
        [ref.period, ref.region_code, ref.measure, *(code for _, code in ref.dimensions)],
    ).fetchall()
    assert len(found) == 1, ref
    return found[0]


def reckoned(connection: duckdb.DuckDBPyConnection, source: Ref | RevisionRef | Derived) -> Decimal:
    """Reckon a number anew from the cubes."""
    if isinstance(source, Ref):
        [(value, sign)] = [cell(connection, source)]
        assert value is not None and sign == ""
        return value
    if isinstance(source, RevisionRef):
        rows = connection.execute(
            f"select {source.column}, dimensions from revisions where cube = ? "
            "and period = ? and region_code = ? and measure = ?",
            [source.cell.cube, source.cell.period, source.cell.region_code, source.cell.measure],
        ).fetchall()
        codes = {f'"{name}": "{code}"' for name, code in source.cell.dimensions}
        [value] = [row[0] for row in rows if all(code in row[1] for code in codes)]
        return Decimal(value)
    values = [reckoned(connection, ref) for ref in source.of]
    if source.how == "remaining":
        return 100 - values[0]
    if source.limit is not None:
        return values[0] - source.limit
    change = values[0] - values[1]
    return change if source.how == "difference" else 100 * change / values[1]


def in_norwegian(value: Decimal, decimals: int) -> str:
    """Write a number anew, in another way than the report does."""
    digits = str(int((abs(value) * 10**decimals).to_integral_value(ROUND_HALF_UP)))
    digits = digits.zfill(decimals + 1)
    whole, part = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
    return NO_BREAK.join(reversed(groups)) + (f",{part}" if decimals else "")


def allowed_figures(report: ReportPages) -> set[str]:
    """The figures of the content: numbers with their cells, and what is given with its kind."""
    return {
        figure
        for span in spans(report)
        if isinstance(span, Number | Given)
        for figure in figures_in(span.text)
    }


def test_plain_words_hold_no_digit(made: Made):
    for span in spans(made.report):
        if isinstance(span, str):
            assert not re.search(r"\d", span), span


def test_every_number_is_found_again_in_the_cubes(made: Made):
    found = [span for span in spans(made.report) if isinstance(span, Number)]
    for number in found:
        value = reckoned(made.connection, number.source)
        assert number.value == value, number
        bare = number.text.removesuffix(f"{NO_BREAK}%")
        sign = bare[0] if bare[0] in "+−" else ""
        digits = bare.removeprefix(sign)
        decimals = len(digits.partition(",")[2])
        in_millions = in_norwegian(value / 1_000_000, decimals)
        is_amount = "amount" in repr(number.source)
        assert digits in (in_norwegian(value, decimals), in_millions if is_amount else None), number
        is_unsigned = isinstance(number.source, Derived) and number.source.unsigned
        if value < 0 and not is_unsigned and digits.strip("0,"):
            assert sign == "−", number


def test_every_figure_in_the_pdf_is_one_of_the_contents(made: Made):
    allowed = allowed_figures(made.report)
    text = "\n".join(made.pages)
    for layout in _OF_THE_LAYOUT:
        text, removed = layout.subn("", text)
        assert removed or layout.pattern.startswith("^(Figur")
    assert figures_in(text) - allowed == set()
    assert figures_in(text)


def test_every_figure_of_the_tables_is_in_the_pdf_and_on_the_page(made: Made):
    pdf = {line for page in made.pages for line in page.split("\n")}
    page = set(Page(made.html).words)
    for table in tables(made.report).values():
        for row in table.rows:
            for text in row.cells:
                for span in text:
                    if isinstance(span, Number | Mark) and plain((span,)):
                        assert plain((span,)).replace(NO_BREAK, " ") in pdf, span
                        assert plain((span,)) in page, span


def test_hidden_and_missing_cells_are_shown_as_their_signs(made: Made):
    marks = [span for span in spans(made.report) if isinstance(span, Mark) and span.ref]
    for mark in marks:
        assert mark.ref is not None
        if mark.sign == "..":
            continue
        assert cell(made.connection, mark.ref) == (None, mark.sign)


def test_hidden_cells_are_explained_below_their_table(made: Made):
    for table in tables(made.report).values():
        signs = {s.sign for r in table.rows for c in r.cells for s in c if isinstance(s, Mark)}
        assert (":" in signs) == ("skjult" in " ".join(map(plain, table.notes))), table.name


def test_where_everything_is_hidden_no_number_is_told(hidden: Made):
    assert not [span for span in spans(hidden.report) if isinstance(span, Number)]
    assert not charts(hidden.report)
    assert "kan vises uten at enkeltpersoner kan kjennes igjen" in "".join(hidden.pages[1:2])
    assert "kan ikke vises" in paragraphs(hidden.report, "participants")
    assert "økte" not in paragraphs(hidden.report, "results")


def test_a_first_release_tells_no_change(releases: dict[str, Made]):
    first = releases["first and small"]
    assert not [span for span in spans(first.report) if isinstance(span, Derived)]
    assert [plain(column.heading) for column in tables(first.report)["headline"].columns] == [
        "Tall",
        f"2.{NO_BREAK}halvår 2017",
    ]
    assert "tidligere perioder" in paragraphs(first.report, "headline")
    assert "første utgivelse" in paragraphs(first.report, "revisions")


@pytest.fixture(scope="module")
def tiny() -> duckdb.DuckDBPyConnection:
    return sample(persons=60, earlier=("2016H2",))


NOW, THEN = f"2.{NO_BREAK}halvår 2017", f"2.{NO_BREAK}halvår 2016"


@pytest.mark.parametrize(
    ("earlier", "now", "said"),
    [
        (
            100,
            110,
            f"I {NOW} deltok 110{NO_BREAK}personer i introduksjonsprogrammet, 10 flere enn i ",
        ),
        (100, 110, f"10 flere enn i {THEN}. Det er en økning på 10,0{NO_BREAK}%."),
        (110, 100, f"10 færre enn i {THEN}. Det er en nedgang på 9,1{NO_BREAK}%."),
        (110, 110, f"Antallet var uendret fra {THEN}."),
        (100_000, 100_001, f"i introduksjonsprogrammet, 1 flere enn i {THEN}."),
        (5, 1, f"deltok 1{NO_BREAK}person i"),
        (None, 20, f"I {NOW} deltok 20{NO_BREAK}personer i introduksjonsprogrammet."),
        (20, None, "kan ikke vises"),
        (0, 20, f"20 flere enn i {THEN}."),
    ],
)
def test_a_sentence_fits_what_is_published(
    tiny: duckdb.DuckDBPyConnection, earlier: int | None, now: int | None, said: str
):
    connection = tiny
    for period, value in (("2016H2", earlier), ("2017H2", now)):
        connection.execute(
            "update pub_headline set value = ?, sign = ? "
            "where period = ? and measure = 'participants' and sex = 'total'",
            [value, "" if value is not None else ":", period],
        )
    facts = facts_of("2017H2")
    context = Context(Figures(connection, facts.period), facts)
    told = context.change_told("participants.level", "participants")
    assert told is not None and said in plain(told)
    if value is None or earlier is None:
        assert not re.search("flere|færre|uendret", plain(told))
    assert not re.search(r"på 0,0\u00a0%", plain(told))


def test_changes_in_percents_are_told_in_percentage_points(half_year: Made):
    said = paragraphs(half_year.report, "results")
    assert re.search(r"Andelen økte med \d+\u00a0prosentpoeng fra 2\.\u00a0halvår 2016", said)
    rows = {plain(row.heading): row for row in tables(half_year.report)["headline"].rows}
    direct = rows["Direkte til arbeid eller utdanning, prosent av avsluttede"]
    assert plain(direct.cells[3]) == ""


def test_a_preliminary_report_says_so_on_every_page_and_what_is_still_to_come(half_year: Made):
    for page in half_year.pages:
        assert "FORELØPIGE TALL" in page
    lead = " ".join(map(plain, half_year.report.front.lead))
    known = half_year.connection.execute(
        "select value from pub_registration_share "
        "where event_type = 'end' and measure = 'known_percent'"
    ).fetchone()
    assert known is not None
    assert f"{100 - int(known[0])}{NO_BREAK}% av avslutningene" in lead
    assert f"{100 - int(known[0])}{NO_BREAK}% av avslutningene" in half_year.html
    assert re.search(
        r'<aside class="mark preliminary"[^>]*>Foreløpige tall</aside>', half_year.html
    )


def test_a_preliminary_year_tells_what_is_still_to_come_of_it(year: Made):
    report = build_report(year.connection, replace(year.facts, kind="preliminary"))
    lead = " ".join(map(plain, report.front.lead))
    assert f"% av avslutningene og 14{NO_BREAK}% av tiltakene fra 2021." in lead
    assert "hendelsene i 2021" in plain(tables(report)["still-to-come"].caption)


def test_regions_of_the_reference_year_are_not_in_the_tables(tiny: duckdb.DuckDBPyConnection):
    tiny.execute("insert into regions values ('50', 'county', 'Trøndelag', null)")
    names = [region.name for region in Figures(tiny, "2017H2").regions("county")]
    assert len(names) == 19 and "Trøndelag" not in names


def test_a_final_report_says_that_it_is(year: Made):
    for page in year.pages:
        assert "ENDELIGE TALL" in page and "FORELØPIGE" not in page
    assert "preliminary" not in year.html.partition("<body>")[2]


def test_the_pdf_is_tagged_for_screen_readers_and_the_archive(made: Made):
    pdf = Pdf(made.pdf)
    [catalog] = [body for body in pdf.objects.values() if b"/Type/Catalog" in body]
    assert b"/MarkInfo<</Marked true" in catalog and b"/StructTreeRoot" in catalog
    assert re.search(rb"/Lang\(nb(-NO)?\)", catalog)
    assert b"/DisplayDocTitle true" in catalog
    metadata = re.search(rb"/Metadata (\d+) 0 R", catalog)
    assert metadata
    xmp = pdf.stream(pdf.objects[int(metadata[1])]).decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert plain(made.report.front.title) in xmp
    alternatives = sum(body.count(b"/Alt") for body in pdf.objects.values())
    assert alternatives >= len(charts(made.report))


def test_only_the_projects_font_is_in_the_pdf(made: Made):
    names = set(re.findall(rb"/FontName/[A-Z]{6}\+([\w-]+)", made.pdf))
    assert names == {b"SourceSans3-Regular", b"SourceSans3-SemiBold"}


def test_the_report_is_two_files_with_the_releases_name_and_changes_nothing_in_the_cubes(
    releases: dict[str, Made], tmp_path: Path
):
    first = releases["first and small"]
    before = first.connection.execute("from duckdb_tables()").fetchall()
    paths = write_report(first.connection, first.facts, tmp_path)
    assert [path.name for path in paths] == ["rapport_p2017-H2_v1.pdf", "rapport_p2017-H2_v1.html"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert [path.read_bytes() for path in paths] == [first.pdf, first.html.encode()]
    assert first.connection.execute("from duckdb_tables()").fetchall() == before


def test_the_same_release_gives_the_same_bytes(releases: dict[str, Made], tmp_path: Path):
    """Another day, another process, another clock."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from pathlib import Path; import test_release_report as tests;"
        "cubes, facts = tests._RELEASES['revised'];"
        "tests.write_report(tests.sample(**cubes), facts, Path(sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path)],
        check=True,
        env={"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "PATH": "/usr/bin:/bin"},
        timeout=120,
    )
    for path in releases["revised"].folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


class Page(HTMLParser):
    """A page's words, tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._quiet = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self._quiet += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._quiet and data.strip():
            self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_figure_on_the_page_is_one_of_the_contents(made: Made):
    allowed = allowed_figures(made.report)
    for words in Page(made.html).words:
        words = re.sub(r"^(Figur|Tabell) \d+\. ", "", words)
        assert figures_in(words) <= allowed, words


def test_the_page_asks_for_nothing_outside_itself(made: Made):
    page = made.html
    assert "default-src 'none'" in page
    assert f"script-src '{checksum()}';" in page
    assert not re.search(r"<(link|iframe|img)\b|<script[^>]|@import|(?<!xmlns=\")https?://", page)
    assert set(re.findall(r"url\((.{0,12})", page)) <= {'"data:font/w'} | {
        f"#{found}" for found in re.findall(r"url\(#(.{0,11})", page)
    }


def test_the_page_is_built_for_screen_readers(made: Made):
    page = Page(made.html)
    assert page.all("html") == [{"lang": "nb"}]
    assert faults(made.html) == []
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(below <= above + 1 for above, below in pairwise(levels))
    tables_found = len(page.all("table"))
    assert tables_found == len(tables(made.report))
    pictures = page.all("svg")
    assert [picture["aria-label"] for picture in pictures] == [
        plain(chart.alternative) for chart in charts(made.report).values()
    ]
    assert all(picture["role"] == "img" for picture in pictures)
    identifiers = [a["id"] for _, a in page.tags if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    addresses = {str(a["href"]) for a in page.all("a")}
    assert f"mailto:{made.facts.contact}" in addresses
    assert {each[1:] for each in addresses if each[0] == "#"} <= set(identifiers)
    assert all(each[0] == "#" or each.startswith("mailto:") for each in addresses)


def test_row_headers_are_tagged_in_the_pdf_as_on_the_page(made: Made):
    """Each row of a table begins with a TH of scope Row, which its other cells name."""
    found = Pdf(made.pdf).objects
    rows = [body for body in found.values() if b"/Type/StructElem/S/TR" in body]
    tagged, names = 0, []
    for row in rows:
        kids = re.search(rb"/K\[([\d R]+)\]", row)
        assert kids is not None
        first, *others = (found[int(each)] for each in re.findall(rb"(\d+) 0 R", kids[1]))
        assert b"/S/TH" in first
        if b"/Scope/Column" in first:
            continue
        assert b"/Scope/Row" in first
        name = re.search(rb"/ID\((\w+)\)", first)
        assert name is not None
        names.append(name[1])
        tagged += 1
        assert others and all(b"/S/TD" in cell and b"(%s)]" % name[1] in cell for cell in others)
    assert tagged == sum(len(table.rows) for table in tables(made.report).values())
    assert len(set(names)) == len(names)
    [tree] = [body for body in found.values() if b"/IDTree" in body]
    listed = re.findall(rb"\((U\w+)\)(\d+) 0 R", tree)
    assert listed == sorted(listed) and {name for name, _ in listed} > set(names)
    assert all(b"/ID(%s)" % name in found[int(number)] for name, number in listed)


def test_the_pdf_says_where_its_objects_lie(made: Made):
    at = int(made.pdf[made.pdf.rindex(b"startxref") :].split()[1])
    head, *entries = made.pdf[at : made.pdf.rindex(b"trailer")].split(b"\n")[1:-1]
    assert int(head.split()[1]) == len(entries)
    for number, entry in enumerate(entries):
        if entry.split()[2] == b"n":
            assert made.pdf[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)


def test_a_pdf_with_other_tags_is_refused(half_year: Made):
    with pytest.raises(ValueError, match="row headers found"):
        with_row_headers(half_year.pdf, 1)


def test_the_contact_is_a_link_in_the_pdf(made: Made):
    assert f"/URI(mailto:{made.facts.contact})".encode() in made.pdf


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_apart(half_year: Made):
    """WCAG AA: 4.5 for text, 3 for what is drawn."""
    named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", half_year.html))
    pairs = [("ink", None), ("quiet", None), ("link", None), ("head", None), ("quiet", "band")]
    pairs += [("head", "band"), ("ink", "band"), ("warn", "warn-bg")]
    for colour, ground in pairs:
        assert _contrast(named[colour], named[ground] if ground else "#ffffff") >= 4.5, colour
    for series in ("1", "2", "total"):
        assert _contrast(COLOURS[series], "#ffffff") >= 4.5, series
    assert _contrast(COLOURS[""], "#ffffff") >= 3


def test_a_charts_alternative_tells_every_figure_that_it_shows(made: Made):
    for chart in charts(made.report).values():
        told = plain(chart.alternative)
        for text in chart.texts:
            for span in text:
                if isinstance(span, Number):
                    assert span.text in told, (chart.name, span)


def test_a_line_has_a_gap_where_a_period_is_hidden():
    connection = sample(persons=900)
    connection.execute(
        "update pub_headline set value = null, sign = ':' "
        "where period = '2016H1' and measure = 'participants' and sex = '1'"
    )
    chart = charts(build_report(connection, facts_of("2017H2")))["headline-chart"]
    paths = re.findall(r'<path d="([^"]*)" stroke="(#[0-9a-f]{6})" stroke-width="2.2"', chart.svg)
    pieces = {colour: path.count("M") for path, colour in paths}
    assert pieces == {COLOURS["total"]: 1, COLOURS["1"]: 2, COLOURS["2"]: 1}
    total, men, _ = plain(chart.alternative).split("; ")
    assert f"1.{NO_BREAK}halvår 2016" in total and f"1.{NO_BREAK}halvår 2016" not in men


def test_no_hidden_municipality_is_ranked(half_year: Made):
    shown = half_year.connection.execute(
        "select region_name, value from pub_participants as p "
        "inner join regions as r on p.region_code = r.region_code "
        "where p.region_type = 'municipality' and sex = 'total' and age_band = 'total' "
        "and measure = 'participants' and value is not null order by value desc, region_name"
    ).fetchall()
    chart = charts(half_year.report)["participants-region"]
    limit = int(Decimal(labels("report_limits", "limit_value")["ranked_municipalities"]))
    drawn = [plain(text) for text in chart.texts]
    assert [re.sub(r" \(.*", "", name) for name in drawn[:limit]] == [
        name for name, _ in shown[:limit]
    ]
    assert drawn[limit:] == [written.number(value, 0) for _, value in shown[:limit]]


def test_two_municipalities_of_one_name_are_told_apart(half_year: Made):
    names = [each.name for each in Figures(half_year.connection, "2017H2").regions("municipality")]
    assert len(names) == len(set(names))
    assert {"Våler (Østfold)", "Våler (Hedmark)", "Halden"} <= set(names)


def test_rules_over_their_limits_are_named_and_no_others(half_year: Made):
    rows = half_year.connection.execute(
        "select rule_id, max(value) filter (measure = 'findings'), "
        "max(value) filter (measure = 'checked') from pub_completeness "
        "where region_code = '0' group by rule_id"
    ).fetchall()
    over: dict[str, set[str]] = {"warn_percent": set(), "stop_percent": set()}
    for rule, findings, checked in rows:
        for name in over:
            limit = labels("completeness_rules", name)[rule]
            if limit and checked and 100 * findings > Decimal(limit) * checked:
                over[name].add(rule)
    assert over["stop_percent"] and over["warn_percent"] > over["stop_percent"]
    named = {plain(row.heading)[:3] for row in tables(half_year.report)["rules-over"].rows}
    assert named == over["warn_percent"] | over["stop_percent"]
    said = paragraphs(half_year.report, "completeness")
    stop, _, warn = said.partition("Over varselgrensen i landet: ")
    assert set(re.findall(r"\(([CK]\d\d)\)", stop)) == over["stop_percent"]
    assert set(re.findall(r"\(([CK]\d\d)\)", warn)) == over["warn_percent"] - over["stop_percent"]


def test_municipalities_are_named_only_with_enough_checked_and_shown(half_year: Made):
    least = Decimal(labels("report_limits", "limit_value")["least_checked"])
    rows = tables(half_year.report)["worst"].rows
    assert rows
    for row in rows:
        [checked] = row.cells[1]
        assert isinstance(checked, Number) and checked.value >= least
        assert not any(isinstance(span, Mark) for text in row.cells for span in text)


def test_a_year_is_held_against_the_goal(year: Made):
    goal = Decimal(labels("report_limits", "limit_value")["status_goal"])
    found = year.connection.execute(
        "select value from pub_status where years_after = '1' and sex = 'total' "
        "and status_group = '1' and region_code = '0' and measure = 'percent'"
    ).fetchone()
    assert found is not None
    distance, said = found[0] - goal, paragraphs(year.report, "status")
    assert f"Målet er {goal}{NO_BREAK}%" in said
    direction = "over" if distance > 0 else "under"
    assert f"{abs(int(distance))}{NO_BREAK}prosentpoeng {direction} målet" in said
    assert "avsluttet programmet i 2020" in said and "november 2021" in said
    rows = {plain(row.heading): row for row in tables(year.report)["status"].rows}
    assert plain(rows["Avstand til målet, prosentpoeng"].cells[3]) == written.number(
        distance, 0, signed=True
    )


def test_a_half_year_has_no_status(half_year: Made):
    assert not {"status", "years-after"} & {section.name for section in half_year.report.sections}
    assert "Ett år etter" not in " ".join(map(plain, all_texts(half_year.report)))


def test_revisions_are_told_with_old_new_difference_and_reason(releases: dict[str, Made]):
    rows = tables(releases["revised"].report)["revisions"].rows
    told = [[plain(row.heading), *map(plain, row.cells)] for row in rows]
    place = f"2.{NO_BREAK}halvår 2017, "
    assert told[0] == [
        "Deltakere, antall deltakere", f"{place}Hele landet", "990", f"1{NO_BREAK}010", "+20",
        "Sen registrering",
    ]  # fmt: skip
    assert ["Kompletthet, C03, antall funn", f"{place}Oslo", ":", "12", "–"] in [
        row[:-1] for row in told
    ]
    assert ["−1" in row for row in told].count(True) == 1
    assert "Deltakere, 18–25 år, Kvinner, antall deltakere" in [row[0] for row in told]
    connection = sample(persons=60, revised=True)
    connection.execute("insert into revisions select r.* from revisions as r, range(60)")
    report = build_report(connection, releases["revised"].facts)
    shown = int(Decimal(labels("report_limits", "limit_value")["revised_figures"]))
    assert len(tables(report)["revisions"].rows) == shown
    assert "revisjonsfil" in paragraphs(report, "revisions")


def test_every_cube_and_figure_can_be_named_in_the_revisions(year: Made):
    for cube in DIMENSIONS:
        assert texts().label(f"cube.{cube}")
        rows = year.connection.execute(f"select distinct measure from pub_{cube}").fetchall()
        for (measure,) in rows:
            assert texts().label(f"revised_measure.{measure}")


def test_nothing_revised_is_said(year: Made):
    assert "Ingen tall er endret siden 2020_v2" in paragraphs(year.report, "revisions")


def test_a_comparison_across_a_break_says_so(half_year: Made, year: Made):
    notes = " ".join(map(plain, tables(half_year.report)["headline"].notes))
    assert "Endringer fra 2016 til 2017 kan derfor skyldes registreringen" in notes
    assert "2021" not in notes
    assert "skyldes registreringen" in paragraphs(half_year.report, "participants")
    notes = " ".join(map(plain, tables(year.report)["headline"].notes))
    assert "Dataene for 2021 har svakere kvalitet" in notes and "2016" not in notes


def test_a_comparison_within_the_series_says_nothing_of_breaks():
    facts = facts_of("2018H2")
    connection = sample("2018H2", ("2017H2", "2018H1"), persons=60)
    report = build_report(connection, facts)
    assert "registreringen" not in " ".join(map(plain, tables(report)["headline"].notes))


def test_breaks_of_the_series_are_marked_where_they_are():
    assert [(each.first, each.end) for each in breaks_among(["2016H1", "2016H2", "2017H1"])] == [
        (2, None)
    ]
    assert [(each.first, each.end) for each in breaks_among(["2019", "2020", "2021", "2022"])] == [
        (2, 3)
    ]
    assert breaks_among(["2017H1", "2017H2"]) == []
    assert breaks_among([]) == []


@pytest.mark.parametrize(
    ("value", "decimals", "signed", "text"),
    [
        ("20000", 0, False, f"20{NO_BREAK}000"),
        ("37.5", 1, False, "37,5"),
        ("-4", 0, False, "−4"),
        ("4", 0, True, "+4"),
        ("0", 1, True, "0,0"),
        ("-0.04", 1, True, "0,0"),
        ("1234567.85", 1, False, f"1{NO_BREAK}234{NO_BREAK}567,9"),
        ("999.95", 1, False, f"1{NO_BREAK}000,0"),
    ],
)
def test_numbers_are_norwegian(value: str, decimals: int, signed: bool, text: str):
    assert written.number(Decimal(value), decimals, signed=signed) == text


def test_nothing_is_reckoned_from_zero_or_hidden_figures():
    at = Ref("headline", "2017H2", "0", (("sex", "total"),), "participants")
    five, none = Number("5", Decimal(5), at), Number("0", Decimal(0), at)
    assert isinstance(percent_change(five, none), Mark)
    assert isinstance(percent_change(five, Mark(":", at)), Mark)
    assert isinstance(percent_change(Mark(":", at), five), Mark)


def test_every_text_of_the_file_can_be_filled_in():
    """Each place of each text is one of the known kinds, and each noun has its two forms."""
    nouns = texts()._found("nouns")
    kinds = set(Given.__annotations__["kind"].__args__)

    def check(node: object) -> None:
        if isinstance(node, dict):
            for each in node.values():
                check(each)
        elif isinstance(node, list):
            for each in node:
                check(each)
        else:
            assert isinstance(node, str)
            without = re.sub(r"\{(\w+)(?:\|(\w+))?\}", "", node)
            for noun in re.findall(r"\{\w+\|(\w+)\}", node):
                assert len(nouns[noun]) == 2
            for kind in re.findall(r"\[([a-z]+): [^\]]+\]", without):
                assert kind in kinds
            rest = re.sub(r"\[[a-z]+: [^\]]+\]", "", without)
            assert not re.search(r"[\d{}\[\]]", rest), node

    check({key: texts()._found(key) for key in texts()._texts if key != "nouns"})
