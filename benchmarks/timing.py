"""What our own facts and a peer's share: each fact timed, and the command that makes them."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click

# Makes one fact: reads the inputs it needs from the folder and writes the file.
Maker = Callable[[Path, Path], None]
Facts = Callable[[Path, Path, list[str] | None], dict[str, float]]


def timed(
    makers: Mapping[str, Maker], inputs: Path, out: Path, only: list[str] | None
) -> dict[str, float]:
    """Write `<fact>.parquet` for each maker, or those in `only`, and return the seconds of each.

    A fact's seconds go from reading its inputs to the written file; facts share no work.
    """
    out.mkdir(parents=True, exist_ok=True)
    seconds = {}
    for fact in makers if only is None else only:
        begin = time.perf_counter()
        makers[fact](inputs, out / f"{fact}.parquet")
        seconds[fact] = time.perf_counter() - begin
    return seconds


def command(module: str, facts: Facts, names: list[str]) -> click.Command:
    """Return the command that makes facts from a folder to a folder and prints their seconds."""

    @click.command(
        help=f"""Make the facts of the Parquet files in INPUTS (benchmarks.inputs writes them),
        write them to OUT, and print the seconds of each.

        Example: python -m {module} inputs/ facts/ --only fct_participation_weeks
        """
    )
    @click.argument("inputs", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @click.argument("out", type=click.Path(file_okay=False, path_type=Path))
    @click.option(
        "--only", multiple=True, type=click.Choice(names), help="A fact to make; default: all."
    )
    def run(inputs: Path, out: Path, only: tuple[str, ...]) -> None:
        for name in only or names:
            click.echo(f"{name}\t{facts(inputs, out, [name])[name]:.3f}")

    return run
