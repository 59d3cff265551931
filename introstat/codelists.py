"""What receipt and mappings know of the rule book: code lists and limits, read from the seeds."""

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from introstat.places import project_root
from introstat.sql import text_literal

NO_MUNICIPALITY = "9999"
"""What stands for a municipality that cannot be told, as the macro no_municipality has it."""
# Which municipality codes are valid depends on the date, so they are no list of coded_columns.csv.
_MUNICIPALITY_COLUMNS = {"kommunenr", "bosatt_kommune"}
# Other words are allowed here, so rule C18 does not ask; but the law hangs on one of these.
_OPEN_LISTS = {("personer", "oppholdsgrunnlag"): "residence_bases"}


@cache
def code_list(name: str) -> tuple[str, ...]:
    """Return the words of a list: a seed's first column, or those of code_words.csv.

    Raises KeyError if there is no such list.
    """
    words = {row["word"] for row in seed_rows("code_words") if row["code_list"] == name}
    if not words and has_seed(name):
        words = {next(iter(row.values())) for row in seed_rows(name)}
    if name == "municipalities":  # known as codes, though a municipality is none of them
        words |= {row["place_code"] for row in seed_rows("other_places")}
    if not words:
        raise KeyError(f"no code list {name} in seeds/")
    return tuple(sorted(words))


@cache
def limits() -> dict[tuple[str, str], float]:
    """Return the limits of the rule book, rule_limits.csv, by rule and the limit's name."""
    return {
        (row["rule_id"], row["limit_name"]): float(row["limit_value"])
        for row in seed_rows("rule_limits")
    }


def registration_interval() -> Decimal:
    """Return the percent of half-years that the interval of a known share holds."""
    return 100 - 200 * Decimal(seed_rows("registration_method")[0]["interval_tail"])


def list_of(table: str, column: str) -> str | None:
    """Return the name of the code list of a table's column, None if it holds no codes."""
    if column in _MUNICIPALITY_COLUMNS:
        return "municipalities"
    for row in seed_rows("coded_columns"):
        if (row["table_name"], row["column_name"]) == (table, column):
            return row["code_list"]
    return _OPEN_LISTS.get((table, column))


def labels(seed: str, column: str = "label_nb") -> dict[str, str]:
    """Return what the codes of a seed's first column are called, in the seed's order."""
    return {next(iter(row.values())): row[column] for row in seed_rows(seed)}


def report_limit(limit_name: str) -> Decimal:
    """Return a number that report and site go by, from the seed report_limits."""
    return Decimal(labels("report_limits", "limit_value")[limit_name])


def has_seed(name: str) -> bool:
    """Say whether there is a seed of this name."""
    return _seed_path(name) is not None


@cache
def seed_relation(name: str) -> str:
    """Return a seed as DuckDB reads its file, with the types it has in the warehouse."""
    path = project_root() / "seeds" / "_seeds.yml"
    described = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["seeds"]
    [types] = [each["config"]["column_types"] for each in described if each["name"] == name]
    columns = ", ".join(f"{column}: {text_literal(kind)}" for column, kind in types.items())
    file = text_literal(str(_seed_path(name)))
    return (
        f"read_csv({file}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


@cache
def seed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a seed, in its own order. Raises KeyError if there is no such seed."""
    path = _seed_path(name)
    if path is None:
        raise KeyError(f"no seed {name} in seeds/")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _seed_path(name: str) -> Path | None:
    return next((project_root() / "seeds").glob(f"*/{name}.csv"), None)
