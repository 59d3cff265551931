"""Published tables: which one a file is, and whether its figures agree with each other.

A file has the columns `year, row_dim, row_value, col_dim, col_value, measure, value` and holds one
of the shapes in `SHAPES`. Figures that contradict each other cannot be reproduced by any register:
`ContradictionError` names the cells.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from introstat.errors import UserError
from introstat.synth.parameters import read_csv, seed_path

COLUMNS = ("year", "row_dim", "row_value", "col_dim", "col_value", "measure", "value")
SHAPES = {
    "participants by age and sex": ("alder × kjønn", {"alder"}, "kjønn"),
    "participants by country of birth and sex": ("fødeland × kjønn", {"fødeland"}, "kjønn"),
    "participants by municipality and sex": ("kommune × kjønn", {"kommune"}, "kjønn"),
    "direct result by county": ("fylke × resultat", {"fylke"}, "resultat"),
    "status one year after": ("arbeidssituasjon × kjønn", {"arbeidssituasjon"}, "kjønn"),
}
AGE, COUNTRY, MUNICIPALITY, DIRECT, STATUS = SHAPES
TOTALS = ("I alt", "Alle land", "Arbeidssituasjon i alt")
BOTH, MEN, WOMEN = "Begge kjønn", "Menn", "Kvinner"
COUNT, PERCENT = "antall", "prosent"
WHOLE_COUNTRY, SHIELDED = "Hele Norge", "Skjermet identitet"
EXITS, TO_WORK = "Antall avsluttet", "Antall over til arbeid"
TO_EDUCATION, SHARE = "Antall over til utdanning", "Andel i arbeid eller utdanning"
FIVE_OR_MORE, MUNICIPALITIES = "Kommuner med fem eller flere avsluttede", "antall kommuner"
# At most this many contradictions are listed.
SHOWN = 12


class ContradictionError(UserError):
    """Figures of a published table that cannot all be true."""

    def __init__(self, file: Path, contradictions: list[str]) -> None:
        more = len(contradictions) - SHOWN
        lines = [f"{file} contradicts itself; nothing was written. Correct these cells:"]
        lines += [f"  {each}" for each in contradictions[:SHOWN]]
        if more > 0:
            lines.append(f"  … and {more} more")
        super().__init__("\n".join(lines))


KNOWN_COLUMNS = {column for _, _, column in SHAPES.values()} | {""}
Cells = dict[tuple[str, str, str, str], str]
"""Text of each value by row dimension, row, column and measure."""


class SexCounts(NamedTuple):
    """Men and women."""

    men: int
    women: int


@dataclass(frozen=True)
class SexTable:
    """One year of a table by sex: the rows, and what the total has beyond them."""

    year: int
    rows: dict[str, SexCounts]
    rest: SexCounts


class CountyResult(NamedTuple):
    """Exits of one county: in all, to work, to education."""

    exits: int
    work: int
    education: int


@dataclass(frozen=True)
class DirectResult:
    """One year of the direct result."""

    year: int
    counties: dict[str, CountyResult]
    shielded: CountyResult
    men: int  # men among the exits
    successful_men: int
    municipalities: int | None  # how many have five or more exits, if the file says


@dataclass(frozen=True)
class PublishedCounts:
    """A file that has been read and found consistent; one of the lists is empty."""

    shape: str
    tables: list[SexTable]
    results: list[DirectResult]

    @property
    def years(self) -> list[int]:
        """The years the file has figures of."""
        return [each.year for each in self.tables] + [each.year for each in self.results]


def read(file: Path) -> PublishedCounts:
    """Read a published table.

    Raises UserError if its shape is unknown, ContradictionError if its figures disagree.
    """
    years = _cells(file)
    shape = _shape(file, years)
    problems: list[str] = []
    checks = [_Checks(year, cells, problems) for year, cells in sorted(years.items())]
    results = [_direct_result(each) for each in checks if shape == DIRECT]
    tables = [_sex_table(each, shape) for each in checks if shape != DIRECT]
    if problems:
        raise ContradictionError(file, problems)
    # What could not be made has a problem.
    return PublishedCounts(shape, list(filter(None, tables)), list(filter(None, results)))


def _cells(file: Path) -> dict[int, Cells]:
    """Return the cells by year."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise UserError(
                    f"{file} is not a published table: column {', '.join(missing)} is missing. "
                    f"{_known_shapes()}"
                )
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} cannot be read as CSV in UTF-8: {error}. Save it so.") from error
    years: dict[int, Cells] = defaultdict(dict)
    for number, row in enumerate(rows, start=2):
        if not row["year"].isdigit():
            raise UserError(f"{file}, line {number}: year {row['year']!r} is not a year. Mend it.")
        if row["col_dim"] not in KNOWN_COLUMNS:
            raise UserError(
                f"{file}, line {number}: unknown col_dim {row['col_dim']!r}. {_known_shapes()}"
            )
        key = (row["row_dim"], row["row_value"], row["col_value"], row["measure"])
        if key in years[int(row["year"])]:
            raise UserError(f"{file}, line {number}: {' / '.join(key)} occurs twice. Keep one.")
        years[int(row["year"])][key] = row["value"]
    return years


