"""The benchmark: `python -m benchmarks`, or `make bench`."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from benchmarks.growth import chart
from benchmarks.instance import N1_PERSONS, PEERS, STEPS, Instance
from benchmarks.postgres import postgres_programs
from benchmarks.table import BESIDE, page, seconds_beside

_ALL_PEERS = [*PEERS, "postgres"]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--scale", "scales", multiple=True, type=click.FloatRange(min=0, min_open=True),
    default=[0.1, 1.0], show_default=True, help=f"Size of an instance; 1 is {N1_PERSONS} persons.",
)  # fmt: skip
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Of each step.")
@click.option(
    "--peer", "peers", multiple=True, type=click.Choice(_ALL_PEERS), default=_ALL_PEERS,
    show_default=True, help="Which engines make the facts too.",
)  # fmt: skip
@click.option(
    "--step", "steps", multiple=True, type=click.Choice([*STEPS, "none"]), default=STEPS,
    show_default=True, help="What is measured beside receipt and build.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("data/bench"),
    show_default=True, help="Where extracts and warehouses of the benchmark are kept.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("benchmarks/results"),
    show_default=True, help="Where the figures go: a file an instance, and the page README.md.",
)  # fmt: skip
def main(
    scales: tuple[float, ...],
    runs: int,
    peers: tuple[str, ...],
    steps: tuple[str, ...],
    folder: Path,
    out: Path,
) -> None:
    """Measure receipt, build, facts and tests on instances of some sizes, against peers.

    Figures of other instances stay on the page: run the large ones apart. Those of an instance are
    always of one run. Nothing else should run on the machine meanwhile.

    \b
    Example:
      python -m benchmarks --scale 0.1 --runs 5 --peer duckdb --peer polars
      python -m benchmarks --scale 10 --runs 1 --step none
    """
    console = Console(stderr=True)
    folder.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    if "facts" in steps and "postgres" in peers:
        postgres_programs()  # whoever lacks them is told now, not after an hour
    for scale in scales:
        name = f"N{scale:g}"
        Instance(
            scale,
            (folder / name).resolve(),
            runs,
            say=partial(console.log, name),
            note=partial(_write, out / f"{name}.json"),
            profiles=out / "profiles" / f"{name}.txt",
        ).measure(peers, steps)
    measured = sorted(out.glob("N*.json"), key=lambda path: float(path.stem[1:]))
    figures = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in measured}
    # One that failed before it was built has no rows to tell.
    instances = {name: of for name, of in figures.items() if "rows" in of}
    if "N1" in instances:
        for name in {f"N{scale:g}" for scale in scales} - {"N1"}:
            instances[name][BESIDE] = seconds_beside(instances["N1"])
            _write(out / f"{name}.json", instances[name])
    (out / "README.md").write_text(page(instances), encoding="utf-8")
    chart(instances).save(str(out / "growth.svg"))
    console.print(f"Written: {out / 'README.md'}")


def _write(path: Path, figures: Mapping[str, object]) -> None:
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
