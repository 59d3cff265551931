"""The machine's shape, which figures need beside them; nothing that names the machine."""

import os
import platform

import duckdb

from introstat.places import memory_limit


def shape() -> dict[str, str]:
    """Return processors, memory in GB, versions, and how much memory DuckDB may use."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processors": str(len(os.sched_getaffinity(0))),
        "memory": f"{pages / 2**30:.1f} GB",
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "memory for DuckDB": memory_limit(),
    }
