"""Which rows of the raw deliveries count, and which are set aside, row by row.

The definitions quoted are those of the input contract and of "Nothing lost" in the warehouse's
description. Only the standard library is used.
"""

import csv
import gzip
import hashlib
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]
RULES = Path(__file__).parents[3] / "seeds" / "rules"


class RejectedError(Exception):
    """A delivery that cannot be used as a whole."""


@dataclass(frozen=True)
class Layout:
    """What the contract says of one CSV file; `since` is a date that may be since always."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    key: str | None = None
    dates: tuple[str, ...] = ()
    decimals: tuple[str, ...] = ()
    span: tuple[str, str] | None = None
    latest: str | None = None
    idents: tuple[str, ...] = ()
    parent: str | None = None
    since: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional

    def dates_of(self, name: str) -> str:
        """What a column's dates are of: a birth, the first or last day of a spell, another day."""
        if name == "fodselsdato":
            return "birth"
        if name == self.since:
            return "since"
        return {self.span[0]: "start", self.span[1]: "end"}.get(name, "day") if self.span else "day"


FROM_TO = ("fra_dato", "til_dato")

LAYOUTS: dict[str, dict[str, Layout]] = {
    "nir": {
        "personer": Layout(
            required=("ident", "kjonn", "fodselsdato", "registrert_dato"),
            optional=(
                "duf_nummer",
                "fodeland",
                "statsborgerskap",
                "oppholdsgrunnlag",
                "opphold_dato",
                "ankomst_dato",
                "utdanningsbakgrunn",
                "adressebeskyttelse",
                "bosatt_kommune",
                "bosatt_dato",
                "dod_dato",
                "reservert_forskning",
            ),
            key="ident",
            dates=(
                "fodselsdato",
                "opphold_dato",
                "ankomst_dato",
                "bosatt_dato",
                "dod_dato",
                "registrert_dato",
            ),
            idents=("ident",),
        ),
        "kategorier": Layout(
            required=(
                "kategori_id",
                "ident",
                "kategori",
                "kommunenr",
                "fra_dato",
                "registrert_dato",
            ),
            optional=("til_dato",),
            key="kategori_id",
            dates=("fra_dato", "til_dato", "registrert_dato"),
            span=FROM_TO,
            idents=("ident",),
        ),
        "vedtak": Layout(
            required=(
                "vedtak_id",
                "ident",
                "kommunenr",
                "vedtakstype",
                "vedtaksdato",
                "registrert_dato",
            ),
            optional=("fra_dato", "til_dato", "begrunnelse"),
            key="vedtak_id",
            dates=("vedtaksdato", "fra_dato", "til_dato", "registrert_dato"),
            span=FROM_TO,
            idents=("ident",),
        ),
        "deltakelser": Layout(
            required=("deltakelse_id", "ident", "kommunenr", "start_dato", "registrert_dato"),
            optional=(
                "vedtak_id",
                "slutt_dato",
                "avslutningsarsak",
                "avslutning_kilde",
                "avslutning_registrert_dato",
                "sluttmal",
                "integreringskontrakt_dato",
            ),
            key="deltakelse_id",
            dates=(
                "start_dato",
                "slutt_dato",
                "avslutning_registrert_dato",
                "integreringskontrakt_dato",
                "registrert_dato",
            ),
            span=("start_dato", "slutt_dato"),
            idents=("ident",),
        ),
        "tiltak": Layout(
            required=("tiltak_id", "deltakelse_id", "tiltakstype", "fra_dato", "registrert_dato"),
            optional=("til_dato", "timer_per_uke"),
            key="tiltak_id",
            dates=("fra_dato", "til_dato", "registrert_dato"),
            decimals=("timer_per_uke",),
            span=FROM_TO,
            parent="deltakelse_id",
        ),
        "fravaer": Layout(
            required=(
                "fravaer_id",
                "deltakelse_id",
                "fravaerstype",
                "fra_dato",
                "til_dato",
                "timer",
                "registrert_dato",
            ),
            key="fravaer_id",
            dates=("fra_dato", "til_dato", "registrert_dato"),
            decimals=("timer",),
            span=FROM_TO,
            parent="deltakelse_id",
        ),
        "permisjoner": Layout(
            required=(
                "permisjon_id",
                "deltakelse_id",
                "permisjonstype",
                "fra_dato",
                "registrert_dato",
            ),
            optional=("til_dato",),
            key="permisjon_id",
            dates=("fra_dato", "til_dato", "registrert_dato"),
            span=FROM_TO,
            parent="deltakelse_id",
        ),
    },
    "folkeregister": {
        "identer": Layout(
            required=("ident", "gjeldende_ident", "fra_dato"),
            key="ident",
            dates=("fra_dato",),
            since="fra_dato",
            latest="fra_dato",
            idents=("ident", "gjeldende_ident"),
        ),
        "bosatt": Layout(
            required=("bosatt_id", "ident", "kommunenr", "fra_dato"),
            optional=("til_dato",),
            since="fra_dato",
            key="bosatt_id",
            dates=FROM_TO,
            span=FROM_TO,
            latest="fra_dato",
            idents=("ident",),
        ),
    },
    "status": {
        "signaler": Layout(
            required=("signal_id", "ident", "signal", "fra_dato"),
            optional=("til_dato", "kilde"),
            key="signal_id",
            dates=FROM_TO,
            span=FROM_TO,
            latest="fra_dato",
            idents=("ident",),
        ),
    },
    "aordningen": {
        "virksomheter": Layout(
            required=("virksomhet_id", "kommunenr", "gyldig_fra"),
            optional=("gyldig_til",),
            dates=("gyldig_fra", "gyldig_til"),
            since="gyldig_fra",
            span=("gyldig_fra", "gyldig_til"),
        ),
    },
    "kostra": {},
}

