"""The finished files of a release, read back for the audit: nothing is known of how they were made.

A reader has the tables, the list of regions, and what cubes.yml says adds up. The audit takes the
counts from the CSV files; `dependent_faults` holds every other figure against the counts it
tells of.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.audit import AuditResult
from introstat.disclosure.policy import Policy
from introstat.disclosure.published import HIDDEN, LEFT_OUT
from introstat.disclosure.table_audit import PublishedTable, Witnesses, audit_tables
from introstat.errors import UserError
from introstat.release import naming
from introstat.release.cohorts import (
    COHORTS,
    layout_of_cohorts,
    links_of_cohorts,
    shown_in_main_figures,
)
from introstat.release.contents import (
    AT_THE_TIME,
    COUNTRY,
    REFERENCE_YEAR,
    TOTAL,
    CubeSpec,
    MeasureSpec,
    load_contents,
)
from introstat.release.detail import regions_for
from introstat.release.figures import (
    REFERENCE,
    CountTable,
    PeriodRegion,
    count_tables_of,
    layout_of,
    regions_of,
)
from introstat.release.formats import csv_package
from introstat.release.periods import (
    Codes,
    Finished,
    Taken,
    every_region,
    joined,
    links_between,
    named,
    take_together,
)
from introstat.release.rests import (
    PERSONS,
    SIZES,
    municipal,
    shown_in,
    sizes_in,
    sizes_layout,
    without,
)

_CODE_LISTS = "kodelister"
_REGIONS_STEM = "regioner"
_MAIN_FIGURES = "headline"


@dataclass(frozen=True)
class ReleaseFolder:
    """A release's folder, and what its files' names hold.

    `reference_year` is the year of the municipalities in its second set of regions.
    """

    folder: Path
    period: str
    version: int
    reference_year: int

    @property
    def regions_path(self) -> Path:
        """The list of regions."""
        name = naming.file_name(_REGIONS_STEM, [self.period], self.version, "csv")
        return self.folder / _CODE_LISTS / name

    def stem(self, cube: CubeSpec, region_set: str) -> str:
        """A table's stem: the cube's, and the year of the municipalities if not the period's."""
        more = "" if region_set == AT_THE_TIME else f"-kommuner{self.reference_year}"
        return cube.stem + more

    def table(self, cube: CubeSpec, region_set: str) -> Path | None:
        """The CSV file of a table; None if the release does not have it."""
        tail = f"_p*{naming.in_name(self.period)[1:]}_v{self.version}.{csv_package.EXTENSION}"
        for stem in naming.spellings(self.stem(cube, region_set)):
            if found := min(self.folder.glob(stem + tail), default=None):
                return found
        return None


def folder_of(folder: Path, about: Mapping[str, Any]) -> ReleaseFolder:
    """Return the folder of a release as its manifest describes it."""
    return ReleaseFolder(
        folder, str(about["period"]), int(about["version"]), int(about["reference_year"])
    )


def main_figures(release: ReleaseFolder) -> list[Path]:
    """The file of the main figures; none if the release has none."""
    path = release.table(load_contents().cubes[_MAIN_FIGURES], AT_THE_TIME)
    return [path] if path else []


def published_counts(release: ReleaseFolder) -> dict[str, list[pa.Table]]:
    """Return the published counts by count table, file by file, in its codes."""
    tables: dict[str, list[pa.Table]] = {}
    for counted in count_tables_of(load_contents(), release.period).values():
        for cube in counted.cubes:
            for region_set in cube.region_sets:
                if path := release.table(cube, region_set):
                    tables.setdefault(counted.name, []).append(
                        _counts_in(csv_package.read(path), counted, cube, region_set)
                    )
    return tables


def _counts_in(cells: pa.Table, counted: CountTable, cube: CubeSpec, region_set: str) -> pa.Table:
    cells = cells.filter(pc.equal(cells["measure"], counted.measure.name))
    columns = {}
    for name in ("region", *(d.name for d in cube.dimensions)):
        codes = [str(code) for code in cells[name].to_pylist()]
        if name == "region" and region_set == REFERENCE_YEAR:
            codes = [code if code == COUNTRY else REFERENCE + code for code in codes]
        columns[counted.column_of(name)] = [counted.code_of(name, code) for code in codes]
    values = [None if v is None else int(v) for v in cells["value"].to_pylist()]
    return pa.table(
        columns | {"value": pa.array(values, pa.int64()), "sign": cells["sign"].to_pylist()}
    )


