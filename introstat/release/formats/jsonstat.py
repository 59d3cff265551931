"""JSON-stat 2.0: signs in `status`, labels in Norwegian, the English ones in `extension`.

A preliminary value has the status `*`; then every cell has one, so they are a list.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from introstat.release.cube import (
    MEASURE,
    PRELIMINARY,
    PRELIMINARY_EN,
    PRELIMINARY_NB,
    SIGN_TEXTS_EN,
    SIGN_TEXTS_NB,
    PublishedCube,
    Release,
)
from introstat.release.formats import json_files
from introstat.release.formats.cells import dense_table

EXTENSION = "json"
_ROLES = {"time": "time", "region": "geo", "metric": "metric"}


def write(cube: PublishedCube, path: Path, release: Release) -> None:
    """Write a cube; keys stand in one order, so the same cube gives the same bytes."""
    json_files.write(dataset(cube, release), path, indent=None)


def dataset(cube: PublishedCube, release: Release) -> dict[str, Any]:
    """The data set as JSON-stat has it."""
    role: dict[str, list[str]] = {"time": [], "geo": [], "metric": []}
    dimensions: dict[str, Any] = {}
    english: dict[str, Any] = {}
    for each in cube.axes:
        if each.role in _ROLES:
            role[_ROLES[each.role]].append(each.name)
        dimensions[each.name] = {
            "label": each.label_nb,
            "category": {
                "index": list(each.code_names),
                "label": {code.code: code.label_nb for code in each.codes},
            },
            "extension": {"elimination": each.total is not None, "total": each.total},
            **({"note": [each.definition_nb]} if each.definition_nb else {}),
        }
        english[each.name] = {
            "label": each.label_en,
            "category": {"label": {code.code: code.label_en for code in each.codes}},
            **({"note": [each.definition_en]} if each.definition_en else {}),
        }
    del dimensions[MEASURE]["extension"]
    dimensions[MEASURE]["category"]["unit"] = {
        each.name: {"label": each.unit_nb, "decimals": each.decimals} for each in cube.measures
    }
    english[MEASURE]["category"]["unit"] = {
        each.name: {"label": each.unit_en} for each in cube.measures
    }
    marks = {PRELIMINARY: (PRELIMINARY_NB, PRELIMINARY_EN)} if cube.is_preliminary else {}
    said = ((cube.description_nb, *cube.notes_nb), (cube.description_en, *cube.notes_en))
    notes = [
        [text for text in (*(both[at] for both in marks.values()), *texts) if text]
        for at, texts in enumerate(said)
    ]
    signs = [
        texts | {mark: both[at] for mark, both in marks.items()}
        for at, texts in enumerate((SIGN_TEXTS_NB, SIGN_TEXTS_EN))
    ]
    return {
        "version": "2.0",
        "class": "dataset",
        "label": cube.title_nb,
        **({"source": cube.source_nb} if cube.source_nb else {}),
        "updated": cube.updated.isoformat(),
        **({"note": notes[0]} if notes[0] else {}),
        "role": {key: names for key, names in role.items() if names},
        "id": [each.name for each in cube.axes],
        "size": list(cube.shape),
        "dimension": dimensions,
        "value": _values(cube),
        **_status(cube),
        "extension": {
            "name": cube.name,
            "version": release.version,
            "licence": release.licence,
            "publisher": release.publisher,
            "contact": cube.contact,
            "preliminary": cube.is_preliminary,
            "description": cube.description_nb,
            "status": {"label": signs[0]},
            "en": {
                "label": cube.title_en,
                "description": cube.description_en,
                "source": cube.source_en,
                "note": notes[1],
                "status": {"label": signs[1]},
                "dimension": english,
            },
        },
    }


def read(path: Path) -> pa.Table:
    """Return the cells, every combination of the codes."""
    # Numbers stay as they are written: 37.5 is no binary fraction here.
    found = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    lists = [(name, found["dimension"][name]["category"]["index"]) for name in found["id"]]
    status = found.get("status", {})
    signs = [""] * len(found["value"])
    for place, sign in enumerate(status) if isinstance(status, list) else status.items():
        signs[int(place)] = "" if sign == PRELIMINARY else sign
    return dense_table(lists, found["value"], signs, found["extension"]["preliminary"])


def _values(cube: PublishedCube) -> list[int | float | None]:
    values = np.empty(cube.shape, dtype=object)
    for place, measure in enumerate(cube.measures):
        numbers = cube.numbers[..., place]
        values[..., place] = numbers / 10**measure.decimals if measure.decimals else numbers
    values[cube.sign_numbers != 0] = None
    return list(values.reshape(-1))


def _status(cube: PublishedCube) -> dict[str, dict[str, str] | list[str]]:
    if cube.is_preliminary:
        return {"status": [sign or PRELIMINARY for sign in cube.sign_texts()]}
    found = {str(place): sign for place, sign in enumerate(cube.sign_texts()) if sign}
    return {"status": found} if found else {}
