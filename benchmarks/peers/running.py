"""What every peer has: its facts made one after the other, timed, and a command that does so."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click

# Makes one fact: reads the inputs it needs, writes the file. It may return what is left to do when
# the clock has stopped.
Maker = Callable[[Path, Path], Callable[[], None] | None]
Facts = Callable[[Path, Path, list[str] | None], dict[str, float]]


def timed(
    makers: Mapping[str, Maker], inputs: Path, out: Path, only: list[str] | None
) -> dict[str, float]:
    """Write `<fact>.parquet` for each maker, or those in `only`, and return the seconds of each.

    A fact's seconds go from reading its inputs to the made fact; nothing is kept between facts.
    """
    out.mkdir(parents=True, exist_ok=True)
    seconds = {}
    for fact in makers if only is None else only:
        begin = time.perf_counter()
        left = makers[fact](inputs, out / f"{fact}.parquet")
        seconds[fact] = time.perf_counter() - begin
        if left is not None:
            left()
    return seconds


def command(module: str, facts: Facts, names: list[str]) -> click.Command:
    """Return the command of a peer: its facts from a folder to a folder, and the seconds."""

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
