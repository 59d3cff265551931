"""The one-page summary for the operator, in Norwegian, and where it is kept.

`<received>/<source>/<date>/mottakskontroll/` has sammendrag.html, resultat.json and Data Docs; for
a refused delivery `<received>/avvist/<source>/<date>/` has sammendrag.html and avvist.json, until
the delivery is received after all.
"""

import json
import shutil
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from introstat.errors import DeliveryRefused
from introstat.identity.numbers import tellable
from introstat.receipt.check.report import CheckedTable, Report, Verdict

CHECK_FOLDER = "mottakskontroll"
REFUSED_FOLDER = "avvist"
SUMMARY = "sammendrag.html"
_TEMPLATES = Path(__file__).parent / "templates"
_HARD_SPACE = "\u00a0"
# What the reading of files remarks on, in Norwegian.
_READING_NB = {
    "extra columns kept but not used": "ekstra kolonner er tatt vare på, men brukes ikke",
    "extra fields kept but not used": "ekstra felt er tatt vare på, men brukes ikke",
    "optional columns not delivered": "valgfrie kolonner er ikke levert",
    "not in the manifest, not received": "står ikke i manifestet og er ikke mottatt",
}


def templates(folder: str = "") -> FileSystemLoader:
    """Return the loader of our templates."""
    return FileSystemLoader(_TEMPLATES / folder)


def summary_of(home: Path) -> Path:
    """Return the page of a received delivery."""
    return home / CHECK_FOLDER / SUMMARY


def keep_report(report: Report, pages: dict[str, str], staging: Path) -> None:
    """Write the check's pages into the folder of a delivery that is about to be received."""
    folder = staging / CHECK_FOLDER
    (folder / "datadocs").mkdir(parents=True)
    for table, page in pages.items():
        (folder / "datadocs" / f"{table}.html").write_text(page, encoding="utf-8")
    _write_json(folder / "resultat.json", report.as_json())
    (folder / SUMMARY).write_text(_summary(report.name, report.verdict, report), encoding="utf-8")


def keep_refusal(received: Path, folder: Path, refusal: DeliveryRefused) -> Path:
    """Write why a delivery is refused, over what was written of it before; return the page.

    Nothing of the delivery's content is kept: reasons and counts only.
    """
    name = tellable(f"{folder.parent.name}/{folder.name}")
    kept = received / REFUSED_FOLDER / folder.parent.name / tellable(folder.name)
    kept.mkdir(parents=True, exist_ok=True)
    report: Report | None = getattr(refusal, "report", None)
    message = tellable(refusal.message)
    content: dict[str, Any] = {"delivery": name, "verdict": Verdict.REFUSED.value, "why": message}
    _write_json(kept / "avvist.json", content | ({"check": report.as_json()} if report else {}))
    page = kept / SUMMARY
    page.write_text(
        _summary(name, Verdict.REFUSED, report, None if report else message), encoding="utf-8"
    )
    return page


def forget_refusal(received: Path, folder: Path) -> None:
    """Take away what was written of a refusal once the delivery is received after all."""
    kept = received / REFUSED_FOLDER / folder.parent.name / tellable(folder.name)
    shutil.rmtree(kept, ignore_errors=True)


def _summary(name: str, verdict: Verdict, report: Report | None, message: str | None = None) -> str:
    reasons = Counter(reason for _, _, reason in report.not_asked) if report else Counter()
    return (
        _environment()
        .get_template("sammendrag.html.j2")
        .render(
            name=name,
            verdict=verdict,
            report=report,
            message=message,
            not_asked=sorted(reasons.items()),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=templates(), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        number=_number, percent=_percent, change=_change, reading=_reading_nb
    )
    return environment


def _number(value: int) -> str:
    return f"{value:,}".replace(",", _HARD_SPACE)


def _percent(share: float) -> str:
    percent = 100 * share
    digits = 0 if percent == int(percent) else 1 if percent >= 1 else 2
    shown = f"{percent:.{digits}f}".replace(".", ",")
    if share and not float(shown.replace(",", ".")):
        shown = "under 0,01"
    return f"{shown}{_HARD_SPACE}%"


def _change(table: CheckedTable) -> str:
    if table.earlier is None or not table.earlier.rows:
        return ""
    change = table.rows / table.earlier.rows - 1
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{sign}{_percent(round(abs(change), 3))}"


def _reading_nb(remark: str) -> str:
    """Say a remark of the reading in Norwegian; one without a translation stands as it is."""
    for english, norwegian in _READING_NB.items():
        remark = remark.replace(f": {english}", f": {norwegian}")
    return remark


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
