"""CSVW: what W3C's CSV on the Web says of the CSV files of a release, one file over all of them.

A reader of CSVW finds it by its name beside a CSV file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from introstat.release.cube import KLASS, PublishedCube, Release
from introstat.release.formats import csv_package, json_files

FILE = "csv-metadata.json"


def write(cubes: Sequence[tuple[PublishedCube, Path]], path: Path, release: Release) -> None:
    """Write the description of CSV files."""
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "nb"}],
        "@type": "TableGroup",
        "dc:title": _both(release.title_nb, release.title_en),
        "dc:publisher": release.publisher,
        "dc:license": {"@id": release.licence_address},
        "dc:modified": {"@value": release.updated.isoformat(), "@type": "xsd:date"},
        "tables": [_table(cube, file) for cube, file in cubes],
    }
    json_files.write(group, path)


def differences(folder: Path, tables: Sequence[Path]) -> list[str]:
    """What the description says of a folder's CSV files that is not so: which, and columns."""

    def columns_in(group: Any) -> dict[str, list[str]]:
        return {
            each["url"]: [column["name"] for column in each["tableSchema"]["columns"]]
            for each in group["tables"]
        }

    def fault_of(table: Path, columns: list[str]) -> str | None:
        is_so = columns == csv_package.header(table)
        return None if is_so else f"{FILE}: the columns of {table.name} are others."

    return json_files.differences(folder / FILE, columns_in, tables, fault_of)


def _table(cube: PublishedCube, file: Path) -> dict[str, Any]:
    schema = csv_package.schema(cube)
    described = (
        "\n\n".join(each for each in texts if each)
        for texts in ((cube.description_nb, *cube.notes_nb), (cube.description_en, *cube.notes_en))
    )
    klass = {each.name: each.klass for each in cube.dimensions}
    return {
        "url": file.name,
        "dc:title": _both(cube.title_nb, cube.title_en),
        "dc:description": _both(*described),
        "tableSchema": {
            "columns": [_column(each, klass.get(each["name"])) for each in schema["fields"]],
            "primaryKey": schema["primaryKey"],
        },
    }


def _column(field: dict[str, Any], klass: int | None) -> dict[str, Any]:
    """A column of CSVW from a field of the data package."""
    return {
        "name": field["name"],
        "titles": field["name"],
        "dc:title": _both(field["titles"]["nb"], field["titles"]["en"]),
        "datatype": _TYPES[field["type"]],
        "required": field.get("constraints", {}).get("required", False),
        **({"dc:conformsTo": {"@id": f"{KLASS}{klass}"}} if klass else {}),
    }


_TYPES = {"string": "string", "number": "decimal", "boolean": "boolean"}


def _both(nb: str, en: str) -> list[dict[str, str]]:
    texts = {"nb": nb, "en": en or nb}
    return [{"@value": text, "@language": language} for language, text in texts.items() if text]
