"""SDMX-CSV 2.0, a file for each table, and one SDMX-JSON 2.0 file of all their structures.

- A total is `_T`, as in SDMX's own code lists; `+`, which no code of SDMX may have, is `_PLUS`.
- OBS_STATUS is of SDMX's list: A, P (provisional), Q (suppressed), O (missing), M (cannot exist).
  SIGN tells hidden and left out apart, which both are suppressed.
- A structure has the version of its release, 2017.2.1 for 2017H2_v1: code lists are what it uses.
"""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from introstat.disclosure.published import CANNOT_OCCUR, HIDDEN, LEFT_OUT, MISSING
from introstat.errors import UserError
from introstat.release import naming
from introstat.release.contents import COUNTRY, TOTAL, is_year
from introstat.release.cube import (
    MEASURE,
    SIGN_TEXTS_EN,
    SIGN_TEXTS_NB,
    PublishedCube,
    PublishedDimension,
    Release,
    places_of,
)
from introstat.release.formats import json_files
from introstat.release.formats.cells import cells_table, one_line

EXTENSION = "csv"
FOLDER = "sdmx"
"""SDMX's files lie in a folder of their own, because their CSV is not the data package's."""
STRUCTURES = "strukturer"
AGENCY, _SCHEME = "IMDI", "INTRO"
_FIRST = ("STRUCTURE", "STRUCTURE_ID", "ACTION")
_FREQ, _TIME, _INDICATOR = "FREQ", "TIME_PERIOD", "INDICATOR"
_VALUE, _STATUS, _SIGN = "OBS_VALUE", "OBS_STATUS", "SIGN"
_UNIT, _DECIMALS = "UNIT_MEASURE", "DECIMALS"
_LAST = (_VALUE, _STATUS, _SIGN, _UNIT, _DECIMALS)
_NORMAL, _PROVISIONAL, _SUPPRESSED = "A", "P", "Q"
_SIGNS = {HIDDEN: "HIDDEN", LEFT_OUT: "LEFT_OUT", MISSING: "MISSING", CANNOT_OCCUR: "CANNOT_OCCUR"}
_STATUSES = {HIDDEN: _SUPPRESSED, LEFT_OUT: _SUPPRESSED, MISSING: "O", CANNOT_OCCUR: "M"}
_OWN_LISTS = {
    _FREQ: {"A": ("Årlig", "Annual"), "S": ("Halvårlig", "Half-yearly, semester")},
    _STATUS: {
        _NORMAL: ("Vanlig verdi", "Normal value"),
        _PROVISIONAL: ("Foreløpig verdi", "Provisional value"),
        _SUPPRESSED: ("Verdi vises ikke", "Missing value; suppressed"),
        "O": ("Verdi mangler", "Missing value"),
        "M": ("Verdi kan ikke forekomme", "Missing value; data cannot exist"),
    },
    _SIGN: {name: (SIGN_TEXTS_NB[sign], SIGN_TEXTS_EN[sign]) for sign, name in _SIGNS.items()},
}
_CONCEPTS = {
    _FREQ: ("Hyppighet", "Frequency"),
    _VALUE: ("Verdi", "Observation value"),
    _STATUS: ("Verdiens status", "Observation status"),
    _SIGN: ("Tegn der det ikke er noen verdi", "Sign where there is no value"),
    _UNIT: ("Måleenhet", "Unit of measure"),
    _DECIMALS: ("Desimaler", "Decimals"),
}
_PERIOD = re.compile(r"([0-9]{4})-S([12])")
_ID = re.compile(r"[A-Za-z0-9_@$-]+")
_TOTAL, _PLUS = "_T", "_PLUS"
_SCHEMA = (
    "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/structure-message/tools/schemas/"
    "2.0.0/sdmx-json-structure-schema.json"
)
_URN = "urn:sdmx:org.sdmx.infomodel."


def write(cube: PublishedCube, folder: Path, release: Release) -> Path:
    """Write a cube into the folder of SDMX's files.

    Raises UserError for a code that SDMX cannot hold.
    """
    folder.mkdir(exist_ok=True)
    name = naming.file_name(cube.file_stem, cube.periods, release.version, EXTENSION)
    header, columns = list(_FIRST), []
    values = cube.value_texts()
    size = len(values)
    columns += [["datastructure"] * size, [_structure_id(cube, release)] * size, ["I"] * size]
    for axis, dimension in enumerate(cube.axes):
        ids = [_code_id(dimension, code) for code in dimension.code_names]
        texts = [ids]
        header.append(_component(dimension))
        if dimension.role == "time":
            header.insert(-1, _FREQ)
            texts.insert(0, ["A" if is_year(code) else "S" for code in dimension.code_names])
        elif dimension.name == MEASURE:
            texts += [
                [_unit_id(each.unit_en) for each in cube.measures],
                [str(each.decimals) for each in cube.measures],
            ]
        places = places_of(cube.shape, axis)
        columns += [np.array(each, dtype=object)[places].tolist() for each in texts]
    *columns, units, decimals = columns
    signs = cube.sign_texts()
    shown = _PROVISIONAL if cube.is_preliminary else _NORMAL
    columns += [
        values,
        [_STATUSES.get(sign, shown) for sign in signs],
        [_SIGNS.get(sign, "") for sign in signs],
        units,
        decimals,
    ]
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*header, *_LAST])
        writer.writerows(zip(*columns, strict=True))
    return path


