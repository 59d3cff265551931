"""Hard cases and faults, thrown at clean extracts at a high rate and always the same for a seed.

The result still passes reception: manifests are written anew, so every fault lies in the rows.
"""

import csv
import gzip
import hashlib
import io
import json
import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from .reading import LAYOUTS, Layout, as_date, base_name, is_valid_ident

Record = dict[str, str]
DAY = timedelta(days=1)

BAD_DATES = ("2017-13-01", "2017-02-30", "01.02.2017", "2017-2-3", "20170203", "ukjent", "2017-05")
PLACEHOLDERS = ("1900-01-01", "0001-01-01", "1970-01-01", "9999-12-31", "2999-12-31")
BAD_DECIMALS = ("abc", "1,2,3", "10 00", "12,", ",5", "1e2", "--3", "timer", "−5−", "kr 1.000")
HOURS = (
    "37,5", "30", "12.25", "7,333", "0", "0,5", "+3", "45", "-5", "1,25", "100",
    "−5", "3-", "(2,5)", "1\u00a0000", "1\u202f000,5", "1.000,25", "kr 30,-",
)  # fmt: skip
MUNICIPALITIES = ("0301", "1103", "1201", "0104", "1601", "5001", "1850", "5012", "1507", "4601")
# Of later days with one predecessor or several, in one county or in two; and no municipality's.
ODD_CODES = ("1508", "3201", "1806", "5001", "5054", "2100", "9999")
SPOKEN = 'Møtte ikke; ringte «hjem»\nsa "kommer; snart"\nå'
WRONG_OBJECTS = ("introduksjonsstoenad", 5, True, [], [{}, {}], [None], {"beskrivelse": 5})
UNKNOWN = ("ukjent_ord", "Norsk", "ARBEID", "annet/ukjent")
DROPPABLE = (
    "duf_nummer",
    "statsborgerskap",
    "integreringskontrakt_dato",
    "reservert_forskning",
    "bosatt_dato",
    "begrunnelse",
    "kilde",
    "vedtak_id",
)

OPTIONAL = {
    dataset: set(layout.optional)
    for layouts in LAYOUTS.values()
    for dataset, layout in layouts.items()
}
KEYS = {dataset: layout.key for layouts in LAYOUTS.values() for dataset, layout in layouts.items()}


@dataclass
class Content:
    """One file's rows: records of a CSV file, objects of a JSONL file or lines of form 11b."""

    name: str
    columns: list[str] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)

    @property
    def dataset(self) -> str:
        return base_name(self.name)


@dataclass
class Folder:
    """One delivery in memory."""

    source: str
    delivered: date
    manifest: dict[str, Any]
    files: dict[str, Content]


# Reading and writing


def load(folder: Path, source: str) -> Folder:
    """Return a delivery's files."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    encoding = "latin-1" if manifest.get("encoding") == "latin-1" else "utf-8-sig"
    files = {}
    for name in manifest["files"]:
        data = (folder / name).read_bytes()
        if name.endswith(".gz"):
            data = gzip.decompress(data)
        text = data.decode(encoding)
        content = Content(name)
        if ".csv" in name:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
            content.columns = next(reader)
            content.rows = [dict(zip(content.columns, row, strict=True)) for row in reader if row]
        elif ".jsonl" in name:
            content.rows = [json.loads(line) for line in text.splitlines()]
        else:
            content.rows = text.splitlines()
        files[content.dataset] = content
    return Folder(source, date.fromisoformat(folder.name), manifest, files)


def save(folder: Folder, out: Path, rng: random.Random) -> None:
    """Write a delivery, every file in another of the allowed shapes, and its manifest."""
    place = out / folder.source / folder.delivered.isoformat()
    place.mkdir(parents=True)
    texts = {content.dataset: shape(content, rng) for content in folder.files.values()}
    encoding = rng.choice(("utf-8", "utf-8", "latin-1"))
    try:
        for text in texts.values():
            text.encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8"
    listed = {}
    for content in folder.files.values():
        data = texts[content.dataset].encode(encoding)
        if encoding == "utf-8" and rng.random() < 0.3:
            data = b"\xef\xbb\xbf" + data
        name = content.name.removesuffix(".gz")
        if not name.endswith(".dat") and rng.random() < 0.3:
            name += ".gz"
            data = gzip.compress(data, compresslevel=1, mtime=0)
        (place / name).write_bytes(data)
        listed[name] = {"rows": len(content.rows), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = folder.manifest | {
        "delivered": folder.delivered.isoformat(),
        "encoding": encoding,
        "files": listed,
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (place / "manifest.json").write_text(text + "\n", "utf-8")


def shape(content: Content, rng: random.Random) -> str:
    """Return a file's text: line ends, quoting, column order, extra and missing columns vary."""
    end = rng.choice(("\n", "\n", "\r\n"))
    if ".jsonl" in content.name:
        lines = [json.dumps(row, ensure_ascii=rng.random() < 0.5) for row in content.rows]
        return "".join(line + end for line in lines)
    if not content.columns:
        return "".join(line + end for line in content.rows)
    columns = list(content.columns)
    extra: Callable[[], str] | None = None
    if rng.random() < 0.3:
        rng.shuffle(columns)
    for name in sorted(OPTIONAL[content.dataset] & set(DROPPABLE)):
        if name in columns and rng.random() < 0.1:
            columns.remove(name)
    if rng.random() < 0.4:
        name = f"merknad {rng.choice('æøå')}"
        columns.insert(rng.randrange(len(columns) + 1), name)
        # One text for the whole file, so that equal rows stay equal.
        text = rng.choice((SPOKEN, SPOKEN.replace("\n", "\r\n"), "", "vanlig; tekst"))
        extra = lambda: text  # noqa: E731
    written = io.StringIO(newline="")
    writer = csv.writer(
        written,
        delimiter=";",
        lineterminator=end,
        quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    )
    writer.writerow(columns)
    for row in content.rows:
        writer.writerow(
            [row[name] if name in row else extra() if extra else "" for name in columns]
        )
    return written.getvalue()