SNAPSHOTS = ("nir", "folkeregister", "status")
SOURCES = (*SNAPSHOTS, "aordningen", "kostra")


@dataclass(frozen=True)
class Quarantined:
    """One row that was set aside. `idents` are the numbers that must not show in its content."""

    dataset: str
    reason: str
    delivered: date
    file_name: str
    line_number: int
    idents: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass
class Line:
    """One row of a file before it is judged; `no_dates` are its columns with a placeholder."""

    number: int
    content: Any
    values: dict[str, str | None]
    no_dates: frozenset[str] = frozenset()


@dataclass
class File:
    """One file of a delivery; `dataset` is its name without the ending."""

    dataset: str
    name: str
    lines: list[Line]


@dataclass
class Delivery:
    """One delivery that passed reception."""

    source: str
    delivered: date
    files: dict[str, File]


@dataclass
class Extracts:
    """Everything the facts are made from.

    `rows` holds accepted rows by dataset; the monthly income files together are `inntekt` and the
    yearly forms together are `11b`, where `counts` tells whether a newer delivery replaced the row.
    """

    as_of: date
    observed_until: date | None
    status_delivered: date | None
    rows: dict[str, list[Row]]
    quarantined: list[Quarantined]
    received: dict[tuple[str, date, str], int]
    rejected: dict[tuple[str, str], str]


# Single values


def trimmed(value: Any) -> str | None:
    """Return the value as text without outer blanks; empty means missing."""
    if value is None:
        return None
    text = str(value).strip()
    return text or None


with (RULES / "placeholder_dates.csv").open(encoding="utf-8", newline="") as _lines:
    PLACEHOLDERS = {(row["data_type"], row["placeholder"]): row for row in csv.DictReader(_lines)}


def real_date(text: str | None, data_type: str, dates_of: str) -> str | None:
    """A date that is a placeholder is missing; what is since always begins on the earliest date."""
    meaning = PLACEHOLDERS.get((data_type, text or ""), {}).get(f"as_{dates_of}")
    if meaning == "open" and dates_of == "since":
        return "1900-01-01"
    return None if meaning in ("missing", "open") else text


