"""A release as older versions of the program wrote it: names with _, Parquet of exact types."""

import json
import shutil
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from introstat.release import manifest, naming
from introstat.release.formats import csvw, sdmx

CODES = pa.dictionary(pa.int32(), pa.string())


def make_older(folder: Path) -> None:
    """Give a release's files the names, and its Parquet files the types, that they once had."""
    renamed = {}
    for path in sorted(folder.glob("*_p*_v*.*")):
        stem = naming.stem_in(path.name)
        assert stem is not None
        _, older = naming.spellings(stem)
        renamed[path.name] = older + path.name.removeprefix(stem)
        path.rename(folder / renamed[path.name])
    for path in sorted(folder.glob("*.parquet")):
        _write_older(path)
    (folder / csvw.FILE).unlink(missing_ok=True)
    shutil.rmtree(folder / sdmx.FOLDER, ignore_errors=True)
    for path in folder.glob("katalog_*.ttl"):
        path.unlink()
    for path in folder.glob("*.xlsx"):
        if path.stat().st_size:
            _name_sheets_older(path)
    for name in ("datapackage.json", *(p.name for p in folder.glob("*__DOC.json"))):
        text = (folder / name).read_text(encoding="utf-8")
        for new, old in renamed.items():
            text = text.replace(f'"{new}"', f'"{old}"')
        (folder / name).write_text(text, encoding="utf-8")
    about = folder / manifest.MANIFEST
    if about.is_file():
        made = json.loads(about.read_text(encoding="utf-8"))
        about.unlink()
        del made["files"]
        manifest.write_manifest(folder, made)


def _write_older(path: Path) -> None:
    table = pq.read_table(path)
    about = json.loads(table.schema.metadata[b"introstat"])
    del about["layout"]
    decimals = max(each["decimals"] for each in about["measures"])
    for place, name in enumerate(table.column_names):
        column = table[name]
        if pa.types.is_string(column.type):
            column = pc.cast(column, CODES)
        elif name == "value" and decimals:
            column = pc.cast(column, pa.decimal128(18, decimals))
        table = table.set_column(place, name, column)
    described = {b"introstat": json.dumps(about).encode()}
    pq.write_table(table.replace_schema_metadata(described), path, compression="zstd")


def _name_sheets_older(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for sheet in book:
        sheet.title = sheet.title.replace("-", "_")
    for sheet in ("Innhold", "Koder"):
        for row in book[sheet].iter_rows(max_col=1):
            if isinstance(row[0].value, str):
                row[0].value = row[0].value.replace("-", "_")
    book.save(path)
