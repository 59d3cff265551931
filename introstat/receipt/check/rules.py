"""The reviewed files of the check: what is expected of each table, and what a finding leads to."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from introstat.codelists import seed_rows
from introstat.rule_texts import limits_in_words
from introstat.written import exact

_HERE = Path(__file__).parent
# What a suite's expectation may ask for that is not in every delivery, beside `<source>.<table>`.
EARLIER = "earlier"


@dataclass(frozen=True)
class Rule:
    """One row of consequences.csv.

    Asked of tables with at least `asked_from` rows. A finding is remarked on when it is more than
    the share `remark_over`, and refuses the delivery when it is more than `refuse_over` of at least
    `refuse_from`; a rule whose level is 'remarks' never refuses.
    """

    rule_id: str
    level: str
    remark_over: float
    asked_from: int
    refuse_over: float | None
    refuse_from: int
    checks_nb: str
    finding_nb: str
    action_nb: str
    finding_en: str

    @property
    def limits_nb(self) -> str:
        """The limits in Norwegian."""

        def over(share: float) -> str:
            return f"over {exact(Decimal(f'{100 * share:.3g}'))} %" if share else "fra første funn"

        refuses = f", avviser {over(self.refuse_over)}" if self.refuse_over is not None else ""
        return f"Merknad {over(self.remark_over)}{refuses}."

    def refuses(self, found: int, of: int) -> bool:
        """Return whether so many findings of so many refuse the delivery."""
        return (
            self.refuse_over is not None
            and of >= self.refuse_from
            and found > self.refuse_over * of
        )


@dataclass(frozen=True)
class Expected:
    """One expectation of a suite: its type and arguments as Great Expectations knows them."""

    type: str
    kwargs: dict[str, Any]
    rule: Rule
    needs: tuple[str, ...]

    @property
    def column(self) -> str | None:
        """The contract's column it is about, if it is about one."""
        return self.kwargs.get("column")


@dataclass(frozen=True)
class Suite:
    """What is expected of one table; `derived` are columns made for the checks.

    `controls` is the model that makes more of them, and `reads` the table it reads beside this one.
    """

    name: str
    expected: tuple[Expected, ...]
    derived: dict[str, str]
    controls: str | None
    reads: str | None

    @property
    def code_lists(self) -> set[str]:
        """The code lists that its expectations ask for."""
        return {e.kwargs["code_list"] for e in self.expected if "code_list" in e.kwargs}


@cache
def rules() -> dict[str, Rule]:
    """Return the rows of consequences.csv by rule_id."""
    with (_HERE / "consequences.csv").open(encoding="utf-8", newline="") as text:
        return {row["rule_id"]: _rule(row) for row in csv.DictReader(text)}


def _rule(row: dict[str, str]) -> Rule:
    # The limits of the rule book that a text names, as {amount}: 350 000.
    amounts = limits_in_words(seed_rows("rule_limits")).get(row["rule_id"], {})
    return Rule(
        rule_id=row["rule_id"],
        level=row["level"],
        remark_over=float(row["remark_over"]),
        asked_from=int(row["asked_from"]),
        refuse_over=float(row["refuse_over"]) if row["level"] == "refuses" else None,
        refuse_from=int(row["refuse_from"] or 0),
        checks_nb=row["checks_nb"].format(**amounts),
        finding_nb=row["finding_nb"].format(**amounts),
        action_nb=row["action_nb"].format(**amounts),
        finding_en=row["finding_en"].format(**amounts),
    )


@dataclass(frozen=True)
class Refusal:
    """One row of refusals.csv: why a delivery is refused, and what to do now, in Norwegian."""

    kind: str
    what_nb: str
    action_nb: str


@cache
def refusals() -> dict[str, Refusal]:
    """Return the rows of refusals.csv by kind."""
    with (_HERE / "refusals.csv").open(encoding="utf-8", newline="") as text:
        return {row["kind"]: Refusal(**row) for row in csv.DictReader(text)}


@cache
def suite(source: str, table: str) -> Suite:
    """Return the suite of a table, suites/<source>/<table>.yml."""
    content = _read(f"{source}/{table}.yml")
    meta = content.get("meta", {})
    return Suite(
        name=content["name"],
        expected=tuple(
            Expected(
                type=one["type"],
                kwargs=one["kwargs"],
                rule=rules()[one["meta"]["rule"]],
                needs=tuple(one["meta"].get("needs", ())),
            )
            for one in content["expectations"]
        ),
        derived=meta.get("derived", {}),
        controls=meta.get("controls"),
        reads=meta.get("reads"),
    )


@cache
def fixed_parameters() -> dict[str, Any]:
    """Return suites/parameters.yml."""
    return _read("parameters.yml")


def _read(name: str) -> dict[str, Any]:
    text = (_HERE / "suites" / name).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return content
