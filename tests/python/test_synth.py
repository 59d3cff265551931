"""The synthetic extracts keep the input contract and are what their parameters say."""

import csv
import datetime
import gzip
import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from conftest import KEY
from deliveries import HEADERS

from introstat.identity.numbers import is_valid_form_duf
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.receive import receive
from introstat.synth.command import synth
from introstat.synth.deliveries import SHAPES
from introstat.synth.draw import NEVER, day
from introstat.synth.faults import KINDS
from introstat.synth.generate import generate
from introstat.synth.idents import DUF_WEIGHTS, K1_WEIGHTS, K2_WEIGHTS
from introstat.synth.parameters import parameters
from introstat.synth.people import make_people
from introstat.synth.programmes import make_programmes

PERSONS = 2000


def text_of(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(path)), delimiter=";"))


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def valid_ident(ident: str) -> bool:
    """The old rule (remainder 0), a date in it, and the month of a synthetic number."""
    digits = [int(digit) for digit in ident]
    dated = datetime.date(2000, 1, 1)
    try:
        year = 1900 + int(ident[4:6]) + (100 if int(ident[6]) >= 5 else 0)
        dated = datetime.date(year, int(ident[2:4]) - 80, int(ident[:2]) % 40)
    except ValueError:
        return False
    k1 = sum(w * d for w, d in zip((*K1_WEIGHTS, 1), digits[:10], strict=True)) % 11
    k2 = sum(w * d for w, d in zip((*K2_WEIGHTS, 1), digits, strict=True)) % 11
    return len(ident) == 11 and k1 == 0 and k2 == 0 and dated.year > 1900


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synth") / "extracts"
    generate(out, PERSONS, 3, 2015, 2018)
    return out


def newest(extracts: Path, source: str, name: str) -> list[dict[str, str]]:
    return rows_of(max((extracts / source).glob(f"*/{name}")))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("once", "again"):
        generate(tmp_path / name, 300, 3, 2016, 2018)
    assert contents(tmp_path / "again") == contents(tmp_path / "once")


def test_another_seed_gives_other_people(extracts: Path, tmp_path: Path) -> None:
    generate(tmp_path / "other", 200, 4, 2017, 2018)
    ours = {row["ident"] for row in newest(extracts, "nir", "personer.csv")}
    theirs = {row["ident"] for row in newest(tmp_path / "other", "nir", "personer.csv")}
    assert ours != theirs


def test_every_manifest_is_right(extracts: Path) -> None:
    manifests = sorted(extracts.glob("*/*/manifest.json"))
    assert {path.parts[-3] for path in manifests} == {
        "nir",
        "aordningen",
        "folkeregister",
        "status",
        "kostra",
    }
    for path in manifests:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        assert manifest["contract"] == f"{manifest['source']}/1"
        assert (manifest["source"], manifest["delivered"]) == path.parts[-3:-1]
        assert manifest["covers_until"] < manifest["delivered"]
        on_disk = {each.name for each in path.parent.iterdir()} - {"manifest.json"}
        assert on_disk == set(manifest["files"])
        for name, told in manifest["files"].items():
            file = path.parent / name
            assert hashlib.sha256(file.read_bytes()).hexdigest() == told["sha256"], file
            lines = text_of(file).splitlines()
            header = 1 if ".csv" in name else 0
            assert len(lines) - header == told["rows"], file


def test_every_csv_has_the_columns_of_the_contract(extracts: Path) -> None:
    for path in extracts.rglob("*.csv*"):
        assert text_of(path).splitlines()[0] == HEADERS[path.name.removesuffix(".gz")], path


def test_deliveries_come_when_they_should(extracts: Path) -> None:
    dates = {source.name: sorted(d.name for d in source.iterdir()) for source in extracts.iterdir()}
    assert dates["nir"] == [f"{year}-01-21" for year in (2016, 2017, 2018, 2019)]
    assert dates["kostra"] == ["2016-02-20", "2017-02-20"]
    assert len(dates["aordningen"]) == 48
    assert len(dates["status"]) == 8
    assert any(extracts.rglob("*.csv.gz"))
    assert any(extracts.rglob("*.jsonl.gz"))
    units = sorted(path.parent.name for path in extracts.glob("aordningen/*/virksomheter.csv*"))
    assert units == ["2015-02-10", *(f"{year}-01-10" for year in (2016, 2017, 2018, 2019))]


