"""What the report says in words: numbers of its sentences and tables that tell of counts.

A sentence tells of the count that its words name, in the regions and of the codes whose labels
stand in it; of several regions or codes it tells the sum. A table's cell is read as a sentence of
its caption, row and column.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

from tests.intruder.facts import Facts, Time
from tests.intruder.folders import REFERENCE, Cell, Release, codes_of, knowledge
from tests.intruder.system import bounds_of

_NUMBER = re.compile(r"(?<![\d,.])\d{1,3}(?:[\s ]\d{3})*(?![\d]|,\d|[\s ]?\d{3})")
_NUMBER_WORDS = {
    "én": 1, "en": 1, "to": 2, "tre": 3, "fire": 4, "fem": 5, "seks": 6, "sju": 7, "syv": 7,
    "åtte": 8, "ni": 9, "ti": 10, "elleve": 11, "tolv": 12,
}  # fmt: skip
# What is no count, or no count of this period: other units, changes, dates.
_OTHER_UNIT = re.compile(
    r"^[\s ]*(%|prosent|kroner|millioner|timer|programdager|prosentpoeng|flere|færre|år\b|\.?"
    r"[\s ]?(halvår|januar|juni|juli|desember)|måneder|uker)"
)
_CHANGE = re.compile(r"(økte|falt|gikk (opp|ned)|endring)\D*$", re.IGNORECASE)
_TABLE_OTHER_UNIT = re.compile(r"prosent|endring|kroner|timer|%|andel|dager", re.IGNORECASE)
_NAME_OF_A_FIGURE = re.compile(r"^(Figur|Tabell) \d+\. ")
_BLOCKS = {"p", "li", "h1", "h2", "h3", "figcaption", "dd", "dt", "text", "desc", "title"}


@dataclass(frozen=True)
class Said:
    """A number that a sentence tells of cells together."""

    sentence: str
    number: int
    cells: tuple[Cell, ...]


class _Page(HTMLParser):
    """The sentences of a page, and its tables' cells as sentences."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._text: list[str] = []
        self._in_table = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.blocks += [value for name, value in attrs if name in ("aria-label", "alt") and value]
        if tag == "table":
            self._in_table = True
            self.tables.append(("", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        if tag in _BLOCKS or tag in ("caption", "th", "td"):
            self._text = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = re.sub(r"[^\S ]+", " ", "".join(self._text)).strip()
        if tag == "table":
            self._in_table = False
        elif tag == "caption":
            self.tables[-1] = (text, self.tables[-1][1])
        elif tag in ("th", "td"):
            self.tables[-1][1][-1].append(text)
        elif tag in _BLOCKS and not self._in_table and text:
            self.blocks.append(text)
        if tag in _BLOCKS or tag in ("caption", "th", "td"):
            self._text = []


def pages_of(folder: Path) -> list[Path]:
    """The pages of a release: the report, and a site if there is one."""
    return sorted(folder.rglob("*.html"))


def said_in(release: Release, facts: Facts) -> Iterator[Said]:
    """The numbers that a release's pages tell, with the cells that they are of."""
    reader = _Reader(release, facts)
    for path in pages_of(release.folder):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        for block in page.blocks:
            for sentence in re.split(r"(?<=[a-zæøå%)]\.)\s+", block):
                yield from reader.sentence(sentence)
        for caption, rows in page.tables:
            yield from reader.table(caption, rows)


class _Reader:
    def __init__(self, release: Release, facts: Facts) -> None:
        self.facts = facts
        self.time: Time = (release.vintage, release.period)
        self.labels: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for (name, code), label in release.labels.items():
            if not (name == "region" and code.startswith(REFERENCE)):
                self.labels[label.lower()].append((name, code))
        self.dimensions: dict[str, set[str]] = defaultdict(set)
        for shape in facts.shapes[self.time]:
            self.dimensions[shape.measure] |= {name for name, _ in shape.dimensions}
        longest = sorted(self.labels, key=len, reverse=True)
        self.pattern = re.compile(
            r"(?<![a-zæøå])(" + "|".join(map(re.escape, longest)) + r")(?![a-zæøå])"
        )

    def sentence(self, text: str) -> Iterator[Said]:
        """The counts that a sentence tells."""
        text = _NAME_OF_A_FIGURE.sub("", text)
        for number, start, end in _numbers_in(text):
            if not _OTHER_UNIT.match(text[end:]) and not _CHANGE.search(text[:start]):
                yield from self._said(text, text[:start] + text[end:], number)

    def table(self, caption: str, rows: Sequence[Sequence[str]]) -> Iterator[Said]:
        """The counts that a table's cells tell."""
        for row in rows[1:]:
            if not row or _TABLE_OTHER_UNIT.search(row[0]):
                continue
            for heading, text in zip(rows[0][1:], row[1:], strict=False):
                found = _NUMBER.fullmatch(text)
                if found and not _TABLE_OTHER_UNIT.search(heading):
                    words = f"{caption}. {heading}. {row[0]}"
                    yield from self._said(f"{words}: {text}", words, _as_number(text))

    def _said(self, sentence: str, words: str, number: int) -> Iterator[Said]:
        lower = words.lower()
        measure = _counted_in(lower)
        if measure is None:
            return
        named: dict[str, dict[str, None]] = defaultdict(dict)
        for found in self.pattern.finditer(lower):
            for name, code in self.labels[found.group(1)]:
                if name == "region" or name in self.dimensions[measure]:
                    named[name][code] = None
        total = knowledge()["total"]
        regions = list(named.pop("region", {})) or [knowledge()["country"]]
        if len(regions) > 1:
            regions = [code for code in regions if code != knowledge()["country"]]
        own = {name: [c for c in codes if c != total] for name, codes in named.items()}
        cells = []
        for region in regions:
            for codes in product(*own.values()):
                code = codes_of(dict(zip(own, codes, strict=True)))
                cells.append(self.facts.cell(self.time, measure, region, code))
        if cells and all(self.facts.known(cell) for cell in cells):
            yield Said(sentence, number, tuple(dict.fromkeys(cells)))


def take_texts(facts: Facts, said: Sequence[Said]) -> list[Said]:
    """Add what sentences tell of cells that no table shows; return those sentences.

    A number that a table shows for one of the cells, or that their known sum is, is no news. One
    that the cells cannot have, or another sentence tells otherwise, was not read rightly.
    """
    news = []
    system = facts.system
    numbers_of: dict[tuple[Cell, ...], set[int]] = defaultdict(set)
    for one in said:
        numbers_of[one.cells].add(one.number)
    least, most = bounds_of(system)
    for one in said:
        numbers = [system.number[cell] for cell in one.cells]
        known = [system.low[k] for k in numbers if system.low[k] == system.high[k]]
        is_possible = least[numbers].sum() <= one.number <= most[numbers].sum()
        is_news = len(known) < len(numbers) and one.number not in (*known, sum(known))
        if is_news and is_possible and len(numbers_of[one.cells]) == 1:
            system.row([(k, 1.0) for k in numbers], one.number, one.number)
            news.append(one)
    return news


def _counted_in(words: str) -> str | None:
    given: Sequence[Mapping[str, object]] = knowledge()["words"]
    for each in given:
        if any(word in words for word in each["are"]):  # type: ignore[attr-defined]
            return str(each["count"])
    return None


def _numbers_in(text: str) -> Iterator[tuple[int, int, int]]:
    for found in _NUMBER.finditer(text):
        yield _as_number(found.group()), found.start(), found.end()
    for found in re.finditer(r"[a-zéæøå]+", text.lower()):
        if found.group() in _NUMBER_WORDS:
            yield _NUMBER_WORDS[found.group()], found.start(), found.end()


def _as_number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
