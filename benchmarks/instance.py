"""One instance of the benchmark: made-up extracts of a size, and everything measured on them."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import compiled
from benchmarks.agreement import FACTS, compare
from benchmarks.inputs import export_inputs
from benchmarks.machine import shape
from benchmarks.measure import Measured, Summary, measured, repeated
from benchmarks.plain_reading import data_files
from introstat.errors import UserError
from introstat.identity.pseudonyms import KEY_FILE_VARIABLE
from introstat.places import (
    RECEIVED_VARIABLE,
    WAREHOUSE_VARIABLE,
    memory_limit,
    project_root,
)
from introstat.sql import text_literal

# Persons of N1, the size of the register: about three million measures.
N1_PERSONS = 250_000
_SEED = 7
# A key that protects nobody: the extracts are made up.
_KEY = "5eed" * 32
_ROWS_OF = {
    "measures": "stg_nir__tiltak",
    "absences": "stg_nir__fravaer",
    "income_reports": "stg_aordningen__inntekt",
} | {fact: fact for fact in FACTS}
PEERS = {
    "duckdb": "facts_kept",
    "duckdb_parquet": "facts_written",
    "polars": "peers.polars_facts",
    "pandas": "peers.pandas_facts",
}
# A fact that takes a peer longer, in seconds, is made once: that it is slow is known.
_LONG_FACT = 60
# What is measured beside receipt and build, in this order.
STEPS = ("month", "models", "tests", "facts")
# How many of the models that take longest are told of.
SLOWEST = 10
Say = Callable[[str], None]


@dataclass
class Instance:
    """The extracts of a size in a folder, and what has been measured on them.

    `note` is given the figures whenever a step is done: what comes after may take hours, or fail.
    `profiles` is the file that tells of the slowest models.
    """

    scale: float
    folder: Path
    runs: int
    say: Say
    note: Callable[[Mapping[str, object]], None]
    profiles: Path
    results: dict[str, Any] = field(default_factory=dict)

    @property
    def extracts(self) -> Path:
        """The deliveries, made once for a folder."""
        return self.folder / "extracts"

    @property
    def received(self) -> Path:
        """The received copy of the last run."""
        return self.folder / "introstat.received"

    @property
    def warehouse(self) -> Path:
        """The warehouse of the last run."""
        return self.folder / "introstat.duckdb"

    def measure(self, peers: Sequence[str], steps: Sequence[str] = STEPS) -> None:
        """Make what is missing and measure the steps."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "key").write_text(_KEY, encoding="ascii")
        self.results["machine"] = shape(self.folder)
        self._generate()
        self.results["memory_limit"] = memory_limit()
        self._receiving()
        self._building()
        self._rows()
        if "month" in steps:
            self._month()
        if "models" in steps:
            self._models()
        if "tests" in steps:
            self._tests()
        if "facts" in steps:
            self._facts([peer for peer in peers if peer in PEERS])
            if "postgres" in peers:
                self._postgres()

    def _generate(self) -> None:
        persons = str(round(N1_PERSONS * self.scale))
        marker = self.folder / "persons"
        if marker.is_file() and marker.read_text() == persons:
            return
        self.say(f"making extracts of {persons} persons")
        shutil.rmtree(self.extracts, ignore_errors=True)
        self._introstat("synth", "--out", self.extracts, "--persons", persons, "--seed", str(_SEED))
        marker.write_text(persons)

    def _receiving(self) -> None:
        files = data_files(self.extracts)
        self.results["bytes"] = {"extracts": sum(path.stat().st_size for path in files)}
        plain = self.folder / "plain"

        def read_plainly() -> Measured:
            shutil.rmtree(plain, ignore_errors=True)
            return self._python("benchmarks.plain_reading", self.extracts, plain)

        def receive() -> Measured:
            shutil.rmtree(self.received, ignore_errors=True)
            return self._introstat("receive", self.extracts, "--received", self.received)

        self._keep("plain_reading", read_plainly)
        self._keep("receive", receive)
        shutil.rmtree(plain)

    def _building(self) -> None:
        self._keep(
            "build",
            # Every delivery is known already: what is measured is the building.
            lambda: self._build(self.warehouse, "--whole"),
        )
        self.results["bytes"]["warehouse"] = self.warehouse.stat().st_size

    def _month(self) -> None:
        """The newest month of income, received and built upon a warehouse that lacks it alone."""
        newest = sorted(self.received.glob("aordningen/*"))[-1]
        place = self.folder / "month"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        # The name of the file stands in the SQL that reads what was received: it must be the same.
        before, after = place / "before" / self.warehouse.name, place / self.warehouse.name
        before.parent.mkdir()
        newest.rename(place / "aside")
        # By plain dbt: `introstat build` would receive what lies in the extracts.
        self.say("building without the newest month of income")
        self._dbt("build", before, place / "target", "--exclude-resource-type", "unit_test")

        def month() -> Measured:
            shutil.rmtree(newest, ignore_errors=True)
            shutil.copy(before, after)
            return self._build(after)

        self._keep("incremental_month", month)
        self._keep("nothing_new", lambda: self._build(after))
        self._expect_same_facts(after, place)
        shutil.rmtree(place)

    def _expect_same_facts(self, other: Path, place: Path) -> None:
        """Raise UserError unless every fact of another warehouse is this one's, row by row."""
        with duckdb.connect(str(other), read_only=True) as connection:
            facts = [
                name
                for (name,) in connection.execute(
                    "select table_name from information_schema.tables "
                    "where table_schema = 'main' and starts_with(table_name, 'fct_')"
                ).fetchall()
            ]
            for fact in facts:
                file = text_literal(str(place / f"{fact}.parquet"))
                connection.execute(f"copy {fact} to {file} (format parquet)")
        self._expect_agreement("the facts after the month", place, facts)

    def _rows(self) -> None:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            counts = {
                name: connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
                for name, relation in _ROWS_OF.items()
            }
        self.results["rows"] = counts
        self.note(self.results)

    def _models(self) -> None:
        """All models through dbt and straight in DuckDB, from the same seeds."""
        place = self.folder / "models"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        start, target, listing = place / "introstat.duckdb", place / "target", place / "listed.json"
        listed = self._compile(start, target, listing)
        work = place / "work" / start.name
        work.parent.mkdir()

        def through_dbt() -> Measured:
            shutil.copy(start, work)
            return self._dbt("run", work, target)

        def straight() -> Measured:
            shutil.copy(start, work)
            return self._python("benchmarks.straight", listing, work)

        self.results["nodes"] = {
            "tables": sum(not model.is_view for model in listed),
            "views": sum(model.is_view for model in listed),
        }
        straight_runs = self._keep("models_straight", straight)
        by_model = _seconds_by_name(straight_runs[-1].said)
        self.results["models_straight"]["by_model"] = by_model
        self._profile(listing, work, sorted(by_model, key=lambda name: -by_model[name])[:SLOWEST])
        # dbt parses anew for another file, which an analyst's warehouse is not.
        self._dbt("parse", work, target)
        self._keep("parse_dbt", lambda: self._dbt("parse", work, target))
        self._keep("models_dbt", through_dbt)
        one = ("--select", "dim_vintage", "--full-refresh")
        self._keep("one_model_dbt", lambda: self._dbt("run", work, target, *one))
        shutil.rmtree(place)

    def _compile(self, start: Path, target: Path, listing: Path) -> list[compiled.Model]:
        """Make a file of seeds and received views; list the models compiled against it."""
        self.say("compiling the models")
        listed = compiled.prepare(self.received, start, target)
        listing.write_text(json.dumps([asdict(model) for model in listed]), encoding="utf-8")
        return listed

    def _tests(self) -> None:
        """The data tests, as if none had ever passed: those that did are not run again."""
        place = self.folder / "tests"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        tested, target = place / self.warehouse.name, place / "target"
        shutil.copy(self.warehouse, tested)
        self._dbt("parse", tested, target)

        def tests() -> Measured:
            with duckdb.connect(str(tested)) as connection:
                connection.execute("delete from kept.tests_passed")
            return self._dbt("test", tested, target, "--exclude-resource-type", "unit_test")

        self._keep("tests", tests)
        shutil.rmtree(place)

    def _profile(self, listing: Path, built: Path, slowest: list[str]) -> None:
        """Keep what DuckDB's operators did in the slowest models, as text."""
        self.say("profiling the slowest models")
        chosen = [word for name in slowest for word in ("--profile", name)]
        done = self._python("benchmarks.straight", listing, built, *chosen)
        self.profiles.parent.mkdir(exist_ok=True)
        self.profiles.write_text(done.said, encoding="utf-8")

    def _facts(self, peers: list[str]) -> None:
        """Each fact alone from the same Parquet files; no time without agreement to the row."""
        inputs, place = self.folder / "inputs", self.folder / "compiled"
        export_inputs(self.warehouse, inputs)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        self._compile(place / "introstat.duckdb", place / "target", inputs / compiled.COMPILED)
        shutil.rmtree(place)
        self.results["facts"] = {}
        for peer in peers:
            out = self.folder / f"facts-{peer}"
            by_fact = {}
            for fact in FACTS:
                self.say(f"{fact} in {peer}")
                summary, runs = repeated(
                    self.runs,
                    lambda peer=peer, out=out, fact=fact: self._python(  # type: ignore[misc]
                        f"benchmarks.{PEERS[peer]}", inputs, out, "--only", fact
                    ),
                    _LONG_FACT,
                )
                taken = sorted(_seconds_by_name(run.said)[fact] for run in runs)
                by_fact[fact] = summary.as_dict() | {
                    "seconds": taken[len(taken) // 2],
                    "least_seconds": taken[0],
                    "most_seconds": taken[-1],
                }
            self._expect_agreement(f"the facts in {peer}", out, FACTS)
            self.results["facts"][peer] = by_fact
            self.note(self.results)
            shutil.rmtree(out)

    def _postgres(self) -> None:
        from benchmarks.postgres import facts_on_duckdb, facts_on_postgres

        engines = {"postgres": facts_on_postgres, "duckdb_dbt": facts_on_duckdb}
        for name, build in engines.items():
            self.say(f"the facts' models on {name}")
            work = self.folder / name
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            times = build(self.received, work, 8)
            if name == "postgres":
                self._expect_agreement(f"the facts in {name}", work, FACTS)
            self.results[name] = {model: round(took, 3) for model, took in times.items()}
            self.note(self.results)
            shutil.rmtree(work)

    def _expect_agreement(self, those: str, folder: Path, facts: Sequence[str]) -> None:
        self.say(f"holding {those} against the warehouse")
        differences = compare(self.warehouse, folder, list(facts))
        if differences:
            raise UserError(
                f"Not the warehouse's: {those}; the times count for nothing:\n"
                + "\n".join(differences)
            )

    def _keep(self, step: str, once: Callable[[], Measured]) -> list[Measured]:
        self.say(step.replace("_", " "))
        summary: Summary
        summary, runs = repeated(self.runs, once)
        self.results[step] = summary.as_dict()
        self.note(self.results)
        return runs

    def _build(self, warehouse: Path, *words: str) -> Measured:
        return self._introstat(
            "build", "--extracts", self.extracts, "--warehouse", warehouse,
            "--received", self.received, *words,
        )  # fmt: skip

    def _introstat(self, *words: str | Path) -> Measured:
        return self._run([str(Path(sys.executable).parent / "introstat"), *map(str, words)])

    def _python(self, module: str, *words: str | Path) -> Measured:
        return self._run([sys.executable, "-m", module, *map(str, words)])

    def _dbt(self, command: str, warehouse: Path, target: Path, *words: str) -> Measured:
        program = str(Path(sys.executable).parent / "dbt")
        return self._run(
            [program, "--quiet", command, "--target-path", str(target), *words],
            {WAREHOUSE_VARIABLE: str(warehouse)},
        )

    def _run(self, command: list[str], environment: dict[str, str] | None = None) -> Measured:
        own = {
            KEY_FILE_VARIABLE: str(self.folder / "key"),
            RECEIVED_VARIABLE: str(self.received),
            WAREHOUSE_VARIABLE: str(self.warehouse),
        }
        return measured(command, own | (environment or {}), project_root())


def _seconds_by_name(said: str) -> dict[str, float]:
    """Return the lines `name<tab>seconds` of an output."""
    return {
        name: float(seconds)
        for name, seconds in re.findall(r"^(\w+)\t([0-9.]+)$", said, flags=re.MULTILINE)
    }
