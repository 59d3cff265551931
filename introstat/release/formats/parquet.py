"""Parquet: the rows of a cube, zstd; everything that describes them in the file's key metadata.

Columns are of the types that every reader has: strings, integers or doubles, booleans. Releases
made before had dictionaries and exact decimals, which `read` takes as well.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from introstat.errors import UserError
from introstat.release.cube import SIGN_TEXTS_EN, SIGN_TEXTS_NB, PublishedCube, Release, as_decimal

EXTENSION = "parquet"
KEY = b"introstat"
"""The key under which a file's description lies, as JSON."""
LAYOUT = 2
"""Which files a release has: since 2 SDMX, CSVW and DCAT too; those made before do not say it."""


def write(cube: PublishedCube, path: Path, release: Release) -> None:
    """Write a cube; the same cube gives the same bytes."""
    rows = cube.to_rows(exact=False)
    about = json.dumps(described(cube, release), ensure_ascii=False, sort_keys=True)
    for place, name in enumerate(rows.column_names):
        if pa.types.is_dictionary(rows[name].type):
            rows = rows.set_column(place, name, pc.cast(rows[name], pa.string()))
    pq.write_table(
        rows.replace_schema_metadata({KEY: about.encode()}),
        path,
        compression="zstd",
        version="2.6",
        row_group_size=1_000_000,
    )


def read(path: Path) -> pa.Table:
    """Return the rows, with exact values: a double is rounded to the decimals it is published with.

    Raises UserError if it is not a Parquet file of a release.
    """
    rows = pq.read_table(path)
    if pa.types.is_floating(rows["value"].type):
        decimals = max(int(each["decimals"]) for each in about(path)["measures"])
        scaled = pc.round(pc.multiply(rows["value"], 10.0**decimals))
        exact = as_decimal(pc.cast(scaled, pa.int64()), decimals)
        rows = rows.set_column(rows.column_names.index("value"), "value", exact)
    return rows.replace_schema_metadata(None)


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
        "layout": LAYOUT,
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
