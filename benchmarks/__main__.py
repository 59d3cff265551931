"""The benchmark: `python -m benchmarks`, or `make bench`."""

from functools import partial
from pathlib import Path

import click
from rich.console import Console

from benchmarks.page import Figures, page
from benchmarks.waits import STEPS, Waits


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--persons", "sizes", multiple=True, type=click.IntRange(50), default=[25_000],
    show_default=True, help="Size of the register; 250 000 is Norway's.",
)  # fmt: skip
@click.option(
    "--step", "steps", multiple=True, type=click.Choice(list(STEPS)), default=list(STEPS),
    show_default=True, help="What is measured; a later step reads what receipt and build made.",
)  # fmt: skip
@click.option("--runs", default=1, show_default=True, type=click.IntRange(1), help="The median of.")
@click.option(
    "--longest", default=90, show_default=True, type=click.FloatRange(1),
    help="Seconds after which a release is ended, and said not to have ended.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("data/bench"),
    show_default=True, help="Where extracts, warehouses and figures.json of each size lie.",
)  # fmt: skip
def main(
    sizes: tuple[int, ...], steps: tuple[str, ...], runs: int, longest: float, folder: Path
) -> None:
    """Measure what people wait for at some sizes of the register, and print a page.

    Nothing else should run on the machine meanwhile. The newcomer's waits (set-up, demo, tests)
    do not depend on the size and are measured with the first.

    \b
    Example:
      python -m benchmarks --persons 300 --persons 25000
      python -m benchmarks --persons 250000 --step receipt --step build
    """
    console = Console(stderr=True, log_path=False)
    measured: dict[int, Figures] = {}
    for persons in sizes:
        say = partial(console.log, f"{persons} persons:")
        waits = Waits(persons, (folder / str(persons)).resolve(), runs, longest, say)
        chosen = [name for name in steps if name != "newcomer" or persons == sizes[0]]
        measured[persons] = waits.measure(chosen)
    click.echo(page(measured, longest), nl=False)


if __name__ == "__main__":
    main()
