"""Making a release: aside, whole, audited from its finished files, and only then in its place."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from introstat.codelists import seed_rows
from introstat.disclosure.audit import AuditResult
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import ProtectedCube, protect
from introstat.disclosure.report import audit_lines, audit_report, to_json
from introstat.disclosure.table_audit import Witnesses
from introstat.errors import BuildFailed, UserError
from introstat.locking import locked, move_into_place, workshop
from introstat.progress import silent
from introstat.release import conditions, finished, manifest, naming
from introstat.release.contents import (
    AT_THE_TIME,
    COUNTRY,
    REFERENCE_YEAR,
    TOTAL,
    Contents,
    CubeSpec,
    Label,
    load_contents,
)
from introstat.release.cube import Code, Cube, Dimension, Measure, Release
from introstat.release.encodings import compare, write_all
from introstat.release.figures import (
    System,
    counts_of,
    links_of,
    regions_of,
    systems_of,
)
from introstat.release.protected import write_store
from introstat.release.report import Facts, RuleLimits, write_report
from introstat.release.report import Policy as ReportPolicy
from introstat.release.revisions import DEFINITION, Before, write_revisions
from introstat.sql import text_literal
from introstat.warehouse.dbt import run_dbt
from introstat.warehouse.opening import find_in_every_layer
from introstat.warehouse.reading import open_built

PUBLISHER = "Integrerings- og mangfoldsdirektoratet (IMDi)"
CONTACT = "statistikk@imdi.no"
PROTECTED_VARIABLE = "INTROSTAT_PROTECTED"
WITNESSES = "witnesses.npz"
LATER = "senere registrering eller retting"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked for: period, kind, version (None: the next), note on why there is a new one."""

    period: str
    kind: str
    version: int | None = None
    note: str = ""
    policy: Path | None = None


@dataclass(frozen=True)
class Places:
    """Where things are: the warehouse, its received copy, the releases, what stays in the house."""

    warehouse: Path
    received: Path
    releases: Path
    restricted: Path
    protected: Path


def make_release(wanted: Wanted, places: Places, workers: int, say: Say) -> Path:
    """Make a release and return its folder.

    Nothing is there before all of it is: files are written aside, read back, audited, and moved.
    Raises UserError for an unknown period or an existing version, ReleaseRefused where it may not
    be made as things are, ProtectionImpossible and ReleaseRefused where it cannot be made safe.
    """
    naming.period_dates(wanted.period)
    contents = load_contents()
    with open_built(places.warehouse, "stat_series", "dim_municipality_period") as warehouse:
        vintage = conditions.vintage_of(warehouse)
        conditions.expect_period(warehouse, wanted.period, vintage)
        before = _before(places, wanted.period)
        version = _version(wanted, places, before)
        policy = conditions.usable_policy(
            wanted.policy, manifest.policy_in(before.manifest) if before else None
        )
        if wanted.kind == "final":
            conditions.expect_final(warehouse, wanted.period, vintage)
        name = f"{wanted.period}_v{version}"
        for folder in (places.releases, places.restricted, places.protected):
            folder.mkdir(parents=True, exist_ok=True)
        with (
            locked(places.releases / ".lock", "another release"),
            workshop(places.releases, f".making-{name}-") as work,
        ):
            making = _Making(
                wanted, places, contents, warehouse, vintage, policy, version, before, work, say
            )
            return making.run(workers)


