"""The deliveries: which there are, and their folders with manifests."""

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from introstat.filereading import count, sha256_of
from introstat.progress import Tell
from introstat.sql import text_literal
from introstat.synth import snapshots
from introstat.synth.parameters import SHAPES, parameters

CSV_FORMAT = "format csv, header true, delimiter ';', quote '\"', escape '\"', nullstr ''"
# Finished lines, one a row: no header, no quotes, a delimiter that never occurs.
LINES_FORMAT = "format csv, header false, delimiter E'\\x01', quote '', escape '', nullstr ''"
PARQUET_FORMAT = "format parquet, compression zstd"


@dataclass(frozen=True)
class GeneratedDelivery:
    """One delivery: who sends it, when, and the last day it knows of."""

    source: str
    delivered: date
    covers_until: date


def plan(first_year: int, last_year: int, nir_deliveries: str) -> list[GeneratedDelivery]:
    """Return all deliveries for the years, in order of date."""
    days = parameters()["deliveries"]
    planned: list[GeneratedDelivery] = []

    def add(source: str, year: int, month_day: str, covers_until: date) -> None:
        delivered = date.fromisoformat(f"{year}-{month_day}")
        planned.append(GeneratedDelivery(source, delivered, covers_until))

    for year in range(first_year, last_year + 1):
        december = date(year, 12, 31)
        if nir_deliveries == "half-yearly":
            add("nir", year, days["nir_half_year"], date(year, 6, 30))
        if nir_deliveries != "last" or year == last_year:
            add("nir", year + 1, days["nir"], december)
        add("folkeregister", year + 1, days["folkeregister"], december)
        add("status", year, days["status_autumn"], date(year, 8, 31))
        add("status", year + 1, days["status"], december)
    months = range((first_year - 1970) * 12, (last_year - 1969) * 12)
    return in_order([*planned, *of_months(months)])


def of_months(months: Sequence[int]) -> list[GeneratedDelivery]:
    """Return the a-ordningen deliveries of months since 1970, and the form 11b of their years."""
    days, last_form = parameters()["deliveries"], parameters()["kostra"]["last_year"]
    planned = []
    for month in months:
        following = date(1970 + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        delivered = following.replace(day=days["aordningen_day"])
        last_day = following - timedelta(days=1)
        planned.append(GeneratedDelivery("aordningen", delivered, last_day))
    for year in sorted({1970 + month // 12 for month in months}):
        if year <= last_form:
            delivered = date.fromisoformat(f"{year + 1}-{days['kostra']}")
            planned.append(GeneratedDelivery("kostra", delivered, date(year, 12, 31)))
    return planned


def in_order(planned: list[GeneratedDelivery]) -> list[GeneratedDelivery]:
    """Return deliveries by date and source."""
    return sorted(planned, key=lambda each: (each.delivered, each.source))


def write(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    deliveries: list[GeneratedDelivery],
    progress: Tell,
    shapes: str = SHAPES[0],
) -> None:
    """Write every delivery's folder below `out`, plain or in the mixed shapes of the contract."""
    days = parameters()["deliveries"]
    latin_1, parquet = (days[key] if shapes == "mixed" else () for key in ("latin_1", "parquet"))
    for number, delivery in enumerate(deliveries):
        source = delivery.source
        progress(number, len(deliveries), f"{source} {delivery.delivered}")
        first = source not in {earlier.source for earlier in deliveries[:number]}
        last = source not in {later.source for later in deliveries[number + 1 :]}
        folder = out / source / delivery.delivered.isoformat()
        folder.mkdir(parents=True)
        encoding = "latin-1" if last and source in latin_1 else "utf-8"
        files: dict[str, dict[str, object]] = {}
        for name, query, how in _files(connection, delivery, first):
            path = folder / name
            if last and source in parquet and path.suffix == ".csv":
                path, how = path.with_suffix(".parquet"), PARQUET_FORMAT
            rows = count(connection, f"copy ({query}) to {text_literal(str(path))} ({how})")
            if encoding == "latin-1":
                _as_latin_1(path)
            # Only the oldest of several: a run with one delivery stays readable as it is.
            if first and not last and source in days["gzipped"]:
                path = _gzip(path)
            files[path.name] = {"rows": rows, "sha256": sha256_of(path)}
        _manifest(folder, delivery, encoding, files)
    progress(len(deliveries), len(deliveries), "")


def _files(
    connection: duckdb.DuckDBPyConnection, delivery: GeneratedDelivery, first: bool
) -> Iterator[tuple[str, str, str]]:
    """Give each file's name, the query for its rows and the format to write."""
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
