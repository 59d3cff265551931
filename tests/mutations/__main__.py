"""Plant each fault of the catalogue in a copy of the project and see which test finds it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from introstat.errors import EXIT_BAD_INPUT
from introstat.places import project_root
from introstat.processes import end_with_parent
from tests.mutations.catalogue import Fault, StaleCatalogue, catalogue, chosen
from tests.mutations.order import FIRST

# The tests likeliest to find a fault of a kind; all others come after them.
_LIKELIEST = {
    "fact": "test_definitions test_registration_lag test_build test_dbt_commands",
    "cube": "test_cubes test_dbt_commands",
    "rule": "test_dbt_commands test_build test_definitions",
    "staging": "test_number_reading test_parquet_types test_synthetic_numbers test_quarantine "
    "test_values test_receipt test_definitions test_dbt_commands",
    "disclosure": (
        "test_disclosure test_disclosure_edges test_disclosure_input test_disclosure_linked"
        " test_disclosure_periods test_disclosure_search"
    ),
}
_FOUND = re.compile(r"^(?:FAILED|ERROR) (?:tests/python/)?(.+?)(?: - (.*))?$", re.MULTILINE)
# Any test finds what does not even build: such an entry of the catalogue shows nothing.
_DOES_NOT_BUILD = re.compile(
    r"(Parser|Binder|Catalog)Error|(Parser|Binder|Catalog)Exception|Compilation Error|SyntaxError"
)
_LONGEST_SECONDS = 3600


@dataclass(frozen=True)
class Outcome:
    """The first test that failed, '' if none did, what it said, and the seconds until then."""

    fault: Fault
    test: str
    said: str
    seconds: float


class Runs:
    """The copies of the project and the processes that run tests in them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.project = folder, folder / "project"
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ended = False
        _copy_project(project_root(), self.project)

    def outcome(self, fault: Fault) -> Outcome:
        """Plant a fault in a copy of its own and run the tests until one fails."""
        begin = time.monotonic()
        with self._copy() as project:
            fault.plant(project)
            output = self._pytest(project, fault.kind, "--exitfirst")
        found = _FOUND.search(output)
        test, said = (found[1], found[2] or "") if found else ("", "")
        return Outcome(fault, test, said, time.monotonic() - begin)

    def failing_without_a_fault(self, tests: list[str]) -> str:
        """What the tests say of the project as it is; '' if they all pass."""
        with self._copy() as project:
            output = self._pytest(project, "fact", *(f"tests/python/{test}" for test in tests))
        return "" if not _FOUND.search(output) else output

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        place = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            yield shutil.copytree(self.project, place / "project")
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _pytest(self, project: Path, kind: str, *options: str) -> str:
        """What pytest prints; it and all it starts import the copy's introstat."""
        environment = os.environ | {
            "PYTHONPATH": str(project),
            "TMPDIR": str(project.parent),
            "COLUMNS": "1000",
            FIRST: _LIKELIEST[kind],
        }
        with self._lock:
            if self._ended:
                return ""
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider",
                    "-p", "tests.mutations.order",
                    # It looks for the very texts that are replaced.
                    "--ignore=tests/python/test_mutations.py", *options,
                ],
                cwd=project,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )  # fmt: skip
            self._running.add(process)
        try:
            output, _ = process.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            output = f"FAILED no_end - the tests did not end in {_LONGEST_SECONDS} seconds"
        finally:
            _kill(process)
            with self._lock:
                self._running.discard(process)
        if process.returncode and not _FOUND.search(output) and not self._ended:
            raise RuntimeError(f"pytest ended with {process.returncode}:\n{output}")
        return output

    def end(self) -> None:
        """End what runs, and start nothing more."""
        with self._lock:
            self._ended = True
            for process in self._running:
                _kill(process)


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _copy_project(root: Path, target: Path) -> None:
    """Copy what git knows or would add, as a repository of its own: a test asks git for files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    for words in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=target, check=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--only", multiple=True, metavar="NAME",
    help="A kind (fact, cube, rule, staging, disclosure), what the fault is in, or its name.",
)  # fmt: skip
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1), help="Faults at a time."
)
def main(only: tuple[str, ...], workers: int) -> None:
    """Plant faults in copies of the project and see that `make test` finds each.

    Exit code 1 if one is not found, 2 if an entry of the catalogue does not fit the project.

    \b
    Example:
      python -m tests.mutations --only cube --only dq_overlaps --workers 1
    """
    # As on Ctrl-C: copies are removed and processes ended.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        faults = chosen(catalogue(), only)
        for fault in faults:
            fault.planted_in((project_root() / fault.file).read_text(encoding="utf-8"))
    except (StaleCatalogue, ValueError) as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_BAD_INPUT)
    with tempfile.TemporaryDirectory(prefix="introstat-mutations-") as folder:
        runs = Runs(Path(folder))
        outcomes = _run_all(runs, faults, workers)
        click.echo(_table(outcomes))
        found = list(dict.fromkeys(each.test for each in outcomes if each.test))
        if found and (said := runs.failing_without_a_fault(found)):
            click.echo(f"{said}\nThese tests fail without a fault too: mend them first.", err=True)
            sys.exit(1)
    stale = [each for each in outcomes if _DOES_NOT_BUILD.search(each.said)]
    for each in stale:
        click.echo(
            f"{each.fault.name!r} does not build, so it shows nothing: {each.said}", err=True
        )
    if stale:
        sys.exit(EXIT_BAD_INPUT)
    sys.exit(0 if all(each.test for each in outcomes) else 1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run_all(runs: Runs, faults: list[Fault], workers: int) -> list[Outcome]:
    """The outcomes in the order of the faults; each is told as it is known."""
    done: dict[Fault, Outcome] = {}
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(runs.outcome, fault) for fault in faults]
        try:
            for future in as_completed(waiting):
                outcome = future.result()
                done[outcome.fault] = outcome
                click.echo(f"{len(done)}/{len(faults)} {_row(outcome)} {outcome.said[:120]}")
        except BaseException:
            for future in waiting:
                future.cancel()
            runs.end()
            raise
    return [done[fault] for fault in faults]


def _row(outcome: Outcome) -> str:
    fault = outcome.fault
    found = outcome.test or "NOT CAUGHT"
    return f"{fault.kind} {fault.place}: {fault.name}: {found} ({outcome.seconds:.0f} s)"


def _table(outcomes: list[Outcome]) -> str:
    """A table of all faults and a last line with how many were found."""
    rows = [
        (f"{each.fault.place}: {each.fault.name}", each.test or "NOT CAUGHT", f"{each.seconds:.0f}")
        for each in outcomes
    ]
    head = ("fault", "caught by", "seconds")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {test:<{widths[1]}}  {seconds:>{widths[2]}}"
        for name, test, seconds in [head, *rows]
    ]
    caught = sum(bool(each.test) for each in outcomes)
    return "\n".join(["", *lines, f"{caught} of {len(outcomes)} faults are caught."])


if __name__ == "__main__":
    main()
