"""The CSV files of a release as the package csvw reads them: `python in_csvw.py FOLDER`.

It checks every cell against its column's type, and the key.
"""

import csv
import sys
import warnings
from decimal import Decimal
from pathlib import Path

from csvw import CSVW


def faults_of(path: Path, rows: list[dict[str, object]]) -> list[str]:
    """Where the cells that csvw reads are others than the csv module's."""
    with path.open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    if [*rows[0]] != [*expected[0]] or len(rows) != len(expected):
        return ["other columns or rows"]
    for row, own in zip(rows, expected, strict=True):
        value = None if own["value"] == "" else Decimal(own["value"])
        texts = [name for name in own if name not in ("value", "sign", "is_preliminary")]
        if (
            row["value"] != value
            or (row["sign"] or "") != own["sign"]
            or row["is_preliminary"] is not (own["is_preliminary"] == "true")
            or any(row[name] != own[name] for name in texts)
        ):
            return [f"a row is another: {own}"]
    return []


def main() -> int:
    folder = Path(sys.argv[1])
    files = {
        path.name: path
        for path in folder.glob("*_p*_v*.csv")
        if not path.name.startswith("revisjoner")
    }
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        read = CSVW(str(folder / "csv-metadata.json"), validate=True)
        is_valid = read.is_valid
        tables = {str(table.url): list(table.iterdicts(strict=True)) for table in read.tables}
    said = [str(each.message) for each in (*warned, *read.warnings)]
    print(f"csv-metadata.json: {'valid' if is_valid else 'not valid'}, {len(said)} warnings")
    print("".join(f"  {line}\n" for line in dict.fromkeys(said)), end="")
    found = {name: faults_of(path, tables.get(name, [{}])) for name, path in files.items()}
    for name, faults in sorted(found.items()):
        print(f"{name}: {' | '.join(faults) or 'ok'}")
    return int(not files or not is_valid or bool(said) or any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