@pytest.mark.parametrize(("how", "count"), [("half-yearly", 4), ("last", 1)])
def test_nir_delivers_as_often_as_asked(tmp_path: Path, how: str, count: int) -> None:
    generate(tmp_path / "out", 100, 1, 2017, 2018, how)
    assert len(list((tmp_path / "out" / "nir").iterdir())) == count


def test_every_number_is_synthetic_and_valid_but_for_the_faulty_ones(extracts: Path) -> None:
    idents = [row["ident"] for row in newest(extracts, "nir", "personer.csv")]
    invalid = [ident for ident in idents if not valid_ident(ident)]
    assert len(invalid) <= 5
    assert all(81 <= int(ident[2:4]) <= 92 for ident in idents)
    chain = newest(extracts, "folkeregister", "identer.csv")
    assert all(valid_ident(row["gjeldende_ident"]) and valid_ident(row["ident"]) for row in chain)
    for row in newest(extracts, "nir", "personer.csv"):
        if duf := row["duf_nummer"]:
            total = sum(int(duf[9 - place]) * DUF_WEIGHTS[place % 6] for place in range(10))
            assert f"{total % 11:02d}" == duf[10:]
            assert is_valid_form_duf(duf)


def test_no_two_people_share_a_number(extracts: Path) -> None:
    born: dict[str, set[str]] = {}
    for row in newest(extracts, "nir", "personer.csv"):
        if row["duf_nummer"] and valid_ident(row["ident"]):
            born.setdefault(row["ident"], set()).add(row["duf_nummer"])
    assert all(len(dufs) == 1 for dufs in born.values())


def test_a_third_had_a_d_number_first(extracts: Path) -> None:
    chain = newest(extracts, "folkeregister", "identer.csv")
    replaced = {row["ident"] for row in chain if int(row["ident"][0]) >= 4}
    assert 0.29 < len(replaced) / PERSONS < 0.36
    successors = {row["ident"]: row["gjeldende_ident"] for row in chain}
    assert any(new in successors for new in successors.values()), "no chain of three numbers"