def _shape(file: Path, years: Mapping[int, Cells]) -> str:
    found = {key[0] for cells in years.values() for key in cells}
    shapes = [name for name, (_, needed, _) in SHAPES.items() if needed <= found]
    allowed = {DIRECT: {"fylke", "kjønn", "i alt"}}
    if len(shapes) != 1 or not found <= allowed.get(shapes[0], found if len(found) == 1 else set()):
        raise UserError(
            f"{file} has an unknown shape: row_dim is {', '.join(sorted(found)) or 'empty'}. "
            f"{_known_shapes()}"
        )
    return shapes[0]


def _known_shapes() -> str:
    shapes = "; ".join(f"{name} ({dims})" for name, (dims, _, _) in SHAPES.items())
    return f"Known shapes (row_dim × col_dim): {shapes}. Columns: {', '.join(COLUMNS)}."


class _Checks:
    """The cells of one year, and the contradictions found among them."""

    def __init__(self, year: int, cells: Cells, problems: list[str]) -> None:
        self.year = year
        self.cells = cells
        self.problems = problems

    def says(self, problem: str) -> None:
        self.problems.append(f"{self.year} / {problem}")

    def rows(self, dimension: str) -> list[str]:
        """Return row labels in file order."""
        return list(dict.fromkeys(key[1] for key in self.cells if key[0] == dimension))

    def counts(self, dimension: str, row: str, *columns: str) -> list[int]:
        """Return the counts of a row, none if one of them cannot be reproduced."""
        found = [self.count(dimension, row, column) for column in columns]
        return [] if None in found else [each for each in found if each is not None]

    def count(self, dimension: str, row: str, column: str, measure: str = COUNT) -> int | None:
        """Return a whole number of persons; a hidden or missing one cannot be reproduced."""
        text = self.cells.get((dimension, row, column, measure))
        if text is None or not text.strip().isdigit():
            found = "is missing" if text is None else f"is {text!r}, not a count"
            self.says(f"{row} / {column} / {measure} {found}")
            return None
        return int(text)

    def percent(self, dimension: str, row: str, column: str, part: int, whole: int) -> None:
        """Compare a printed percentage, if there is one, with the one the counts give."""
        text = self.cells.get((dimension, row, column, PERCENT))
        if text is None:
            return
        expected = half_up(part, whole, text)
        if expected is None or expected != Decimal(text):
            of = f"{part} of {whole} gives {expected}" if expected is not None else "not a number"
            self.says(f"{row} / {column} / {PERCENT} is {text}: {of}")


def half_up(part: int, whole: int, like: str) -> Decimal | None:
    """Return the percentage, rounded half up to as many decimals as `like` has."""
    try:
        step = Decimal(1).scaleb(Decimal(like).as_tuple().exponent)  # type: ignore[arg-type]
    except (InvalidOperation, TypeError):
        return None
    share = Decimal(100 * part) / Decimal(whole) if whole else Decimal(0)
    return share.quantize(step, ROUND_HALF_UP)


def _sex_table(checks: _Checks, shape: str) -> SexTable | None:
    """Return counts by sex: each row adds up, rows stay within the total, percentages follow."""
    (dimension,) = SHAPES[shape][1]
    rows: dict[str, SexCounts] = {}
    for row in checks.rows(dimension):
        if cells := checks.counts(dimension, row, BOTH, MEN, WOMEN):
            both, men, women = cells
            if men + women != both:
                added = f"{MEN} {men} + {WOMEN} {women} is {men + women}"
                checks.says(f"{row}: {added}, {BOTH} is {both}")
            rows[row] = SexCounts(men, women)
    totals = [row for row in rows if row in TOTALS]
    if len(totals) != 1:
        checks.says(f"there must be one total row ({', '.join(TOTALS)}), found {len(totals)}")
        return None
    total = rows.pop(totals[0])
    for row, counts in {totals[0]: total, **rows}.items():
        # Of former participants the percentages go down the columns.
        whole = (sum(total), *total) if shape == STATUS else 3 * (sum(counts),)
        columns = zip((BOTH, MEN, WOMEN), (sum(counts), *counts), whole, strict=True)
        for column, part, of in columns:
            if shape == STATUS or column != BOTH:
                checks.percent(dimension, row, column, part, of)
    if shape == STATUS:
        return _statuses(checks, rows, total)
    return SexTable(checks.year, rows, _rest(checks, "all rows", rows.values(), total))


def _added(parts: Iterable[SexCounts]) -> SexCounts:
    parts = list(parts)
    return SexCounts(sum(part.men for part in parts), sum(part.women for part in parts))


def _rest(checks: _Checks, name: str, parts: Iterable[SexCounts], whole: SexCounts) -> SexCounts:
    """Return what the whole has beyond its parts; less than nothing is a contradiction."""
    added = _added(parts)
    rest = SexCounts(whole.men - added.men, whole.women - added.women)
    for column, left in zip((MEN, WOMEN), rest, strict=True):
        if left < 0:
            checks.says(f"{name} / {column} add to {-left} more than their total")
    return rest


