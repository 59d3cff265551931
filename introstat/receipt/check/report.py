"""What a reception check found: counts, remarks, and the verdict they add up to."""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from introstat.receipt.check.rules import Rule

# Where a delivery's rows are counted against the one before.
VOLUME = {"fewer_rows", "more_rows", "fewer_rows_period", "more_rows_period"}


class Verdict(Enum):
    """The outcome of a reception check."""

    ACCEPTED = "accepted"
    REMARKED = "accepted_with_remarks"
    REFUSED = "refused"

    @property
    def label_nb(self) -> str:
        """The outcome in Norwegian."""
        return _LABELS_NB[self]


_LABELS_NB = {
    Verdict.ACCEPTED: "Godtatt",
    Verdict.REMARKED: "Godtatt med merknader",
    Verdict.REFUSED: "Avvist",
}


@dataclass(frozen=True)
class Earlier:
    """The newest delivery before this one that held a table, and how many rows it had there."""

    delivered: date
    rows: int


@dataclass(frozen=True)
class CheckedTable:
    """One table of the delivery: its files by their names, their rows, and what was before."""

    name: str
    file: str
    rows: int
    earlier: Earlier | None


@dataclass(frozen=True)
class Finding:
    """What one expectation counted: `found` of `of` are not as they should be."""

    rule: Rule
    table: CheckedTable
    column: str | None
    found: int
    of: int
    is_over: bool

    @property
    def share(self) -> float:
        """Found as a share of what was looked at, 0 where there was nothing to look at."""
        return self.found / self.of if self.of else 0.0

    @property
    def refuses(self) -> bool:
        """Whether the delivery is refused for it."""
        return self.rule.refuses(self.found, self.of)

    @property
    def outcome(self) -> str:
        """What the count leads to: 'refuses', 'remark' or 'within'."""
        return "refuses" if self.refuses else "remark" if self.is_over else "within"

    def __str__(self) -> str:
        """One line for the console, without the delivery's name."""
        where = f"{self.table.file}: {self.column}: " if self.column else f"{self.table.file}: "
        limit = self.rule.refuse_over if self.refuses else self.rule.remark_over
        share = f"{100 * self.share:.3g} %, limit {100 * (limit or 0):.3g} %"
        if self.rule.rule_id in VOLUME and self.table.earlier:
            return (
                f"{where}{self.table.rows} rows, {self.table.earlier.rows} in the delivery of "
                f"{self.table.earlier.delivered} ({share})"
            )
        return f"{where}{self.found} of {self.of} {self.rule.finding_en} ({share})"


@dataclass
class Report:
    """The check of one delivery.

    `reading` are the remarks made when its files were read; `not_asked` are the rules that could
    not be checked, with the table and the reason in Norwegian.
    """

    source: str
    delivered: date
    reading: list[str]
    tables: list[CheckedTable] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    not_asked: list[tuple[CheckedTable, Rule, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The delivery's name, source/date."""
        return f"{self.source}/{self.delivered}"

    @property
    def over(self) -> list[Finding]:
        """The findings over their limit, those that refuse first, the largest share first."""
        return sorted(
            (finding for finding in self.findings if finding.is_over),
            key=lambda finding: (not finding.refuses, -finding.share),
        )

    @property
    def within(self) -> list[Finding]:
        """The findings within their limit."""
        return [f for f in self.findings if f.found and not f.is_over]

    @property
    def refusing(self) -> list[Finding]:
        """The findings that refuse the delivery."""
        return [finding for finding in self.over if finding.refuses]

    @property
    def remarked(self) -> list[Finding]:
        """The findings that are worth a remark and no more."""
        return [finding for finding in self.over if not finding.refuses]

    @property
    def verdict(self) -> Verdict:
        """The outcome."""
        if self.refusing:
            return Verdict.REFUSED
        return Verdict.REMARKED if self.over or self.reading else Verdict.ACCEPTED

    @property
    def remarks(self) -> list[str]:
        """Every remark as one line for the console."""
        return self.reading + [f"{self.name}/{finding}" for finding in self.over]

    def as_json(self) -> dict[str, Any]:
        """Return the check as plain data; the same delivery gives the same."""
        return {
            "delivery": self.name,
            "verdict": self.verdict.value,
            "tables": [
                {
                    "table_name": table.name,
                    "file": table.file,
                    "rows": table.rows,
                    "earlier": table.earlier
                    and {"delivered": str(table.earlier.delivered), "rows": table.earlier.rows},
                }
                for table in self.tables
            ],
            "remarks": self.remarks,
            "checks": [
                {
                    "rule_id": finding.rule.rule_id,
                    "table_name": finding.table.name,
                    "column": finding.column,
                    "found": finding.found,
                    "of": finding.of,
                    "outcome": finding.outcome,
                }
                for finding in self.findings
            ],
            "not_asked": [
                {"rule_id": rule.rule_id, "table_name": table.name, "reason_nb": reason}
                for table, rule, reason in self.not_asked
            ],
        }
