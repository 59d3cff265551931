"""The deliveries: which there are, and their folders with manifests."""

import datetime
import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from introstat.synth import snapshots
from introstat.synth.parameters import SHAPES, parameters

Progress = Callable[[str, float], None]
"""Told what is being done and how far it has come, 0 to 1."""
CSV_FORMAT = "format csv, header true, delimiter ';', quote '\"', escape '\"', nullstr ''"
# Finished lines, one a row: no header, no quotes, a delimiter that never occurs.
LINES_FORMAT = "format csv, header false, delimiter E'\\x01', quote '', escape '', nullstr ''"
_MIXED = ("latin_1", "parquet")
PARQUET_FORMAT = "format parquet, compression zstd"


@dataclass(frozen=True)
class GeneratedDelivery:
    """One delivery: who sends it, when, and the last day it knows of."""

    source: str
    delivered: datetime.date
    covers_until: datetime.date


def plan(first_year: int, last_year: int, nir_deliveries: str) -> list[GeneratedDelivery]:
    """All deliveries for the years, in order of date."""
    days = parameters()["deliveries"]
    deliveries: list[GeneratedDelivery] = []

    def add(source: str, year: int, month_day: str, covers_until: datetime.date) -> None:
        delivered = datetime.date.fromisoformat(f"{year}-{month_day}")
        deliveries.append(GeneratedDelivery(source, delivered, covers_until))

    for year in range(first_year, last_year + 1):
        june, december = datetime.date(year, 6, 30), datetime.date(year, 12, 31)
        if nir_deliveries == "half-yearly":
            add("nir", year, days["nir_half_year"], june)
        if nir_deliveries != "last" or year == last_year:
            add("nir", year + 1, days["nir"], december)
        add("folkeregister", year + 1, days["folkeregister"], december)
        add("status", year, days["status_autumn"], datetime.date(year, 8, 31))
        add("status", year + 1, days["status"], december)
        if year <= parameters()["kostra"]["last_year"]:
            add("kostra", year + 1, days["kostra"], december)
    for month in range((first_year - 1970) * 12, (last_year - 1969) * 12):
        following = datetime.date(1970 + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        delivered = following.replace(day=days["aordningen_day"])
        last_day = following - datetime.timedelta(days=1)
        deliveries.append(GeneratedDelivery("aordningen", delivered, last_day))
    return sorted(deliveries, key=lambda each: (each.delivered, each.source))


def write(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    deliveries: list[GeneratedDelivery],
    progress: Progress,
    share: tuple[float, float] = (0.0, 1.0),
    shapes: str = SHAPES[0],
) -> None:
    """Write every delivery's folder below `out`, plain or in the mixed shapes of the contract."""
    days = parameters()["deliveries"]
    zipped = set(days["gzipped"])
    latin_1, parquet = (set(days[key]) if shapes == "mixed" else set() for key in _MIXED)
    for number, delivery in enumerate(deliveries):
        low, high = share
        progress(
            f"writing {delivery.source} {delivery.delivered}",
            low + (high - low) * number / len(deliveries),
        )
        first = not any(earlier.source == delivery.source for earlier in deliveries[:number])
        folder = out / delivery.source / delivery.delivered.isoformat()
        folder.mkdir(parents=True)
        files: dict[str, dict[str, object]] = {}
        later = any(other.source == delivery.source for other in deliveries[number + 1 :])
        encoding = "latin-1" if not later and delivery.source in latin_1 else "utf-8"
        for name, query, how in _files(connection, delivery, first):
            path = folder / name
            if not later and delivery.source in parquet and path.suffix == ".csv":
                path, how = path.with_suffix(".parquet"), PARQUET_FORMAT
            rows = _copy(connection, path, query, how)
            if encoding == "latin-1":
                _as_latin_1(path)
            # Only the oldest of several: a run with one delivery stays readable as it is.
            if first and later and delivery.source in zipped:
                path = _gzip(path)
            files[path.name] = {"rows": rows, "sha256": _sha256(path)}
        _manifest(folder, delivery, encoding, files)


def _files(
    connection: duckdb.DuckDBPyConnection, delivery: GeneratedDelivery, first: bool
) -> Iterator[tuple[str, str, str]]:
    """Each file's name, the query for its rows and the format to write."""
    day = delivery.delivered.isoformat()
    csv = {
        "nir": snapshots.NIR,
        "folkeregister": snapshots.FOLKEREGISTER,
        "status": snapshots.STATUS,
    }
    for name, extract in csv.get(delivery.source, {}).items():
        yield name, extract.query(day), CSV_FORMAT
    if delivery.source == "kostra":
        year = delivery.covers_until.year
        yield f"11b-{year}.dat", snapshots.FORM_11B.format(year), LINES_FORMAT
    if delivery.source == "aordningen":
        month = (delivery.covers_until.year - 1970) * 12 + delivery.covers_until.month - 1
        months = connection.execute(
            "select distinct month from income_line where delivered = ? order by month", [month]
        ).fetchall()
        for held in sorted({month, *(row[0] for row in months)}):
            name = f"inntekt-{1970 + held // 12}-{held % 12 + 1:02d}.jsonl"
            yield name, snapshots.income_query(month, held), LINES_FORMAT
        if first or delivery.delivered.month == 1:
            yield "virksomheter.csv", snapshots.UNITS.query(day), CSV_FORMAT


def _copy(connection: duckdb.DuckDBPyConnection, path: Path, query: str, how: str) -> int:
    """Write the query's rows; how many there were."""
    target = str(path).replace("'", "''")
    row = connection.execute(f"copy ({query}) to '{target}' ({how})").fetchone()
    assert row is not None
    return int(row[0])


def _as_latin_1(path: Path) -> None:
    """Write a text file anew in latin-1 with Windows line ends."""
    written = path.rename(path.with_name(f".{path.name}"))
    with (
        written.open(encoding="utf-8", newline="\n") as source,
        path.open("w", encoding="latin-1", newline="\r\n") as target,
    ):
        target.writelines(source)
    written.unlink()


def _gzip(path: Path) -> Path:
    """Compress in place, without name or time in the header so that bytes repeat."""
    zipped = path.with_name(f"{path.name}.gz")
    with (
        path.open("rb") as source,
        zipped.open("wb") as target,
        gzip.GzipFile("", "wb", 6, target, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed, 1 << 20)
    path.unlink()
    return zipped


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(
    folder: Path, delivery: GeneratedDelivery, encoding: str, files: dict[str, dict[str, object]]
) -> None:
    content = {
        "contract": f"{delivery.source}/1",
        "source": delivery.source,
        "delivered": delivery.delivered.isoformat(),
        "covers_until": delivery.covers_until.isoformat(),
        "encoding": encoding,
        "files": files,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(f"{text}\n", encoding="utf-8")
