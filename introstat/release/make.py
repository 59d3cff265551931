"""Making a release: aside, whole, audited from its finished files, and only then in its place."""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from introstat.disclosure.audit import AuditResult
from introstat.disclosure.comparison import Compared, compare_rounded
from introstat.disclosure.policy import DEFAULT_POLICY, Policy, load_policy
from introstat.disclosure.report import audit_lines, audit_report, to_json
from introstat.errors import BuildFailed
from introstat.locking import locked, move_into_place, workshop
from introstat.progress import silent
from introstat.release import conditions, manifest, naming, versions
from introstat.release.contents import AT_THE_TIME, load_contents
from introstat.release.counted import counted_in
from introstat.release.cube import Release
from introstat.release.encodings import compare, write_all
from introstat.release.figures import (
    CountTable,
    count_tables_of,
    listed_regions,
    regions_of,
    residual_of,
)
from introstat.release.finished import ReleaseFolder, audit_release, dependent_faults
from introstat.release.protected import HIDDEN_BEFORE, copy_cubes, write_cells, write_store
from introstat.release.protecting import ProtectedCounts, protect_counts, stricter
from introstat.release.published import CONTACT, published_cubes
from introstat.release.report.facts import Facts
from introstat.release.report.write import write_report
from introstat.release.restricted import write_restricted
from introstat.release.revisions import (
    DEFINITION,
    LATER,
    Before,
    keep_published,
    revisions_of,
)
from introstat.release.usefulness import (
    Shown,
    as_rows,
    hidden_for_others,
    numbers_of_groups,
    usefulness,
)
from introstat.release.versions import Places, Wanted
from introstat.warehouse.dbt import run_dbt
from introstat.warehouse.opening import open_warehouse
from introstat.warehouse.reading import open_built

PUBLISHER = "Integrerings- og mangfoldsdirektoratet (IMDi)"
COMPARED = (1, 2, 4)  # times the policy's limits of detail
AFTER_PROTECTION = 40.0  # seconds that files, report and audit take
PROTECTED_VARIABLE = "INTROSTAT_PROTECTED"
CELLS_VARIABLE = "INTROSTAT_PROTECTED_CELLS"
_SOURCE_NAMES = {
    "nir": "Nasjonalt introduksjonsregister (NIR)",
    "aordningen": "A-ordningen",
    "folkeregister": "Folkeregisteret",
    "status": "Statusfilen for tidligere deltakere",
}

Say = Callable[[str], None]


def make_release(wanted: Wanted, places: Places, workers: int, say: Say) -> Path:
    """Make a release and return its folder.

    Nothing is there before all of it is: files are written aside, read back, audited, and moved.
    Raises UserError for an unknown period or an existing version, ReleaseRefused where it may not
    be made as things are, ProtectionImpossible and ReleaseRefused where it cannot be made safe.
    """
    naming.period_dates(wanted.period)
    with open_built(places.warehouse, "stat_series", "stat_regions") as warehouse:
        vintage = conditions.vintage_of(warehouse)
        conditions.expect_period(warehouse, wanted.period, vintage)
        before = versions.before_of(places, wanted.period)
        version = versions.version_of(wanted, places)
        earlier = versions.policies_before(places.releases, wanted.period)
        policy = conditions.usable_policy(wanted.policy, earlier)
        conditions.expect_outcomes(policy, wanted.period)
        if wanted.kind == "final":
            conditions.expect_final(warehouse, wanted.period, vintage)
        for folder in (places.releases, places.restricted, places.protected):
            folder.mkdir(parents=True, exist_ok=True)
        with (
            locked(places.releases / ".lock", "another release"),
            workshop(places.releases, f".making-{wanted.period}_v{version}-") as work,
        ):
            making = _Making(wanted, places, warehouse, vintage, policy, version, before, work, say)
            return making.run(workers)


def compare_detail(
    wanted: Wanted, places: Places, workers: int, say: Say
) -> tuple[list[tuple[Policy, list[Shown]]], list[Compared]]:
    """Return what a release would show at the policy's limits of detail, and at stricter ones; and
    how far from the truth rounding would take each table.

    Nothing is written. A policy need not be decided yet.
    """
    naming.period_dates(wanted.period)
    with open_built(places.warehouse, "stat_series", "stat_regions") as warehouse:
        conditions.expect_period(warehouse, wanted.period, conditions.vintage_of(warehouse))
        policy = load_policy(wanted.policy or DEFAULT_POLICY)
        regions = regions_of(listed_regions(warehouse, wanted.period).to_pylist())
        year = conditions.reference_year(warehouse)
        names = versions.names_beside(places.releases, wanted.period)
        counted = counted_in(
            warehouse,
            load_contents(),
            wanted.period,
            regions,
            {},
            policy,
            versions.released_beside(places.releases, wanted.period, names, year),
        )
        found = []
        for times in COMPARED:
            say(f"detail for {times} times as many persons")
            done = protect_counts(counted, stricter(policy, times), workers, wanted.within, say)
            found.append((done.policy, usefulness(done.tables, done.regions)))
        say("rounding")
        return found, compare_rounded(counted.cubes, policy)


