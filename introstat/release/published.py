"""The published cubes of a release, from the models pub_*, with the labels of cubes.yml."""

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from introstat.disclosure.policy import Policy
from introstat.queries import table_of
from introstat.release.contents import (
    COUNTRY,
    REFERENCE_YEAR,
    REGION_TYPES,
    TOTAL,
    CubeSpec,
    DimensionSpec,
    load_contents,
)
from introstat.release.cube import Code, Measure, PublishedCube, PublishedDimension, Role
from introstat.release.cube_rows import cube_from_rows
from introstat.release.finished import ReleaseFolder

CONTACT = "statistikk@imdi.no"


def published_cubes(
    published: duckdb.DuckDBPyConnection,
    release: ReleaseFolder,
    regions: Sequence[Mapping[str, str]],
    policy: Policy,
    updated: date,
    is_preliminary: bool,
) -> list[PublishedCube]:
    """Return the cubes that have figures, one for each set of regions.

    `regions` are the rows of the release's list of regions; `updated` is the day of the data.
    """
    contents, period, year = load_contents(), release.period, release.reference_year
    cubes = []
    for spec in contents.of(period).values():
        for region_set in spec.region_sets:
            rows = table_of(
                published, f"select * from pub_{spec.name} where region_set = ?", [region_set]
            )
            if not rows.num_rows:
                continue
            rows = rows.rename_columns({"region_code": "region"})
            other = region_set == REFERENCE_YEAR
            final = spec.final_by(period)
            cubes.append(
                cube_from_rows(
                    rows,
                    name=f"{spec.name}_reference_year" if other else spec.name,
                    dimensions=_dimensions(spec, rows, region_set, regions),
                    measures=[
                        Measure(
                            m.name,
                            m.label.nb,
                            m.label.en,
                            m.unit.nb,
                            m.unit.en,
                            m.decimals,
                            m.kind,
                            m.refers.nb,
                            m.refers.en,
                        )
                        for m in spec.measures_in(period)
                    ],
                    file_stem=release.stem(spec, region_set),
                    title_nb=spec.title.nb + (f". Kommuner i {year}" if other else ""),
                    title_en=spec.title.en + (f". Municipalities of {year}" if other else ""),
                    description_nb=spec.description.nb,
                    description_en=spec.description.en,
                    updated=updated,
                    is_preliminary=is_preliminary,
                    notes_nb=contents.notes_of(spec.name, policy, "nb"),
                    notes_en=contents.notes_of(spec.name, policy, "en"),
                    source_nb="Nasjonalt introduksjonsregister (NIR), A-ordningen, Folkeregisteret",
                    source_en=(
                        "National introduction register (NIR), A-ordningen, Population Register"
                    ),
                    contact=CONTACT,
                    next_update=final if is_preliminary and final > updated else None,
                    population_nb=spec.population.nb,
                    population_en=spec.population.en,
                )
            )
    return cubes


def _dimensions(
    spec: CubeSpec, rows: pa.Table, region_set: str, regions: Sequence[Mapping[str, str]]
) -> list[PublishedDimension]:
    periods = tuple(Code(code, code, code) for code in sorted(_used(rows, "period")))
    used = _used(rows, "region")
    places = tuple(
        Code(
            row["region_code"],
            row["region_name"],
            "The whole country" if row["region_code"] == COUNTRY else row["region_name"],
        )
        for row in regions
        if row["region_set"] == region_set and row["region_code"] in used
    )
    time, region = (load_contents().dimensions[name] for name in ("period", "region"))
    # The finest of its classifications: a county's code is the beginning of a municipality's.
    kinds = [kind for kind in reversed(REGION_TYPES) if kind in spec.region_types]
    klass = next((region.klass[kind] for kind in kinds if kind in region.klass), None)
    return [
        _published(time, periods, None, "time"),
        _published(region, places, COUNTRY, "region", klass),
        *(_dimension(rows, dimension) for dimension in spec.dimensions),
    ]


def _dimension(rows: pa.Table, spec: DimensionSpec) -> PublishedDimension:
    used = _used(rows, spec.name)
    labels = [*([spec.total] if spec.total else []), *spec.codes]
    codes = tuple(Code(each.code, each.nb, each.en) for each in labels if each.code in used)
    klass = spec.klass.get(spec.name)
    return _published(spec, codes, TOTAL if spec.total else None, "classification", klass)


def _published(
    spec: DimensionSpec, codes: tuple[Code, ...], total: str | None, role: Role,
    klass: int | None = None,
) -> PublishedDimension:  # fmt: skip
    return PublishedDimension(
        spec.name, spec.label.nb, spec.label.en, codes, total, role,
        klass, spec.definition.nb, spec.definition.en,
    )  # fmt: skip


def _used(rows: pa.Table, name: str) -> set[str]:
    return set(rows[name].unique().to_pylist())
