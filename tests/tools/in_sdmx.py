"""SDMX-CSV files of a release as pysdmx reads them: `python in_sdmx.py FOLDER`.

The structures are checked against SDMX's own JSON schema; cells are held against the CSV files.
"""

import csv
import sys
from pathlib import Path

import pandas as pd
from pysdmx.io import get_datasets, read_sdmx

SIGNS = {"HIDDEN": ":", "LEFT_OUT": "...", "MISSING": "..", "CANNOT_OCCUR": ".", "": ""}


def same(row: dict[str, object], own: dict[str, str]) -> bool:
    """Whether a row of pysdmx's frame says what the row of the CSV file says."""
    empty = pd.isna(row["OBS_VALUE"])
    value = own["value"] == "" if empty else float(own["value"] or "nan") == row["OBS_VALUE"]
    preliminary = own["is_preliminary"] == "true" and not empty
    codes = all(
        row[name.upper()] in (code.replace("+", "_PLUS"), "_T" if code in ("0", "total") else code)
        for name, code in own.items()
        if name.upper() in row and name not in ("sign", "measure")
    )
    return (
        value
        and codes
        and (row["OBS_STATUS"] == "P") == preliminary
        and row["INDICATOR"] == own["measure"]
        and str(row["TIME_PERIOD"]) == own["period"].replace("H", "-S")
        and SIGNS[row["SIGN"]] == own["sign"]
    )


def faults_of(path: Path, structures: Path) -> list[str]:
    """What pysdmx says against a table, or reads otherwise than the release's CSV has it."""
    [dataset] = get_datasets(path, structures)
    schema, frame = dataset.structure, dataset.data
    expected = list(csv.DictReader((path.parents[1] / path.name).open(encoding="utf-8")))
    faults = []
    if len(frame) != len(expected):
        faults.append(f"{len(frame)} rows, expected {len(expected)}")
    wrong = 0
    for row, own in zip(frame.to_dict("records"), expected, strict=False):
        for component in schema.components:
            value, known = row[component.id], component.enumeration
            if known is not None and value and all(code.id != value for code in known):
                faults.append(f"{component.id} {value} is not in its code list")
        wrong += not same(row, own)
    if wrong:
        faults.append(f"{wrong} rows differ")
    return sorted(set(faults))


def main() -> int:
    folder = Path(sys.argv[1]) / "sdmx"
    [structures] = folder.glob("strukturer_*.json")
    message = read_sdmx(structures, validate=True)
    found = {p.name: faults_of(p, structures) for p in sorted(folder.glob("*.csv"))}
    tables = len(message.get_data_structure_definitions())
    print(
        f"{structures.name}: valid, {tables} structures, {len(message.get_codelists())} code lists"
    )
    for name, faults in found.items():
        print(f"{name}: {' | '.join(faults) or 'ok'}")
    return int(tables != len(found) or not found or any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