@dataclass
class _Making:
    wanted: Wanted
    places: Places
    warehouse: duckdb.DuckDBPyConnection
    vintage: conditions.Vintage
    policy: Policy
    version: int
    before: Before | None
    work: Path
    say: Say

    def __post_init__(self) -> None:
        self.contents, self.period = load_contents(), self.wanted.period
        self.started = time.monotonic()
        self.name = f"{self.period}_v{self.version}"
        self.out = self.work / "release" / self.name
        self.inside = self.work / "restricted" / self.name
        self.store = self.work / "protected" / self.name
        self.cells = self.work / "cells"
        # DuckDB names the database by the file, and no schema is called so.
        self.own_file = self.work / "release.duckdb"
        for folder in (self.out, self.inside, self.store, self.cells):
            folder.mkdir(parents=True)
        self.inside.chmod(0o700)
        year = conditions.reference_year(self.warehouse)
        self.finished = ReleaseFolder(self.out, self.period, self.version, year)
        releases = self.places.releases
        self.earlier = versions.earlier_counts(releases, self.period, self.version)
        self.names_beside = versions.names_beside(releases, self.period)
        self.beside = versions.released_beside(releases, self.period, self.names_beside, year)
        self.main_figures = versions.names_of_main_figures(releases, self.period, self.version)
        self.cohorts_shown = versions.cohorts_shown(releases, self.period, self.main_figures)
        self.listed = listed_regions(self.warehouse, self.period)
        self.region_rows: list[dict[str, str]] = self.listed.to_pylist()

    def run(self, workers: int) -> Path:
        count_tables = count_tables_of(self.contents, self.period)
        protected = self._protect(workers)
        self.say("the published cubes, by dbt")
        self._fill_store(count_tables, protected)
        published = self._dbt("publication")
        self.say("files")
        self._write_files(published)
        self.say("revisions")
        self._revise(published)
        self.say("the report")
        write_report(published, self._facts(), self.out)
        published.close()
        self.say("the audit of the finished files")
        write_restricted(protected.primaries, protected.witnesses, self.inside)
        results = self._audit(protected)
        self._write_audit(results, protected)
        manifest.write_manifest(self.out, self._about(results))
        return self._move()

    def _protect(self, workers: int) -> ProtectedCounts:
        self.say("the counts of the cubes")
        counted = counted_in(
            self.warehouse,
            self.contents,
            self.period,
            regions_of(self.region_rows),
            self.earlier,
            self.policy,
            self.beside,
            self.cohorts_shown,
        )
        self.residuals = {name: residual_of(cube) for name, cube in counted.cubes.items()}
        self.say("protection")
        return protect_counts(counted, self.policy, workers, self._seconds(), self.say)

    def _seconds(self) -> float:
        """How many seconds protection may take."""
        spent = time.monotonic() - self.started
        return max(self.wanted.within - spent - AFTER_PROTECTION, 0.0)

    def _fill_store(
        self, count_tables: Mapping[str, CountTable], protected: ProtectedCounts
    ) -> None:
        """Write the protected store: counts, and the figures that dbt's models rest on them."""
        tables = protected.tables
        write_cells(self.contents, count_tables, tables, self.period, self.name, self.cells)
        before = versions.main_figures_hidden(self.places.releases, self.period)
        hidden = versions.as_hidden([*before.to_pylist(), *protected.hidden_before])
        pq.write_table(hidden, self.cells / f"{HIDDEN_BEFORE}.parquet")
        with open_warehouse(self.own_file, read_only=False) as own:
            copy_cubes(self.warehouse, own)
        with self._dbt("protection") as modelled:
            write_store(modelled, self.cells, self.store)
        # The published cubes get a new file of the same name: dbt parses the project once for both.
        self.own_file.unlink()

    def _dbt(self, selector: str) -> duckdb.DuckDBPyConnection:
        """Build the models of a selector in the release's own file, and open it."""
        variables = {
            "release": self.name,
            "release_period": self.period,
            "min_persons": self.policy.min_persons,
        }
        run = run_dbt(
            ["build", "--selector", selector, "--exclude-resource-type=unit_test",
             "--vars", json.dumps(variables)],
            self.own_file,
            self.places.received,
            self.work / "target",
            silent,
            {PROTECTED_VARIABLE: str(self.store.parent), CELLS_VARIABLE: str(self.cells)},
        )  # fmt: skip
        if run.exit_code:
            raise BuildFailed(f"The models of {selector} were not built:\n" + "\n".join(run.errors))
        return open_warehouse(self.own_file, read_only=False)

    def _write_files(self, published: duckdb.DuckDBPyConnection) -> None:
        """Write the list of regions, and every table in every format."""
        path = self.finished.regions_path
        path.parent.mkdir()
        pyarrow.csv.write_csv(self.listed, path)
        cubes = published_cubes(
            published,
            self.finished,
            self.region_rows,
            self.policy,
            self.vintage.as_of,
            self.wanted.kind == "preliminary",
        )
        release = Release(
            self.period,
            self.version,
            f"Introduksjonsprogrammet {self.period}",
            f"Introduction programme {self.period}",
            self.vintage.as_of,
            self.wanted.note,
            publisher=PUBLISHER,
        )
        write_all(cubes, self.out, release)

    def _revise(self, published: duckdb.DuckDBPyConnection) -> None:
        """Write the revisions, and give the report them and the list of regions."""
        is_later = self.before and self.before.manifest["as_of"] != str(self.vintage.as_of)
        reason = LATER if is_later else DEFINITION
        revised = revisions_of(published, self.contents, self.period, self.before, reason)
        for cube in self.contents.of(self.period).values():
            keep_published(published, cube, self.store)
        path = self.out / naming.file_name(naming.REVISIONS, [self.period], self.version, "csv")
        pyarrow.csv.write_csv(revised, path)
        published.register("revisions", revised)
        published.register(
            "regions", self.listed.filter(pc.equal(self.listed["region_set"], AT_THE_TIME))
        )

    def _facts(self) -> Facts:
        return Facts(
            period=self.period,
            kind="final" if self.wanted.kind == "final" else "preliminary",
            version=self.version,
            as_of=self.vintage.as_of,
            observed_until=self.vintage.observed_until,
            file_stem=f"rapport_{naming.in_name(self.period)}_v{self.version}",
            commit=manifest.code_version(),
            policy=self.policy,
            publisher=PUBLISHER,
            contact=CONTACT,
            sources=tuple(
                f"{_SOURCE_NAMES[source]}, levert {day:%d.%m.%Y}"
                for source, day in self.vintage.deliveries.items()
                if day is not None
            ),
            previous=self.before.name if self.before else None,
        )

    def _audit(self, protected: ProtectedCounts) -> dict[str, AuditResult]:
        results = audit_release(
            self.finished,
            self.policy,
            protected.primaries,
            self.earlier,
            protected.witnesses,
            self.beside,
            self.cohorts_shown,
        )
        faults = compare(self.out) + dependent_faults(self.finished)
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

    def _write_audit(self, results: Mapping[str, AuditResult], protected: ProtectedCounts) -> None:
        whole = {
            name: {
                key: value
                for key, value in audit_report(result).items()
                if key not in ("seconds", "whole_groups")
            }
            for name, result in results.items()
        }
        groups = [group for result in results.values() for group in result.whole_groups]
        shown = as_rows(usefulness(protected.tables, protected.regions))
        limits = ("county_expects", "municipality_expects", "main_from")
        detail = {name: getattr(protected.policy, name) for name in limits}
        for_others = hidden_for_others(protected.tables, protected.primaries, protected.regions)
        inside = whole | {
            "residual": self.residuals,
            "detail": detail,
            "usefulness": shown,
            "hidden_for_others": sorted(for_others),
            "left_out_rows": sorted(f"{table} of {code}" for table, code, _ in protected.left_out),
            "whole_groups": [asdict(group) for group in groups],
        }
        (self.inside / "audit.json").write_text(to_json(inside), encoding="utf-8")
        public: dict[str, Any] = {
            name: {
                key: report[key]
                for key in ("cells", "hidden", "left_out", "tested", "passed", "policy")
            }
            for name, report in whole.items()
        }
        path = self.out / naming.file_name(naming.AUDIT, [self.period], self.version, "json")
        public |= {"detail": detail, "usefulness": shown}
        public["whole_groups"] = numbers_of_groups(groups, self.policy, protected.tables)
        path.write_text(to_json(public), encoding="utf-8")

    def _about(self, results: Mapping[str, AuditResult]) -> dict[str, Any]:
        return {
            "release": self.name,
            "period": self.period,
            "kind": self.wanted.kind,
            "version": self.version,
            "note": self.wanted.note,
            "previous": self.before.name if self.before else None,
            "beside": self.names_beside,
            "main_figures": self.main_figures,
            "as_of": str(self.vintage.as_of),
            "observed_until": str(self.vintage.observed_until),
            "reference_year": self.finished.reference_year,
            "inputs": manifest.inputs_of(self.places.received, str(self.vintage.as_of)),
            "code": manifest.code_version(),
            "rule_set": manifest.rule_set(),
            "policy": manifest.policy_of(self.policy),
            "software": manifest.software(),
            "audit_passed": all(result.passed for result in results.values()),
        }

    def _move(self) -> Path:
        """Move what stays in the office first, the release last: it is there only when all is."""
        for new, place in (
            (self.inside, self.places.restricted / self.name),
            (self.store, self.places.protected / self.name),
            (self.out, self.places.releases / self.name),
        ):
            if place.exists() and place.parent != self.places.releases:
                shutil.rmtree(place)  # left by a release that was stopped before it was there
            move_into_place(new, place)
        return self.places.releases / self.name
