"""A place's figures as its page needs them: beside county and country, with their labels."""

from dataclasses import dataclass
from functools import cache, cached_property

from introstat.codelists import report_limit
from introstat.release.contents import COUNTRY, TOTAL
from introstat.site.figures import Figures
from introstat.site.places import Place
from introstat.site.tables import Cell, Table
from introstat.site.words import Words

ONE_YEAR = {"years_after": "1"}
GOAL_GROUP = {"status_group": "1"}
DIRECT = {"result_group": "arbutd"}
LEAD_RULE = "C03"
"""The rule that a place is asked first: it decides what the direct results are worth."""


@dataclass
class PlaceView:
    """The figures of a place in a language."""

    figures: Figures
    words: Words
    place: Place

    @cached_property
    def period(self) -> str:
        """The period that the page is about: the newest there is."""
        return self.figures.releases.latest.period

    @cached_property
    def status_period(self) -> str | None:
        """The newest year with a status one year after."""
        return self.figures.newest_with("status")

    @cached_property
    def compared(self) -> list[tuple[str, str, str, str]]:
        """Whose figures stand beside each other: whose, name, short name, and code."""
        own, words = self.place, self.words
        found = [("own", own.name, _fits(own.short, words("site.municipality_short")), own.code)]
        if own.kind == "municipality":
            county = self.figures.places.of[own.county]
            found.append(("county", county.name, words("site.county_short"), county.code))
        found.append(("country", words("site.country"), words("site.country_short"), COUNTRY))
        return found

    def cell(self, cube: str, measure: str, period: str | None = None, **codes: str) -> Cell:
        """A cell of the place, of the page's own period if none is named."""
        return self.figures.cell(cube, measure, self.place.code, period or self.period, **codes)

    def cells(self, cube: str, measure: str, period: str | None = None, **codes: str) -> list[Cell]:
        """A cell of each that is compared."""
        at = period or self.period
        return [self.figures.cell(cube, measure, code, at, **codes) for *_, code in self.compared]

    def unseen(self, what: str, cell: Cell, period: str | None = None) -> str:
        """A sentence of a figure that is not shown, and why."""
        return self.words(
            "say.unseen",
            what=what,
            place=self.place.name,
            period=self.words.period(period or self.period),
            sign=cell.sign,
            meaning=self.words.meaning(cell.sign),
        )

    def part_of(
        self, cube: str, part: str, whole: str, period: str, at: dict[str, str]
    ) -> tuple[Cell, Cell]:
        """The count of a share and what it is a share of: another measure, or the total."""
        count = self.cell(cube, part, period, **at)
        if whole in at:
            return count, self.cell(cube, part, period, **(at | {whole: TOTAL}))
        return count, self.cell(cube, whole, period, **at)

    def is_small(self, base: Cell) -> bool:
        """Whether a base is so small that a percentage says little."""
        return base.number is not None and base.number < small_base()

    def title(self, cube: str, measure: str, codes: dict[str, str]) -> str:
        """What a figure is called: its measure, or the category that it is the share of."""
        period = self.figures.newest_with(cube)
        assert period is not None
        if not codes:
            return self.measure(cube, measure, period)
        dimension, code = list(codes.items())[-1]
        return self.share_title(cube, dimension, code, period)

    def share_title(self, cube: str, dimension: str, code: str, period: str) -> str:
        """What the share of a category is called."""
        return (
            f"{self.label(cube, dimension, code, period)}, {self.words('column.percent').lower()}"
        )

    def table(self, cube: str, period: str | None = None) -> Table:
        """The table of a cube."""
        found = self.figures.table(cube, period or self.period)
        assert found is not None
        return found

    def label(self, cube: str, dimension: str, code: str, period: str | None = None) -> str:
        """What a code is called."""
        table = self.table(cube, period)
        return table.label(dimension, code, self.words.language)

    def measure(self, cube: str, measure: str, period: str | None = None) -> str:
        """What a measure is called."""
        table = self.table(cube, period)
        return str(table.measures[measure]["label"][self.words.language])

    def dimension(self, cube: str, dimension: str) -> str:
        """What a dimension is called."""
        table = self.table(cube, self.status_period if cube == "status" else None)
        [found] = [each for each in table.dimensions if each["name"] == dimension]
        return str(found["label"][self.words.language])

    def codes(self, cube: str, dimension: str, period: str | None = None) -> list[str]:
        """The codes of a dimension that somebody in the country has, the total left out."""
        at = period or self.period
        table = self.table(cube, at)
        measure = next(iter(table.measures))
        return [
            code
            for code in table.codes(dimension)
            if code != TOTAL and table.cell(measure, COUNTRY, at, **{dimension: code}).number != 0
        ]

    def caption(self, text: str, period: str | None = None) -> str:
        """A text with the period."""
        return f"{text}, {self.words.period(period or self.period)}"

    def names(self) -> list[str]:
        """The names of those that are compared."""
        return [name for _, name, *_ in self.compared]


@cache
def small_base() -> int:
    """Below how many persons a base is called small."""
    return int(report_limit("small_base"))


def _fits(name: str, otherwise: str) -> str:
    """A name that has room beside a line, or a general word."""
    return name if len(name) <= 11 else otherwise
