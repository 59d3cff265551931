"""The figures of all instances as one page: ratios first, each of two figures from one run."""

from collections.abc import Callable
from typing import Any

from benchmarks.instance import SLOWEST

Results = dict[str, Any]
# What an instance keeps of the N1 it was measured beside: machines have slow days and fast ones.
BESIDE = "n1_seconds"
# The steps of which it does, and the limits of their ratios to N1's.
_STEPS_BESIDE = {"receive": "", "build": "N10: ≤ 11"}
# What is promised: the step, the ratio's text, how it comes about, and the limit it should keep.
_RATIOS: tuple[tuple[str, Callable[[Results], float], str], ...] = (
    (
        "receive / DuckDB reading the same files into Parquet",
        lambda of: of["receive"]["seconds"] / of["plain_reading"]["seconds"],
        "≤ 3",
    ),
    (
        "all models through dbt / their compiled SQL straight in DuckDB",
        lambda of: of["models_dbt"]["seconds"] / of["models_straight"]["seconds"],
        "≤ 1.3",
    ),
    (
        "a new month of income, received and built / everything, received and built",
        lambda of: (
            of["incremental_month"]["seconds"] / (of["receive"]["seconds"] + of["build"]["seconds"])
        ),
        "≤ 0.15",
    ),
    (
        "a new month of income, received and built / everything built, received before",
        lambda of: of["incremental_month"]["seconds"] / of["build"]["seconds"],
        "≤ 0.15",
    ),
    (
        "week facts in DuckDB, as the warehouse keeps them / in polars",
        lambda of: _weeks(of, "duckdb") / _weeks(of, "polars"),
        "≤ 1.5",
    ),
    (
        "week facts in DuckDB, written to Parquet with all their texts / in polars",
        lambda of: _weeks(of, "duckdb_parquet") / _weeks(of, "polars"),
        "≤ 1.5",
    ),
    (
        "six facts in pandas / in DuckDB",
        lambda of: _all_facts(of, "pandas") / _all_facts(of, "duckdb"),
        "≥ 20",
    ),
    (
        "the facts' models in PostgreSQL / in DuckDB, both through dbt",
        lambda of: of["postgres"]["total"] / of["duckdb_dbt"]["total"],
        "≥ 8",
    ),
)
_STEPS = {
    "plain_reading": "DuckDB reads the files into Parquet",
    "receive": "`introstat receive`",
    "build": "`introstat build --whole`, with tests",
    "incremental_month": "`introstat build` with one new month of income",
    "nothing_new": "`introstat build` with nothing new",
    "models_dbt": "all models, `dbt run`",
    "models_straight": "all models, compiled SQL straight",
    "tests": "`dbt test`",
    "parse_dbt": "`dbt parse`, nothing changed",
    "one_model_dbt": "one small model, `dbt run`",
}
_WEEK_FACTS = ("fct_participation_weeks", "fct_measure_weeks")


def seconds_beside(n1: Results) -> dict[str, float]:
    """Return what an instance keeps of the N1 that it is measured beside."""
    return {step: n1[step]["seconds"] for step in _STEPS_BESIDE}


def page(instances: dict[str, Results]) -> str:
    """Return the page in Markdown for the instances by name (N0.1, N1, …)."""
    parts = [
        "# Results",
        "Written by `make bench` (see [what is measured](../README.md)). An instance's ratios are "
        "of figures from one run; those to N1 are of two runs, to the N1 it was measured beside.",
        "## Ratios",
        _ratios(instances),
        "## Growth",
        "![Seconds and memory over the rows received, both logarithmic](growth.svg)",
    ]
    for name, of in instances.items():
        parts += [f"## {name}", _sizes(of), _steps(of), _facts(of), _slowest(of)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _ratios(instances: dict[str, Results]) -> str:
    rows = [["", "wanted", *instances]]
    for text, ratio, wanted in _RATIOS:
        rows.append([text, wanted, *(_figure(ratio, of) for of in instances.values())])
    if "N1" in instances:
        standing = seconds_beside(instances["N1"])
        for step, limit in _STEPS_BESIDE.items():
            rows.append([
                f"{_STEPS[step]} / the same for N1",
                limit,
                *(_figure(lambda of, s=step: of[s]["seconds"] / of.get(BESIDE, standing)[s], of)  # type: ignore[misc]
                  for of in instances.values()),
            ])  # fmt: skip
    memory = (_figure(_most_memory, of) for of in instances.values())
    rows.append(["most memory of a process in receipt and build, GB", "N10: ≤ 12", *memory])
    return _table(rows)


def _figure(ratio: Callable[[Results], float], of: Results) -> str:
    try:
        return f"{ratio(of):.2f}"
    except KeyError:
        return "not measured"


def _most_memory(of: Results) -> float:
    return float(max(of[step]["peak_megabytes"] for step in ("receive", "build"))) / 1024


def _sizes(of: Results) -> str:
    rows = ", ".join(f"{count:,} {name}".replace(",", " ") for name, count in of["rows"].items())
    sizes = ", ".join(f"{name} {size / 2**20:.0f} MB" for name, size in of["bytes"].items())
    machine = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in of["machine"].items()
    )
    said = [f"Rows: {rows}.", f"Bytes: {sizes}.", f"Machine: {machine}."]
    if "nodes" in of:
        models = ", ".join(f"{count} {kind}" for kind, count in of["nodes"].items())
        said.append(f"Models: {models}.")
    if "memory_limit" in of:
        said.append(f"DuckDB was given {of['memory_limit']} of memory.")
    return " ".join(said)


def _steps(of: Results) -> str:
    rows = [["step", "runs", "seconds (median)", "least–most", "peak memory, MB"]]
    for step, text in _STEPS.items():
        if step in of:
            rows.append([text, *_measures(of[step])])
    return _table(rows)


def _facts(of: Results) -> str:
    rows = [["fact alone", "in", "runs", "seconds (median)", "least–most", "peak memory, MB"]]
    for peer, facts in of.get("facts", {}).items():
        rows += [[fact, peer, *_measures(figures)] for fact, figures in facts.items()]
    return _table(rows) if len(rows) > 1 else ""


def _slowest(of: Results) -> str:
    by_model = of.get("models_straight", {}).get("by_model", {})
    slowest = sorted(by_model.items(), key=lambda item: -item[1])[:SLOWEST]
    rows = [["slowest models, straight in DuckDB", "seconds"]]
    rows += [[name, f"{took:.2f}"] for name, took in slowest]
    return _table(rows) if slowest else ""


def _measures(figures: Results) -> list[str]:
    return [
        f"{figures['runs']:.0f}",
        f"{figures['seconds']:.2f}",
        f"{figures['least_seconds']:.2f}–{figures['most_seconds']:.2f}",
        f"{figures['peak_megabytes']:.0f}",
    ]


def _weeks(of: Results, peer: str) -> float:
    return float(sum(of["facts"][peer][fact]["seconds"] for fact in _WEEK_FACTS))


def _all_facts(of: Results, peer: str) -> float:
    return float(sum(figures["seconds"] for figures in of["facts"][peer].values()))


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
