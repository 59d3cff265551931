"""The least that receiving could do: DuckDB reads the same files and writes them as Parquet."""

from pathlib import Path

import click
import duckdb

from introstat.places import memory_limit
from introstat.sql import text_literal

_FORM_WIDTH = 111


@click.command()
@click.argument("extracts", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
def run(extracts: Path, out: Path) -> None:
    """Read every data file of the deliveries under EXTRACTS as text and write it to OUT.

    Nothing is checked, nothing replaced, no line numbered. Example: python -m
    benchmarks.plain_reading extracts/ parquet/
    """
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set enable_progress_bar = false")
        for number, file in enumerate(sorted(data_files(extracts))):
            connection.execute(
                f"copy ({_reading(file)}) "
                f"to {text_literal(str(out / f'{number}.parquet'))} (format parquet)"
            )


def data_files(extracts: Path) -> list[Path]:
    """Return the files of all deliveries but their manifests."""
    return [path for path in extracts.glob("*/*/*") if path.name != "manifest.json"]


def _reading(file: Path) -> str:
    path = text_literal(str(file))
    if file.suffix == ".parquet":
        return f"from read_parquet({path})"
    if ".jsonl" in file.suffixes:
        return f"from read_json({path}, format = 'newline_delimited')"
    if file.suffix == ".dat":
        return (
            f"from read_csv({path}, columns = {{line: 'varchar'}}, delim = '\\t', header = false, "
            f"auto_detect = false, quote = '', max_line_size = {_FORM_WIDTH * 100})"
        )
    return f"from read_csv({path}, delim = ';', header = true, all_varchar = true, quote = '\"')"


if __name__ == "__main__":
    run()