def as_date(text: str) -> date | None:
    """`dates YYYY-MM-DD`, strictly."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    if text < "1900":  # nobody in these registers was born then (docs/definitions.md)
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def as_decimal(text: str) -> Decimal | None:
    """Return a number as Norwegians and their programs write it, peeled from outside to inside.

    A sign before or behind, or parentheses, for what is below zero; a currency before or behind;
    `,-` for no øre; thousands apart by blanks, or by points where a comma or a second point shows
    that they are no decimals, and the other way round. A single sign is that of the decimals.
    """
    left = "".join(
        " " if unicodedata.category(char) == "Zs" else "-" if char in "‐‑‒–—−﹣－" else char
        for char in text.lower()
    ).strip()
    signs, money = [], False
    if left.startswith("(") and left.endswith(")"):
        signs, left = ["-"], left[1:-1].strip()
    while True:
        before = left
        for word in ("kroner", "nkr", "nok", "kr"):
            for written in (f"{word}.", word):
                if not money and left.startswith(written):
                    left, money = left.removeprefix(written).strip(), True
                if not money and left.endswith(written):
                    left, money = left.removesuffix(written).strip(), True
        if left.startswith("(") and left.endswith(")"):
            signs, left = [*signs, "-"], left[1:-1].strip()
        if left[:1] in ("+", "-"):
            signs, left = [*signs, left[0]], left[1:].strip()
        if re.search(r"[^.,-]-$|(kr|nok|kroner)\.-$", left):
            signs, left = [*signs, "-"], left[:-1].strip()
        if left == before:
            break
    no_ore = re.search(r"([.,])--?$", left)
    if no_ore:
        left = left[: no_ore.start()].strip()
    if len(signs) > 1:
        return None
    number = _bare_number(left, no_ore[1] if no_ore else None, money)
    if number is None or number >= 10**9:
        return None
    return -number if signs == ["-"] else number


def _bare_number(text: str, no_ore: str | None, money: bool) -> Decimal | None:
    """Return a number without sign and currency; `no_ore` is the sign of decimals it ended with."""
    if not re.fullmatch(r"[0-9][0-9 .,]*", text):
        return None
    marks = [char for char in text if not char.isdigit()]
    point = no_ore
    if point is None and marks and marks[-1] != " " and marks.count(marks[-1]) == 1:
        point = marks[-1]
        if money and set(marks) == {point} and re.fullmatch(r"[0-9]{1,3}.[0-9]{3}", text):
            return None  # nobody writes three decimals of money
    whole, places = (text, "") if no_ore or point is None else text.split(point)
    between = set(whole) - set("0123456789")
    if (
        len(between) > 1
        or between == {point}
        or (places and not re.fullmatch("[0-9]{1,6}", places))
    ):
        return None
    if point is not None and not no_ore and not places:
        return None
    if between:
        first, *groups = whole.split(between.pop())
        if first.startswith("0") or not 1 <= len(first) <= 3:
            return None
        if any(len(group) != 3 for group in groups):
            return None
        whole = first + "".join(groups)
    if len(whole) > 9:
        return None
    return Decimal(f"{whole}.{places or 0}")


def as_municipality(text: str | None) -> str | None:
    """A number of four digits; what has three has lost its zero to a spreadsheet."""
    match = re.fullmatch(r"([0-9]{3,4})([.,]0+)?", text or "")
    return match[1].zfill(4) if match else text


def as_organisation(text: str | None) -> str | None:
    """Nine digits, whatever words and blanks they are written with."""
    if text is None:
        return None
    if re.fullmatch("0192:[0-9]{9}", text):
        return text[-9:]
    if re.fullmatch("[0-9]{9}[.,]0+", text):
        return text[:9]
    bare = "".join(char for char in text if char.isalnum()).upper()
    for word in ("ORGANISASJONS", "ORG", "NUMMER", "NR", "NO"):
        bare = bare.removeprefix(word)
    bare = bare.removesuffix("MVA")
    return bare if re.fullmatch(r"[0-9]{9}", bare) else text


READ_AS = {
    "kommunenr": as_municipality,
    "bosatt_kommune": as_municipality,
    "virksomhet_id": as_organisation,
}


def is_month(text: str) -> bool:
    """`kalendermaaned` is YYYY-MM."""
    return re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) is not None


K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def is_valid_ident(text: str) -> bool:
    """Valid: the date part is a date and k1 leaves 0-3, k2 leaves 0.

    Day - 40 for D-numbers, month - 80 for synthetic ones. The number does not tell the century, so
    a day that exists in either century is a date.
    """
    if not re.fullmatch(r"[0-9]{11}", text):
        return False
    digits = [int(character) for character in text]
    day, month, year = int(text[0:2]), int(text[2:4]), int(text[4:6])
    if day > 40:
        day -= 40
    if month > 80:
        month -= 80
    is_date = False
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        is_date = True
    first = sum(weight * digit for weight, digit in zip(K1, digits[:10], strict=True)) % 11
    second = sum(weight * digit for weight, digit in zip(K2, digits, strict=True)) % 11
    return is_date and first in (0, 1, 2, 3) and second == 0


# Files as they lie in a delivery


def base_name(file_name: str) -> str:
    """Return `tiltak` for `tiltak.csv` and `tiltak.csv.gz`."""
    return re.sub(r"\.(csv|jsonl|dat)(\.gz)?$", "", file_name)


def split_lines(text: str) -> list[str]:
    """Return the physical lines; the last line end ends a line, it does not begin one."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines[:-1] if lines[-1] == "" else lines


