"""What receipt and mappings know of the rule book: code lists and limits, read from the seeds."""

import csv
from functools import cache
from pathlib import Path

from introstat.places import project_root

# Which municipality codes are valid depends on the date, so they are no list of coded_columns.csv.
_MUNICIPALITY_COLUMNS = {"kommunenr", "bosatt_kommune"}
# Other words are allowed here, so rule C18 does not ask; but the law hangs on one of these.
_OPEN_LISTS = {("personer", "oppholdsgrunnlag"): "residence_bases"}


@cache
def code_list(name: str) -> tuple[str, ...]:
    """Return the words of a list: a seed's first column, or those of code_words.csv.

    `seed.column=value` are the words of the rows that hold the value: the list
    `kostra_statuses.is_ongoing=true`. Raises KeyError if there is no such list.
    """
    seed, _, chosen = name.partition(".")
    column, _, value = chosen.partition("=")
    listed = sorted((project_root() / "seeds").glob(f"*/{seed}.csv"))
    words = (
        {next(iter(row.values())) for row in _rows(listed[0]) if not chosen or row[column] == value}
        if listed
        else {row["word"] for row in _seed("code_words") if row["code_list"] == name}
    )
    if not words:
        raise KeyError(f"no code list {name} in seeds/")
    return tuple(sorted(words))


@cache
def limits() -> dict[tuple[str, str], float]:
    """Return the limits of the rule book, rule_limits.csv, by rule and the limit's name."""
    return {
        (row["rule_id"], row["limit_name"]): float(row["limit_value"])
        for row in _seed("rule_limits")
    }


def list_of(table: str, column: str) -> str | None:
    """Return the name of the code list of a table's column, None if it holds no codes."""
    if column in _MUNICIPALITY_COLUMNS:
        return "municipalities"
    for row in _seed("coded_columns"):
        if (row["table_name"], row["column_name"]) == (table, column):
            return row["code_list"]
    return _OPEN_LISTS.get((table, column))


def labels(seed: str, column: str = "label_nb") -> dict[str, str]:
    """Return what the codes of a seed's first column are called, in the seed's order."""
    return {next(iter(row.values())): row[column] for row in seed_rows(seed)}


def seed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a seed, in its own order."""
    return _seed(name)


@cache
def _seed(name: str) -> list[dict[str, str]]:
    return _rows(next((project_root() / "seeds").glob(f"*/{name}.csv")))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
