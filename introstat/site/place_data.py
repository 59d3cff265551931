"""Figures of places as files: a CSV of each place, and the series that the script compares."""

import csv
import io

from introstat.release import naming
from introstat.release.contents import COUNTRY, REFERENCE_YEAR, is_year
from introstat.release.cube import MEASURE
from introstat.site.figures import Figures
from introstat.site.page import Site, embedded, place_name
from introstat.site.place_view import DIRECT, GOAL_GROUP, ONE_YEAR
from introstat.site.places import Place
from introstat.site.releases import Released
from introstat.site.tables import PERIOD, REGION, Cell, Table, plain_number
from introstat.site.words import PRELIMINARY

COMPARED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("participants", "participants", {}),
    ("direct_result_2", "percent", DIRECT),
    ("hours", "hours_per_week", {}),
    ("status", "percent", ONE_YEAR | GOAL_GROUP),
)
"""The figures that places are compared by: cube, measure, codes."""
HEADER = (
    "release", "table", "period", "region", "region_label", "codes", "labels", "measure",
    "measure_label", "value", "sign", "is_preliminary",
)  # fmt: skip


def write(site: Site) -> None:
    """Write the files, and the script of all places."""
    figures = site.figures
    lines = [_Lines(r, table) for r in figures.releases.newest for table in _tables(r)]
    places = [*figures.places.counties, *figures.places.municipalities]
    for place in [_country(site), *places]:
        site.put(csv_path(place.code), _csv(figures, lines, place).encode())
    site.put_asset("places.js", f"introstatPlaces({embedded(_series(site, places))});\n".encode())


def csv_path(code: str) -> str:
    """The address of a place's file."""
    return f"tall/{code}.csv"


def _country(site: Site) -> Place:
    return Place(COUNTRY, site.words["nb"]("site.country"), "country")


def _tables(release: Released) -> list[Table]:
    """A release's tables in the municipalities of a reference year; of the time where alone."""
    return [
        table
        for (cube, region_set), table in release.tables.items()
        if region_set == REFERENCE_YEAR or (cube, REFERENCE_YEAR) not in release.tables
    ]


class _Lines:
    """A table's lines, of which a region's are some: what stands before and after its figures."""

    def __init__(self, release: Released, table: Table) -> None:
        self.release, self.table = release, table
        stem, _ = naming.spellings(naming.stem_in(table.path.name) or "")
        names = [name for name in table.places if name not in (REGION, MEASURE)]
        self._labels: dict[tuple[str, ...], list[str]] = {}
        self._stem, self._names = stem, names

    def of(self, region: str) -> list[list[str]]:
        """The lines of a region."""
        table, mark = self.table, str(self.table.is_preliminary).lower()
        label = table.label(REGION, region, "nb")
        lines = []
        for codes, value, sign in table.rows_of(region):
            key = tuple(codes.values())
            if key not in self._labels:
                self._labels[key] = self._described(codes)
            period, inner, inner_label, measure, measure_label = self._labels[key]
            lines.append(
                [
                    self.release.name, self._stem, period, region, label, inner, inner_label,
                    measure, measure_label, value, sign, mark,
                ]
            )  # fmt: skip
        return lines

    def _described(self, codes: dict[str, str]) -> list[str]:
        inner = {name: codes[name] for name in self._names if name != PERIOD}
        labels = [self.table.label(name, code, "nb") for name, code in inner.items()]
        measure = codes[MEASURE]
        return [
            codes[PERIOD],
            ";".join(f"{name}={code}" for name, code in inner.items()),
            "; ".join(labels),
            measure,
            str(self.table.measures[measure]["label"]["nb"]),
        ]


def _csv(figures: Figures, lines: list[_Lines], place: Place) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for each in lines:
        comparable = figures.places.is_comparable(place.code, each.release.reference_year)
        if each.table.has(place.code) and comparable and not _is_of_the_time(each, place):
            writer.writerows(each.of(place.code))
    return text.getvalue()


def _is_of_the_time(each: _Lines, place: Place) -> bool:
    """Whether a table has counties of its time only: a county of now may be another one."""
    name = str(each.table.about["name"])
    return place.code != COUNTRY and not name.endswith(REFERENCE_YEAR)


def _series(site: Site, places: list[Place]) -> dict[str, object]:
    """Every place with its address and names, and its figures as texts with a dot."""
    figures = site.figures
    parts = figures.places.parts
    return {
        "periods": [figures.periods(False), figures.periods(True)],
        "places": [
            [
                place.code,
                figures.places.name(place),
                place_name(place),
                figures.places.of[place.county].name if place.kind == "municipality" else "",
                " ".join(f"{each.name} {each.code}" for each in parts.get(place.code, [])),
            ]
            for place in places
        ],
        "latest": [_latest(figures, cube) for cube, _, _ in COMPARED],
        "series": {
            place.code: [
                [
                    " ".join(
                        _written(c)
                        for c in figures.series(cube, measure, place.code, of_years, **codes)
                    )
                    for of_years in (False, True)
                ]
                for cube, measure, codes in COMPARED
            ]
            for place in [_country(site), *places]
        },
    }


def _latest(figures: Figures, cube: str) -> list[int]:
    """Where the newest figure of a cube is: of half-years (0) or years, and its place there."""
    period = figures.newest_with(cube)
    of_years = int(period is not None and is_year(period))
    return [of_years, len(figures.periods(bool(of_years))) - 1]


def _written(cell: Cell) -> str:
    if cell.number is None:
        return cell.sign
    return plain_number(cell.number, cell.decimals) + (PRELIMINARY if cell.is_preliminary else "")
