"""Datadoc: metadata of a Parquet file, a JSON document of Statistics Norway's model beside it."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pyarrow.parquet as pq
from datadoc_model.required.model import MetadataContainer

from introstat.disclosure.published import SIGNS
from introstat.release import naming
from introstat.release.cube import (
    KLASS,
    PRELIMINARY_EN,
    PRELIMINARY_NB,
    SIGN_TEXTS_EN,
    SIGN_TEXTS_NB,
    PublishedCube,
    PublishedDimension,
    Release,
)
from introstat.release.formats import json_files

EXTENSION = "json"
_NAMESPACE = UUID("6f0c1d2e-8a55-5f0b-9c5e-3f5a1f6d2b10")
"""Identifiers are made from names in this one, so that the same file keeps its own."""


def write(cube: PublishedCube, path: Path, release: Release) -> Path:
    """Write the document of the Parquet file `path` beside it; return the document's path.

    Raises pydantic's ValidationError if the model, with its obligatory fields, is not kept.
    """
    document = path.with_name(f"{path.stem}__DOC.{EXTENSION}")
    container = MetadataContainer.model_validate({"datadoc": _metadata(cube, path.name, release)})
    json_files.write(container.model_dump(mode="json"), document)
    return document


def read(path: Path) -> MetadataContainer:
    """Return a document. Raises pydantic's ValidationError if it does not keep the model."""
    return MetadataContainer.model_validate_json(path.read_text(encoding="utf-8"))


def differences(path: Path, data: Path) -> list[str]:
    """What a document says of its Parquet file that is not so: its name, its columns."""
    metadata = read(path).datadoc
    if metadata is None:
        return [f"{path.name}: no metadata in it."]
    found = []
    if metadata.dataset.file_path != data.name:
        found.append(f"{path.name}: it is of {metadata.dataset.file_path}, not of {data.name}.")
    columns = pq.read_schema(data).names
    described = [each.short_name for each in metadata.variables]
    if described != columns:
        found.append(
            f"{path.name}: describes {', '.join(described)}; {data.name} has {', '.join(columns)}."
        )
    return found


def _metadata(cube: PublishedCube, file: str, release: Release) -> dict[str, Any]:
    days = [naming.period_dates(each) for each in cube.periods]
    updated = f"{release.updated.isoformat()}T00:00:00Z"
    mark_nb, mark_en = (PRELIMINARY_NB, PRELIMINARY_EN) if cube.is_preliminary else ("", "")
    description_nb = "\n".join(filter(None, (mark_nb, cube.description_nb, *cube.notes_nb)))
    description_en = "\n".join(filter(None, (mark_en, cube.description_en, *cube.notes_en)))
    population = _texts(
        cube.population_nb or description_nb or cube.title_nb,
        cube.population_en or description_en or cube.title_en,
    )
    return {
        # The tool counts the obligatory fields: all are filled, or the model refuses.
        "percentage_complete": 100,
        "dataset": {
            "short_name": cube.file_stem,
            "assessment": "OPEN",
            "dataset_status": "EXTERNAL",
            "dataset_state": "OUTPUT_DATA",
            "name": _texts(cube.title_nb, cube.title_en),
            "description": _texts(description_nb or cube.title_nb, description_en or cube.title_en),
            "population_description": population,
            "version": str(release.version),
            "version_description": _version(cube, release),
            "subject_field": cube.subject_code,
            "keyword": ["introduksjonsprogram", "flyktninger", cube.name],
            "spatial_coverage_description": _texts("Norge", "Norway"),
            "custom_type": [
                {"key": "licence", "value": release.licence},
                {"key": "preliminary", "value": "true" if cube.is_preliminary else "false"},
            ],
            "id": uuid5(_NAMESPACE, file),
            "owner": release.owner,
            "file_path": file,
            "metadata_created_date": updated,
            "metadata_created_by": "introstat",
            "metadata_last_updated_date": updated,
            "metadata_last_updated_by": "introstat",
            "contains_data_from": min(first for first, _ in days),
            "contains_data_until": max(last for _, last in days),
        },
        "variables": [
            {
                "short_name": name,
                "name": _texts(nb, en),
                "data_type": kind,
                "variable_role": role,
                "is_personal_data": False,
                "population_description": population,
                "unit_type": release.unit_type,
                "data_source": release.data_source,
                "temporality_type": _temporality(cube) if role == "MEASURE" else "FIXED",
                "id": uuid5(_NAMESPACE, f"{file}/{name}"),
                **more,
            }
            for name, nb, en, role, kind, more in _variables(cube)
        ],
    }


def _variables(cube: PublishedCube) -> list[tuple[str, str, str, str, str, dict[str, Any]]]:
    """Name, labels, role, type and what else is said of each column of the Parquet file."""
    units = ", ".join(dict.fromkeys(each.unit_nb for each in cube.measures if each.unit_nb))
    signs = [
        {"code": sign, "name": _texts(SIGN_TEXTS_NB[sign], SIGN_TEXTS_EN[sign])}
        for sign in SIGNS[1:]
    ]
    return [
        *(
            (a.name, a.label_nb, a.label_en, "IDENTIFIER", "STRING", _more_of(a))
            for a in cube.axes
        ),
        (
            "value", "Verdi", "Value", "MEASURE", "FLOAT" if cube.decimals else "INTEGER",
            ({"measurement_unit": units} if units else {})
            | _comment(cube.description_nb, cube.description_en),
        ),
        (
            "sign", "Tegn der det ikke er noen verdi", "Sign where there is no value",
            "ATTRIBUTE", "STRING", {"special_value": {"other_value": signs}},
        ),
        ("is_preliminary", "Foreløpig tall", "Preliminary figure", "ATTRIBUTE", "BOOLEAN", {}),
    ]  # fmt: skip


def _more_of(axis: PublishedDimension) -> dict[str, Any]:
    """Classification and definition of a dimension, where it has them.

    A definition is told in words: the tool knows links to Statistics Norway's own only.
    """
    link = {"classification_uri": f"{KLASS}{axis.klass}"} if axis.klass else {}
    return link | _comment(axis.definition_nb, axis.definition_en)


def _comment(nb: str, en: str) -> dict[str, Any]:
    return {"comment": _texts(nb, en or nb)} if nb else {}


def _temporality(cube: PublishedCube) -> str:
    kinds = {each.kind for each in cube.measures}
    return "STATUS" if "stock" in kinds and "flow" not in kinds else "ACCUMULATED"


def _version(cube: PublishedCube, release: Release) -> list[dict[str, str]]:
    """Whether the figures are preliminary, and why there is another version."""
    kinds = ("Foreløpige", "Preliminary") if cube.is_preliminary else ("Endelige", "Final")
    note = f" {release.note}" if release.note else ""
    return _texts(
        f"Versjon {release.version}. {kinds[0]} tall.{note}",
        f"Version {release.version}. {kinds[1]} figures.{note}",
    )


def _texts(nb: str, en: str) -> list[dict[str, str]]:
    return [
        {"languageCode": "nb", "languageText": nb},
        {"languageCode": "en", "languageText": en},
    ]
