"""The texts of the completeness rules, with the rules' limits in their places as words.

A text of the seed completeness_rules names a limit of the rule in braces, as {months}; {months_en}
is for English texts.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from introstat import norwegian
from introstat.codelists import seed_rows
from introstat.queries import table_of

_TEXTS = ("name_nb", "name_en", "finding_nb", "todo_nb")
_ENGLISH = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def rules_of_seed() -> list[dict[str, str]]:
    """Return the rows of the seed completeness_rules, their texts filled in."""
    return _filled(seed_rows("completeness_rules"), seed_rows("rule_limits"))


def register_rule_texts(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection to a warehouse the relation rule_texts: the rules' texts, filled in."""
    rules, limits = (
        table_of(connection, f"select * from {seed}").to_pylist()
        for seed in ("completeness_rules", "rule_limits")
    )
    rows = [{name: rule[name] for name in ("rule_id", *_TEXTS)} for rule in _filled(rules, limits)]
    connection.register("rule_texts", pa.Table.from_pylist(rows))


def limits_in_words(limits: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return what the names in braces stand for, by rule, from the rows of the seed rule_limits."""
    words: dict[str, dict[str, str]] = {}
    for limit in limits:
        value, name = Decimal(limit["limit_value"]), limit["limit_name"]
        of_rule = words.setdefault(limit["rule_id"], {})
        of_rule[name] = norwegian.limit(value, limit["unit"])
        of_rule[f"{name}_en"] = _ENGLISH[int(value)] if value <= 10 else f"{value:f}"
    return words


def _filled(
    rules: Iterable[Mapping[str, Any]], limits: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    words = limits_in_words(limits)
    return [
        {**rule, **{name: rule[name].format(**words.get(rule["rule_id"], {})) for name in _TEXTS}}
        for rule in rules
    ]
