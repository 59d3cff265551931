"""A command as a whole process: its seconds and the peak of its memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from introstat.errors import UserError


@dataclass(frozen=True)
class Measured:
    """What one run of a command took; memory is that of its largest process."""

    seconds: float
    peak_megabytes: float
    said: str


@dataclass(frozen=True)
class Summary:
    """Several runs of one command: the median, and the least and the most it took."""

    runs: int
    seconds: float
    least_seconds: float
    most_seconds: float
    peak_megabytes: float

    def as_dict(self) -> dict[str, float]:
        """Return the figures by name, rounded to what they are good for."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


# A process starts with its parent's peak of memory, and this one has compared large facts. So a
# small process starts what is measured, and reads the figures from the system.
_STARTER = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.call(sys.argv[2:])
seconds = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as figures:
    json.dump([seconds, used.ru_maxrss / 1024], figures)
sys.exit(code)
"""


def measured(command: list[str], environment: Mapping[str, str], cwd: Path) -> Measured:
    """Run a command to its end. Raises UserError with its last words if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        done = subprocess.run(
            [sys.executable, "-S", "-c", _STARTER, str(figures), *command],
            cwd=cwd,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError(
                f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout[-2000:]}"
            )
        seconds, peak_megabytes = json.loads(figures.read_text())
        return Measured(seconds, peak_megabytes, done.stdout)


def repeated(runs: int, once: Callable[[], Measured]) -> tuple[Summary, list[Measured]]:
    """Run something several times and return the summary and the runs."""
    results = [once() for _ in range(runs)]
    seconds = [result.seconds for result in results]
    summary = Summary(
        len(results),
        statistics.median(seconds),
        min(seconds),
        max(seconds),
        max(result.peak_megabytes for result in results),
    )
    return summary, results