def audit_release(
    release: ReleaseFolder,
    policy: Policy,
    primaries: Mapping[str, pa.Table],
    earlier: Mapping[str, Sequence[pa.Table]],
    witnesses: Witnesses,
    beside: Sequence[Finished],
    cohorts_shown: Sequence[pa.Table],
) -> dict[str, AuditResult]:
    """Audit all counts of a release together, from its finished files.

    `primaries` are the restricted lists, `witnesses` what proves the doubt (taken on trust in
    nothing), `earlier` the same tables in earlier releases of the period, `beside` those of periods
    that tell of the same counts, `cohorts_shown` what earlier releases tell of the exits of earlier
    years.
    """
    contents, own = load_contents(), release.period
    period = Finished(own, regions_in(release.regions_path), published_counts(release))
    every = regions_for(
        contents, count_tables_of(contents, own), every_region(period.regions, beside)
    )
    periods = [_with_counts(one, own, witnesses) for one in (period, *beside)]
    bare = set(municipal(every)).difference(
        *(shown_in(one.tables, tables[PERSONS]) for one, tables in periods)
    )
    taken: list[Taken] = []
    codes: dict[str, dict[str, Codes]] = {}
    published: dict[str, PublishedTable] = {}
    for one, tables in periods:
        sizes = sizes_in(one.tables[PERSONS], tables[PERSONS])
        codes[one.period] = _codes_in({**one.tables, SIZES: sizes})
        taken.append(
            take_together(
                contents, tables, one.regions, bare, every, codes[one.period], one.period, own
            )
        )
        for name, table in _published(one, tables, taken[-1].taken, bare, sizes).items():
            label = named(name, one.period, own)
            shown = () if one.period != own else earlier.get(PERSONS if name == SIZES else name, ())
            before = sizes_in(shown, tables[PERSONS]) if name == SIZES else without(shown, bare)
            published[label] = replace(
                table, primaries=primaries.get(label), earlier=before, finished=one.period != own
            )
    links = [*(link for one in taken for link in one.links), *links_between(contents, codes, own)]
    if COHORTS in witnesses.base:
        shown = main_figures(release)
        published[COHORTS] = PublishedTable(
            [shown_in_main_figures(path, contents, own) for path in shown],
            layout_of_cohorts(contents),
            "suppress",
            primaries=primaries.get(COHORTS),
            earlier=cohorts_shown,
        )
        links += links_of_cohorts(contents)
    return audit_tables(
        published,
        policy,
        links,
        witnesses=witnesses,
        regions=[joined(taken[0], taken[1:]), *(one.regions for one in taken[1:])],
    )


def _with_counts(
    one: Finished, own: str, witnesses: Witnesses
) -> tuple[Finished, dict[str, CountTable]]:
    """A period with those of its tables that have true counts, and what these tables are."""
    tables = {
        name: table
        for name, table in count_tables_of(load_contents(), one.period).items()
        if name in one.tables and named(name, one.period, own) in witnesses.base
    }
    return replace(one, tables={name: one.tables[name] for name in tables}), tables


def _published(
    one: Finished,
    tables: Mapping[str, CountTable],
    taken: Sequence[PeriodRegion],
    bare: Collection[str],
    sizes: list[pa.Table],
) -> dict[str, PublishedTable]:
    """The tables of a period as the audit takes them, the sizes last."""
    published = {
        name: PublishedTable(
            without(one.tables[name], bare),
            layout_of(counted, taken if counted.by_municipality else one.regions),
            "suppress",
        )
        for name, counted in tables.items()
    }
    layout = sizes_layout(tables[PERSONS], one.regions)
    return published | {SIZES: PublishedTable(sizes, layout, "suppress")}


def _codes_in(tables: Mapping[str, Sequence[pa.Table]]) -> dict[str, Codes]:
    return {
        name: {d: {c for t in parts for c in t[d].to_pylist()} for d in parts[0].column_names}
        for name, parts in tables.items()
    }


def regions_in(path: Path) -> list[PeriodRegion]:
    """The regions of a finished list of regions. Raises UserError if it is not there."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return regions_of(list(csv.DictReader(file)))
    except OSError:
        raise UserError(f"{path} is not there: this is no whole release.") from None


def dependent_faults(release: ReleaseFolder) -> list[str]:
    """Return the figures shown though the count that they tell of is hidden, in words."""
    faults = []
    cubes = load_contents().of(release.period)
    for cube in cubes.values():
        for region_set in cube.region_sets:
            path = release.table(cube, region_set)
            if path is None:
                continue
            cells = _Cells(path, cube)
            for measure in cube.measures_in(release.period):
                counts, told = cells, _tells_of(cube, measure)
                if measure.follows:
                    followed = cubes[measure.follows]
                    own = release.table(followed, region_set)
                    assert own is not None
                    counts = _Cells(own, followed)
                    others = [d.name for d in followed.dimensions if d not in cube.dimensions]
                    told = [(followed.counts_in()[0].name, dict.fromkeys(others, TOTAL))]
                for codes in cells.shown(measure.name):
                    for count, at in told:
                        if counts.is_hidden(count, codes | at):
                            where = ", ".join(f"{name}={code}" for name, code in codes.items())
                            faults.append(
                                f"{path.name}: {where} is shown though the count it tells of is "
                                "hidden"
                            )
    return faults


class _Cells:
    """The signs of a table's cells."""

    def __init__(self, path: Path, cube: CubeSpec) -> None:
        self._names = ["region", *(dimension.name for dimension in cube.dimensions)]
        read = csv_package.read(path)
        columns = (read[name].to_pylist() for name in ("measure", *self._names))
        self._signs = dict(zip(zip(*columns, strict=True), read["sign"].to_pylist(), strict=True))

    def shown(self, measure: str) -> Iterator[dict[str, str]]:
        """The codes of the cells in which a measure is shown."""
        for (name, *codes), sign in self._signs.items():
            if name == measure and sign == "":
                yield dict(zip(self._names, codes, strict=True))

    def is_hidden(self, measure: str, codes: Mapping[str, str]) -> bool:
        """Whether a measure is hidden or left out in the cell of these codes."""
        sign = self._signs.get((measure, *(codes[name] for name in self._names)))
        return sign in (HIDDEN, LEFT_OUT)


def _tells_of(cube: CubeSpec, measure: MeasureSpec) -> list[tuple[str, dict[str, str]]]:
    """The counts of the same cube that a figure tells of, and where they are: codes of totals."""
    if measure.rests_on:
        return [(measure.rests_on, {})]
    if not (measure.part and measure.whole):
        return []
    if measure.whole in {dimension.name for dimension in cube.dimensions}:
        return [(measure.part, {}), (measure.part, {measure.whole: TOTAL})]
    return [(measure.part, {}), (measure.whole, {})]


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file of a release. Raises UserError if it is not there or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{path} cannot be read: this is no whole release.") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is not what a release writes.")
    return content
