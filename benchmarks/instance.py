"""One instance of the benchmark: made-up extracts of a size, and everything measured on them."""

import json
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import compiled
from benchmarks.agreement import FACTS, compare
from benchmarks.inputs import export_inputs
from benchmarks.machine import shape
from benchmarks.measure import Measured, measured, repeated
from benchmarks.plain_reading import data_files
from introstat.errors import UserError
from introstat.identity.pseudonyms import KEY_FILE_VARIABLE
from introstat.places import RECEIVED_VARIABLE, WAREHOUSE_VARIABLE, project_root
from introstat.warehouse.opening import open_warehouse

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
_MAKERS = {"duckdb": "duckdb_facts", "polars": "peers.polars_facts"}
# What is measured beside receipt and build, in this order.
STEPS = ("month", "models", "tests", "facts")


@dataclass
class Instance:
    """The extracts of a size in a folder, and what has been measured on them.

    `figures.json` in the folder is written whenever a step is done: what comes after may take
    hours, or fail.
    """

    scale: float
    folder: Path
    runs: int
    say: Callable[[str], None]
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
        return self.folder / compiled.WAREHOUSE

    def measure(self, steps: Sequence[str] = STEPS) -> dict[str, Any]:
        """Make what is missing, measure the steps and return the figures.

        Raises UserError if a command fails, or a fact is not the warehouse's.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "key").write_text(_KEY, encoding="ascii")
        self.results["machine"] = shape()
        self._generate()
        self._receiving()
        self._building()
        if "month" in steps:
            self._month()
        if "models" in steps:
            self._models()
        if "tests" in steps:
            self._tests()
        if "facts" in steps:
            self._facts()
        return self.results

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
        self._keep("build", lambda: self._build("--whole"))
        self.results["bytes"]["warehouse"] = self.warehouse.stat().st_size
        with open_warehouse(self.warehouse) as connection:
            self.results["rows"] = {
                name: connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
                for name, relation in _ROWS_OF.items()
            }
        self._note()

    def _month(self) -> None:
        """Measure the newest month of income received and built, then a build with nothing new."""
        newest = sorted(self.received.glob("aordningen/*"))[-1]

        def month() -> Measured:
            shutil.rmtree(newest)
            # What stands was built with this month; without the word it would be left as it is.
            return self._build("--whole")

        self._keep("month", month)
        self._keep("nothing_new", self._build)

    def _models(self) -> None:
        """Measure all models through dbt and straight in DuckDB, from the same seeds."""
        place = self._new_folder("models")
        work = self._new_folder("models/work")
        self.say("compiling the models")
        project = compiled.prepare(self.received, place)
        project.write(place)

        def copied() -> Path:
            return Path(shutil.copy(place / compiled.WAREHOUSE, work))

        def straight() -> Measured:
            copied()
            return self._python("benchmarks.straight", place, work)

        def through_dbt() -> Measured:
            return self._dbt("run", copied(), place / "target")

        views = sum(model.is_view for model in project.models)
        self.results["models"] = {"tables": len(project.models) - views, "views": views}
        runs = self._keep("models_straight", straight)
        self.results["models_straight"]["by_model"] = _seconds_by_name(runs[-1].said)
        # What dbt parses for another file is not a part of `dbt run`.
        self._dbt("parse", copied(), place / "target")
        self._keep("models_dbt", through_dbt)
        shutil.rmtree(place)

    def _tests(self) -> None:
        """Measure the data tests alone, which only read the warehouse."""
        target = self._new_folder("tests")
        reader = ("--target", "reader")
        # What dbt parses for a profile the first time is not a part of `dbt test`.
        self._dbt("parse", self.warehouse, target, *reader)
        words = (*reader, "--exclude-resource-type", "unit_test")
        self._keep("tests", lambda: self._dbt("test", self.warehouse, target, *words))
        shutil.rmtree(target)

    def _facts(self) -> None:
        """Measure each fact alone, from the same Parquet files; only facts that agree count."""
        inputs, place = self._new_folder("inputs"), self._new_folder("compiled")
        export_inputs(self.warehouse, inputs)
        self.say("compiling the models")
        compiled.prepare(self.received, place).write(inputs)
        shutil.rmtree(place)
        facts: dict[str, Any] = {}
        for maker in _MAKERS:
            out = self._new_folder(f"facts-{maker}")
            facts[maker] = {fact: self._fact(maker, fact, inputs, out) for fact in FACTS}
            self.say(f"comparing the facts in {maker} with the warehouse's")
            differences = compare(self.warehouse, out, list(FACTS))
            if differences:
                said = "\n".join(differences)
                raise UserError(f"The facts in {maker} are not the warehouse's:\n{said}")
            shutil.rmtree(out)
        self.results["facts"] = facts
        self._note()

    def _fact(self, maker: str, fact: str, inputs: Path, out: Path) -> dict[str, float]:
        self.say(f"{fact} in {maker}")
        module = f"benchmarks.{_MAKERS[maker]}"
        summary, runs = repeated(
            self.runs, lambda: self._python(module, inputs, out, "--only", fact)
        )
        # The fact's own seconds, without the start of its process.
        seconds = [_seconds_by_name(run.said)[fact] for run in runs]
        return summary.as_dict() | {
            "seconds": statistics.median(seconds),
            "least_seconds": min(seconds),
            "most_seconds": max(seconds),
        }

    def _new_folder(self, name: str) -> Path:
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return place

    def _keep(self, step: str, once: Callable[[], Measured]) -> list[Measured]:
        self.say(step.replace("_", " "))
        summary, runs = repeated(self.runs, once)
        self.results[step] = summary.as_dict()
        self._note()
        return runs

    def _note(self) -> None:
        text = json.dumps(self.results, indent=1) + "\n"
        (self.folder / "figures.json").write_text(text, encoding="utf-8")

    def _build(self, *words: str) -> Measured:
        return self._introstat(
            "build", "--extracts", self.extracts, "--warehouse", self.warehouse,
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