def read_csv(file_name: str, text: str, layout: Layout) -> list[Line]:
    """Return the rows of a CSV file: `;` between fields, a header row, `"` as quote.

    A row is numbered by its first physical line, the header being line 1.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", quotechar='"', strict=True)
    lines: list[Line] = []
    header: list[str] | None = None
    first_line = 1
    try:
        for fields in reader:
            number, first_line = first_line, reader.line_num + 1
            if not fields:
                continue
            if header is None:
                header = [name.strip() for name in fields]
                continue
            if len(fields) != len(header):
                raise RejectedError(f"{file_name} line {number}: {len(fields)} fields")
            record = {name: trimmed(value) for name, value in zip(header, fields, strict=True)}
            values = {name: record.get(name) for name in layout.columns}
            written = {name for name in layout.dates if values[name]}
            for name in layout.dates:
                values[name] = real_date(values[name], "date", layout.dates_of(name))
            no_dates = frozenset(name for name in written if values[name] is None)
            lines.append(Line(number, content_of(header, fields), values, no_dates))
    except csv.Error as error:
        raise RejectedError(f"{file_name}: {error}") from error
    absent = [name for name in layout.required if name not in (header or [])]
    if absent:
        raise RejectedError(f"{file_name}: the column {absent[0]} is missing")
    return lines


def content_of(header: list[str], fields: list[str]) -> tuple[str, ...]:
    """Return what two rows are compared by: the fields as they came, numbers without outer blanks.

    The received copy holds a number's pseudonym, and a number is the same with blanks around it.
    """
    numbers = ("ident", "gjeldende_ident", "duf_nummer")
    return tuple(
        value.strip() if name in numbers else value
        for name, value in zip(header, fields, strict=True)
    )


def read_jsonl(file_name: str, text: str) -> list[Line]:
    """Return one object a line."""
    lines = []
    for number, line in enumerate(split_lines(text), start=1):
        try:
            content = json.loads(line, parse_float=Decimal, object_pairs_hook=_members)
        except ValueError as error:
            raise RejectedError(f"{file_name} line {number}: {error}") from error
        lines.append(Line(number, content, {}))
    return lines


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; of a name that stands twice nobody can say which value is meant."""
    times = Counter(name for name, _ in pairs)
    return {name: TWICE if times[name] > 1 else value for name, value in pairs}


TWICE = object()


