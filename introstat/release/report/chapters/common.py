"""What all chapters use: the release, sentences on changes, tables by sex and by region."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from introstat import written
from introstat.codelists import labels, seed_rows
from introstat.disclosure.published import HIDDEN, LEFT_OUT
from introstat.release.contents import COUNTRY, TOTAL, load_contents
from introstat.release.naming import period_dates, year_before
from introstat.release.report.content import Paragraph, ReportColumn, ReportRow, ReportTable
from introstat.release.report.facts import Facts
from introstat.release.report.figures import Figures, Shown, difference, percent_change, unsigned
from introstat.release.report.text import (
    Given,
    Mark,
    Number,
    Span,
    Text,
    period_name,
    plain,
    texts,
    with_percent,
)

SEXES = (TOTAL, "1", "2")
MEN, WOMEN = "1", "2"
# Columns of text, not of numbers.
_TEXTS = ("municipality", "state", "where", "why")
_WORDS = ("null", "én", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti")
_SEX_COLUMNS = {TOTAL: "both", MEN: "men", WOMEN: "women"}


@dataclass(frozen=True)
class Context:
    """The release that the report is about."""

    figures: Figures
    facts: Facts

    @property
    def is_year(self) -> bool:
        """Whether the release is of a year."""
        return "H" not in self.facts.period

    @property
    def before(self) -> str:
        """The same half-year, or the year, one year before."""
        return year_before(self.facts.period)

    def say(self, key: str, **values: Span | Text | None) -> Text | None:
        """A text with the release's periods known to it; None if a figure in it is not shown."""
        periods = {"period": period_name(self.facts.period), "before": period_name(self.before)}
        return texts().say(key, **(periods | values))

    def always(self, key: str, **values: Span | Text) -> Text:
        """A text that is always said."""
        said = self.say(key, **values)
        if said is None:
            raise ValueError(f"text {key} lacks a value")
        return said

    def headline(self, measure: str, period: str | None = None, sex: str = TOTAL) -> Shown:
        """A figure of the headline cube."""
        return self.figures.number("headline", measure, period=period, sex=sex)

    def change_told(self, key: str, measure: str, **more: Span | Text | None) -> Text | None:
        """The sentence on a headline measure: up, down, same, alone or none."""
        now, old = self.headline(measure), self.headline(measure, self.before)
        return self.change_of(key, now, old, is_percent=measure.endswith("_percent"), **more)

    def change_of(
        self, key: str, now: Shown, old: Shown, *, is_percent: bool, **more: Span | Text | None
    ) -> Text | None:
        """The sentence on a figure and its change: which one depends on what is published."""
        said = percent(now) if is_percent else now
        change, share = difference(now, old), percent_change(now, old)
        values: dict[str, Span | Text | None] = {"now": said, "change": unsigned(change), **more}
        if not is_percent and isinstance(share, Number) and share.text != "0,0":
            values["percent"] = percent(unsigned(share))
        known = texts().several(key)
        for variant in self._variants(now, change, little="percent" not in values):
            text = self.say(f"{key}.{variant}", **values) if f"{key}.{variant}" in known else None
            if text is not None:
                return text
        return None

    @staticmethod
    def _variants(now: Shown, change: Shown, *, little: bool) -> list[str]:
        if isinstance(now, Mark):
            return ["none"]
        if isinstance(change, Mark):
            return ["alone"]
        if change.value == 0:
            return ["same"]
        direction = "up" if change.value > 0 else "down"
        return [f"{direction}_little", direction] if little else [direction]


def column(key: str, *, is_number: bool = True) -> ReportColumn:
    """A column under its heading from the texts."""
    return ReportColumn(texts().always(f"column.{key}"), is_number)


def table(
    table_name: str,
    caption: Text,
    first: str,
    columns: Iterable[str],
    rows: Sequence[ReportRow],
    notes: Sequence[Text] = (),
) -> ReportTable:
    """A table; `first` and `columns` are its headings in the texts."""
    headings = (
        column(first, is_number=False),
        *(column(key, is_number=key not in _TEXTS) for key in columns),
    )
    return ReportTable(table_name, caption, headings, tuple(rows), marked(rows, notes))


def cells(shown: Iterable[Span]) -> tuple[Text, ...]:
    """Figures as the cells of a row."""
    return tuple((figure,) for figure in shown)


def label(words: str) -> Text:
    """A label of a code list, which may hold digits."""
    return (Given(words, "label"),)


def name(words: str) -> Text:
    """A region's name."""
    return (Given(words, "name"),)


def code_names(cube: str, dimension: str) -> dict[str, str]:
    """What the codes of a cube's dimension are called, in order, the total left out."""
    [found] = [each for each in load_contents().cubes[cube].dimensions if each.name == dimension]
    # A span has its dash: 18–25 år.
    return {each.code: re.sub(r"(\d)-(\d)", r"\1–\2", each.nb) for each in found.codes}