class _Making:
    def __init__(
        self,
        wanted: Wanted,
        places: Places,
        contents: Contents,
        warehouse: duckdb.DuckDBPyConnection,
        vintage: conditions.Vintage,
        policy: Policy,
        version: int,
        before: Before | None,
        work: Path,
        say: Say,
    ) -> None:
        self.wanted, self.places, self.contents = wanted, places, contents
        self.warehouse, self.vintage, self.policy = warehouse, vintage, policy
        self.version, self.before, self.work, self.say = version, before, work, say
        self.period = wanted.period
        self.name = f"{wanted.period}_v{version}"
        self.out = work / "release" / self.name
        self.inside = work / "restricted" / self.name
        self.store = work / "protected" / self.name
        for folder in (self.out, self.inside, self.store):
            folder.mkdir(parents=True)
        self.inside.chmod(0o700)
        row = warehouse.execute(
            "select max(extract(year from valid_from)) from dim_municipality"
        ).fetchone()
        assert row is not None
        self.reference_year = int(row[0])
        self.regions = regions_of(warehouse, contents, self.period)

    def run(self, workers: int) -> Path:
        systems = systems_of(self.contents, self.period)
        protected, proofs = self._protect(systems, workers)
        write_store(
            self.warehouse,
            self.contents,
            systems,
            {name: cube.table for name, cube in protected.items()},
            self.period,
            self.name,
            self.policy.min_persons,
            self.store,
        )
        self.say("the published cubes, by dbt")
        published = self._publish()
        self.say("files")
        self._regions_file()
        write_all(list(self._cubes(published)), self.out, self._release())
        self.say("revisions")
        self._revise(published)
        self.say("the report")
        write_report(published, self._facts(), self.out)
        published.close()
        self.say("the audit of the finished files")
        self._keep_inside(protected, proofs)
        results = self._audit(protected, proofs)
        self._write_audit(results)
        manifest.write_manifest(self.out, self._about(results))
        return self._move()

    def _protect(
        self, systems: Mapping[str, System], workers: int
    ) -> tuple[dict[str, ProtectedCube], Witnesses]:
        self.say("the counts of the cubes")
        cubes = {
            name: counts_of(self.warehouse, system, self.period, self.regions)
            for name, system in systems.items()
        }
        cubes = {name: cube for name, cube in cubes.items() if _has_counts(cube.table)}
        codes = {
            name: {d: set(cube.table[d].to_pylist()) for d in cube.layout.dims}
            for name, cube in cubes.items()
        }
        there = {name: systems[name] for name in cubes}
        self.say("protection")
        proofs: list[Witnesses] = []
        protected = protect(
            cubes,
            self.policy,
            links_of(self.contents, there, codes),
            self._earlier(),
            workers=workers,
            tell=self.say,
            proofs=proofs,
        )
        return protected, proofs[0]

    def _earlier(self) -> dict[str, list[pa.Table]]:
        return earlier_counts(self.places.releases, self.contents, self.period, self.version)

    def _publish(self) -> duckdb.DuckDBPyConnection:
        """The models pub_* over this release's store alone, in a file of their own."""
        path = self.work / "published.duckdb"
        run = run_dbt(
            ["build", "--selector", "publication"],
            path,
            self.places.received,
            self.work / "target",
            silent,
            {PROTECTED_VARIABLE: str(self.store.parent)},
        )
        if run.exit_code:
            raise BuildFailed("The published cubes were not built:\n" + "\n".join(run.errors))
        published = duckdb.connect(str(path))
        find_in_every_layer(published)
        return published

    def _regions_file(self) -> None:
        """The list of regions: names on the period's last day, and where each code went since."""
        _, last_day = naming.period_dates(self.period)
        table = self.warehouse.execute(
            f"""
            with known as (
                select * from dim_municipality_period where period = $period
                and municipality_code in (select unnest($codes))
            ),
            named as (
                select municipality_code, municipality_name, county_code, county_name, valid_from
                from dim_municipality
            )
            select * from (
            select '{AT_THE_TIME}' as region_set, '{COUNTRY}' as region_code,
                'country' as region_type, 'Hele landet' as region_name, '' as county_code,
                '' as code_in_reference_year
            union all
            select '{REFERENCE_YEAR}', '{COUNTRY}', 'country', 'Hele landet', '', ''
            union all
            select '{AT_THE_TIME}', known.county_code, 'county',
                max_by(named.county_name, named.valid_from), known.county_code, ''
            from known inner join named
                on known.county_code = named.county_code and named.valid_from <= $last_day
            group by known.county_code
            union all
            select '{REFERENCE_YEAR}', known.reference_county_code, 'county',
                max_by(named.county_name, named.valid_from), known.reference_county_code, ''
            from known inner join named on known.reference_county_code = named.county_code
            group by known.reference_county_code
            union all
            select '{AT_THE_TIME}', known.municipality_code, 'municipality',
                max_by(named.municipality_name, named.valid_from), any_value(known.county_code),
                any_value(known.reference_municipality_code)
            from known inner join named
                on known.municipality_code = named.municipality_code
                and named.valid_from <= $last_day
            group by known.municipality_code
            union all
            select '{REFERENCE_YEAR}', known.reference_municipality_code, 'municipality',
                max_by(named.municipality_name, named.valid_from),
                any_value(known.reference_county_code), known.reference_municipality_code
            from known inner join named
                on known.reference_municipality_code = named.municipality_code
            group by known.reference_municipality_code)
            order by region_set, length(region_code), region_code
            """,
            {
                "period": self.period,
                "codes": [region.code for region in self.regions],
                "last_day": last_day,
            },
        ).to_arrow_table()
        path = finished.regions_path(self.out, self.period, self.version)
        path.parent.mkdir()
        pyarrow.csv.write_csv(table, path)
        self.region_rows = table.to_pylist()

    def _cubes(self, published: duckdb.DuckDBPyConnection) -> list[Cube]:
        """The published cubes that have figures, one for each set of regions."""
        cubes = []
        for spec in self.contents.of(self.period).values():
            for region_set in spec.region_sets:
                rows = published.execute(
                    f"""
                    select period, region_code as region,
                        {", ".join(d.name for d in spec.dimensions)}, measure, value, sign
                    from pub_{spec.name} where region_set = ? order by all
                    """,
                    [region_set],
                ).to_arrow_table()
                if rows.num_rows:
                    cubes.append(self._cube(spec, region_set, rows))
        return cubes

    def _cube(self, spec: CubeSpec, region_set: str, rows: pa.Table) -> Cube:
        other = region_set == REFERENCE_YEAR
        year = self.reference_year
        return Cube.from_rows(
            rows,
            name=f"{spec.name}_reference_year" if other else spec.name,
            dimensions=[
                Dimension("period", "Periode", "Period", _codes_used(rows, "period"), None, "time"),
                self._region_dimension(rows, region_set),
                *(_dimension(rows, dimension) for dimension in spec.dimensions),
            ],
            measures=[
                Measure(m.name, m.label.nb, m.label.en, m.unit.nb, m.unit.en, m.decimals)
                for m in spec.measures_in(self.period)
            ],
            file_stem=finished.stem_of(spec, region_set, year),
            title_nb=spec.title.nb + (f". Kommuner i {year}" if other else ""),
            title_en=spec.title.en + (f". Municipalities of {year}" if other else ""),
            description_nb=spec.description.nb,
            description_en=spec.description.en,
            updated=self.vintage.as_of,
            is_preliminary=self.wanted.kind == "preliminary",
            notes_nb=_NOTES_NB,
            notes_en=_NOTES_EN,
            source_nb="Nasjonalt introduksjonsregister (NIR), A-ordningen, Folkeregisteret",
            source_en="National introduction register (NIR), A-ordningen, Population Register",
            contact=CONTACT,
        )

    def _region_dimension(self, rows: pa.Table, region_set: str) -> Dimension:
        used = set(rows["region"].to_pylist())
        codes = tuple(
            Code(
                row["region_code"],
                row["region_name"],
                "The whole country" if row["region_code"] == COUNTRY else row["region_name"],
            )
            for row in self.region_rows
            if row["region_set"] == region_set and row["region_code"] in used
        )
        return Dimension("region", "Region", "Region", codes, COUNTRY, "region")

    def _release(self) -> Release:
        return Release(
            self.version,
            f"Introduksjonsprogrammet {self.period}",
            f"Introduction programme {self.period}",
            self.vintage.as_of,
            publisher=PUBLISHER,
        )

    def _revise(self, published: duckdb.DuckDBPyConnection) -> None:
        reason = DEFINITION
        if self.before:
            for path in sorted((self.before.store).glob("before_*.parquet")):
                published.execute(
                    f"create table {path.stem} as from read_parquet({text_literal(str(path))})"
                )
            if self.before.manifest["as_of"] != str(self.vintage.as_of):
                reason = LATER
        write_revisions(published, self.contents, self.period, self.name, self.before, reason)
        for cube in self.contents.of(self.period):
            published.execute(
                f"copy (from pub_{cube}) to "
                f"{text_literal(str(self.store / f'before_{cube}.parquet'))} (format parquet)"
            )
        path = self.out / naming.file_name("revisjoner", [self.period], self.version, "csv")
        pyarrow.csv.write_csv(published.execute("from revisions").to_arrow_table(), path)
        published.execute(
            "create table regions (region_code varchar, region_type varchar, "
            "region_name varchar, county_code varchar)"
        )
        published.executemany(
            "insert into regions values (?, ?, ?, ?)",
            [
                [r["region_code"], r["region_type"], r["region_name"], r["county_code"] or None]
                for r in self.region_rows
                if r["region_set"] == AT_THE_TIME
            ],
        )

    def _facts(self) -> Facts:
        limits = {
            row["rule_id"]: RuleLimits(_decimal(row["warn_percent"]), _decimal(row["stop_percent"]))
            for row in seed_rows("completeness_rules")
        }
        policy = self.policy
        return Facts(
            period=self.period,
            kind="final" if self.wanted.kind == "final" else "preliminary",
            version=self.version,
            as_of=self.vintage.as_of,
            observed_until=self.vintage.observed_until,
            file_stem=f"rapport_{naming.in_name(self.period)}_v{self.version}",
            commit=manifest.code_version(),
            policy=ReportPolicy(
                policy.fingerprint,
                policy.decided_by,
                date.fromisoformat(policy.decided_on),
                policy.hide_from,
                policy.hide_to,
                policy.min_persons,
            ),
            limits=limits,
            publisher=PUBLISHER,
            contact=CONTACT,
            sources=tuple(
                f"{_SOURCE_NAMES[source]}, levert {_norwegian(day)}"
                for source, day in self.vintage.deliveries.items()
                if day is not None
            ),
            previous=self.before.name if self.before else None,
        )

    def _keep_inside(self, protected: Mapping[str, ProtectedCube], proofs: Witnesses) -> None:
        """The restricted side: primary cells, and the counts that prove the doubt about them."""
        for name, cube in protected.items():
            pq.write_table(cube.primaries, self.inside / f"primary_{name}.parquet")
        lengths = np.array([len(cells) for cells, _ in proofs.moves], dtype=np.int64)
        empty = np.empty(0, dtype=np.int64)
        bases: dict[str, Any] = {f"base_{n}": values for n, values in proofs.base.items()}
        np.savez_compressed(
            self.inside / WITNESSES,
            lengths=lengths,
            cells=np.concatenate([cells for cells, _ in proofs.moves] or [empty]),
            changes=np.concatenate([changes for _, changes in proofs.moves] or [empty]),
            **bases,
        )

    def _audit(
        self, protected: Mapping[str, ProtectedCube], proofs: Witnesses
    ) -> dict[str, AuditResult]:
        results = finished.audit_release(
            self.out,
            self.contents,
            self.period,
            self.version,
            self.reference_year,
            self.policy,
            {name: cube.primaries for name, cube in protected.items()},
            self._earlier(),
            proofs,
        )
        faults = compare(self.out) + finished.dependent_faults(
            self.out, self.contents, self.period, self.version, self.reference_year
        )
        for result in results.values():
            if not result.passed:
                faults += audit_lines(result)
        if faults:
            more = f"\n  … and {len(faults) - 10} more" if len(faults) > 10 else ""
            raise conditions.ReleaseRefused(
                "The audit of the finished files did not pass; nothing is released:\n  "
                + "\n  ".join(faults[:10])
                + more
            )
        return results

    def _write_audit(self, results: Mapping[str, AuditResult]) -> None:
        whole = {name: _timeless(audit_report(result)) for name, result in results.items()}
        (self.inside / "audit.json").write_text(to_json(whole), encoding="utf-8")
        public = {
            name: {key: report[key] for key in ("cells", "hidden", "tested", "passed", "policy")}
            for name, report in whole.items()
        }
        path = self.out / naming.file_name(
            "personvernkontroll", [self.period], self.version, "json"
        )
        path.write_text(to_json(public), encoding="utf-8")

    def _about(self, results: Mapping[str, AuditResult]) -> dict[str, Any]:
        return {
            "release": self.name,
            "period": self.period,
            "kind": self.wanted.kind,
            "version": self.version,
            "note": self.wanted.note,
            "previous": self.before.name if self.before else None,
            "as_of": str(self.vintage.as_of),
            "observed_until": str(self.vintage.observed_until),
            "reference_year": self.reference_year,
            "inputs": manifest.inputs_of(self.places.received, str(self.vintage.as_of)),
            "code": manifest.code_version(),
            "rule_set": manifest.rule_set(),
            "policy": manifest.policy_of(self.policy),
            "software": manifest.software(),
            "audit_passed": all(result.passed for result in results.values()),
        }

    def _move(self) -> Path:
        """What stays in the house first, the release last: it is there only when all is."""
        for new, place in (
            (self.inside, self.places.restricted / self.name),
            (self.store, self.places.protected / self.name),
            (self.out, self.places.releases / self.name),
        ):
            if place.exists() and place.parent != self.places.releases:
                shutil.rmtree(place)  # left by a release that was stopped before it was there
            move_into_place(new, place)
        return self.places.releases / self.name