# Numbers and dates


def synthetic_ident(rng: random.Random, born: date, d_number: bool = False) -> str:
    """Return a valid number of the test population (month + 80)."""
    day = born.day + (40 if d_number else 0)
    while True:
        head = f"{day:02d}{born.month + 80:02d}{born.year % 100:02d}{rng.randrange(1000):03d}"
        fitting = [
            head + f"{tail:02d}" for tail in range(100) if is_valid_ident(f"{head}{tail:02d}")
        ]
        if fitting:
            return rng.choice(fitting)


def broken_ident(rng: random.Random, ident: str) -> str:
    """Return a number that is not valid."""
    kind = rng.randrange(5)
    if kind == 0:
        return ident[:10]
    if kind == 1:
        return ident[:4] + "X" + ident[5:]
    if kind == 2:
        return "3182" + ident[4:]
    if kind == 3:
        return ident + "0"
    for tail in range(1, 100):
        number = f"{ident[:9]}{(int(ident[9:]) + tail) % 100:02d}"
        if not is_valid_ident(number):
            return number
    return ident[:10]


def edge_dates(first: int, last: int) -> list[date]:
    """Return half-year edges, leap days, week 53 and the days around 30 November."""
    edges = []
    for year in range(first, last + 1):
        for month, day in ((1, 1), (6, 30), (7, 1), (12, 31), (11, 29), (11, 30), (12, 1)):
            edges.append(date(year, month, day))
        if date(year, 12, 28).isocalendar().week == 53:
            monday = date.fromisocalendar(year, 53, 1)
            edges += [monday, monday - DAY, monday + 6 * DAY, monday + 7 * DAY]
        if year % 4 == 0:
            edges.append(date(year, 2, 29))
    return edges


def to_weekday(day: date, weekday: int) -> date:
    """Return the next date with a weekday (5 = Saturday)."""
    while day.weekday() != weekday:
        day += DAY
    return day