def codes_of(context: Context, cube: str, dimension: str) -> list[tuple[str, Text]]:
    """The codes that the country's figures have, with their names, in order."""
    known = context.figures.codes(cube, dimension)
    return [
        (code, label(words)) for code, words in code_names(cube, dimension).items() if code in known
    ]


def sex_name(sex: str) -> str:
    """What a sex is called in the report."""
    return texts().label(f"name.sexes.{sex}")


def in_words(number: float) -> Span:
    """A whole number as a word, up to ten."""
    if number < len(_WORDS):
        return _WORDS[int(number)]
    return Given(written.number(Decimal(number), 0), "limit")


def limit_given(limit_name: str) -> Given:
    """The same as it is written."""
    return Given(labels("report_limits", "limit_value")[limit_name], "limit")


def by_sex(
    context: Context,
    *,
    table_name: str,
    caption: Text,
    heading: str,
    cube: str,
    dimension: str,
    codes: Sequence[tuple[str, Text]],
    measures: Sequence[str],
    notes: Sequence[Text] = (),
    with_total: bool = True,
    at: Mapping[str, str] | None = None,
    more_rows: Sequence[ReportRow] = (),
    percent_of: Sequence[str] = SEXES,
) -> ReportTable:
    """A table with a row for each code, and for each measure a column in all and for each sex.

    `at`: codes of further dimensions; `more_rows` come last; `percent_of`: the sexes that percents
    are told of, where both together are always 100.
    """
    told = {measure: percent_of if measure == "percent" else SEXES for measure in measures}
    columns = [
        _SEX_COLUMNS[sex] + ("_percent" if measure == "percent" else "")
        for measure, sexes in told.items()
        for sex in sexes
    ]

    def row(code: str, words: Text, *, is_total: bool = False) -> ReportRow:
        shown = [
            context.figures.number(cube, measure, **{"sex": sex, dimension: code, **(at or {})})
            for measure, sexes in told.items()
            for sex in sexes
        ]
        return ReportRow(words, cells(shown), is_total)

    rows = [row(TOTAL, texts().always("name.total"), is_total=True)] if with_total else []
    rows += [row(code, words) for code, words in codes]
    rows += more_rows
    return table(table_name, caption, heading, columns, rows, notes)


def by_county(
    context: Context,
    *,
    table_name: str,
    caption: Text,
    columns: Sequence[str],
    figures_of: Callable[[str], Sequence[Shown]],
    notes: Sequence[Text] = (),
) -> ReportTable:
    """A table with the country and a row for each county."""
    rows = [ReportRow(texts().always("name.country"), cells(figures_of(COUNTRY)), is_total=True)]
    rows += [
        ReportRow(name(region.name), cells(figures_of(region.code)))
        for region in context.figures.regions("county")
    ]
    return table(table_name, caption, "county", columns, rows, notes)


def marked(rows: Iterable[ReportRow], notes: Sequence[Text]) -> tuple[Text, ...]:
    """The notes of a table, with what ':' and '...' mean first where a cell has one."""
    signs = {
        span.sign for row in rows for cell in row.cells for span in cell if isinstance(span, Mark)
    }
    meanings = {HIDDEN: "note.hidden", LEFT_OUT: "note.left_out"}
    explained = [texts().always(key) for sign, key in meanings.items() if sign in signs]
    return (*explained, *notes)


def percent(figure: Shown) -> Shown:
    """A percentage with its sign, for running text and charts."""
    return with_percent(figure) if isinstance(figure, Number) else figure


def paragraphs(said: Iterable[Text | None]) -> tuple[Paragraph, ...]:
    """The sentences that can be said, as one paragraph; none if there are none."""
    text: Text = ()
    for piece in said:
        if piece is not None:
            text = (*text, " ", *piece) if text else piece
    return (Paragraph(text),) if text else ()


def breaks_crossed(context: Context) -> tuple[Text, ...]:
    """What a reader must know of the comparison with the year before, if there is one."""
    if context.before not in context.figures.periods("headline"):
        return ()
    before, now = (period_dates(each)[0] for each in (context.before, context.facts.period))
    said: list[Text] = []
    for row in seed_rows("series_breaks"):
        start = date.fromisoformat(row["from_date"])
        if row["is_break"] == "true":
            concerned = before < start <= now
        else:
            end = date.fromisoformat(row["to_date"])
            concerned = any(start <= day < end for day in (before, now))
        if concerned:
            said.append((Given(row["text_nb"], "definition"),))
    return tuple(said)


def by_size(found: Iterable[tuple[Text, Shown]]) -> list[tuple[Text, Number]]:
    """Those that are shown and over zero, the largest first; equal ones by name."""
    shown = [
        (words, figure)
        for words, figure in found
        if isinstance(figure, Number) and figure.value > 0
    ]
    return sorted(shown, key=lambda each: (-each[1].value, plain(each[0])))
