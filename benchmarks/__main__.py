"""The benchmark: `python -m benchmarks`, or `make bench`."""

from functools import partial
from pathlib import Path

import click
from rich.console import Console

from benchmarks.instance import N1_PERSONS, STEPS, Instance
from benchmarks.table import page


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--scale", "scales", multiple=True, type=click.FloatRange(min=0, min_open=True),
    default=[0.1, 1.0], show_default=True, help=f"Size of an instance; 1 is {N1_PERSONS} persons.",
)  # fmt: skip
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Of each step.")
@click.option(
    "--step", "steps", multiple=True, type=click.Choice([*STEPS, "none"]), default=STEPS,
    show_default=True, help="What is measured beside receipt and build.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("data/bench"),
    show_default=True, help="Where extracts, warehouses and figures.json of each instance lie.",
)  # fmt: skip
def main(scales: tuple[float, ...], runs: int, steps: tuple[str, ...], folder: Path) -> None:
    """Measure receipt, build, tests and facts on instances of some sizes, and print a page.

    Nothing else should run on the machine meanwhile.

    \b
    Example:
      python -m benchmarks --scale 0.1 --runs 5 --step facts
      python -m benchmarks --scale 10 --runs 1 --step none
    """
    console = Console(stderr=True, log_path=False)
    instances = {}
    for scale in scales:
        name = f"N{scale:g}"
        instance = Instance(scale, (folder / name).resolve(), runs, partial(console.log, name))
        instances[name] = instance.measure(steps)
    click.echo(page(instances), nl=False)


if __name__ == "__main__":
    main()
