"""From a seed to a folder of extracts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from introstat.places import memory_limit
from introstat.progress import Tell, silent
from introstat.sql import text_literal
from introstat.synth import deliveries, kostra, snapshots
from introstat.synth.geography import settled_in
from introstat.synth.income import make_income, make_units
from introstat.synth.measures import make_absences, make_measures
from introstat.synth.parameters import SHAPES, parameters
from introstat.synth.people import make_people
from introstat.synth.programmes import make_programmes
from introstat.synth.registers import make_residences, make_signals
from introstat.synth.truth import Truth, load


def generate(
    out: Path,
    persons: int,
    seed: int,
    first_year: int,
    last_year: int,
    nir_deliveries: str = "yearly",
    progress: Tell = silent,
    shapes: str = SHAPES[0],
    municipalities: int | None = None,
) -> None:
    """Write the deliveries of all five sources for the years into the new folder `out`.

    `persons` is everyone in the register, of whom about nine in ten take part; with
    `municipalities` they live in so many of the largest. The same arguments give the same bytes.
    Raises FileExistsError if `out` is in use, OSError if it cannot be written.
    """
    planned = deliveries.plan(first_year, last_year, nir_deliveries)
    progress(0, len(planned), "people and programmes")
    with settled_in(municipalities):
        truth = make_truth(persons, seed, first_year, last_year)
    with new_folder(out) as folder, database(folder) as connection:
        load(connection, truth, seed, dirty=True)
        del truth
        snapshots.macros(connection)
        last_form = min(last_year, parameters()["kostra"]["last_year"])
        if first_year <= last_form:
            kostra.prepare(connection, first_year, last_form)
        deliveries.write(connection, folder, planned, progress, shapes)


def make_truth(persons: int, seed: int, first_year: int, last_year: int) -> Truth:
    """Return everything that happens to the persons."""
    people = make_people(persons, seed, first_year, last_year)
    programmes = make_programmes(people, seed)
    spells = programmes.participations
    units = make_units(persons)
    return Truth(
        people=people,
        programmes=programmes,
        measures=make_measures(spells, seed),
        absences=make_absences(spells, seed),
        units=units,
        income=make_income(people, programmes, units, seed, first_year, last_year),
        residences=make_residences(people, programmes, seed),
        signals=make_signals(people, spells, seed),
    )


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a folder that becomes `out` when all went well, and is gone when it did not."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        content = temporary / "extracts"
        content.mkdir()
        yield content
        if out.exists():
            out.rmdir()
        content.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB in memory, spilling beside the folder that is being written."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute(f"set temp_directory = {text_literal(str(folder.parent / 'spill'))}")
        yield connection
