"""Each PX file of a release as pandas-pcaxis and pyaxis read it: `python in_px.py FOLDER`.

Cells are held against the CSV file beside it; notes, marks and identifiers must be there.
"""

import csv
import json
import sys
from itertools import product
from pathlib import Path

from pandas_pcaxis import PxParser
from pyaxis import pyaxis

SIGNS = {".": ".", "..": "..", "...": ":", "....": "..."}


def cells_of(path: Path) -> dict[tuple[str, ...], str]:
    """Values or signs by the labels of the codes, as the CSV file has them."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if f"{name}_label" in rows[0]]
    return {tuple(row[n] for n in names): row["value"] or row["sign"] for row in rows}


def same(token: object, text: str) -> bool:
    """Whether a cell is the value, or the sign, of the CSV file."""
    if isinstance(token, str):
        return SIGNS.get(token) == text
    return text not in SIGNS.values() and float(text) == token


def faults_of(path: Path, ids: list[str]) -> list[str]:
    """What is not as it should be when other readers read a file."""
    text = path.read_text(encoding="utf-8")
    file = PxParser(encoding="utf-8").parse(text)
    meta, frame = file.meta, file.to_df(drop_sums=False)
    expected = cells_of(path.with_suffix(".csv"))
    faults = []
    lists = [meta["codes"][name] for name in (*meta["stub"], *meta["heading"])]
    lists = [each if isinstance(each, list) else [each] for each in lists]
    tokens = frame.to_numpy().reshape(-1).tolist()
    wrong = sum(
        not same(token, expected[key]) for key, token in zip(product(*lists), tokens, strict=True)
    )
    if wrong or len(tokens) != len(expected):
        faults.append(f"{wrong} of {len(expected)} cells differ in pandas-pcaxis")
    if not isinstance(meta.get("note"), str) or "Lisens: CC" not in meta["note"]:
        faults.append("pandas-pcaxis has no note with the licence")
    with (path.parent / "datapackage.json").open(encoding="utf-8") as package:
        described = json.load(package)["resources"]
    [own] = [each for each in described if each["path"] == path.with_suffix(".csv").name]
    if ("notex" in meta) != own["is_preliminary"]:
        faults.append("the mark of preliminary figures is not as in the data package")
    if meta["copyright"] is not True or meta["aggregallowed"] is not False:
        faults.append(f"copyright {meta['copyright']}, aggregallowed {meta['aggregallowed']}")
    ids.append(meta["tableid"])
    parsed = pyaxis.parse(str(path), encoding="utf-8", lang="nb", null_values="(?!)",
                          sd_values="(?!)")  # fmt: skip
    if len(parsed["DATA"]) != len(expected) or len(parsed["METADATA"]["NOTE"]) < 1:
        faults.append("pyaxis does not read all cells, or no note")
    return faults


def main() -> int:
    ids: list[str] = []
    found = {p.name: faults_of(p, ids) for p in sorted(Path(sys.argv[1]).glob("*.px"))}
    for name, faults in found.items():
        print(f"{name}: {' | '.join(faults) or 'ok'}")
    print(f"{sum(not each for each in found.values())} of {len(found)} files read as they are")
    return int(not found or any(found.values()) or len(set(ids)) < len(ids))


if __name__ == "__main__":
    sys.exit(main())