_NOTES_NB = (
    "Tall med 1–3 personer vises ikke (:), og heller ikke tall som de kan regnes ut av.",
    "Personer med sperret adresse er med i tall for hele landet, ikke i fylker og kommuner.",
    "Fra 2017 er kilden Nasjonalt introduksjonsregister (NIR); tidligere tall bygger på KOSTRA.",
)
_NOTES_EN = (
    "Figures of 1–3 persons are not shown (:), nor figures from which they can be worked out.",
    "Persons with a protected address are in figures of the whole country only.",
    "From 2017 the source is the National introduction register (NIR); before it KOSTRA.",
)
_SOURCE_NAMES = {
    "nir": "Nasjonalt introduksjonsregister (NIR)",
    "aordningen": "A-ordningen",
    "folkeregister": "Folkeregisteret",
    "status": "Statusfilen for tidligere deltakere",
}


def read_witnesses(folder: Path) -> Witnesses:
    """The restricted counts of a release; UserError if the folder does not hold them."""
    try:
        with np.load(folder / WITNESSES) as kept:
            ends = np.cumsum(kept["lengths"])[:-1]
            moves = (
                list(
                    zip(np.split(kept["cells"], ends), np.split(kept["changes"], ends), strict=True)
                )
                if len(kept["lengths"])
                else []
            )
            base = {
                name.removeprefix("base_"): kept[name] for name in kept.files if "base_" in name
            }
    except (OSError, ValueError, KeyError):
        raise UserError(
            f"{folder} does not hold the restricted side of this release. Name its folder with "
            "--restricted."
        ) from None
    return Witnesses(base, moves)


