"""Extracts made from a published table give the table again; impossible tables are refused."""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from introstat.synth.command import synth
from introstat.synth.draw import day, iso

PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "published"
HEADER = "year,row_dim,row_value,col_dim,col_value,measure,value,source_url"


def run(file: Path, out: Path) -> tuple[int, str]:
    result = CliRunner().invoke(synth, ["--out", str(out), "--replicate", str(file)])
    return result.exit_code, result.output


def table(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "table.csv"
    file.write_text("\n".join([HEADER, *(f"{line},x" for line in lines)]) + "\n", encoding="utf-8")
    return file


def by_sex(year: int, dimension: str, row: str, men: int, women: int) -> list[str]:
    start = f"{year},{dimension},{row},kjønn"
    counts = {"Begge kjønn": men + women, "Menn": men, "Kvinner": women}
    return [f"{start},{column},antall,{count}" for column, count in counts.items()]


def rows(out: Path, pattern: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for path in sorted(out.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        found += csv.DictReader(io.StringIO(text), delimiter=";")
    return found


def people_of(out: Path) -> dict[str, dict[str, str]]:
    """Each person's row by current number."""
    current = successors(out)
    return {current(row["ident"]): row for row in rows(out, "nir/*/personer.csv")}


def successors(out: Path) -> Callable[[str], str]:
    links = {
        row["ident"]: row["gjeldende_ident"] for row in rows(out, "folkeregister/*/identer.csv")
    }

    def current(ident: str) -> str:
        while ident in links:
            ident = links[ident]
        return ident

    return current


def published(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_participants_by_age_come_out(tmp_path: Path) -> None:
    file = table(
        tmp_path,
        *by_sex(2016, "alder", "I alt", 61, 40),
        *by_sex(2016, "alder", "18-25 år", 30, 20),
        *by_sex(2016, "alder", "56 år eller eldre", 31, 19),
        *by_sex(2018, "alder", "I alt", 7, 5),
        *by_sex(2018, "alder", "26-35 år", 7, 5),
    )
    assert run(file, tmp_path / "out")[0] == 0
    out, current = tmp_path / "out", successors(tmp_path / "out")
    people = people_of(out)
    counts: Counter[tuple[int, str, str]] = Counter()
    for row in rows(out, "nir/*/deltakelser.csv"):
        person = people[current(row["ident"])]
        year = int(row["start_dato"][:4])
        assert row["slutt_dato"][:4] == str(year), "touches one year only"
        age = year - int(person["fodselsdato"][:4])
        band = "18-25" if 18 <= age <= 25 else "26-35" if 26 <= age <= 35 else "56+"
        if age < 18:
            band = "other"
        counts[year, band, person["kjonn"]] += 1
    assert counts == {
        (2016, "18-25", "1"): 30,
        (2016, "18-25", "2"): 20,
        (2016, "56+", "1"): 31,
        (2016, "56+", "2"): 19,
        (2016, "other", "2"): 1,
        (2018, "26-35", "1"): 7,
        (2018, "26-35", "2"): 5,
    }


def test_direct_result_comes_out(tmp_path: Path) -> None:
    out, name = tmp_path / "out", "direct_result_by_county_2016.csv"
    assert run(PUBLISHED / name, out)[0] == 0
    people, current = people_of(out), successors(out)
    exits: Counter[str] = Counter()
    open_exits: Counter[str] = Counter()
    successes: Counter[str] = Counter()
    for row in rows(out, "nir/*/deltakelser.csv"):
        assert row["slutt_dato"].startswith("2016-")
        person = people[current(row["ident"])]
        works = row["avslutningsarsak"] in ("arbeid", "videregaende", "hoyere_utdanning")
        exits[person["kjonn"]] += 1
        successes[person["kjonn"]] += works
        if person["adressebeskyttelse"] == "0":
            open_exits[row["kommunenr"]] += 1
    cells = {(row["row_value"], row["col_value"]): int(row["value"]) for row in published(name)}
    country = {
        column: cells["Hele Norge", column]
        for _, column in cells
        if ("Hele Norge", column) in cells
    }
    assert exits.total() == country["Antall avsluttet"]
    reasons = Counter(row["avslutningsarsak"] for row in rows(out, "nir/*/deltakelser.csv"))
    assert reasons["arbeid"] == country["Antall over til arbeid"]
    assert (
        reasons["videregaende"] + reasons["hoyere_utdanning"]
        == (country["Antall over til utdanning"])
    )
    assert [round(100 * successes[sex] / exits[sex]) for sex in "12"] == [53, 36]
    assert exits.total() - open_exits.total() == 36
    assert sum(count >= 5 for count in open_exits.values()) == 194
    oslo = open_exits["0301"]
    assert oslo == cells["Oslo", "Antall avsluttet"]


def test_status_one_year_after_comes_out(tmp_path: Path) -> None:
    out, name = tmp_path / "out", "status_one_year_after_2017.csv"
    assert run(PUBLISHED / name, out)[0] == 0
    people, current = people_of(out), successors(out)
    signals: dict[str, set[str]] = defaultdict(set)
    for row in rows(out, "status/2019-01-21/signaler.csv"):
        if row["fra_dato"] <= "2017-11-30" <= (row["til_dato"] or "9999"):
            signals[current(row["ident"])].add(row["signal"])
    paid = set()
    for line in (out / "aordningen/2017-12-10/inntekt-2017-11.jsonl").read_text().splitlines():
        item = json.loads(line)
        if sum(each["beloep"] for each in item["inntekt"] if "loennsinntekt" in each) > 0:
            paid.add(current(item["inntektsmottaker"]["personidentifikator"]))
    resident = {
        current(row["ident"])
        for row in rows(out, "folkeregister/*/bosatt.csv")
        if row["fra_dato"] <= "2017-11-30" <= (row["til_dato"] or "9999")
    }
    counts: Counter[tuple[str, str]] = Counter()
    for person in resident:
        employed = person in paid or "selvstendig" in signals[person]
        learning = "utdanning" in signals[person]
        unemployed = "helt_ledig" in signals[person]
        status = (
            "Sysselsatt og under utdanning"
            if employed and learning
            else "Sysselsatt"
            if employed
            else "Under utdanning"
            if learning
            else "Registrert helt arbeidsledig"
            if unemployed
            else ""
        )
        counts[status, people[person]["kjonn"]] += 1
    for row in published(name):
        sex = {"Menn": "1", "Kvinner": "2"}.get(row["col_value"])
        if row["measure"] == "antall" and sex and (row["row_value"], sex) in counts:
            assert counts[row["row_value"], sex] == int(row["value"]), row
    assert counts.total() == 4790


def test_listed_countries_and_municipalities_come_out(tmp_path: Path) -> None:
    file = table(
        tmp_path,
        *by_sex(2016, "fødeland", "Alle land", 60, 30),
        *by_sex(2016, "fødeland", "Syria", 40, 10),
        *by_sex(2016, "fødeland", "Kongo", 0, 7),
    )
    assert run(file, tmp_path / "countries")[0] == 0
    born = Counter(
        (row["fodeland"], row["kjonn"]) for row in people_of(tmp_path / "countries").values()
    )
    assert (born["SY", "1"], born["SY", "2"], born["CD", "1"], born["CD", "2"]) == (40, 10, 0, 7)
    assert born.total() == 90

    file = table(
        tmp_path,
        *by_sex(2018, "kommune", "I alt", 60, 30),
        *by_sex(2018, "kommune", "0101 Halden (-2019)", 9, 8),
    )
    assert run(file, tmp_path / "municipalities")[0] == 0
    places = Counter(
        row["kommunenr"] for row in rows(tmp_path / "municipalities", "nir/*/deltakelser.csv")
    )
    assert places["0101"] == 17
    assert places.total() == 90


def test_percentages_round_half_up(tmp_path: Path) -> None:
    # 1 of 8 is 12.5: 13 is right, 12 is not.
    lines = by_sex(2016, "alder", "I alt", 1, 7)
    assert (
        run(table(tmp_path, *lines, "2016,alder,I alt,kjønn,Menn,prosent,13"), tmp_path / "a")[0]
        == 0
    )
    code, output = run(
        table(tmp_path, *lines, "2016,alder,I alt,kjønn,Menn,prosent,12"), tmp_path / "b"
    )
    assert (code, "I alt / Menn / prosent is 12" in output) == (2, True)


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["2016,alder,I alt,kjønn,Menn,antall,5"], "I alt / Begge kjønn / antall is missing"),
        (
            [
                "2016,alder,I alt,kjønn,Begge kjønn,antall,11",
                "2016,alder,I alt,kjønn,Menn,antall,5",
                "2016,alder,I alt,kjønn,Kvinner,antall,5",
            ],
            "I alt: Menn 5 + Kvinner 5 is 10, Begge kjønn is 11",
        ),
        (
            [*by_sex(2016, "alder", "I alt", 5, 5), *by_sex(2016, "alder", "18-25 år", 6, 5)],
            "all rows / Menn add to 1 more than their total",
        ),
        (
            [*by_sex(2016, "kommune", "I alt", 5, 5), *by_sex(2016, "kommune", "9901 Ingen", 1, 1)],
            "9901 Ingen",
        ),
        (
            [
                *by_sex(2017, "arbeidssituasjon", "Arbeidssituasjon i alt", 5, 5),
                *by_sex(2017, "arbeidssituasjon", "Sysselsatt", 4, 5),
            ],
            "fewer than the total",
        ),
        (
            [
                "2016,fylke,Hele Norge,resultat,Antall avsluttet,antall,10",
                "2016,fylke,Hele Norge,resultat,Antall over til arbeid,antall,2",
                "2016,fylke,Hele Norge,resultat,Antall over til utdanning,antall,2",
                "2016,fylke,Oslo,resultat,Antall avsluttet,antall,11",
                "2016,fylke,Oslo,resultat,Antall over til arbeid,antall,2",
                "2016,fylke,Oslo,resultat,Antall over til utdanning,antall,2",
            ],
            "counties do not fit",
        ),
        (["2016,hårfarge,I alt,kjønn,Menn,antall,5"], "Known shapes"),
        (["2016,alder,I alt,fylke,Oslo,antall,5"], "unknown col_dim"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tmp_path: Path, lines: list[str], named: str) -> None:
    code, output = run(table(tmp_path, *lines), tmp_path / "out")
    assert (code, named in output) == (2, True), output
    assert not (tmp_path / "out").exists()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, output = run(tmp_path / "other.csv", tmp_path / "out")
    assert (code, "Known shapes" in output) == (2, True)


def test_days_and_texts_agree() -> None:
    assert iso(day("2016-02-29")) == "2016-02-29"
