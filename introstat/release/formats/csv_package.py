"""CSV in UTF-8 with a sign column, and one Frictionless `datapackage.json` over all of a release.

A row is a cell. Beside every code is its Norwegian label, in a column ending `_label`; a value
is empty where there is a sign. The package is a Tabular Data Package of version 1, which
Frictionless readers in Python and R know.
"""

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from introstat.disclosure.published import SIGNS
from introstat.errors import UserError
from introstat.release.cube import (
    MEASURE,
    SIGN_TEXTS_EN,
    SIGN_TEXTS_NB,
    PublishedCube,
    PublishedDimension,
    Release,
    places_of,
    unique_labels,
)
from introstat.release.formats import json_files
from introstat.release.formats.cells import cells_table, one_line

EXTENSION = "csv"
PACKAGE = "datapackage.json"
_LABEL = "_label"


def write(cube: PublishedCube, path: Path, release: Release) -> None:
    """Write a cube; `release` is not used: all writers are called alike."""
    columns: list[Sequence[str]] = []
    header: list[str] = []
    for axis, dimension in enumerate(cube.axes):
        places = places_of(cube.shape, axis)
        header += [dimension.name, dimension.name + _LABEL]
        for texts in (dimension.code_names, unique_labels(_labels(dimension))):
            columns.append(np.array(texts, dtype=object)[places].tolist())
    header += ["value", "sign", "is_preliminary"]
    values = cube.value_texts()
    mark = "true" if cube.is_preliminary else "false"
    columns += [values, cube.sign_texts(), [mark] * len(values)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*columns, strict=True))


def read(path: Path) -> pa.Table:
    """Return the rows."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        columns = dict(zip(header, zip(*reader, strict=True), strict=True))
    names = [each for each in header if each + _LABEL in columns]
    marks = set(columns["is_preliminary"])
    if len(marks) != 1:
        raise UserError(f"{path}: is_preliminary is not the same in every row.")
    return cells_table(
        {name: columns[name] for name in names},
        columns["value"],
        columns["sign"],
        marks == {"true"},
    )


def header(path: Path) -> list[str]:
    """Return the names of the columns of a CSV file; none if it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file), [])
    except ValueError:
        return []


def write_package(
    cubes: Sequence[tuple[PublishedCube, Path]], path: Path, release: Release, name: str
) -> None:
    """Write the package's description over CSV files that are there: types, codes, checksums."""
    sources = dict.fromkeys(cube.source_nb for cube, _ in cubes if cube.source_nb)
    package = {
        "profile": "tabular-data-package",
        "name": name,
        "title": release.title_nb,
        "titles": {"nb": release.title_nb, "en": release.title_en},
        "version": str(release.version),
        "created": f"{release.updated.isoformat()}T00:00:00Z",
        "homepage": release.homepage,
        "licenses": [
            {
                "name": release.licence,
                "title": release.licence_name,
                "path": release.licence_address,
            }
        ],
        "contributors": [{"title": release.publisher, "role": "publisher"}],
        **({"sources": [{"title": each} for each in sources]} if sources else {}),
        "resources": [_resource(cube, file) for cube, file in cubes],
    }
    json_files.write(package, path)


def differences(folder: Path, tables: Sequence[Path]) -> list[str]:
    """What the package of a folder says of its CSV files that is not so: which, bytes, checksum."""

    def checked_in(package: Any) -> dict[str, tuple[int, str]]:
        return {each["path"]: (each["bytes"], each["hash"]) for each in package["resources"]}

    def fault_of(table: Path, checked: tuple[int, str]) -> str | None:
        if checked == _checked(table.read_bytes()):
            return None
        return f"{table.name}: not the bytes that {PACKAGE} has a checksum of."

    return json_files.differences(folder / PACKAGE, checked_in, tables, fault_of)


def _checked(content: bytes) -> tuple[int, str]:
    return len(content), f"sha256:{hashlib.sha256(content).hexdigest()}"


def _resource(cube: PublishedCube, file: Path) -> dict[str, Any]:
    size, checksum = _checked(file.read_bytes())
    return {
        "profile": "tabular-data-resource",
        "name": file.stem.lower(),
        "path": file.name,
        "title": cube.title_nb,
        "titles": {"nb": cube.title_nb, "en": cube.title_en},
        "description": "\n\n".join(each for each in (cube.description_nb, *cube.notes_nb) if each),
        "is_preliminary": cube.is_preliminary,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "header": True},
        "bytes": size,
        "hash": checksum,
        "schema": schema(cube),
    }


def schema(cube: PublishedCube) -> dict[str, Any]:
    """Return the columns of a table as Table Schema has them."""
    fields: list[dict[str, Any]] = []
    units = {
        each.name: {"unit": {"nb": each.unit_nb, "en": each.unit_en}, "decimals": each.decimals}
        for each in cube.measures
    }
    for axis in cube.axes:
        fields += [
            {
                "name": axis.name,
                "type": "string",
                **_titles(axis.label_nb, axis.label_en),
                "constraints": {"required": True, "enum": list(axis.code_names)},
                "categories": [
                    {
                        "value": code.code,
                        "label": label,
                        "labels": {"nb": label, "en": code.label_en},
                        **(units[code.code] if axis.name == MEASURE else {}),
                    }
                    for code, (_, label) in zip(axis.codes, _labels(axis), strict=True)
                ],
            },
            {
                "name": axis.name + _LABEL,
                "type": "string",
                **_titles(f"{axis.label_nb}, tekst", f"{axis.label_en}, Norwegian label"),
                "constraints": {"required": True},
            },
        ]
    fields += [
        {"name": "value", "type": "number", **_titles("Verdi", "Value")},
        {
            "name": "sign",
            "type": "string",
            **_titles("Tegn der det ikke er noen verdi", "Sign where there is no value"),
            "constraints": {"enum": list(SIGNS[1:])},
            "categories": [
                {
                    "value": sign,
                    "label": SIGN_TEXTS_NB[sign],
                    "labels": {"nb": SIGN_TEXTS_NB[sign], "en": SIGN_TEXTS_EN[sign]},
                }
                for sign in SIGNS[1:]
            ],
        },
        {
            "name": "is_preliminary",
            "type": "boolean",
            **_titles("Foreløpig tall", "Preliminary figure"),
            "constraints": {"required": True},
        },
    ]
    return {
        "fields": fields,
        "missingValues": [""],
        "primaryKey": [axis.name for axis in cube.axes],
    }


def _titles(nb: str, en: str) -> dict[str, Any]:
    return {"title": nb, "titles": {"nb": nb, "en": en}}


def _labels(axis: PublishedDimension) -> list[tuple[str, str]]:
    """Codes with their Norwegian labels."""
    return [(code.code, one_line(code.label_nb)) for code in axis.codes]
