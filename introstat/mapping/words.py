"""The words that the contract's coded columns may hold, from the seeds."""

import csv
from functools import cache
from pathlib import Path

from introstat.places import project_root


@cache
def known_words(source: str, table: str, column: str) -> frozenset[str] | None:
    """Return the words that a column's code list holds, None if the column has no code list."""
    place = (source, table, column)
    lists = _seed("code_columns")
    for row in lists:
        if (row["source"], row["table_name"], row["column_name"]) == place:
            return frozenset(each[row["seed_column"]] for each in _seed(row["seed"]))
    own = frozenset(
        row["code_word"]
        for row in _seed("code_words")
        if (row["source"], row["table_name"], row["column_name"]) == place
    )
    return own or None


@cache
def _seed(name: str) -> list[dict[str, str]]:
    path: Path = next((project_root() / "seeds").glob(f"*/{name}.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