def read(path: Path) -> pa.Table:
    """Return the rows, in our codes."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        columns = dict(zip(header, zip(*reader, strict=True), strict=True))
    sign_of = {name: sign for sign, name in _SIGNS.items()}
    codes: dict[str, pa.Array | Sequence[str]] = {}
    for name in header:
        if name not in (*_FIRST, *_LAST, _FREQ):
            own = {_TIME: "period", _INDICATOR: MEASURE}.get(name, name.lower())
            known = {each: _code_of(own, each) for each in set(columns[name])}
            codes[own] = [known[each] for each in columns[name]]
    statuses = set(columns[_STATUS]) & {_NORMAL, _PROVISIONAL}
    if len(statuses) > 1:
        raise UserError(f"{path}: some values are preliminary and some are not.")
    return cells_table(
        codes,
        columns[_VALUE],
        [sign_of[each] if each else "" for each in columns[_SIGN]],
        # Where no value is shown, nothing tells.
        statuses == {_PROVISIONAL} if statuses else None,
    )


def write_structures(cubes: Sequence[PublishedCube], folder: Path, release: Release) -> Path:
    """Write the structures of all tables, with their code lists and concepts in both languages."""
    lists = _Lists(release)
    concepts = dict(_CONCEPTS)
    tables = []
    for cube in cubes:
        for each in cube.axes:
            concepts.setdefault(_component(each), (each.label_nb, each.label_en))
        tables.append(_structure(cube, lists, release))
    name = naming.file_name(STRUCTURES, [release.period], release.version, "json")
    message = {
        "meta": {
            "schema": _SCHEMA,
            "id": f"{_SCHEME}_{release.period}_v{release.version}",
            "prepared": f"{release.updated.isoformat()}T00:00:00Z",
            "sender": {"id": AGENCY},
            "contentLanguages": ["nb", "en"],
        },
        "data": {
            "codelists": lists.written,
            "conceptSchemes": [
                _artefact(_SCHEME, release, (release.title_nb, release.title_en))
                | {"concepts": [{"id": each, **_names(*concepts[each])} for each in concepts]}
            ],
            "dataStructures": tables,
        },
    }
    path = folder / name
    json_files.write(message, path, indent=1)
    return path


def differences(folder: Path) -> list[str]:
    """What the structures say of the tables in the folder of SDMX's files that is not so."""
    try:
        [path] = folder.glob(f"{STRUCTURES}_p*.json")
        structures = json.loads(path.read_text(encoding="utf-8"))["data"]["dataStructures"]
        described = {
            f"{each['agencyID']}:{each['id']}({each['version']})": _columns_of(each)
            for each in structures
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{FOLDER}: no structures to read ({type(error).__name__}). Take them anew."]
    found = []
    for table in sorted(folder.glob(f"*.{EXTENSION}")):
        try:
            with table.open(encoding="utf-8", newline="") as file:
                reader = csv.reader(file)
                header, first = next(reader), next(reader)
        except (ValueError, StopIteration):
            continue  # told by whoever reads its cells
        if len(first) < len(_FIRST) or described.get(first[1]) != set(header[len(_FIRST) :]):
            found.append(f"{table.name}: its columns are not those of its structure.")
    return found


def _columns_of(structure: dict[str, Any]) -> set[str]:
    parts = structure["dataStructureComponents"]
    dimensions = parts["dimensionList"]
    every = [
        *dimensions["dimensions"],
        dimensions["timeDimension"],
        *parts["measureList"]["measures"],
        *parts["attributeList"]["attributes"],
    ]
    return {each["id"] for each in every}


class _Lists:
    """The code lists of a release: one for each dimension, and more where tables' codes differ."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._numbers: dict[tuple[str, tuple[Any, ...]], str] = {}
        self.written: list[dict[str, Any]] = []

    def urn(self, component: str, name: tuple[str, str], codes: Sequence[tuple[str, ...]]) -> str:
        """The address of the list of these codes, each an id and its labels."""
        key = component, tuple(codes)
        if key not in self._numbers:
            others = sum(each == component for each, _ in self._numbers)
            own = f"CL_{component}" + (f"_{others + 1}" if others else "")
            self._numbers[key] = own
            self.written.append(
                _artefact(own, self._release, name)
                | {"codes": [{"id": code, **_names(nb, en)} for code, nb, en in codes]}
            )
        at = f"{AGENCY}:{self._numbers[key]}({_version(self._release)})"
        return f"{_URN}codelist.Codelist={at}"


def _structure(cube: PublishedCube, lists: _Lists, release: Release) -> dict[str, Any]:
    """The data structure of a table."""

    def component(name: str, representation: dict[str, Any]) -> dict[str, Any]:
        at = f"{AGENCY}:{_SCHEME}({_version(release)}).{name}"
        return {
            "id": name,
            "conceptIdentity": f"{_URN}conceptscheme.Concept={at}",
            "localRepresentation": representation,
        }

    def coded(name: str, title: tuple[str, str], codes: Sequence[tuple[str, ...]]) -> Any:
        return component(name, {"enumeration": lists.urn(name, title, codes)})

    def own(name: str) -> Any:
        codes = [(code, *texts) for code, texts in _OWN_LISTS[name].items()]
        return coded(name, _CONCEPTS[name], codes)

    dimensions = [own(_FREQ)] + [
        coded(
            _component(each),
            (each.label_nb, each.label_en),
            [(_code_id(each, c.code), one_line(c.label_nb), one_line(c.label_en))
             for c in each.codes],
        )
        for each in cube.axes
        if each.role != "time"
    ]  # fmt: skip
    units = dict.fromkeys((_unit_id(m.unit_en), m.unit_nb, m.unit_en) for m in cube.measures)
    of_value = {"attributeRelationship": {"observation": {}}, "measureRelationship": [_VALUE]}
    of_indicator = {"attributeRelationship": {"dimensions": [_INDICATOR]}}
    return (
        _artefact(_table_id(cube), release, (cube.title_nb, cube.title_en))
        | _names(cube.description_nb, cube.description_en, "description")
        | {
            "dataStructureComponents": {
                "dimensionList": {
                    "dimensions": dimensions,
                    "timeDimension": component(
                        _TIME, {"format": {"dataType": "ObservationalTimePeriod"}}
                    ),
                },
                "measureList": {
                    "measures": [component(_VALUE, {"format": {"dataType": "Decimal"}})]
                },
                "attributeList": {
                    "attributes": [
                        own(_STATUS) | of_value,
                        own(_SIGN) | of_value,
                        coded(_UNIT, _CONCEPTS[_UNIT], list(units)) | of_indicator,
                        component(_DECIMALS, {"format": {"dataType": "Integer"}}) | of_indicator,
                    ]
                },
            }
        }
    )


def _artefact(name: str, release: Release, title: tuple[str, str]) -> dict[str, Any]:
    return {"id": name, "agencyID": AGENCY, "version": _version(release), **_names(*title)}


def _names(nb: str, en: str, what: str = "name") -> dict[str, Any]:
    if not nb:
        return {}
    return {what: nb, f"{what}s": {"nb": nb, "en": en or nb}}


def _version(release: Release) -> str:
    year, _, half = release.period.partition("H")
    return f"{int(year)}.{half or 0}.{release.version}"


def _table_id(cube: PublishedCube) -> str:
    return cube.file_stem.upper().replace("-", "_")


def _structure_id(cube: PublishedCube, release: Release) -> str:
    return f"{AGENCY}:{_table_id(cube)}({_version(release)})"


def _component(dimension: PublishedDimension) -> str:
    if dimension.role == "time":
        return _TIME
    return _INDICATOR if dimension.name == MEASURE else dimension.name.upper()


def _unit_id(unit: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", unit.upper()) or "_Z"


def _code_id(dimension: PublishedDimension, code: str) -> str:
    """A code as SDMX has it."""
    if dimension.role == "time":
        return code.replace("H", "-S")
    if code == (COUNTRY if dimension.role == "region" else TOTAL):
        return _TOTAL
    written = code.replace("+", _PLUS)
    if not _ID.fullmatch(written):
        raise UserError(
            f"The code {code} of {dimension.name} is none that SDMX can hold: letters a-z, digits, "
            "_, @, $, - and + are."
        )
    return written


def _code_of(name: str, written: str) -> str:
    """What `_code_id` made, back again."""
    if name == "period":
        found = _PERIOD.fullmatch(written)
        return f"{found[1]}H{found[2]}" if found else written
    if written == _TOTAL:
        return COUNTRY if name == "region" else TOTAL
    return written.replace(_PLUS, "+")
