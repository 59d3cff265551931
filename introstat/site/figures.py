"""A figure of any period: which release and table it is in."""

from introstat.release.contents import AT_THE_TIME, COUNTRY, REFERENCE_YEAR, is_year
from introstat.site.places import Places
from introstat.site.releases import Released, Releases
from introstat.site.tables import NO_CELL, Cell, Table

HEADLINE = "headline"


class Figures:
    """The figures of a site's releases, in the municipalities of its reference year."""

    def __init__(self, releases: Releases, places: Places) -> None:
        self.releases = releases
        self.places = places
        self._of = {each.period: each for each in releases.newest}
        self._tables: dict[tuple[str, str], Table | None] = {}
        self._is_comparable: dict[tuple[str, int], bool] = {}

    def periods(self, of_years: bool) -> list[str]:
        """The half-years, or years, from the first release to the last, oldest first.

        One that has no release is among them: its figures are missing.
        """
        found = [each.period for each in self.releases.of(of_years)]
        if not found:
            return []
        steps = ("",) if of_years else ("H1", "H2")
        years = range(int(found[0][:4]), int(found[-1][:4]) + 1)
        every = [f"{year}{step}" for year in years for step in steps]
        return every[every.index(found[0]) : every.index(found[-1]) + 1]

    def release(self, period: str) -> Released | None:
        """The newest release of a period, if there is one."""
        return self._of.get(period)

    def table(self, cube: str, period: str) -> Table | None:
        """The table of a cube in the municipalities of the reference year, if it has them."""
        key = cube, period
        if key not in self._tables:
            release = self.release(period)
            tables = release.tables if release else {}
            found = tables.get((cube, REFERENCE_YEAR)) or tables.get((cube, AT_THE_TIME))
            self._tables[key] = found
        return self._tables[key]

    def cell(self, cube: str, measure: str, region: str, period: str, **codes: str) -> Cell:
        """Return a cell of the newest release of a period.

        It is missing where the region's code was of another area in that release's year.
        """
        table = self.table(cube, period)
        release = self.release(period)
        if table is None or release is None or not self._is_of(region, release):
            return NO_CELL
        return table.cell(measure, region, **codes)

    def series(
        self, cube: str, measure: str, region: str, of_years: bool, **codes: str
    ) -> list[Cell]:
        """Return a cell of every half-year, or year, oldest first."""
        return [
            self.cell(cube, measure, region, period, **codes) for period in self.periods(of_years)
        ]

    def newest_with(self, cube: str) -> str | None:
        """The newest period with a table of a cube."""
        found = [r.period for r in self.releases.newest if (cube, AT_THE_TIME) in r.tables]
        return found[-1] if found else None

    def headline_periods(self, of_years: bool) -> list[str]:
        """The periods of the country's main figures, which reach further back."""
        table = self._headline(of_years)
        return table.codes("period") if table else []

    def headline(self, measure: str, period: str, **codes: str) -> Cell:
        """A main figure of the country: of the period's own release, or the newest that has it."""
        own = self._of.get(period)
        table = own.tables.get((HEADLINE, AT_THE_TIME)) if own else None
        table = table or self._headline(is_year(period))
        return table.cell(measure, COUNTRY, period, **codes) if table else NO_CELL

    def headline_label(self, measure: str, period: str, language: str) -> str:
        """What a main figure is called; empty if the periods have no such figure."""
        table = self._headline(is_year(period))
        found = table.measures.get(measure) if table else None
        return str(found["label"][language]) if found else ""

    def headline_sexes(self, of_years: bool, language: str) -> list[tuple[str, str]]:
        """The sexes of the main figures, with their labels."""
        table = self._headline(of_years)
        codes = table.codes("sex") if table else []
        return [(code, table.label("sex", code, language)) for code in codes if table]

    def of_years(self) -> str:
        """The newest year of main figures; empty if there is none."""
        periods = self.headline_periods(True)
        return periods[-1] if periods else ""

    def _headline(self, of_years: bool) -> Table | None:
        found = self.releases.of(of_years)
        return found[-1].tables.get((HEADLINE, AT_THE_TIME)) if found else None

    def _is_of(self, region: str, release: Released) -> bool:
        """Whether a region's code was of the same area in a release's reference year."""
        key = region, release.reference_year
        if key not in self._is_comparable:
            self._is_comparable[key] = self.places.is_comparable(*key)
        return self._is_comparable[key]
