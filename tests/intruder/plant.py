"""Mistakes planted in copies of a finished release: what an intruder must find."""

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

Row = dict[str, str]


@dataclass(frozen=True)
class Hidden:
    """A hidden cell of the table of participants: where it is, and how many it truly counts."""

    region: str
    sex: str
    age_band: str
    count: int
    of_both_sexes: int


def hidden_cells(release: Path, truth: Callable[[Row], int]) -> Iterator[Hidden]:
    """The hidden cells by sex whose both sexes together are shown."""
    rows = [row for row in _rows(_table(release)) if row["measure"] == "participants"]
    shown = {_key(row): row["value"] for row in rows if row["sign"] == ""}
    for row in rows:
        both = shown.get((row["region"], "total", row["age_band"]))
        if row["sign"] == ":" and row["sex"] != "total" and both:
            yield Hidden(row["region"], row["sex"], row["age_band"], truth(row), int(both))


def _key(row: Mapping[str, str]) -> tuple[str, str, str]:
    return row["region"], row["sex"], row["age_band"]


def _table(release: Path) -> Path:
    [path] = release.glob("deltakere_p*.csv")
    return path


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _is(row: Mapping[str, str], cell: Hidden, measure: str) -> bool:
    return _key(row) == (cell.region, cell.sex, cell.age_band) and row["measure"] == measure


def copied(release: Path, to: Path, **about: str | int) -> Path:
    """A copy of a release, its manifest changed."""
    shutil.copytree(release, to)
    path = to / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | about), encoding="utf-8")
    return to


def show_percent(release: Path, cell: Hidden) -> None:
    """Show one percent too many: that of a hidden cell, of a shown whole."""
    rows = _rows(_table(release))
    percent = Fraction(1000 * cell.count, cell.of_both_sexes) + Fraction(1, 2)
    for row in rows:
        if _is(row, cell, "percent"):
            row |= {"value": f"{percent.__floor__() / 10:.1f}", "sign": ""}
    _write(_table(release), rows)


def show_count(release: Path, cell: Hidden) -> None:
    """Show a hidden count."""
    rows = _rows(_table(release))
    for row in rows:
        if _is(row, cell, "participants"):
            row |= {"value": str(cell.count), "sign": ""}
    _write(_table(release), rows)


def revise(release: Path, cell: Hidden, period: str) -> None:
    """Let the file of revisions show a hidden count."""
    [path] = release.glob("revisjoner*.csv")
    header = path.read_text(encoding="utf-8").splitlines()[0].replace('"', "").split(",")
    dimensions = json.dumps({"sex": cell.sex, "age_band": cell.age_band}, separators=(",", ":"))
    row = dict.fromkeys(header, "") | {
        "cube": "participants", "period": period, "region_set": "at_the_time",
        "region_code": cell.region, "dimensions": dimensions, "measure": "participants",
        "old_value": f"{cell.count + 1}.0", "new_value": f"{cell.count}.0", "difference": "-1.0",
        "reason": "definisjon",
    }  # fmt: skip
    _write(path, [row])


def say(release: Path, sentence: str) -> None:
    """Put a sentence into the report."""
    [path] = release.glob("rapport*.html")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("<p>", f"<p>{sentence}</p><p>", 1), encoding="utf-8")


def without_series(release: Path) -> None:
    """Take away the main figures, which tell of earlier periods too."""
    for path in release.glob("hovedtall*.csv"):
        path.unlink()


def as_year(release: Path, to: Path, year: str, cell: Hidden) -> Path:
    """A year of a second half-year: all that the half says, and one hidden count of it."""
    copied(release, to, period=year)
    without_series(to)
    period = json.loads((release / "manifest.json").read_text())["period"]
    for path in [*to.glob("*.csv"), *(to / "kodelister").glob("*.csv")]:
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf"^{period},", f"{year},", text, flags=re.M), encoding="utf-8")
    show_count(to, cell)
    return to


def as_empty_half(release: Path, to: Path, half: str) -> Path:
    """A first half-year in which there was nobody."""
    copied(release, to, period=half)
    without_series(to)
    period = json.loads((release / "manifest.json").read_text())["period"]
    for path in to.glob("*.csv"):
        rows = [row for row in _rows(path) if row.get("period") in (period, None)]
        for row in rows:
            if "sign" in row:
                row |= {"period": half, "value": "0", "sign": ""}
                if "percent" in row["measure"]:
                    row |= {"value": "", "sign": "."}
        if rows:
            _write(path, rows)
    return to