def earlier_counts(
    releases: Path, contents: Contents, period: str, version: int
) -> dict[str, list[pa.Table]]:
    """The counts that earlier versions of a release show, by system."""
    found: dict[str, list[pa.Table]] = {}
    for number, folder in _versions(releases, period):
        if number < version:
            about = finished.read_json(folder / manifest.MANIFEST)
            year = int(str(about["reference_year"]))
            tables = finished.count_tables(folder, contents, period, number, year)
            for name, parts in tables.items():
                found.setdefault(name, []).extend(parts)
    return found


def _versions(releases: Path, period: str) -> list[tuple[int, Path]]:
    found = []
    for folder in releases.glob(f"{period}_v*"):
        number = folder.name.removeprefix(f"{period}_v")
        if number.isdecimal() and folder.is_dir():
            found.append((int(number), folder))
    return sorted(found)


def _before(places: Places, period: str) -> Before | None:
    versions = _versions(places.releases, period)
    if not versions:
        return None
    number, folder = versions[-1]
    name = f"{period}_v{number}"
    return Before(name, finished.read_json(folder / manifest.MANIFEST), places.protected / name)


def _version(wanted: Wanted, places: Places, before: Before | None) -> int:
    newest = _versions(places.releases, wanted.period)[-1][0] if before else 0
    version = wanted.version or newest + 1
    if version <= newest:
        raise UserError(
            f"{wanted.period}_v{version} is there already, and a release is never changed. The "
            f"next version is {newest + 1}."
        )
    if version > newest + 1:
        raise UserError(f"The next version of {wanted.period} is {newest + 1}, not {version}.")
    if version > 1 and not wanted.note.strip():
        raise UserError(
            f"{wanted.period}_v{version} takes the place of an earlier one: say why with --note."
        )
    return version


def _has_counts(table: pa.Table) -> bool:
    return any(table["count"].to_pylist())


def _codes_used(rows: pa.Table, name: str) -> tuple[Code, ...]:
    return tuple(Code(code, code, code) for code in sorted(set(rows[name].to_pylist())))


def _dimension(rows: pa.Table, spec: Any) -> Dimension:
    used = set(rows[spec.name].to_pylist())
    labels: Sequence[Label] = [*([spec.total] if spec.total else []), *spec.codes]
    codes = tuple(Code(each.code, each.nb, each.en) for each in labels if each.code in used)
    return Dimension(spec.name, spec.label.nb, spec.label.en, codes, TOTAL if spec.total else None)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _norwegian(day: date) -> str:
    return f"{day.day:02d}.{day.month:02d}.{day.year}"


def _timeless(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key != "seconds"}
