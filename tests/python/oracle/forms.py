"""An independent reading of form 11b's published controls, character by character, on raw lines.

Written from the list's words (docs/completeness.md). Births are those of NIR's accepted rows, and
municipalities those of the seed; only the standard library is used.
"""

import csv
import re
from datetime import date
from functools import cache
from pathlib import Path

import duckdb

from introstat.warehouse.opening import open_warehouse

from .places import GEOGRAPHY
from .reading import Extracts, form_date, is_valid_ident, known_deliveries

WIDTH = 111
MEASURE_CODES = ("01", "02", "03", "04", None, "06", "07", "08", "10", "11", "99")
ENDED = ("01", "02", "03", "04", "05", "07", "08", "09", "10")
LAST_YEAR_WITH_AMOUNTS = 2017


def places(text: str) -> list[str]:
    """Two characters each; blank is 00."""
    return [text[at : at + 2].replace("  ", "00") for at in range(0, len(text), 2)]


def is_form_duf(text: str) -> bool:
    """12 digits; 5-10 then 1-4 weighed from the right by 2 3 6 4 5 7 and again, mod 11."""
    if not re.fullmatch("[0-9]{12}", text):
        return False
    digits = [int(digit) for digit in text[4:10] + text[:4]]
    total = sum(
        digit * (2, 3, 6, 4, 5, 7)[place % 6] for place, digit in enumerate(reversed(digits))
    )
    return f"{total % 11:02d}" == text[10:]


@cache
def existed(code: str, year: int) -> bool:
    """Whether there was such a municipality on a day of the year."""
    with (GEOGRAPHY / "municipalities.csv").open(encoding="utf-8") as lines:
        return any(
            row["municipality_code"] == code
            and row["valid_from"] <= f"{year}-12-31"
            and (row["valid_to"] or "9999") > f"{year}-01-01"
            for row in csv.DictReader(lines)
        )


def verdicts(line: str, year: int, births: dict[str, date]) -> dict[str, bool]:
    """Return whether each control that is asked of a line holds."""
    if len(line) != WIDTH:
        return {"K01": False}
    holds = {"K01": True}
    ident, duf = line[18:29].strip(), line[29:41].strip()
    start, _ = form_date(line[43:49].strip() or None, "start")
    end, _ = form_date(line[74:80].strip() or None, "end")
    measures, months = places(line[50:72]), places(line[80:104])
    paid = int(line[104:].strip()) if re.fullmatch("[0-9]+", line[104:].strip()) else None
    ticked = sum(text == f"{month:02d}" for month, text in enumerate(months, start=1))

    holds["K02"] = re.fullmatch("[0-9 ]*", line[:10] + line[18:]) is not None
    holds["K03"] = existed(line[:4], year)
    holds["K04"] = line[4:6] == f"{year % 100:02d}"
    holds["K05"] = is_valid_ident(ident)
    holds["K06"] = duf == "" or is_form_duf(duf)
    holds["K07"] = line[41] in "12"
    holds["K08"] = line[42] in "12345"
    holds["K09"] = start is not None
    holds["K10"] = line[49] in "12"
    holds["K11"] = any(text != "00" for text in measures) and all(
        text in ("00", code) for text, code in zip(measures, MEASURE_CODES, strict=True)
    )
    holds["K12"] = line[72:74] in (*ENDED, "06")
    if line[72:74] != "06":
        holds["K13"] = end is not None and end.year == year
    holds["K14"] = ticked > 0 and all(
        text in ("00", f"{month:02d}") for month, text in enumerate(months, start=1)
    )
    holds["K15"] = paid is not None and 0 < paid < 350_000
    if start and end:
        holds["K16"] = end >= start
    if end:
        holds["K17"] = end >= date(year, 1, 1)
    if line[72:74] == "06":
        holds["K18"] = months[11] == "12"
    if paid is not None and year <= LAST_YEAR_WITH_AMOUNTS:
        if ticked:
            holds["K19"] = paid / ticked < 20_000
            holds["K20"] = paid / ticked > 8_000
        holds["K23"] = paid < 220_000
    if births.get(ident):
        age = year - births[ident].year
        holds["K21"], holds["K22"] = age >= 18, age < 99
    return holds


def compare_forms(extracts: Path, read: Extracts, warehouse: Path) -> list[str]:
    """Return each control and line on which the warehouse and this reading differ."""
    births = {row["ident"]: row["fodselsdato"] for row in read.rows["personer"]}
    deliveries, _ = known_deliveries(extracts)
    newest = {
        name: (delivery.delivered, file)
        for delivery in sorted(deliveries, key=lambda each: each.delivered)
        if delivery.source == "kostra" and delivery.delivered <= read.as_of
        for name, file in delivery.files.items()
    }
    expected: dict[tuple[str, str], bool] = {}
    for name, (_, file) in newest.items():
        seen: set[str] = set()
        for line in file.lines:
            if line.content in seen:
                continue
            seen.add(line.content)
            for rule, holds in verdicts(line.content, int(name[4:]), births).items():
                expected[rule, f"{file.name}/{line.number}"] = not holds
    with open_warehouse(warehouse) as connection:
        found = _found(connection)
    return [
        f"{rule} {unit}: expected {expected.get((rule, unit))}, found {found.get((rule, unit))}"
        for rule, unit in sorted(expected.keys() | found.keys())
        if expected.get((rule, unit)) is not found.get((rule, unit))
    ]


def _found(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], bool]:
    rows = connection.execute(
        "select rule_id, unit_id, is_finding from dq_kostra_forms where is_applicable"
    ).fetchall()
    return {(rule, unit): is_finding for rule, unit, is_finding in rows}
