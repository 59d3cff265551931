"""What people wait for, measured on made-up extracts of a size, each as a whole process."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks import compiled, tables
from benchmarks.agreement import compare
from benchmarks.duckdb_facts import WEEK_FACTS
from benchmarks.inputs import export_inputs
from benchmarks.measure import Measured, measured, median
from introstat.cli import main as introstat
from introstat.disclosure.policy import DEFAULT_POLICY
from introstat.errors import UserError
from introstat.identity.pseudonyms import KEY_FILE_VARIABLE
from introstat.places import RECEIVED_VARIABLE, WAREHOUSE_VARIABLE, project_root

_SEED = 7
# A key that protects nobody: the extracts are made up.
_KEY = "5eed" * 32
# The two tables that others have published times for (tests/data/disclosure/README.md).
_STANDARD_TABLES = {
    "d4t, region and income": ("in_d4t.csv", "region,main_income", ["region>county"]),
    "d4, all dimensions": (
        "in_d4.csv",
        "region,main_income,months",
        ["region>county", "region>k_group", "months>months2"],
    ),
}
_HARD_TABLES = {
    "a five-way table, 3 240 cells": tables.five_way,
    "48 000 cells, groups that cross": tables.crossing,
}
_MAKERS = {"duckdb": "benchmarks.duckdb_facts", "polars": "benchmarks.polars_facts"}
# A command's start is short, so it is measured several times.
_STARTS = 3


@dataclass
class Waits:
    """The extracts of so many persons in a folder, and what has been measured on them.

    `figures` is by what was waited for; None is a release that had not ended after `longest`
    seconds. It is written to `figures.json` in the folder whenever something is measured.
    """

    persons: int
    folder: Path
    runs: int
    longest: float
    say: Callable[[str], None]
    figures: dict[str, dict[str, float] | None] = field(default_factory=dict)

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

    def measure(self, steps: list[str]) -> dict[str, dict[str, float] | None]:
        """Make what is missing, measure the steps of STEPS and return the figures.

        Raises UserError if a command fails, or a week fact is not the warehouse's.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "key").write_text(_KEY, encoding="ascii")
        self._make_extracts()
        for name, step in STEPS.items():
            if name in steps:
                step(self)
        return self.figures

    def starts(self) -> None:
        """`--help` of the program and of each command, beside Python's own start."""
        self._keep("python", lambda: self._python("platform"), _STARTS)
        self._keep("introstat --help", self._command("--help"), _STARTS)
        for name in introstat.list_commands(click.Context(introstat)):
            self._keep(f"introstat {name} --help", self._command(name, "--help"), _STARTS)

    def receipt(self) -> None:
        """All deliveries received, and again with nothing new; beside plain `read_csv`."""
        plain = self.folder / "plain"
        self._keep(
            "plain reading",
            lambda: self._python("benchmarks.plain_reading", self.extracts, _empty(plain)),
        )
        shutil.rmtree(plain)
        words = ("receive", self.extracts, "--received", self.received)

        def anew() -> Measured | None:
            shutil.rmtree(self.received, ignore_errors=True)
            return self._introstat(*words)

        self._keep("receive", anew)
        self._keep("receive, nothing new", self._command(*words))

    def build(self) -> None:
        """A whole build, one with nothing new, and one that receives the newest month first."""
        build = ("build", "--extracts", self.extracts, "--warehouse", self.warehouse)
        self._keep("build", self._command(*build, "--whole"))
        self._keep("build, nothing new", self._command(*build))
        newest = sorted(self.received.glob("aordningen/[0-9]*"))[-1]

        def month() -> Measured | None:
            shutil.rmtree(newest)
            # What stands was built with this month; without the word it would be left as it is.
            return self._introstat(*build, "--whole")

        self._keep("build, a month received", month)

    def models(self) -> None:
        """All models through dbt, and their SQL straight in DuckDB; dbt's data tests alone."""
        with self._own("models") as place:
            self.say("compiling the models")
            compiled.prepare(self.received, place).write(place)
            new = place / "straight.duckdb"

            def straight() -> Measured | None:
                new.unlink(missing_ok=True)
                return self._python("benchmarks.straight", place, new)

            self._keep("models straight", straight)
            self._keep("models through dbt", lambda: self._dbt("run", place))
            self._keep(
                "data tests", lambda: self._dbt("test", place, "--exclude-resource-type=unit_test")
            )

    def reading(self) -> None:
        """What reads a built warehouse: status, summary, all workbooks, the overview."""
        at = ("--warehouse", self.warehouse)
        self._keep("status", self._command("status", *at), _STARTS)
        self._keep("summary", self._command("summary", *at), _STARTS)
        with self._own("read") as place:
            lists = self._command("lists", "--all", "--out", place, *at)
            self._keep("lists --all", lists)
            self._keep("overview", self._command("overview", "--out", place, *at))

    def protection(self) -> None:
        """Tables for disclosure control: standard ones of other programs, and hard ones."""
        data = project_root() / "tests" / "data" / "disclosure"
        for name, (file, dims, groups) in _STANDARD_TABLES.items():
            told = [word for group in groups for word in ("--hierarchy", group)]
            self._protect(name, data / file, ["--count", "freq", "--dims", dims, *told])
        for name, make in _HARD_TABLES.items():
            with self._own("tables") as place:
                counts = place / "counts.csv"
                self._protect(name, counts, ["--count", "persons", *make(counts)])

    def _protect(self, name: str, counts: Path, told: list[str]) -> None:
        with self._own("protected") as place:
            files = ("--out", place / "out.csv", "--primaries", place / "primaries.csv")
            self._keep(f"protect {name}", self._command("protect", "--in", counts, *told, *files))

    def release(self) -> None:
        """A half-year's release, and a year's."""
        for period in ("2017H2", "2017"):
            with self._own("release") as place:
                policy = place / "policy.yml"
                text = DEFAULT_POLICY.read_text(encoding="utf-8")
                policy.write_text(text.replace("not yet decided", "measured only"))
                words = (
                    "release", period, "--kind", "preliminary", "--policy", policy,
                    "--warehouse", self.warehouse, "--out", place / "out",
                    "--restricted", place / "restricted",
                )  # fmt: skip
                self._keep(
                    f"release {period}",
                    lambda words=words: self._introstat(*words, longest=self.longest),  # type: ignore[misc]
                    1,
                )

    def weeks(self) -> None:
        """The week facts from Parquet to Parquet: our SQL in DuckDB, and polars.

        Raises UserError if they are not the warehouse's, row by row.
        """
        with self._own("weeks") as place:
            inputs = place / "inputs"
            export_inputs(self.warehouse, inputs)
            (place / "compiled").mkdir()
            compiled.prepare(self.received, place / "compiled").write(inputs)
            for maker, module in _MAKERS.items():
                out = _empty(place / maker)
                self._keep(f"week facts in {maker}", self._making(module, inputs, out))
                if differences := compare(self.warehouse, out, list(WEEK_FACTS)):
                    said = "\n".join(differences)
                    raise UserError(f"The facts in {maker} are not the warehouse's:\n{said}")

    def newcomer(self) -> None:
        """The set-up, the demo and the tests in a fresh clone of what is committed."""
        with self._own("clone") as place:
            clone = ["git", "clone", "--quiet", str(project_root()), str(place)]
            self._run(clone, {}, project_root())
            for target in ("setup", "demo", "test"):
                self._keep(
                    f"make {target}",
                    lambda word=target: self._run(["make", word], {}, place),  # type: ignore[misc]
                    1,
                )

    def _make_extracts(self) -> None:
        marker = self.folder / "persons"
        if marker.is_file() and marker.read_text() == str(self.persons):
            return
        self.say("making the extracts")
        shutil.rmtree(self.extracts, ignore_errors=True)
        words = ("--persons", str(self.persons), "--seed", str(_SEED))
        self._introstat("synth", "--out", self.extracts, *words)
        marker.write_text(str(self.persons))

    def _keep(self, what: str, once: Callable[[], Measured | None], runs: int = 0) -> None:
        self.say(what)
        result = median(runs or self.runs, once)
        self.figures[what] = None
        if result is not None:
            self.figures[what] = {
                "seconds": round(result.seconds, 2),
                "processor_seconds": round(result.processor_seconds, 2),
                "peak_megabytes": round(result.peak_megabytes),
            }
        text = json.dumps(self.figures, indent=1) + "\n"
        (self.folder / "figures.json").write_text(text, encoding="utf-8")

    def _making(self, module: str, inputs: Path, out: Path) -> Callable[[], Measured | None]:
        """The command that makes week facts; its seconds are the facts' own, without its start."""

        def make() -> Measured | None:
            done = self._python(module, inputs, out)
            if done is None:
                return None
            own = re.findall(r"^\w+\t([0-9.]+)$", done.said, flags=re.MULTILINE)
            seconds = sum(map(float, own))
            return Measured(seconds, done.processor_seconds, done.peak_megabytes, done.said)

        return make

    @contextmanager
    def _own(self, name: str) -> Iterator[Path]:
        """Give an empty folder, and remove it afterwards."""
        place = _empty(self.folder / name)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _command(self, *words: str | Path) -> Callable[[], Measured | None]:
        return lambda: self._introstat(*words)

    def _introstat(self, *words: str | Path, longest: float | None = None) -> Measured | None:
        program = str(Path(sys.executable).parent / "introstat")
        return self._run([program, *map(str, words)], longest=longest)

    def _python(self, module: str, *words: str | Path) -> Measured | None:
        return self._run([sys.executable, "-m", module, *map(str, words)])

    def _dbt(self, command: str, place: Path, *words: str) -> Measured | None:
        """Run dbt on the file in a folder in which it has parsed and loaded the seeds before."""
        program = str(Path(sys.executable).parent / "dbt")
        target = ("--target-path", str(place / "target"), "--log-path", str(place))
        named = {WAREHOUSE_VARIABLE: str(place / compiled.WAREHOUSE)}
        return self._run([program, "--quiet", command, *target, *words], named)

    def _run(
        self,
        command: list[str],
        environment: dict[str, str] | None = None,
        cwd: Path | None = None,
        longest: float | None = None,
    ) -> Measured | None:
        own = {
            KEY_FILE_VARIABLE: str(self.folder / "key"),
            RECEIVED_VARIABLE: str(self.received),
            WAREHOUSE_VARIABLE: str(self.warehouse),
        }
        named = {} if cwd else own | (environment or {})
        return measured(command, named, cwd or project_root(), longest)


# By name, in the order in which they are measured; later ones read what earlier ones have built.
STEPS: dict[str, Callable[[Waits], None]] = {
    "starts": Waits.starts,
    "receipt": Waits.receipt,
    "build": Waits.build,
    "models": Waits.models,
    "weeks": Waits.weeks,
    "reading": Waits.reading,
    "protection": Waits.protection,
    "release": Waits.release,
    "newcomer": Waits.newcomer,
}


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
