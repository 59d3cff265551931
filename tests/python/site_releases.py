"""Finished releases for the site's tests: made-up cubes, written by the release's own writers."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
from release_cubes import sample

from introstat.codelists import seed_rows
from introstat.disclosure.policy import Policy
from introstat.release import manifest, naming
from introstat.release.contents import AT_THE_TIME, REFERENCE_YEAR, load_contents
from introstat.release.cube import PublishedCube, Release
from introstat.release.finished import ReleaseFolder
from introstat.release.formats import csv_package, imdi_csv, jsonstat, parquet, px, sdmx
from introstat.release.published import published_cubes
from introstat.release.revisions import LATER

POLICY = Policy("Utvalget", "2025-01-10")
YEAR = 2026
AS_OF = date(2026, 1, 21)
REVISED = ("cube", "period", "region_set", "region_code", "dimensions", "measure")
REVISED += ("old_value", "old_sign", "new_value", "new_sign", "difference", "reason")
# Names as long as the register has them, and longer.
LONG_NAMES = {
    "1811": "Bindal - Porsanger - Porsáŋgu - Porsanki og en lang stund til",
    "46": "Vestland og Sogn og Fjordane - Romsa ja Finnmárku - Tromssa ja Finmarkku",
}


def write_release(
    releases: Path,
    period: str,
    version: int = 1,
    kind: str = "final",
    *,
    policy: Policy = POLICY,
    persons: int = 9_000,
    passed: bool = True,
    year: int = YEAR,
) -> Path:
    """Write a release of a period whose municipalities are those of its reference year.

    Of every tenth municipality there are figures.
    """
    earlier = [f"{int(period[:4]) - back}{period[4:]}" for back in (3, 2, 1)]
    connection = sample(
        period, earlier, persons=persons,
        seed=int(period[:4]) * 10 + len(period) + version,
    )  # fmt: skip
    folder = releases / f"{period}_v{version}"
    folder.mkdir(parents=True)
    release = ReleaseFolder(folder, period, version, year)
    rows = _regions(connection)
    _as_published(connection, period)
    release.regions_path.parent.mkdir()
    with release.regions_path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    is_preliminary = kind == "preliminary"
    cubes = published_cubes(connection, release, rows, policy, AS_OF, is_preliminary)
    _write_tables(
        cubes, folder, Release(period, version, f"Program {period}", f"Programme {period}", AS_OF)
    )
    _write_revisions(release, version)
    audit = naming.file_name("personvernkontroll", [period], version, "json")
    shown = {"suppressed": {"cells": 9, "hidden": 1, "left_out": 1, "tested": 1, "passed": passed}}
    (folder / audit).write_text(json.dumps(shown), encoding="utf-8")
    stem = f"rapport_{naming.in_name(period)}_v{version}"
    (folder / f"{stem}.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / f"{stem}.html").write_text("<!DOCTYPE html><title>Rapport</title>", encoding="utf-8")
    about = {
        "release": folder.name, "period": period, "kind": kind, "version": version,
        "note": "" if version == 1 else "Kommunene har rettet.", "as_of": str(AS_OF),
        "observed_until": str(AS_OF), "reference_year": year, "inputs": [],
        "policy": manifest.policy_of(policy), "audit_passed": passed,
        "previous": None if version == 1 else f"{period}_v{version - 1}",
    }  # fmt: skip
    manifest.write_manifest(folder, about)
    return folder


def _write_tables(cubes: Sequence[PublishedCube], folder: Path, release: Release) -> None:
    """Write what the site reads, and empty files of the formats that it only links to."""
    packaged = []
    for cube in cubes:
        data = folder / naming.file_name(cube.file_stem, cube.periods, release.version, "parquet")
        parquet.write(cube, data, release)
        csv_package.write(cube, data.with_suffix(".csv"), release)
        imdi_csv.write(cube, folder / imdi_csv.FOLDER, release)
        packaged.append((cube, data.with_suffix(".csv")))
        (folder / sdmx.FOLDER).mkdir(exist_ok=True)
        (folder / sdmx.FOLDER / data.with_suffix(".csv").name).touch()
        for ending in (px.EXTENSION, jsonstat.EXTENSION):
            data.with_suffix(f".{ending}").touch()
    csv_package.write_package(packaged, folder / csv_package.PACKAGE, release, "introstat")
    (folder / f"tabeller_{naming.in_name(cubes[0].periods[-1])}_v{release.version}.xlsx").touch()


def _regions(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """The list of regions, in both sets the same."""
    found = connection.execute(
        "select region_code, region_type, region_name, coalesce(county_code, '') from regions"
    ).fetchall()
    now = _names_now()
    return [
        {
            "region_set": region_set, "region_code": code, "region_type": kind,
            "region_name": LONG_NAMES.get(code, now.get(code, name)), "counts_in_code": code,
            "county_code": county or (code if kind == "county" else ""),
            "code_in_reference_year": code, "county_in_reference_year": county,
        }
        for region_set in (AT_THE_TIME, REFERENCE_YEAR)
        for code, kind, name, county in found
    ]  # fmt: skip


def _names_now() -> dict[str, str]:
    """The municipalities' names at the end of the reference year."""
    return {
        row["municipality_code"]: row["municipality_name"]
        for row in seed_rows("municipalities")
        if row["valid_from"] <= f"{YEAR}-12-31"
    }


def _as_published(connection: duckdb.DuckDBPyConnection, period: str) -> None:
    """Leave out codes that are not published, and the detail of small places; copy the sets."""
    for cube in load_contents().of(period).values():
        for dimension in cube.dimensions:
            if dimension.unpublished:
                connection.execute(
                    f"delete from pub_{cube.name} where {dimension.name} = ?",
                    [dimension.unpublished],
                )
        if cube.name == "direct_result_7":
            connection.execute(
                "update pub_direct_result_7 set value = null, sign = '...' "
                "where region_type = 'municipality' and sex <> 'total'"
            )
        if REFERENCE_YEAR in cube.region_sets:
            connection.execute(
                f"insert into pub_{cube.name} by name select * replace ('reference_year' as "
                f"region_set) from pub_{cube.name}"
            )


def _write_revisions(release: ReleaseFolder, version: int) -> None:
    name = naming.file_name("revisjoner", [release.period], version, "csv")
    rows: list[Mapping[str, str]] = []
    if version > 1:
        codes = json.dumps({"sex": "total", "age_band": "total"})
        values = ("8990.0", "", "9000.0", "", "10.0", LATER)
        at = ("participants", release.period, AT_THE_TIME, "0", codes, "participants")
        rows.append(dict(zip(REVISED, (*at, *values), strict=True)))
    with (release.folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, REVISED)
        writer.writeheader()
        writer.writerows(rows)


def write_releases(releases: Path, **more: object) -> Path:
    """Half-years and years, preliminary and final, one of them in two versions."""
    write_release(releases, "2024H1", 1, "preliminary", **more)  # type: ignore[arg-type]
    for period, version, kind in (
        ("2024H1", 2, "final"), ("2024H2", 1, "final"), ("2024", 1, "final"),
        ("2025", 1, "preliminary"),
    ):  # fmt: skip
        write_release(releases, period, version, kind, **more)  # type: ignore[arg-type]
    return releases