def read_fixed(text: str) -> list[Line]:
    """Return the lines of form 11b, cut at the published positions."""
    places = {
        "kommunenr": (0, 4),
        "aar": (4, 6),
        "bydel": (6, 8),
        "distrikt": (8, 10),
        "journalnr": (10, 18),
        "fodselsnummer": (18, 29),
        "duf_nummer": (29, 41),
        "start_dato": (43, 49),
        "status": (72, 74),
        "slutt_dato": (74, 80),
        "belop": (104, 111),
    }
    return [
        Line(number, line, {name: trimmed(line[a:b]) for name, (a, b) in places.items()})
        for number, line in enumerate(split_lines(text), start=1)
    ]


def read_file(path: Path, source: str, encoding: str) -> File | None:
    """Return one file's rows, or nothing for a file the contract does not know."""
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise RejectedError(f"{path.name}: {error}") from error
    try:
        text = data.decode("latin-1" if encoding == "latin-1" else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise RejectedError(f"{path.name}: {error}") from error
    dataset = base_name(path.name)
    if dataset in LAYOUTS[source]:
        return File(dataset, path.name, read_csv(path.name, text, LAYOUTS[source][dataset]))
    if source == "aordningen" and re.fullmatch(r"inntekt-[0-9]{4}-[0-9]{2}", dataset):
        return File(dataset, path.name, read_jsonl(path.name, text))
    if source == "kostra" and re.fullmatch(r"11b-[0-9]{4}", dataset):
        return File(dataset, path.name, read_fixed(text))
    return None


def read_delivery(folder: Path, source: str, delivered: date) -> Delivery:
    """Return the files of one delivery, or raise when reception turns it away.

    `A missing required column, a row count or checksum that differs from the manifest, a file that
    cannot be decoded or parsed, or a missing file rejects the whole delivery.`
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RejectedError(f"manifest.json: {error}") from error
    files: dict[str, File] = {}
    for name, promise in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise RejectedError(f"{name} is missing")
        if hashlib.sha256(path.read_bytes()).hexdigest() != promise["sha256"]:
            raise RejectedError(f"{name}: another checksum than in the manifest")
        file = read_file(path, source, manifest.get("encoding", "utf-8"))
        if file is None:
            continue
        if len(file.lines) != promise["rows"]:
            raise RejectedError(f"{name}: another number of rows than in the manifest")
        files[file.dataset] = file
    if source in SNAPSHOTS:
        for dataset in LAYOUTS[source]:
            if dataset not in files:
                raise RejectedError(f"{dataset} is missing")
    return Delivery(source, delivered, files)


# Judging rows


def first_fault(line: Line, layout: Layout, seen: set[Any]) -> str | None:
    """Return the first reason, in the order of the definitions, that one row shows by itself."""
    values = line.values
    if line.content in seen:
        return "duplicate_row"
    # No spell begins or ends on these: a row counts without them, if it says that nobody knows.
    known = line.no_dates & {"fodselsdato", "registrert_dato"}
    if any(values[name] is None for name in layout.required if name not in known):
        return "missing_required"
    for name in layout.dates:
        value = values[name]
        if value is not None and as_date(value) is None:
            return "unparseable_value"
    for name in layout.decimals:
        value = values[name]
        if value is not None and as_decimal(value) is None:
            return "unparseable_value"
    if layout.span:
        start, end = (values[name] for name in layout.span)
        if start is not None and end is not None:
            first, last = as_date(start), as_date(end)
            assert first and last
            if last < first:
                return "end_before_start"
    for name in layout.idents:
        value = values[name]
        if value is not None and not is_valid_ident(value):
            return "invalid_ident"
    return None


def typed(line: Line, layout: Layout) -> Row:
    """Return a good row with dates and decimals in place of their text."""
    row: Row = {name: READ_AS.get(name, str)(value) if value is not None else None
                for name, value in line.values.items()}  # fmt: skip
    for name in layout.dates:
        if row[name] is not None:
            row[name] = as_date(row[name])
    for name in layout.decimals:
        if row[name] is not None:
            row[name] = as_decimal(row[name])
    row["line_number"] = line.number
    return row


def judge(
    lines: list[Line], layout: Layout, parents: set[str] | None = None
) -> tuple[list[Row], list[tuple[Line, str]]]:
    """Split one CSV file's rows into accepted ones and faulty ones with the first reason that fits.

    `superseded_key` (same key, different content, both otherwise good: the latest
    `registrert_dato` wins, then the later line), `orphan` (`tiltak`, `fravaer`, `permisjoner` whose
    `deltakelse_id` was not accepted). An orphan is not otherwise good: it displaces nothing.
    """
    seen: set[Any] = set()
    faulty: list[tuple[Line, str]] = []
    good: list[tuple[Line, Row]] = []
    for line in lines:
        reason = first_fault(line, layout, seen)
        seen.add(line.content)
        if reason:
            faulty.append((line, reason))
            continue
        row = typed(line, layout)
        if layout.parent and row[layout.parent] not in (parents or set()):
            faulty.append((line, "orphan"))
            continue
        good.append((line, row))
    winner: dict[str, Row] = {}
    if layout.key:
        for _, row in good:
            key = row[layout.key]
            if key not in winner or _rank(row, layout) > _rank(winner[key], layout):
                winner[key] = row
    accepted: list[Row] = []
    for line, row in good:
        if layout.key and winner[row[layout.key]] is not row:
            faulty.append((line, "superseded_key"))
        else:
            accepted.append(row)
    return accepted, faulty


def _rank(row: Row, layout: Layout) -> tuple[date, int]:
    """The latest date in the row wins, `registrert_dato` or what the table has, then the line."""
    return row[layout.latest or "registrert_dato"] or date.min, row["line_number"]


class WrongKind:
    """Something stands there, and it is not what the contract says."""


WRONG = WrongKind()


def held(value: Any, kind: str) -> Any:
    """Return a value of a line as the contract has it, None if it is missing, WRONG if it is none.

    `A list of one is the one value, and one object where a list is meant is a list of it.`
    """
    if isinstance(value, list) and len(value) == 1 and value[0] is not None and kind != "list":
        value = value[0]
    if isinstance(value, dict) and kind == "list":
        value = [value]
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    fits = {
        "text": isinstance(value, str),
        "digits": isinstance(value, str) or (is_number and value == int(value) and value >= 0),
        "number": isinstance(value, str) or is_number,
        "flag": str(value).strip().lower() in ("true", "false", "1", "0", "ja", "nei", "j", "n"),
        "object": isinstance(value, dict),
        "list": isinstance(value, list),
    }
    if not fits[kind]:
        return WRONG
    return str(int(value)) if kind == "digits" and is_number else value


def judge_income(content: Any) -> tuple[Row | None, str | None]:
    """Return one income line typed, or the first reason why it is set aside.

    `Lines of aordningen are never de-duplicated (equal lines add up). A value that is there and
    cannot be read as the contract says makes its row unparseable at any depth.`
    """
    if not isinstance(content, dict):
        return None, "unparseable_value"
    wrong = False

    def part(of: Any, name: str, kind: str) -> Any:
        nonlocal wrong
        if of is None or of is WRONG:
            return of
        value = held(of.get(name), kind)
        wrong = wrong or value is WRONG
        return trimmed(value) if isinstance(value, str) else value

    employer = part(content, "opplysningspliktigId", "digits")
    unit = part(content, "virksomhetId", "digits")
    month = part(content, "kalendermaaned", "text")
    if isinstance(month, str):
        month = real_date(month, "month", "day")
    person = part(part(content, "inntektsmottaker", "object"), "personidentifikator", "digits")
    incomes = part(content, "inntekt", "list")
    lines = [held(income, "object") for income in (incomes if isinstance(incomes, list) else [])]
    wrong = wrong or WRONG in lines
    amounts, parts = [], []
    for income in lines:
        amounts.append(part(income, "beloep", "number"))
        part(income, "fordel", "text")
        part(income, "utloeserArbeidsgiveravgift", "flag")
        part(income, "inngaarIGrunnlagForTrekk", "flag")
        pension = part(part(income, "pensjonEllerTrygd", "object"), "beskrivelse", "text")
        wages = part(income, "loennsinntekt", "object")
        part(wages, "beskrivelse", "text")
        parts.append(
            {
                "is_benefit": str(pension).lower() == "introduksjonsstoenad",
                "is_wage": wages is not None,
            }
        )
    if None in (employer, unit, month, person, incomes) or None in amounts:
        return None, "missing_required"
    read = [
        as_decimal(amount) if isinstance(amount, str) else amount if abs(amount) < 10**9 else None
        for amount in amounts
        if amount is not WRONG
    ]
    if wrong or not is_month(month) or None in read:
        return None, "unparseable_value"
    if not is_valid_ident(person):
        return None, "invalid_ident"
    for one, amount in zip(parts, read, strict=True):
        one["amount"] = Decimal(amount)
    return {
        "employer": as_organisation(employer),
        "unit": as_organisation(unit),
        "month": month,
        "ident": person,
        "incomes": parts,
    }, None


def form_date(text: str | None, dates_of: str) -> tuple[date | None, bool]:
    """Return a DDMMYY date of form 11b and whether it could be read.

    Blank, zeros and placeholders are missing.
    """
    text = real_date(text, "ddmmyy", dates_of)
    if text is None or text == "000000":
        return None, True
    if not re.fullmatch(r"[0-9]{6}", text):
        return None, False
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[0:2])), True
    except ValueError:
        return None, False


def _is_whole(text: str) -> bool:
    number = as_decimal(text)
    doubtful = re.search(r"[.,]000$", text)  # 150, or 150 000?
    return number is not None and number == int(number) and not doubtful


def judge_form(line: Line, seen: set[Any]) -> str | None:
    """Return the first reason why a line of form 11b is set aside.

    It needs municipality, year and at least one of the two person numbers; it is 111 characters
    long and its dates and numbers can be read.
    """
    values = line.values
    if line.content in seen:
        return "duplicate_row"
    if values["kommunenr"] is None or values["aar"] is None:
        return "missing_required"
    if values["fodselsnummer"] is None and values["duf_nummer"] is None:
        return "missing_required"
    start, start_is_read = form_date(values["start_dato"], "start")
    end, end_is_read = form_date(values["slutt_dato"], "end")
    year, amount = values["aar"], values["belop"]
    if (
        len(line.content) != 111
        or not start_is_read
        or not end_is_read
        or (year is not None and not re.fullmatch(r"[0-9]+", year))
        or (amount is not None and not _is_whole(amount))
    ):
        return "unparseable_value"
    if start is not None and end is not None and end < start:
        return "end_before_start"
    if values["fodselsnummer"] is not None and not is_valid_ident(values["fodselsnummer"]):
        return "invalid_ident"
    return None


# All together


def known_deliveries(extracts: Path) -> tuple[list[Delivery], dict[tuple[str, str], str]]:
    """Return every delivery that passed reception, and why the others did not."""
    deliveries = []
    rejected = {}
    for source in SOURCES:
        folder = extracts / source
        for place in sorted(folder.iterdir()) if folder.is_dir() else []:
            delivered = as_date(place.name)
            if delivered is None or not place.is_dir():
                continue
            try:
                deliveries.append(read_delivery(place, source, delivered))
            except RejectedError as error:
                rejected[source, place.name] = str(error)
    return deliveries, rejected


def newest(deliveries: Iterable[Delivery]) -> Delivery | None:
    """Return the delivery dated last."""
    return max(deliveries, key=lambda delivery: delivery.delivered, default=None)


def read(extracts: Path, as_of: date | None = None) -> Extracts:
    """Return the rows that count as of a date, and the rows set aside.

    `For nir, folkeregister and status a delivery is a full snapshot, and the newest one with
    delivered <= as_of is used. aordningen is cumulative. kostra: newest per reporting year. as_of
    defaults to the newest delivery of any source.`
    """
    everything, rejected = known_deliveries(extracts)
    if as_of is None:
        as_of = max(delivery.delivered for delivery in everything)
    known = [delivery for delivery in everything if delivery.delivered <= as_of]
    rows: dict[str, list[Row]] = {name: [] for files in LAYOUTS.values() for name in files}
    rows |= {"inntekt": [], "11b": []}
    quarantined: list[Quarantined] = []
    received: dict[tuple[str, date, str], int] = {}

    def set_aside(delivery: Delivery, file: File, line: Line, reason: str) -> None:
        text = json.dumps(line.content, default=str)
        idents = tuple(re.findall(r"(?<![0-9])[0-9]{11,12}(?![0-9])", text))
        if line.values.get("fodselsnummer"):
            idents += (str(line.values["fodselsnummer"]),)
        quarantined.append(
            Quarantined(file.dataset, reason, delivery.delivered, file.name, line.number, idents)
        )

    def take(delivery: Delivery, file: File, parents: set[str] | None = None) -> list[Row]:
        received[delivery.source, delivery.delivered, file.name] = len(file.lines)
        accepted, faulty = judge(file.lines, LAYOUTS[delivery.source][file.dataset], parents)
        for line, reason in faulty:
            set_aside(delivery, file, line, reason)
        return accepted

    used: dict[str, Delivery] = {}
    for source in SNAPSHOTS:
        snapshot = newest(delivery for delivery in known if delivery.source == source)
        if snapshot is None:
            continue
        used[source] = snapshot
        parents: set[str] = set()
        for dataset in LAYOUTS[source]:  # deltakelser stands before the files that hang on it
            rows[dataset] = take(snapshot, snapshot.files[dataset], parents)
            if dataset == "deltakelser":
                parents = {row["deltakelse_id"] for row in rows[dataset]}

    income = sorted(
        (delivery for delivery in known if delivery.source == "aordningen"),
        key=lambda delivery: delivery.delivered,
    )
    for delivery in income:
        for file in delivery.files.values():
            if file.dataset == "virksomheter":
                rows["virksomheter"] = take(delivery, file)  # the newest one stays
                continue
            received["aordningen", delivery.delivered, file.name] = len(file.lines)
            for line in file.lines:
                row, reason = judge_income(line.content)
                if row is None:
                    assert reason
                    set_aside(delivery, file, line, reason)
                else:
                    rows["inntekt"].append(row | {"delivered": delivery.delivered})
    # `for each pair (opplysningspliktigId, kalendermaaned) only the newest delivery <= as_of that
    # holds that pair counts`; a pair is held through accepted lines only.
    holder: dict[tuple[str, str], date] = {}
    for row in rows["inntekt"]:
        pair = row["employer"], row["month"]
        holder[pair] = max(holder.get(pair, date.min), row["delivered"])
    for row in rows["inntekt"]:
        row["counts"] = row["delivered"] == holder[row["employer"], row["month"]]

    forms = [delivery for delivery in known if delivery.source == "kostra"]
    for delivery in forms:
        for file in delivery.files.values():
            received["kostra", delivery.delivered, file.name] = len(file.lines)
            replaced = any(
                other.delivered > delivery.delivered and file.dataset in other.files
                for other in forms
            )
            seen: set[Any] = set()
            for line in file.lines:
                reason = judge_form(line, seen)
                seen.add(line.content)
                if reason:
                    set_aside(delivery, file, line, reason)
                else:
                    rows["11b"].append(
                        line.values
                        | {
                            "kommunenr": as_municipality(line.values["kommunenr"]),
                            "form_year": file.dataset[4:],
                            "delivered": delivery.delivered,
                            "counts": not replaced,
                        }
                    )

    return Extracts(
        as_of=as_of,
        # `observed_until = the earlier of as_of and the date of the NIR delivery used`
        observed_until=min(as_of, used["nir"].delivered) if "nir" in used else None,
        status_delivered=used["status"].delivered if "status" in used else None,
        rows=rows,
        quarantined=quarantined,
        received=received,
        rejected=rejected,
    )