def _statuses(checks: _Checks, rows: dict[str, SexCounts], total: SexCounts) -> SexTable | None:
    """Return persons by status code.

    The result's rows are status codes; persons spread over a group's unlisted statuses have the
    row `group:code,code,…`.
    """
    statuses = read_csv(seed_path("codelists/statuses.csv"))
    groups = read_csv(seed_path("codelists/status_groups.csv"))
    known = {row["label_nb"]: row["status_code"] for row in statuses}
    group_labels = {row["label_nb"]: row["status_group"] for row in groups}
    for row in rows:
        if row not in known and row not in group_labels:
            checks.says(f"{row} is neither a status nor a status group")
    found = {known[row]: counts for row, counts in rows.items() if row in known}
    by_group: dict[str, SexCounts] = {}
    for label, group in group_labels.items():
        members = [row["status_code"] for row in statuses if row["status_group"] == group]
        listed = [found[code] for code in members if code in found]
        by_group[group] = rows.get(label, _added(listed))
        if label not in rows:
            continue
        rest = _rest(checks, f"the rows of {label}", listed, rows[label])
        unlisted = [code for code in members if code not in found]
        if sum(rest) and unlisted:
            found[f"group:{','.join(unlisted)}"] = rest
        elif rest != SexCounts(0, 0):
            checks.says(f"{label}: its rows add to {sum(rest)} fewer")
    left = _rest(checks, "status groups", by_group.values(), total)
    if left.men > 0 or left.women > 0:
        checks.says(f"status groups add to {sum(left)} fewer than the total")
    return SexTable(checks.year, found, SexCounts(0, 0))


def _direct_result(checks: _Checks) -> DirectResult | None:
    """Return exits by county; the shielded persons are what the country has beyond the counties."""
    found: dict[str, CountyResult] = {}
    shielded_rows = [row for row in checks.rows("fylke") if row.startswith(SHIELDED)]
    for county in checks.rows("fylke"):
        if county in shielded_rows:
            continue
        if counts := checks.counts("fylke", county, EXITS, TO_WORK, TO_EDUCATION):
            exits, work, education = found[county] = CountyResult(*counts)
            if work + education > exits:
                checks.says(f"{county}: {work} to work and {education} to education, {exits} exits")
            checks.percent("fylke", county, SHARE, work + education, exits)
    if WHOLE_COUNTRY not in found:
        checks.says(f"row {WHOLE_COUNTRY} is missing or incomplete")
        return None
    country = found.pop(WHOLE_COUNTRY)
    columns = zip(country, *found.values(), strict=True)
    shielded = CountyResult(*(whole - sum(parts) for whole, *parts in columns))
    for row in shielded_rows:
        stated = checks.count("fylke", row, EXITS)
        if stated is not None and stated != shielded.exits:
            checks.says(
                f"{row} / {EXITS} is {stated}: {WHOLE_COUNTRY} less all counties is "
                f"{shielded.exits}"
            )
    if min(shielded) < 0 or shielded.work + shielded.education > shielded.exits:
        checks.says(f"counties do not fit into {WHOLE_COUNTRY}: {shielded} would be left")
    men, successful_men = _men(checks, country)
    municipalities = None
    if ("i alt", TOTALS[0], FIVE_OR_MORE, MUNICIPALITIES) in checks.cells:
        municipalities = checks.count("i alt", TOTALS[0], FIVE_OR_MORE, MUNICIPALITIES)
    return DirectResult(checks.year, found, shielded, men, successful_men, municipalities)


def _men(checks: _Checks, country: CountyResult) -> tuple[int, int]:
    """Return men among exits and among successes, so that both sexes' percentages come out."""
    exits, successes = country.exits, country.work + country.education
    texts = [checks.cells.get(("kjønn", sex, SHARE, PERCENT)) for sex in (MEN, WOMEN)]
    if texts[0] is None or texts[1] is None:
        return exits // 2, successes // 2
    for men in sorted(range(1, exits), key=lambda number: abs(number - exits // 2)):
        # The number of successful men whose share prints as the table says, if any leaves the
        # women's share right as well.
        nearest = int(Decimal(men) * Decimal(texts[0]) / 100)
        for successful in range(nearest - 1 - men // 100, nearest + 2 + men // 100):
            if (
                0 <= successful <= min(men, successes)
                and successes - successful <= exits - men
                and half_up(successful, men, texts[0]) == Decimal(texts[0])
                and half_up(successes - successful, exits - men, texts[1]) == Decimal(texts[1])
            ):
                return men, successful
    checks.says(f"no numbers of men and women give {texts[0]} and {texts[1]} percent in all")
    return 0, 0


def age_band(label: str) -> tuple[int, int] | None:
    """Return the youngest and oldest completed age of a band; the open band ends at 60."""
    closed = re.match(r"(\d+)\s*[-–]\s*(\d+)", label)
    if closed:
        return int(closed[1]), int(closed[2])
    opened = re.match(r"(\d+) år eller eldre", label)
    return (int(opened[1]), max(60, int(opened[1]))) if opened else None
