"""The command `introstat synth`."""

from pathlib import Path

import click
from rich.console import Console

from introstat.errors import UserError
from introstat.progress import shown
from introstat.synth.parameters import FIRST_YEAR, LAST_YEAR, NIR_DELIVERIES, SHAPES

FEWEST, MOST = 50, 3_000_000
NOT_WITH_REPLICATE = (
    "persons", "first_year", "last_year", "nir_deliveries", "shapes", "municipalities",
)  # fmt: skip


@click.command("synth")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="New or empty folder for the extracts.",
)
@click.option(
    "--persons",
    default=5000,
    show_default=True,
    type=click.IntRange(FEWEST, MOST),
    help="Persons in the register; about nine in ten take part in a programme.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="The same seed gives the same bytes.",
)
@click.option(
    "--from",
    "first_year",
    default=2015,
    show_default=True,
    type=click.IntRange(FIRST_YEAR, LAST_YEAR),
    help="First year with deliveries.",
)
@click.option(
    "--to",
    "last_year",
    default=2018,
    show_default=True,
    type=click.IntRange(FIRST_YEAR, LAST_YEAR),
    help="Last year covered; its deliveries arrive in January and February of the next.",
)
@click.option(
    "--nir-deliveries",
    default=NIR_DELIVERIES[0],
    show_default=True,
    type=click.Choice(NIR_DELIVERIES),
    help="How often NIR delivers a snapshot.",
)
@click.option(
    "--shapes",
    default=SHAPES[0],
    show_default=True,
    type=click.Choice(SHAPES),
    help="mixed: the newest deliveries of some sources in latin-1 or as Parquet, the same rows.",
)
@click.option(
    "--municipalities",
    type=click.IntRange(1),
    help="Everybody lives in so many of the largest municipalities; default: in all of them.",
)
@click.option(
    "--replicate",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Published table (CSV) whose figures the extracts shall give, cell by cell.",
)
@click.pass_context
def synth(
    context: click.Context,
    out: Path,
    persons: int,
    seed: int,
    first_year: int,
    last_year: int,
    nir_deliveries: str,
    shapes: str,
    municipalities: int | None,
    file: Path | None,
) -> None:
    """Write synthetic extracts: deliveries of all five sources, with nobody real in them.

    Every identity number has 80 added to its month, so none can belong to a living person. A small
    share of the rows is faulty on purpose.

    With --replicate the extracts are faultless and give one published table: participants by age,
    country of birth or municipality and sex; direct result by county; status one year after.

    \b
    Examples:
      introstat synth --out extracts
      introstat synth --out extracts --persons 250000 --from 2015 --to 2018
      introstat synth --out extracts --replicate participants_by_age_sex.csv

    Exit codes: 0 written, 2 bad input (nothing is written).
    """
    from introstat.synth.generate import generate
    from introstat.synth.replicate import replicate

    if file is not None:
        given = [
            name
            for name in NOT_WITH_REPLICATE
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        ]
        if given:
            options = {"first_year": "--from", "last_year": "--to"}
            names = ", ".join(options.get(name, f"--{name.replace('_', '-')}") for name in given)
            raise click.UsageError(f"{names} cannot be used with --replicate: the table decides.")
    elif first_year > last_year:
        raise click.UsageError(f"--from {first_year} is after --to {last_year}. Swap them.")
    try:
        with shown(Console(stderr=True), "Writing extracts") as tell:
            if file is not None:
                replicate(file, out, seed, tell)
            else:
                years = (first_year, last_year)
                generate(out, persons, seed, *years, nir_deliveries, tell, shapes, municipalities)
    except FileExistsError as error:
        raise UserError(
            f"{out} exists and is not an empty folder. Name another folder with --out, "
            "or remove this one."
        ) from error
    except OSError as error:
        raise UserError(f"Cannot write to {out}: {error.strerror or error}.") from error
    click.echo(f"Wrote {sum(1 for _ in out.glob('*/*/manifest.json'))} deliveries to {out}")
