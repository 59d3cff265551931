"""A command as a whole process: seconds, processor time and the peak of its memory."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from introstat.errors import UserError


@dataclass(frozen=True)
class Measured:
    """What one run of a command took; memory is that of its largest process."""

    seconds: float
    processor_seconds: float
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


def measured(command: list[str], environment: Mapping[str, str], cwd: Path) -> Measured:
    """Run a command to its end. Raises UserError with its last words if it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise UserError(f"`{' '.join(command)}` ended with {process.returncode}:\n{said[-2000:]}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def repeated(runs: int, once: Callable[[], Measured]) -> tuple[Summary, list[Measured]]:
    """Run something several times and sum the runs up."""
    results = [once() for _ in range(runs)]
    seconds = [result.seconds for result in results]
    summary = Summary(
        runs,
        statistics.median(seconds),
        min(seconds),
        max(seconds),
        max(result.peak_megabytes for result in results),
    )
    return summary, results
