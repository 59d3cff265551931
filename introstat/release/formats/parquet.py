"""Parquet: the rows of a cube, zstd; everything that describes them in the file's key metadata."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from introstat.errors import UserError
from introstat.release.cube import SIGN_TEXTS_EN, SIGN_TEXTS_NB, PublishedCube, Release

EXTENSION = "parquet"
KEY = b"introstat"
"""The key under which a file's description lies, as JSON."""


def write(cube: PublishedCube, path: Path, release: Release) -> None:
    """Write a cube; the same cube gives the same bytes."""
    rows = cube.to_rows()
    about = json.dumps(described(cube, release), ensure_ascii=False, sort_keys=True)
    # Arrow's own schema holds the dictionaries' types; with it they come back as they went.
    pq.write_table(
        rows.replace_schema_metadata({KEY: about.encode()}),
        path,
        compression="zstd",
        version="2.6",
        row_group_size=1_000_000,
    )


def read(path: Path) -> pa.Table:
    """Return the rows."""
    return pq.read_table(path).replace_schema_metadata(None)


def about(path: Path) -> dict[str, Any]:
    """Return what the file says of its table: name, titles, dimensions with codes, measures.

    Raises UserError if it is not a Parquet file of a release.
    """
    try:
        found: dict[str, Any] = json.loads(pq.read_schema(path).metadata[KEY])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path.name}: not a Parquet file of a release ({type(error).__name__}). "
            "Take it from the release anew."
        ) from error
    return found


def described(cube: PublishedCube, release: Release) -> dict[str, Any]:
    """Everything that describes a cube, as JSON holds it."""
    return {
        "name": cube.name,
        "version": release.version,
        "title": {"nb": cube.title_nb, "en": cube.title_en},
        "description": {"nb": cube.description_nb, "en": cube.description_en},
        "is_preliminary": cube.is_preliminary,
        "updated": cube.updated.isoformat(),
        "source": {"nb": cube.source_nb, "en": cube.source_en},
        "contact": cube.contact,
        "publisher": release.publisher,
        "licence": release.licence,
        "notes": {"nb": list(cube.notes_nb), "en": list(cube.notes_en)},
        "signs": {"nb": SIGN_TEXTS_NB, "en": SIGN_TEXTS_EN},
        "dimensions": [
            {
                "name": each.name,
                "role": each.role,
                "total": each.total,
                "label": {"nb": each.label_nb, "en": each.label_en},
                "codes": [
                    {
                        "code": code.code,
                        "label": {"nb": code.label_nb, "en": code.label_en},
                        "note": {"nb": "", "en": ""},
                    }
                    for code in each.codes
                ],
            }
            for each in cube.dimensions
        ],
        "measures": [
            {
                "name": each.name,
                "label": {"nb": each.label_nb, "en": each.label_en},
                "unit": {"nb": each.unit_nb, "en": each.unit_en},
                "decimals": each.decimals,
            }
            for each in cube.measures
        ],
    }
