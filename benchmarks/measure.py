"""A command as a whole process: its seconds, processor seconds, and peak of memory."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from introstat.errors import UserError


@dataclass(frozen=True)
class Measured:
    """What one run of a command took, and what it wrote; memory is that of its largest process."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float
    said: str


# A process starts with its parent's peak of memory, and this one has compared large facts. So a
# small process starts what is measured, and reads the figures from the system.
_STARTER = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
code = subprocess.call(sys.argv[2:])
seconds = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as figures:
    json.dump([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], figures)
sys.exit(code)
"""


def measured(
    command: list[str], environment: Mapping[str, str], cwd: Path, longest: float | None = None
) -> Measured | None:
    """Run a command to its end; None if it has not ended after `longest` seconds, if that is given.

    Raises UserError with its last words if it fails. Nothing that it has started lives on.
    """
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        with subprocess.Popen(
            [sys.executable, "-S", "-c", _STARTER, str(figures), *command],
            cwd=cwd,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=longest)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode:
            words = " ".join(command)
            raise UserError(f"`{words}` ended with {process.returncode}:\n{said[-2000:]}")
        seconds, processor_seconds, peak_megabytes = json.loads(figures.read_text())
        return Measured(seconds, processor_seconds, peak_megabytes, said)


def median(runs: int, once: Callable[[], Measured | None]) -> Measured | None:
    """Run something several times and return the run of the median; None if one did not end."""
    results = []
    for _ in range(runs):
        result = once()
        if result is None:
            return None
        results.append(result)
    return sorted(results, key=lambda result: result.seconds)[(len(results) - 1) // 2]
