"""The machine's shape, which a table of ratios needs beside it; nothing that names the machine."""

import os
import platform
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np

_BYTES = 2**29


def shape(folder: Path) -> dict[str, str | float]:
    """Return processors, memory, versions and what memory and disk can move at the most.

    Gigabytes a second: copied in memory; written to and read back from a file in `folder`, where
    reading is mostly out of the operating system's cache, as it is in a build.
    """
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    written, read = _disk(folder)
    return {
        "processors": float(len(os.sched_getaffinity(0))),
        "memory_gb": round(pages / 2**30, 1),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "memory_gb_per_second": round(_memory(), 2),
        "disk_written_gb_per_second": round(written, 2),
        "disk_read_gb_per_second": round(read, 2),
    }


def _memory() -> float:
    source = np.ones(_BYTES // 8)
    target = np.empty_like(source)
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        np.copyto(target, source)
        best = min(best, time.perf_counter() - begin)
    return _BYTES / best / 2**30


def _disk(folder: Path) -> tuple[float, float]:
    block = os.urandom(2**22)
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as file:
        begin = time.perf_counter()
        for _ in range(_BYTES // len(block)):
            file.write(block)
        os.fsync(file.fileno())
        written = time.perf_counter() - begin
        file.seek(0)
        begin = time.perf_counter()
        while file.read(len(block)):
            pass
        read = time.perf_counter() - begin
    return _BYTES / written / 2**30, _BYTES / read / 2**30