def test_registration_is_mostly_within_two_months_with_a_long_tail(extracts: Path) -> None:
    lags = []
    for row in newest(extracts, "nir", "deltakelser.csv"):
        try:
            lags.append(day(row["registrert_dato"]) - day(row["start_dato"]))
        except ValueError:
            continue  # a row spoiled on purpose
    lags.sort()
    within = sum(lag <= 61 for lag in lags) / len(lags)
    assert 0.75 < within < 0.92
    assert 5 <= lags[len(lags) // 2] <= 30
    assert lags[int(0.99 * len(lags))] > 180


def test_a_snapshot_knows_only_what_was_registered(extracts: Path) -> None:
    for folder in (extracts / "nir").iterdir():
        for path in folder.glob("*.csv*"):
            for row in rows_of(path):
                assert row["registrert_dato"] <= folder.name
                assert row.get("avslutning_registrert_dato", "") <= folder.name


def test_ends_become_known_and_a_few_are_taken_back(extracts: Path) -> None:
    early = rows_of(extracts / "nir/2017-01-21/deltakelser.csv")
    late = {row["deltakelse_id"]: row for row in newest(extracts, "nir", "deltakelser.csv")}
    pairs = [(row, late[row["deltakelse_id"]]) for row in early]
    assert sum(not a["slutt_dato"] and bool(b["slutt_dato"]) for a, b in pairs) > 300
    assert any(a["slutt_dato"] and a["slutt_dato"] != b["slutt_dato"] for a, b in pairs)


def test_some_deaths_are_not_known_to_the_municipality() -> None:
    """The participation is never registered as ended."""
    people = make_people(20_000, 1, 2015, 2018)
    spells = make_programmes(people, 1).participations
    died = people.death[spells.person] == spells.end
    forgotten = spells.end_registered == NEVER
    assert 0 < (died & forgotten).sum() < died.sum()
    assert not (forgotten & ~died & (spells.registered < NEVER)).any()


def test_form_11b_has_fixed_width_and_knows_more_measures_than_nir(extracts: Path) -> None:
    lines = text_of(extracts / "kostra/2017-02-20/11b-2016.dat").splitlines()
    assert {len(line) for line in lines} == {111}
    assert {line[4:6] for line in lines} == {"16"}
    assert {line[58:60] for line in lines} == {"00"}, "code 05 was dropped"
    for line in lines:
        assert set(line[50:72:2] + line[51:72:2]) <= set("0123456789")
        assert 0 < int(line[104:111]) < 350_000 or line[80:104] == "00" * 12
    odd = [line for line in lines if (line[72:74] == "06") != (line[74:80] == "000000")]
    assert len(odd) <= 5, "an end date is missing only where it was left out on purpose"
    grunnskole = sum(line[68:70] == "11" for line in lines)
    spells = {
        row["deltakelse_id"]: row["ident"] for row in newest(extracts, "nir", "deltakelser.csv")
    }
    registered = {
        spells.get(row["deltakelse_id"])
        for row in newest(extracts, "nir", "tiltak.csv")
        if row["tiltakstype"] == "grunnskole"
        and row["fra_dato"] <= "2016-12-31"
        and (row["til_dato"] or "9999") >= "2016-01-01"
    }
    assert len(registered) < 0.97 * grunnskole


def test_income_has_the_shape_of_the_contract(extracts: Path) -> None:
    words = Counter()
    negative = 0
    for path in extracts.glob("aordningen/2017-*/inntekt-*.jsonl"):
        month = path.name.removeprefix("inntekt-").removesuffix(".jsonl")
        for line in text_of(path).splitlines():
            item = json.loads(line)
            assert list(item) == [
                "opplysningspliktigId",
                "virksomhetId",
                "kalendermaaned",
                "inntektsmottaker",
                "inntekt",
            ]
            assert item["kalendermaaned"] == month
            for income in item["inntekt"]:
                assert isinstance(income["beloep"], int)
                negative += income["beloep"] < 0
                place = income.get("pensjonEllerTrygd") or income["loennsinntekt"]
                words[place["beskrivelse"]] += 1
    assert set(words) == {
        "introduksjonsstoenad",
        "kvalifiseringstoenad",
        "fastloenn",
        "timeloenn",
        "overtidsgodtgjoerelse",
    }
    assert words["introduksjonsstoenad"] > words["fastloenn"]
    assert negative


def test_corrections_replace_an_employers_month(extracts: Path) -> None:
    corrected = [
        path
        for path in extracts.glob("aordningen/*/inntekt-*.jsonl")
        if path.name[8:15]
        < (datetime.date.fromisoformat(path.parent.name) - datetime.timedelta(28)).isoformat()[:7]
    ]
    assert corrected


def test_every_municipality_has_a_unit_and_mergers_move_units(extracts: Path) -> None:
    units = newest(extracts, "aordningen", "virksomheter.csv")
    today = {row["kommunenr"] for row in units if not row["gyldig_til"]}
    assert len(today) == 422
    assert any(row["gyldig_til"] == "2017-12-31" for row in units)
    keys = [(row["virksomhet_id"], row["gyldig_fra"]) for row in units]
    assert len(keys) == len(set(keys))


def test_every_kind_of_fault_occurs_and_few_rows_are_faulty(tmp_path: Path) -> None:
    assert 0.001 < sum(parameters()["faults"].values()) < 0.006
    assert set(KINDS) == set(parameters()["faults"])
    generate(tmp_path / "out", 4000, 5, 2017, 2018, "last")
    rows = newest(tmp_path / "out", "nir", "tiltak.csv")
    ids = {row["deltakelse_id"] for row in newest(tmp_path / "out", "nir", "deltakelser.csv")}
    keys = Counter(row["tiltak_id"] for row in rows)
    whole = Counter(tuple(row.values()) for row in rows)
    assert sum(count > 1 for count in whole.values()) > 0
    assert sum(count > 1 for count in keys.values()) > sum(count > 1 for count in whole.values())
    assert any(not row["tiltakstype"] for row in rows)
    assert any(row["timer_per_uke"] == "ca. 10" for row in rows)
    assert any(row["til_dato"] and row["til_dato"] < row["fra_dato"] for row in rows)
    assert any(row["deltakelse_id"] not in ids for row in rows)
    assert any(row["tiltakstype"].endswith("_x") for row in rows)


def test_self_employment_is_known_two_years_after(extracts: Path) -> None:
    def years(delivered: str) -> set[str]:
        rows = rows_of(next((extracts / "status" / delivered).glob("signaler.csv*")))
        return {row["fra_dato"][:4] for row in rows if row["signal"] == "selvstendig"}

    assert "2017" not in years("2018-09-12")
    assert "2017" in years("2019-01-21")


def test_chapter_6a_and_the_integration_act_have_their_fields(tmp_path: Path) -> None:
    generate(tmp_path / "out", 600, 6, 2021, 2023, "last")
    people = newest(tmp_path / "out", "nir", "personer.csv")
    ukraine = [row for row in people if row["oppholdsgrunnlag"] == "kollektiv_beskyttelse"]
    assert len(ukraine) > 120
    assert {row["fodeland"] for row in ukraine} <= {"UA", ""}
    assert min(row["opphold_dato"] for row in ukraine if row["opphold_dato"]) >= "2022-03-11"
    spells = newest(tmp_path / "out", "nir", "deltakelser.csv")
    protected = {row["ident"] for row in ukraine}
    goals = [row for row in spells if row["sluttmal"]]
    assert goals
    assert sum(row["ident"] in protected for row in goals) < 0.05 * len(goals)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(synth, list(arguments))
    return result.exit_code, result.output


def test_command_writes_and_refuses_a_folder_in_use(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, output = run("--out", str(out), "--persons", "60", "--from", "2018", "--to", "2018")
    assert (code, (out / "nir").is_dir()) == (0, True), output
    code, output = run("--out", str(out), "--persons", "60")
    assert code == 2
    assert "not an empty folder" in output
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_command_refuses_years_in_the_wrong_order(tmp_path: Path) -> None:
    code, output = run("--out", str(tmp_path / "out"), "--from", "2018", "--to", "2017")
    assert (code, "Swap them" in output) == (2, True)


def test_nothing_is_left_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("introstat.synth.deliveries._manifest", broken)
    code, output = run("--out", str(tmp_path / "out"), "--persons", "60")
    assert (code, "No space left" in output) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_form_11b_uses_the_codes_of_the_rule_book_only() -> None:
    root = Path(__file__).resolve().parents[2]
    with (root / "seeds/codelists/kostra_measures.csv").open(encoding="utf-8") as text:
        known = {row["kostra_code"] for row in csv.DictReader(text)}
    with (root / "introstat/synth/measures.csv").open(encoding="utf-8") as text:
        used = {row["kostra_code"] for row in csv.DictReader(text)}
    assert used - {""} <= known
    assert "05" not in known


def test_mixed_shapes_hold_the_same_rows(tmp_path: Path) -> None:
    """As the demo's extracts: gzip, latin-1 and Parquet, each read to the same received rows."""
    for shapes in SHAPES:
        generate(tmp_path / shapes, 100, 5, 2016, 2016, "half-yearly", shapes=shapes)
    manifests = [json.loads(path.read_text()) for path in (tmp_path / "mixed").glob("*/*/*.json")]
    written = {
        (m["source"], m["encoding"], Path(name).suffix) for m in manifests for name in m["files"]
    }
    assert {
        ("status", "latin-1", ".csv"),
        ("kostra", "latin-1", ".dat"),
        ("folkeregister", "utf-8", ".parquet"),
        ("nir", "utf-8", ".gz"),
        ("aordningen", "utf-8", ".gz"),
    } <= written
    newest = max((tmp_path / "mixed" / "status").glob("*/signaler.csv")).read_bytes()
    assert "økonomisk".encode("latin-1") in newest
    assert newest.count(b"\r\n") == newest.count(b"\n")

    received = {}
    for shapes in SHAPES:
        outcome = receive(tmp_path / shapes, tmp_path / f"{shapes}.received", Pseudonymiser(KEY))
        # The reception check's shares are remarked on, as in any population this small.
        told = [remark for remark in outcome.remarks if not remark.endswith(" %)")]
        assert (outcome.refused, told) == ([], [])
        home = tmp_path / f"{shapes}.received"
        received[shapes] = {
            str(path.relative_to(home)): duckdb.sql(
                "select * exclude (line_number, file_name, delivered) "
                f"from '{path}' order by line_number"
            ).fetchall()
            for path in sorted(home.rglob("*.parquet"))
        }
    assert received["plain"] == received["mixed"]
    generate(tmp_path / "again", 100, 5, 2016, 2016, "half-yearly", shapes="mixed")
    assert contents(tmp_path / "again") == contents(tmp_path / "mixed")
