"""The figures of all sizes as one page in Markdown: ratios first, then what was waited for."""

import os
import platform

import duckdb

from introstat.places import memory_limit

Figures = dict[str, dict[str, float] | None]
# Each is two waits of one run, of one size.
_RATIOS = {
    "`introstat --help` / Python's own start": ("introstat --help", "python"),
    "receive / DuckDB reading the same files into Parquet": ("receive", "plain reading"),
    "all models through dbt / the same SQL straight in DuckDB": (
        "models through dbt",
        "models straight",
    ),
    "a whole build with tests / the models straight": ("build", "models straight"),
    "week facts in DuckDB / in polars": ("week facts in duckdb", "week facts in polars"),
}


def page(sizes: dict[int, Figures], longest: float) -> str:
    """Return the page for figures by number of persons; `longest` is what a release may take."""
    head = ["", *(f"{persons:,} persons".replace(",", " ") for persons in sizes)]
    ratios = [
        [text, *(_ratio(figures, over, under) for figures in sizes.values())]
        for text, (over, under) in _RATIOS.items()
    ]
    names = dict.fromkeys(name for figures in sizes.values() for name in figures)
    waits = [
        [f"`{name}`", *(_wait(figures, name, longest) for figures in sizes.values())]
        for name in names
    ]
    return "\n\n".join(
        [
            "# What people wait for",
            f"Seconds, processor seconds and the memory of the largest process. {_machine()}",
            _table([head, *ratios]),
            _table([head, *waits]),
        ]
    ) + "\n"  # fmt: skip


def _machine() -> str:
    """The machine's shape; nothing that names the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} processors, {memory:.0f} GB, {memory_limit()} of it for "
        f"DuckDB {duckdb.__version__}; Python {platform.python_version()}."
    )


def _ratio(figures: Figures, over: str, under: str) -> str:
    first, second = figures.get(over), figures.get(under)
    return f"{first['seconds'] / second['seconds']:.2f}" if first and second else ""


def _wait(figures: Figures, name: str, longest: float) -> str:
    if name not in figures:
        return ""
    found = figures[name]
    if found is None:
        return f"not ended after {longest:.0f}"
    seconds, used = found["seconds"], found["processor_seconds"]
    return f"{seconds:.1f} ({used:.1f}), {found['peak_megabytes']:.0f} MB"


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