class Dirt:
    """One run over all deliveries; every choice comes from the seed."""

    def __init__(self, folders: list[Folder], seed: int) -> None:
        self.folders = folders
        self.seed = seed
        self.rng = random.Random(f"{seed}/plan")
        self.counter = 0
        self.idents = self._known_idents()
        starts = [
            day
            for folder in folders
            if folder.source == "nir"
            for row in folder.files["deltakelser"].rows
            if (day := as_date(row["start_dato"]))
        ]
        years = [day.year for day in starts] or [2017]
        self.edges = edge_dates(min(years), max(years) + 2)
        self.chains: list[tuple[str, str]] = []
        self.aliases: dict[str, list[str]] = {}
        self._plan_chains()

    def _known_idents(self) -> list[str]:
        idents: dict[str, None] = {}
        for folder in self.folders:
            if folder.source == "nir":
                for name in ("personer", "deltakelser"):
                    for row in folder.files[name].rows:
                        if is_valid_ident(row["ident"].strip()):
                            idents[row["ident"].strip()] = None
        return sorted(idents)

    def _new_ident(self, d_number: bool = False) -> str:
        while True:
            born = date(1960, 1, 1) + self.rng.randrange(15000) * DAY
            ident = synthetic_ident(self.rng, born, d_number)
            if ident not in self.idents:
                return ident

    def _plan_chains(self) -> None:
        """Chains of two and three, loops with and without a tail, self-links, unknown ends."""
        if not self.idents:
            return
        chosen = self.rng.sample(self.idents, k=min(len(self.idents), 12 + len(self.idents) // 5))
        for place, ident in enumerate(chosen):
            first, second = self._new_ident(True), self._new_ident()
            kind = place % 8
            if kind in (0, 1):
                links, others = [(first, ident)], [first]
            elif kind in (2, 3):
                links, others = [(first, second), (second, ident)], [first, second]
            elif kind == 4:
                links, others = [(ident, first), (first, ident)], [first]
            elif kind == 5:
                links = [(second, ident), (ident, first), (first, ident)]
                others = [first, second]
            elif kind == 6:
                links, others = [(ident, ident)], []
            else:
                links, others = [(ident, second)], [second]
            self.chains += links
            if others:
                self.aliases[ident] = others

    def new_id(self) -> str:
        """Return an id no other row has; its first letter makes it sort anywhere."""
        self.counter += 1
        return f"{self.rng.choice('0AMZ9')}{self.counter}"

    def any_day(self, rng: random.Random, near: date) -> date:
        """Return an edge date not too far away, a weekend or a day nearby."""
        kind = rng.randrange(4)
        if kind == 0:
            return to_weekday(near, rng.choice((5, 6)))
        if kind == 1:
            return near + rng.randrange(-20, 21) * DAY
        close = [edge for edge in self.edges if abs((edge - near).days) < 250]
        return rng.choice(close) if close else near

    def other_ident(self, rng: random.Random, ident: str) -> str:
        """Return sometimes another number of the same person."""
        if ident in self.aliases and rng.random() < 0.5:
            return rng.choice(self.aliases[ident])
        return ident

    # One delivery of each source

    def run(self) -> None:
        """Change every delivery."""
        self._correct()
        for folder in self.folders:
            rng = random.Random(f"{self.seed}/{folder.source}/{folder.delivered}")
            {
                "nir": self._nir,
                "aordningen": self._aordningen,
                "folkeregister": self._folkeregister,
                "status": self._status,
                "kostra": self._kostra,
            }[folder.source](folder, rng)
            for dataset, layout in LAYOUTS[folder.source].items():
                if dataset in folder.files:
                    self._spoil(folder.files[dataset], layout, rng)

    def _nir(self, folder: Folder, rng: random.Random) -> None:
        files = folder.files
        self._persons(files["personer"].rows, rng)
        self._participations(files["deltakelser"].rows, folder.delivered, rng)
        for row in files["kategorier"].rows + files["vedtak"].rows:
            row["ident"] = self.other_ident(rng, row["ident"])
            if "begrunnelse" in row and rng.random() < 0.3:
                row["begrunnelse"] = SPOKEN
            for word in ("kategori", "vedtakstype"):
                if word in row and rng.random() < 0.03:
                    row[word] = rng.choice(UNKNOWN)
        for row in list(files["deltakelser"].rows):
            start = as_date(row["start_dato"])
            if start is None:
                continue
            end = as_date(row["slutt_dato"]) or folder.delivered
            if rng.random() < 0.6:
                self._add_measures(files["tiltak"], row["deltakelse_id"], start, end, rng)
            if rng.random() < 0.35:
                self._add_leaves(files["permisjoner"], row["deltakelse_id"], start, end, rng)
            if rng.random() < 0.5:
                self._add_absences(files["fravaer"], row["deltakelse_id"], start, end, rng)

    def _persons(self, rows: list[Record], rng: random.Random) -> None:
        borders = ("2020-12-31", "2021-01-01", "2022-03-10", "2022-03-11", "2018-05-01", "")
        for row in list(rows):
            if rng.random() < 0.35:
                row["opphold_dato"] = rng.choice(borders)
                row["ankomst_dato"] = rng.choice(borders)
            if rng.random() < 0.25:
                row["oppholdsgrunnlag"] = rng.choice(("kollektiv_beskyttelse", "ukjent_ord", ""))
                if row["oppholdsgrunnlag"] == "kollektiv_beskyttelse":
                    row["opphold_dato"] = rng.choice(("2022-03-10", "2022-03-11", ""))
            if rng.random() < 0.15:
                row["dod_dato"] = rng.choice(self.edges).isoformat()
            for name in ("fodeland", "utdanningsbakgrunn", "adressebeskyttelse", "bosatt_kommune"):
                if rng.random() < 0.08:
                    row[name] = ""
            if rng.random() < 0.1:
                row["adressebeskyttelse"] = rng.choice(("0", "6", "7"))
            if rng.random() < 0.1:
                row["duf_nummer"] = "201612345699"
            others = self.aliases.get(row["ident"], [])
            base = as_date(row["registrert_dato"])
            for place, other in enumerate(others, start=1):
                if base is None or rng.random() < 0.4:
                    continue
                second = row | {"ident": other, "oppholdsgrunnlag": "familie"}
                second["registrert_dato"] = (base + rng.choice((-9, 9)) * place * DAY).isoformat()
                second["opphold_dato"] = rng.choice(borders)
                second["fodeland"] = rng.choice(("SY", "ER", ""))
                rows.insert(rng.randrange(len(rows) + 1), second)
            if (others and rng.random() < 0.25) or rng.random() < 0.02:
                rows.remove(row)

    def _participations(self, rows: list[Record], delivered: date, rng: random.Random) -> None:
        for row in list(rows):
            start, end = as_date(row["start_dato"]), as_date(row["slutt_dato"])
            row["ident"] = self.other_ident(rng, row["ident"])
            if start is None:
                continue
            kind = rng.randrange(26)
            if kind in (0, 1):
                moved = self.any_day(rng, start)
                if end is None or moved <= end:
                    row["start_dato"] = moved.isoformat()
            elif kind in (2, 3, 4):
                self._end(row, max(start, self.any_day(rng, end or start + 300 * DAY)), rng)
            elif kind == 5:
                row["start_dato"] = start.isoformat()
                self._end(row, start, rng)
            elif kind == 6:
                saturday = to_weekday(start, 5)
                row["start_dato"] = saturday.isoformat()
                self._end(row, saturday + rng.randrange(2) * DAY, rng)
            elif kind == 7:
                for name in ("slutt_dato", "avslutningsarsak", "avslutning_registrert_dato"):
                    row[name] = ""
            elif kind == 8:
                self._end(row, max(start, delivered + rng.choice((0, 1, 40)) * DAY), rng)
            elif kind == 9:
                row["start_dato"] = (delivered + rng.choice((-1, 0, 1, 30)) * DAY).isoformat()
                row["slutt_dato"] = rng.choice(("", (delivered + 90 * DAY).isoformat()))
            elif kind == 10:
                row["avslutningsarsak"] = rng.choice((*UNKNOWN, "", ""))
            elif kind == 11:
                row["avslutning_registrert_dato"] = ""
                row["avslutning_kilde"] = rng.choice(("system", ""))
            elif kind in (12, 13):  # re-entry
                last = end or start + 200 * DAY
                self._end(row, last, rng)
                self._again(rows, row, last + rng.choice((0, 1, 3, 30, 250)) * DAY, None, rng)
            elif kind in (14, 15):  # a move
                last = end or start + 200 * DAY
                self._end(row, last, rng)
                row["avslutningsarsak"] = "flyttet"
                again = self._again(rows, row, last + DAY, last + rng.randrange(400) * DAY, rng)
                again["kommunenr"] = rng.choice(MUNICIPALITIES)
            elif kind in (16, 17):  # two at the same time
                again = self._again(rows, row, start + rng.randrange(-40, 90) * DAY, end, rng)
                again["kommunenr"] = rng.choice(MUNICIPALITIES)
            elif kind == 18 and end:  # the same end, another start
                self._again(rows, row, start - rng.randrange(60) * DAY, end, rng)
            elif kind == 19:  # the same dates altogether, also both ongoing
                again = self._again(rows, row, start, end, rng)
                again["kommunenr"] = rng.choice(MUNICIPALITIES)
            elif kind == 20:
                row["kommunenr"] = rng.choice((*MUNICIPALITIES, *ODD_CODES))

    def _end(self, row: Record, end: date, rng: random.Random) -> None:
        row["slutt_dato"] = end.isoformat()
        row["avslutning_registrert_dato"] = (end + rng.randrange(-5, 120) * DAY).isoformat()
        row["avslutningsarsak"] = rng.choice(
            ("arbeid", "videregaende", "hoyere_utdanning", "grunnskole", "avbrutt", "flyttet", "")
        )

    def _again(
        self, rows: list[Record], row: Record, start: date, end: date | None, rng: random.Random
    ) -> Record:
        """Add another participation of the same person."""
        again = row | {"deltakelse_id": self.new_id(), "start_dato": start.isoformat()}
        for name in ("slutt_dato", "avslutningsarsak", "avslutning_registrert_dato"):
            again[name] = ""
        if end is not None:
            self._end(again, max(start, end), rng)
        again["registrert_dato"] = (start + rng.randrange(90) * DAY).isoformat()
        for ident, others in self.aliases.items():
            if row["ident"] == ident or row["ident"] in others:
                again["ident"] = rng.choice([ident, *others])
        rows.insert(rng.randrange(len(rows) + 1), again)
        return again

    def _add(self, content: Content, values: Record, first: date, last: date | None) -> None:
        """Add a row with a key of its own and the given days."""
        row = dict.fromkeys(content.columns, "") | values
        row[str(KEYS[content.dataset])] = self.new_id()
        row["fra_dato"] = first.isoformat()
        row["til_dato"] = last.isoformat() if last else ""
        row["registrert_dato"] = (first + 10 * DAY).isoformat()
        content.rows.append(row)

    def _inside(self, rng: random.Random, start: date, end: date) -> date:
        return start + rng.randrange(max(1, (end - start).days + 1)) * DAY

    def _add_measures(
        self, content: Content, parent: str, start: date, end: date, rng: random.Random
    ) -> None:
        words = ("norsk", "samfunnskunnskap", "arbeid_privat", "videregaende", "livsmestring")

        def add(first: date, last: date | None, word: str, hours: str) -> None:
            values = {"deltakelse_id": parent, "tiltakstype": word, "timer_per_uke": hours}
            self._add(content, values, first, last)

        for _ in range(rng.randrange(1, 4)):
            first = self._inside(rng, start, end)
            last = first + rng.randrange(200) * DAY
            word, hours = rng.choice(words), rng.choice(HOURS)
            kind = rng.randrange(11)
            if kind == 0:  # the same period twice
                add(first, last, word, hours)
                add(first, last, word, rng.choice((hours, rng.choice(HOURS))))
            elif kind == 1:  # overlap within one kind, by another word of the same group
                add(first, last, "norsk", hours)
                add(first + 3 * DAY, last + 20 * DAY, "samfunnskunnskap", rng.choice(HOURS))
            elif kind == 2:
                add(first, None, word, hours)
            elif kind == 3:
                add(start - 30 * DAY, first, word, hours)
            elif kind == 4:
                add(start - 60 * DAY, start - DAY, word, hours)
            elif kind == 5:
                add(end + DAY, rng.choice((None, end + 50 * DAY)), word, hours)
            elif kind == 6:
                add(first, last, word, "")
            elif kind == 7:
                add(first, last, rng.choice(UNKNOWN), hours)
            elif kind == 8:
                add(to_weekday(first, 5), to_weekday(first, 5) + DAY, word, hours)
            elif kind == 9:
                add(first, first, word, hours)
            else:
                add(start - 400 * DAY, None, word, hours)

    def _add_leaves(
        self, content: Content, parent: str, start: date, end: date, rng: random.Random
    ) -> None:
        def add(first: date, last: date | None) -> None:
            word = rng.choice(("fodsel", "omsorg", "sykdom", "arbeid", "annet", "ukjent_ord"))
            self._add(content, {"deltakelse_id": parent, "permisjonstype": word}, first, last)

        first = self._inside(rng, start, end)
        kind = rng.randrange(8)
        if kind == 0:
            add(date(start.year, 12, 20), date(start.year + 1, 1, 10))
        elif kind == 1:
            add(first, first + 30 * DAY)
            add(first + 15 * DAY, first + 45 * DAY)
        elif kind == 2:
            add(first, None)
        elif kind == 3:
            add(start, end)
        elif kind == 4:
            add(start - 20 * DAY, start + 5 * DAY)
            add(end - 3 * DAY, end + 60 * DAY)
        elif kind == 5:
            add(first, first)
        elif kind == 6:
            add(to_weekday(first, 5), to_weekday(first, 5) + DAY)
        else:
            add(first, first + 300 * DAY)

    def _add_absences(
        self, content: Content, parent: str, start: date, end: date, rng: random.Random
    ) -> None:
        hours = rng.choice(("7,5", "100", "10", "0", "3.25", "-4", "1"))

        def add(first: date, last: date) -> None:
            word = rng.choice(("gyldig", "gyldig", "ugyldig", "ugyldig", "ukjent_ord"))
            values = {"deltakelse_id": parent, "fravaerstype": word, "timer": hours}
            self._add(content, values, first, last)

        for _ in range(rng.randrange(1, 3)):
            first = self._inside(rng, start, end)
            kind = rng.randrange(9)
            if kind == 0:  # a weekend within
                add(to_weekday(first, 5), to_weekday(first, 5) + DAY)
            elif kind == 1:  # earlier in the week of the start
                add(start - start.weekday() * DAY, start - min(1, start.weekday()) * DAY)
            elif kind == 2:  # weeks before it
                add(start - 40 * DAY, start - 30 * DAY)
            elif kind == 3:  # after the end, in its week or later
                add(end + DAY, end + rng.choice((1, 2, 30)) * DAY)
            elif kind == 4:  # over both ends
                add(start - 3 * DAY, end + 3 * DAY)
            elif kind == 5:  # over a year's end
                add(date(first.year, 12, 28), date(first.year + 1, 1, 4))
            elif kind == 6:
                add(first, first)
            elif kind == 7:  # Friday to Monday
                add(to_weekday(first, 4), to_weekday(first, 4) + 3 * DAY)
            else:
                add(first, first + rng.randrange(60) * DAY)

    def _folkeregister(self, folder: Folder, rng: random.Random) -> None:
        for old, new in self.chains:
            if all(row["ident"] != old for row in folder.files["identer"].rows):
                folder.files["identer"].rows.append(
                    dict.fromkeys(folder.files["identer"].columns, "")
                    | {
                        "ident": old,
                        "gjeldende_ident": new,
                        "fra_dato": rng.choice(self.edges).isoformat(),
                    }
                )
        rng.shuffle(folder.files["identer"].rows)
        homes = folder.files["bosatt"].rows
        for row in list(homes):
            row["ident"] = self.other_ident(rng, row["ident"])
            first = as_date(row["fra_dato"])
            if first is None:
                continue
            later = [edge for edge in self.edges if edge >= first] or [first]
            kind = rng.randrange(8)
            if kind == 0:
                row["til_dato"] = rng.choice(later).isoformat()
            elif kind == 1:  # away and back, elsewhere
                left = rng.choice(later)
                row["til_dato"] = left.isoformat()
                back = left + rng.choice((1, 2, 200)) * DAY
                homes.append(
                    row
                    | {
                        "bosatt_id": self.new_id(),
                        "kommunenr": rng.choice(MUNICIPALITIES),
                        "fra_dato": back.isoformat(),
                        "til_dato": "",
                    }
                )
            elif kind == 2:  # a second home at the same time
                second = rng.choice(later) + DAY
                homes.append(
                    row
                    | {
                        "bosatt_id": self.new_id(),
                        "kommunenr": rng.choice(MUNICIPALITIES),
                        "fra_dato": second.isoformat(),
                        "til_dato": "",
                    }
                )
            elif kind == 3:
                homes.remove(row)

    def _status(self, folder: Folder, rng: random.Random) -> None:
        signals = folder.files["signaler"]
        words = (
            "selvstendig",
            "utdanning",
            "grunnskole",
            "helt_ledig",
            "arbeidssoker_tiltak",
            "nedsatt_arbeidsevne_tiltak",
            "aap",
            "helserelatert_ytelse",
            "kontantstotte_overgangsstonad",
            "sosialhjelp",
            "ukjent_ord",
        )
        for row in signals.rows:
            row["ident"] = self.other_ident(rng, row["ident"])
        for _ in range(len(self.idents)):
            first = rng.choice(self.edges)
            last = rng.choice((first, first + rng.randrange(600) * DAY, None))
            signals.rows.append(
                dict.fromkeys(signals.columns, "")
                | {
                    "signal_id": self.new_id(),
                    "ident": self.other_ident(rng, rng.choice(self.idents)),
                    "signal": rng.choice(words),
                    "fra_dato": first.isoformat(),
                    "til_dato": last.isoformat() if last else "",
                }
            )

    # Income

    def _correct(self) -> None:
        """Add corrected employer-months, to a later delivery or to a new one."""
        ours = [folder for folder in self.folders if folder.source == "aordningen"]
        ours.sort(key=lambda folder: folder.delivered)
        if not ours:
            return
        if len(ours) == 1:
            units = {
                name: deepcopy(content)
                for name, content in ours[0].files.items()
                if name == "virksomheter"
            }
            day = ours[0].delivered + 7 * DAY
            late = Folder("aordningen", day, deepcopy(ours[0].manifest), units)
            self.folders.append(late)
            ours.append(late)
        for place, late in enumerate(ours[1:], start=1):
            rng = random.Random(f"{self.seed}/corrections/{late.delivered}")
            pairs: dict[tuple[str, str], list[Any]] = {}
            for early in ours[:place]:
                for content in early.files.values():
                    if content.columns:
                        continue
                    for line in content.rows:
                        pair = line["opplysningspliktigId"], line["kalendermaaned"]
                        pairs.setdefault(pair, []).append(line)
            for pair in rng.sample(sorted(pairs), k=min(len(pairs), 12)):
                lines = deepcopy(pairs[pair])
                kind = rng.randrange(5)
                if kind == 0:  # only a faulty line: the earlier report stands
                    lines = lines[:1]
                    lines[0]["inntektsmottaker"]["personidentifikator"] = "12345678901"
                elif kind == 1:  # nobody was paid after all
                    lines = lines[:1]
                    lines[0]["inntekt"] = []
                else:
                    lines = lines[: len(lines) // 2 + 1]
                    for line in lines:
                        for part in line["inntekt"]:
                            part["beloep"] = part["beloep"] + rng.choice((0, 100, -20000))
                self._income_file(late, pair[1]).rows.extend(lines)

    @staticmethod
    def _income_file(folder: Folder, month: str) -> Content:
        name = f"inntekt-{month}"
        if name not in folder.files:
            folder.files[name] = Content(f"{name}.jsonl")
        return folder.files[name]

    def _aordningen(self, folder: Folder, rng: random.Random) -> None:
        for content in folder.files.values():
            if content.columns:
                continue
            lines: list[Any] = []
            for line in content.rows:
                lines.append(self._income(line, rng))
                if rng.random() < 0.04:
                    lines.append(deepcopy(lines[-1]))
                if rng.random() < 0.04:
                    lines.append(self._faulty_income(deepcopy(line), rng))
            content.rows = lines
        if "virksomheter" in folder.files:
            self._units(folder.files["virksomheter"].rows, rng)

    def _income(self, line: Any, rng: random.Random) -> Any:
        person = line["inntektsmottaker"]
        person["personidentifikator"] = self.other_ident(rng, person["personidentifikator"])
        if not line["inntekt"] or rng.random() < 0.8:
            return line
        part = line["inntekt"][0]
        kind = rng.randrange(10)
        if kind == 0:
            part["beloep"] = -abs(part["beloep"])
        elif kind == 6:
            part["beloep"] = f"−{abs(part['beloep'])}"
        elif kind == 7:  # what converters from XML make of it
            part["beloep"] = [part["beloep"]]
            if "pensjonEllerTrygd" in part:
                part["pensjonEllerTrygd"] = [part["pensjonEllerTrygd"]]
        elif kind == 8 and len(line["inntekt"]) == 1:
            line["inntekt"] = part
        elif kind == 9:
            number = line["virksomhetId"]
            line["virksomhetId"] = f"NO\u00a0{number[:3]} {number[3:6]} {number[6:]} MVA"
            line["opplysningspliktigId"] = int(line["opplysningspliktigId"])
        elif kind == 1:  # sums to zero
            line["inntekt"].append(part | {"beloep": -part["beloep"]})
        elif kind == 2:
            line["inntekt"].append(deepcopy(part))
        elif kind == 3:
            part["beloep"] = f"{part['beloep']},50"
        elif kind == 4:
            other = {"beskrivelse": "kvalifiseringstoenad"}
            line["inntekt"].append({"beloep": 9999, "pensjonEllerTrygd": other})
        else:
            line["inntekt"].append({"beloep": 1.25, "loennsinntekt": {"beskrivelse": "timeloenn"}})
        return line

    def _faulty_income(self, line: Any, rng: random.Random) -> Any:
        kind = rng.randrange(14)
        person = line["inntektsmottaker"]
        if kind == 9 and line["inntekt"]:
            line["inntekt"][0]["pensjonEllerTrygd"] = rng.choice(WRONG_OBJECTS)
        elif kind == 10 and line["inntekt"]:
            line["inntekt"][0]["beloep"] = rng.choice((True, {"nok": 1}, [1, 2], []))
        elif kind == 11:
            line[rng.choice(("inntekt", "inntektsmottaker"))] = rng.choice(WRONG_OBJECTS)
        elif kind == 12:
            line["virksomhetId"] = rng.choice((True, {}, ["1", "2"], 1.5))
        elif kind == 13:
            return rng.choice((5, None, [], "tekst", [line]))
        elif kind == 0:
            line["virksomhetId"] = " "
        elif kind == 1:
            del line["opplysningspliktigId"]
        elif kind == 2:
            line["inntektsmottaker"] = {}
        elif kind == 3:
            line["kalendermaaned"] = rng.choice(
                ("2017-13", "2017", "2017-1", "mars 2017", "1900-01", "9999-12")
            )
        elif kind == 4:
            line["kalendermaaned"] = None
        elif kind in (5, 6) and line["inntekt"]:
            line["inntekt"][-1]["beloep"] = rng.choice((None, "", "mye", "10 00", "1,2,3"))
        elif kind == 7 and line["inntekt"]:
            del line["inntekt"][0]["beloep"]
        else:
            ident = person["personidentifikator"]
            person["personidentifikator"] = broken_ident(rng, ident)
        return line

    def _units(self, rows: list[Record], rng: random.Random) -> None:
        for row in list(rows):
            kind = rng.randrange(6)
            cut = rng.choice(self.edges)
            first = as_date(row["gyldig_fra"])
            if first is None or first >= cut:
                continue
            if kind == 0:  # closed
                row["gyldig_til"] = cut.isoformat()
            elif kind in (1, 2):  # another municipality, with or without a gap
                gap = rng.choice((1, 1, 40, 200)) * DAY
                rows.append(
                    row
                    | {
                        "kommunenr": rng.choice(MUNICIPALITIES),
                        "gyldig_fra": (cut + gap).isoformat(),
                        "gyldig_til": "",
                    }
                )
                row["gyldig_til"] = cut.isoformat()
            elif kind == 3:  # opened late
                row["gyldig_fra"] = cut.isoformat()
                row["gyldig_til"] = ""
            elif kind == 4 and rng.random() < 0.3:
                rows.remove(row)

    # The form of before

    def _kostra(self, folder: Folder, rng: random.Random) -> None:
        for content in folder.files.values():
            lines: list[str] = []
            for line in content.rows:
                ident = line[18:29]
                if is_valid_ident(ident):
                    line = line[:18] + self.other_ident(rng, ident) + line[29:]
                lines.append(line)
                if rng.random() < 0.15 and len(line) == 111:
                    lines.append(self._faulty_form(line, rng))
                if rng.random() < 0.03:
                    lines.insert(rng.randrange(len(lines) + 1), line)
            content.rows = lines

    def _faulty_form(self, line: str, rng: random.Random) -> str:
        kind = rng.randrange(15)
        if kind == 11:  # codes and months known by their places alone
            return line[:50] + "  " + line[52:80] + "  " + line[82:]
        if kind == 12:
            return line[:50] + line[52:72] + "00" + line[72:]
        if kind == 13:
            end = rng.choice(("311215", "010116", "010117"))
            return line[:72] + rng.choice(("01", "06", "11", "  ")) + end + line[80:]
        if kind == 14:
            return line[:41] + rng.choice(("3 ", " 6", "05")) + line[43:49] + " " + line[50:]
        if kind == 9:
            return line[:43] + rng.choice(("010100", "999999")) + line[49:]
        if kind == 10:
            return line[:74] + rng.choice(("311299", "999999")) + line[80:]
        if kind == 0:
            return line[:-1]
        if kind == 1:
            return line + "  "
        if kind == 2:
            return line[:43] + "320116" + line[49:]
        if kind == 3:
            return line[:43] + "150616" + line[49:72] + "01" + "140616" + line[80:]
        if kind == 4:
            return line[:18] + "12345678901" + line[29:]
        if kind == 5:
            return line[:18] + " " * 23 + line[41:]
        if kind == 6:
            return "    " + line[4:]
        if kind == 7:
            return line[:104] + "12 45.6"
        return line[:10] + "Ærend 42" + line[18:29] + " " * 12 + line[41:]

    # Faults any CSV file can have

    def _spoil(self, content: Content, layout: Layout, rng: random.Random) -> None:
        rows = content.rows
        if not rows:
            return
        times = max(2, len(rows) // 60)
        for kind in (
            self._pad,
            self._missing,
            self._unparseable,
            self._placeholder,
            self._end_before_start,
            self._invalid_ident,
            self._superseded,
            self._zero_lost,
            self._orphan,
            self._missing_end,
        ):
            for _ in range(times):
                source = rng.choice(rows)
                changed = kind(dict(source), layout, rng)
                if changed is None:
                    continue
                way = rng.randrange(3)
                if kind in (self._superseded,) or way == 0:
                    # Beside the good row, with the same key and often a later date.
                    if "registrert_dato" in changed and rng.random() < 0.5:
                        self._shift(changed, "registrert_dato", rng.choice((-30, 30)))
                    rows.insert(rng.randrange(len(rows) + 1), changed)
                elif way == 1:
                    if layout.key:
                        changed[layout.key] = (
                            changed[layout.key] if layout.key == "ident" else self.new_id()
                        )
                    rows.append(changed)
                else:
                    source.update(changed)
        for _ in range(times):
            rows.append(dict(rng.choice(rows)))
            rows.insert(rng.randrange(len(rows) + 1), dict(rng.choice(rows)))

    @staticmethod
    def _shift(row: Record, name: str, days: int) -> None:
        day = as_date(row[name])
        if day is not None and day.year < 9999:
            row[name] = (day + days * DAY).isoformat()

    def _pad(self, row: Record, layout: Layout, rng: random.Random) -> Record:
        name = rng.choice(list(layout.columns))
        if row.get(name):
            row[name] = rng.choice((" {}", "{} ", "  {}  ")).format(row[name])
        return row

    def _missing(self, row: Record, layout: Layout, rng: random.Random) -> Record:
        row[rng.choice(layout.required)] = rng.choice(("", "  "))
        return row

    def _missing_end(self, row: Record, layout: Layout, rng: random.Random) -> Record | None:
        """Two faults at once: the first in the order counts."""
        if not layout.span:
            return None
        row[rng.choice(layout.required)] = ""
        row[rng.choice(layout.dates)] = rng.choice(BAD_DATES)
        return row

    def _unparseable(self, row: Record, layout: Layout, rng: random.Random) -> Record:
        name = rng.choice(layout.dates + layout.decimals * 2)
        row[name] = rng.choice(BAD_DECIMALS if name in layout.decimals else BAD_DATES)
        return row

    def _placeholder(self, row: Record, layout: Layout, rng: random.Random) -> Record:
        """No date at all, in as many words: missing, open or since always."""
        row[rng.choice(layout.dates)] = rng.choice(PLACEHOLDERS)
        return row

    def _end_before_start(self, row: Record, layout: Layout, rng: random.Random) -> Record | None:
        if not layout.span:
            return None
        first = as_date(row[layout.span[0]])
        if first is None:
            return None
        row[layout.span[1]] = (first - rng.choice((1, 30)) * DAY).isoformat()
        return row

    def _invalid_ident(self, row: Record, layout: Layout, rng: random.Random) -> Record | None:
        if not layout.idents:
            return None
        name = rng.choice(layout.idents)
        if len(row[name]) != 11 or not row[name].isdigit():
            return None
        row[name] = broken_ident(rng, row[name])
        return row

    def _superseded(self, row: Record, layout: Layout, rng: random.Random) -> Record | None:
        if not layout.key:
            return None
        if "kommunenr" in row:
            row["kommunenr"] = rng.choice(MUNICIPALITIES)
            if layout.latest:
                self._shift(row, layout.latest, rng.choice((-7, 0, 7)))
        elif layout.decimals:
            row[layout.decimals[0]] = rng.choice(("5", "6,5", "8.25"))
        elif "gjeldende_ident" in row:
            self._shift(row, "fra_dato", rng.choice((-7, 7)))
            row["gjeldende_ident"] = rng.choice(self.idents)
        elif "signal" in row:
            row["signal"] = rng.choice(("utdanning", "aap", "sosialhjelp"))
            self._shift(row, "fra_dato", rng.choice((-7, 0, 7)))
        elif "fodeland" in row:
            row["fodeland"] = rng.choice(("SY", "ER", "UA"))
        else:
            self._shift(row, "fra_dato", -2)
        return row

    def _zero_lost(self, row: Record, layout: Layout, rng: random.Random) -> Record | None:
        """As a spreadsheet writes a code that begins with a zero."""
        if not row.get("kommunenr", "").startswith("0"):
            return None
        row["kommunenr"] = row["kommunenr"][1:] + rng.choice(("", ".0"))
        return row

    def _orphan(self, row: Record, layout: Layout, rng: random.Random) -> Record | None:
        if not layout.parent:
            return None
        row[layout.parent] = rng.choice(("finnes-ikke", "0"))
        return row


def dirty(extracts: Path, out: Path, seed: int) -> None:
    """Copy extracts with hard cases and faults of every kind, always the same for a seed."""
    folders = []
    for source in LAYOUTS:
        place = extracts / source
        for delivered in sorted(place.iterdir()) if place.is_dir() else []:
            if as_date(delivered.name) is not None:
                folders.append(load(delivered, source))
    dirt = Dirt(folders, seed)
    dirt.run()
    for folder in dirt.folders:
        save(folder, out, random.Random(f"{seed}/shape/{folder.source}/{folder.delivered}"))
