"""The figures of all instances as one page in Markdown: ratios first, then each instance."""

from collections.abc import Callable
from typing import Any

Results = dict[str, Any]
_SLOWEST = 10
_WEEK_FACTS = ("fct_participation_weeks", "fct_measure_weeks")
# Each of two figures from one run of an instance.
_RATIOS: tuple[tuple[str, Callable[[Results], float]], ...] = (
    (
        "receive / DuckDB reading the same files into Parquet",
        lambda of: of["receive"]["seconds"] / of["plain_reading"]["seconds"],
    ),
    (
        "all models through dbt / their compiled SQL straight in DuckDB",
        lambda of: of["models_dbt"]["seconds"] / of["models_straight"]["seconds"],
    ),
    (
        "week facts in DuckDB / in polars, from Parquet to Parquet",
        lambda of: _weeks(of, "duckdb") / _weeks(of, "polars"),
    ),
)
_STEPS = {
    "plain_reading": "DuckDB reads the files into Parquet",
    "receive": "`introstat receive`",
    "build": "`introstat build --whole`, with tests",
    "month": "one month of income received, and everything built",
    "nothing_new": "`introstat build` with nothing new",
    "models_dbt": "all models, `dbt run`",
    "models_straight": "all models, compiled SQL straight",
    "tests": "`dbt test`",
}


def page(instances: dict[str, Results]) -> str:
    """Return the page for the instances by name (N0.1, N1, …)."""
    parts = ["# Results", _ratios(instances)]
    for name, of in instances.items():
        parts += [f"## {name}", _sizes(of), _steps(of), _facts(of), _slowest(of)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _ratios(instances: dict[str, Results]) -> str:
    rows = [["", *instances]]
    for text, ratio in _RATIOS:
        rows.append([text, *(_figure(ratio, of) for of in instances.values())])
    memory = (_figure(_most_memory, of) for of in instances.values())
    rows.append(["most memory of a process in receipt and build, GB", *memory])
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
    machine = ", ".join(f"{name} {value}" for name, value in of["machine"].items())
    said = [f"Rows: {rows}.", f"Bytes: {sizes}.", f"Machine: {machine}."]
    if "models" in of:
        models = ", ".join(f"{count} {kind}" for kind, count in of["models"].items())
        said.append(f"Models: {models}.")
    return " ".join(said)


def _steps(of: Results) -> str:
    rows = [["step", "runs", "seconds (median)", "least–most", "peak memory, MB"]]
    rows += [[text, *_measures(of[step])] for step, text in _STEPS.items() if step in of]
    return _table(rows)


def _facts(of: Results) -> str:
    rows = [["fact alone", "in", "runs", "seconds (median)", "least–most", "peak memory, MB"]]
    for maker, facts in of.get("facts", {}).items():
        rows += [[fact, maker, *_measures(figures)] for fact, figures in facts.items()]
    return _table(rows) if len(rows) > 1 else ""


def _slowest(of: Results) -> str:
    by_model = of.get("models_straight", {}).get("by_model", {})
    slowest = sorted(by_model.items(), key=lambda item: -item[1])[:_SLOWEST]
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


def _weeks(of: Results, maker: str) -> float:
    return float(sum(of["facts"][maker][fact]["seconds"] for fact in _WEEK_FACTS))


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
