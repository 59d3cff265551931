"""The one-page summary for the operator, in Norwegian, and where it is kept.

`<received>/<source>/<date>/mottakskontroll/` has sammendrag.html, resultat.json and Data Docs; for
a refused delivery `<received>/avvist/<source>/<date>/` has sammendrag.html and avvist.json, and
the other two if it was the check that refused it, until the delivery is received after all.
"""

import json
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from introstat import scrolling
from introstat.errors import DeliveryRefused
from introstat.identity.numbers import tellable
from introstat.receipt.check.report import CheckedTable, Report, Verdict
from introstat.receipt.check.rules import Refusal, refusals
from introstat.written import number, percent_sign

CHECK_FOLDER = "mottakskontroll"
REFUSED_FOLDER = "avvist"
SUMMARY = "sammendrag.html"
_TEMPLATES = Path(__file__).parent / "templates"
# What the reading of files remarks on, in Norwegian.
_READING_NB = {
    "extra columns kept but not used": "ekstra kolonner er tatt vare på, men brukes ikke",
    "extra fields kept but not used": "ekstra felt er tatt vare på, men brukes ikke",
    "lists of one or single values read as meant": (
        "liste med én verdi der avtalen har en verdi, eller omvendt; lest som ment"
    ),
    "objects without a value in them": "objekter uten noen verdi i seg",
    "values that are not what the contract says, set aside": (
        "verdier av et annet slag enn avtalen sier; radene settes i karantene"
    ),
    "identity numbers kept as numbers, read with the zero they lost": (
        "fødsels- eller D-numre lagret som tall; lest med nullen foran"
    ),
    "optional columns not delivered": "valgfrie kolonner er ikke levert",
    "dated before a delivery that is received already, so builds as of a day between change": (
        "datert før en leveranse som alt er mottatt, så tall per en dag mellom de to blir andre"
    ),
    "placeholder dates, read as no date": "datoer som bare er plassholdere, lest som ingen dato",
    "not in the manifest, not received": "står ikke i manifestet og er ikke mottatt",
}


def templates(folder: str = "") -> FileSystemLoader:
    """Return the loader of our templates."""
    return FileSystemLoader(_TEMPLATES / folder)


def summary_of(home: Path) -> Path:
    """Return the page of a received delivery."""
    return home / CHECK_FOLDER / SUMMARY


class RefusedByCheck(DeliveryRefused):
    """A delivery whose content cannot be what it says it is; the report and its pages tell why."""

    def __init__(self, report: Report, pages: dict[str, str]) -> None:
        """Take the report of the check, and the page of each table."""
        reasons = "; ".join(str(finding) for finding in report.refusing[:3])
        more = len(report.refusing) - 3
        super().__init__(
            f"{reasons}{f'; and {more} more' if more > 0 else ''}. So much of it is wrong that it "
            "cannot be the file it says it is; ask for the delivery anew.",
            "content",
        )
        self.report = report
        self.pages = pages


def keep_report(report: Report, pages: dict[str, str], staging: Path) -> None:
    """Write the check's pages into the folder of a delivery that is about to be received."""
    folder = staging / CHECK_FOLDER
    _write_check(report, pages, folder)
    (folder / SUMMARY).write_text(_summary(report.name, report), encoding="utf-8")


def _write_check(report: Report, pages: dict[str, str], folder: Path) -> None:
    (folder / "datadocs").mkdir(parents=True)
    for table, page in pages.items():
        (folder / "datadocs" / f"{table}.html").write_text(page, encoding="utf-8")
    _write_json(folder / "resultat.json", report.as_json())


def keep_refusal(received: Path, folder: Path, refusal: DeliveryRefused) -> Path:
    """Write why a delivery is refused, in place of what was written of it before; return the page.

    Nothing of the delivery's content is kept: reasons and counts only.
    """
    name = tellable(f"{folder.parent.name}/{folder.name}")
    forget_refusal(received, folder)
    kept = received / REFUSED_FOLDER / folder.parent.name / tellable(folder.name)
    kept.mkdir(parents=True)
    report = None
    if isinstance(refusal, RefusedByCheck):
        report = refusal.report
        _write_check(report, refusal.pages, kept)
    message = tellable(refusal.message)
    page = kept / SUMMARY
    page.write_text(_summary(name, report, refusals()[refusal.kind], message), encoding="utf-8")
    content = {"delivery": name, "verdict": Verdict.REFUSED.value, "kind": refusal.kind}
    _write_json(kept / "avvist.json", content | {"why": message})
    return page


def forget_refusal(received: Path, folder: Path) -> None:
    """Take away what was written of a refusal once the delivery is received after all."""
    kept = received / REFUSED_FOLDER / folder.parent.name / tellable(folder.name)
    shutil.rmtree(kept, ignore_errors=True)


def _summary(
    name: str,
    report: Report | None,
    refused_for: Refusal | None = None,
    message: str = "",
) -> str:
    reasons = Counter(reason for _, _, reason in report.not_asked) if report else Counter()
    return (
        _environment()
        .get_template("sammendrag.html.j2")
        .render(
            name=name,
            verdict=report.verdict if report else Verdict.REFUSED,
            report=report,
            refused_for=refused_for,
            message=message,
            not_asked=sorted(reasons.items()),
            scrolling=scrolling,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=templates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(number=number, percent=_percent, change=_change, reading=_reading_nb)
    return environment


def _percent(share: float) -> str:
    percent = 100 * share
    digits = 0 if percent == int(percent) else 1 if percent >= 1 else 2
    shown = number(percent, digits)
    if share and shown == number(0, digits):
        shown = f"under {number(0.01, 2)}"
    return shown + percent_sign()


def _change(table: CheckedTable) -> str:
    if table.earlier is None or not table.earlier.rows:
        return ""
    change = table.rows / table.earlier.rows - 1
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{sign}{_percent(round(abs(change), 3))}"


def _reading_nb(remark: str) -> str:
    """Return a remark of the reading in Norwegian, or as it is if there is no translation."""
    for english, norwegian in _READING_NB.items():
        remark = remark.replace(f": {english}", f": {norwegian}")
    return remark.replace(", the first in line ", ", den første i linje ")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
