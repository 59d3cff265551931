"""Releases of a year and its half-years, made one beside the other or refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import run
from test_release import decided, make, rows_of, small_country

from introstat.release.contents import load_contents
from introstat.release.manifest import checksum_faults, sha256
from introstat.release.periods import links_between, tied_to
from introstat.release.versions import main_figures_hidden
from tests.intruder.judge import Truth
from tests.intruder.run import hides, intrude, put_together

YEAR, HALVES = "2017", ("2017H1", "2017H2")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    """The folder of a small warehouse whose half-years are released."""
    folder = small_country(tmp_path_factory.mktemp("extracts"), build)
    for period in HALVES:
        done = release(folder, period)
        assert done.returncode == 0, done.stderr
    return folder


def release(folder: Path, period: str, out: Path | None = None, **policy: int):
    more = ("--workers", "1", "--out", out or folder / "utdata")
    return make(folder, decided(folder, **policy), *more, period=period)


@pytest.fixture(scope="module")
def year(office: Path) -> Path:
    done = release(office, YEAR)
    assert done.returncode == 0, done.stderr
    return office / "utdata" / f"{YEAR}_v1"


def test_a_year_is_protected_beside_its_half_years_and_names_them(year: Path, office: Path) -> None:
    about = json.loads((year / "manifest.json").read_text())
    assert about["beside"] == [f"{half}_v1" for half in HALVES]
    assert not checksum_faults(year, about)
    done = run("verify", year, "--restricted", office / "introstat.restricted")
    assert done.returncode == 0, done.stderr


def test_an_intruder_with_the_year_and_its_half_years_comes_out_empty_handed(
    year: Path, office: Path
) -> None:
    known = put_together([year.parent / f"{period}_v1" for period in (*HALVES, YEAR)])
    truth, small = Truth(office / "introstat.duckdb", known.facts), hides(known)
    # Main figures of years before are of no release.
    found = intrude(known, lambda cell: cell.period[:4] == YEAR and small(truth.of(cell)))
    assert {cell.measure for cell in found.intervals} >= {"participants", "former_participants"}
    assert len(found.intervals) > 500
    assert found.narrow(3) == {} and found.attack.undecided == []


def changed(office: Path, tmp_path: Path, change: Callable[[Path], None]) -> Path:
    """A copy of the half-years' releases, one of which is changed."""
    out = tmp_path / "utdata"
    for half in HALVES:
        shutil.copytree(office / "utdata" / f"{half}_v1", out / f"{half}_v1")
    change(out / f"{HALVES[1]}_v1")
    return out


def with_another_number(folder: Path) -> None:
    path = next(folder.glob("deltakere_p*.csv"))
    path.write_text(path.read_text().replace(",", ";", 1))


def without_a_file(folder: Path) -> None:
    next(folder.glob("tiltak*.px")).unlink()


def without_its_day(folder: Path) -> None:
    path = folder / "manifest.json"
    about = json.loads(path.read_text())
    del about["as_of"]
    path.write_text(json.dumps(about))


def in_other_columns(folder: Path) -> None:
    path = next(folder.glob("deltakere_p*.csv"))
    path.write_text(path.read_text().replace("measure", "figure", 1))
    manifest = folder / "manifest.json"
    about = json.loads(manifest.read_text())
    about["files"][path.name]["sha256"] = sha256(path)
    manifest.write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_another_number, ["2017H2_v1 is not as it was released", "deltakere", "Put back"]),
        (without_a_file, ["2017H2_v1 is not as it was released", "missing", "Put back"]),
        (without_its_day, ["2017H2_v1 was made by other code", "as_of", "Make it anew"]),
        (in_other_columns, ["2017H2_v1 was made by other code", "measure", "Make"]),
    ],
)
def test_a_release_beside_that_cannot_be_trusted_is_named(
    office: Path, tmp_path: Path, change: Callable[[Path], None], words: list[str]
) -> None:
    out = changed(office, tmp_path, change)
    done = release(office, YEAR, out)
    assert done.returncode == 3
    said = " ".join(done.stderr.split())
    assert all(word in said for word in words), said
    assert not (out / f"{YEAR}_v1").exists() and not list(out.glob(".making*"))


def test_a_policy_looser_than_a_half_years_is_refused_without_a_decision(
    office: Path, tmp_path: Path
) -> None:
    out = tmp_path / "utdata"
    shutil.copytree(office / "utdata" / "2017H1_v1", out / "2017H1_v1")
    path = out / "2017H1_v1" / "manifest.json"
    about = json.loads(path.read_text())
    about["policy"]["min_persons"] = 9
    path.write_text(json.dumps(about))
    done = release(office, YEAR, out)
    assert done.returncode == 3
    assert "looser than that of 2017H1_v1: min_persons is 4, was 9" in " ".join(done.stderr.split())


def test_what_the_half_years_show_stays_and_a_year_hides_more_than_alone(
    year: Path, office: Path, tmp_path: Path
) -> None:
    alone = release(office, YEAR, tmp_path / "utdata")
    assert alone.returncode == 0, alone.stderr

    def hidden(folder: Path) -> int:
        return sum(
            row["sign"] in (":", "...") for path in folder.glob("*_v1.csv") for row in rows_of(path)
            if "sign" in row
        )  # fmt: skip

    assert hidden(year) >= hidden(tmp_path / "utdata" / f"{YEAR}_v1") > 0


def test_main_figures_that_a_release_hides_stay_hidden_in_later_years(year: Path) -> None:
    [path] = year.glob("hovedtall_*.csv")
    hidden = {
        (row["period"], row["sex"], row["measure"]) for row in rows_of(path) if row["sign"] == ":"
    }
    assert {period for period, *_ in hidden} > {YEAR}
    told = main_figures_hidden(year.parent, "2018").to_pylist()
    assert {tuple(row.values()) for row in told} == hidden
    assert main_figures_hidden(year.parent, "2016").to_pylist() == []


def test_periods_are_tied_through_the_year() -> None:
    assert tied_to("2017", {"2017H1", "2016H2", "2017H2"}) == ["2017H1", "2017H2"]
    assert tied_to("2017H2", {"2017H1"}) == []
    assert tied_to("2017H2", {"2017H1", "2017"}) == ["2017", "2017H1"]
    assert tied_to("2017", {"2017", "2018"}) == []


def test_links_hold_only_between_periods_that_have_the_table() -> None:
    codes = {"region": {"0", "03"}, "sex": {"1", "total"}, "age_band": {"18-25", "total"}}
    tables = {"participants": codes, "completeness_checked": {"region": {"0"}, "rule_id": {"C03"}}}
    both = links_between(load_contents(), {"2017": tables, "2017H2": tables}, "2017")
    assert [(link.left[0].cube, link.right[0].cube, link.sense) for link in both] == [
        ("2017H2 participants", "participants", "at_most")
    ]
    assert both[0].left[0].at == {}  # both end on the same day
    every = links_between(
        load_contents(), {period: tables for period in (YEAR, *HALVES)}, HALVES[0]
    )
    assert {link.name.split(" (")[0] for link in every} >= {
        "a year is the sum of its half-years", "who is in the year is in one of its half-years",
    }  # fmt: skip
    assert all(
        term.at.get("region", "0") == "0" for link in every for term in (*link.left, *link.right)
    )


def test_categories_pooled_otherwise_are_linked_one_by_one() -> None:
    def of(*countries: str) -> dict[str, dict[str, set[str]]]:
        codes = {"region": {"0"}, "sex": {"1"}, "country_of_birth": {"total", *countries}}
        return {"participants_country": codes}

    links = links_between(
        load_contents(), {YEAR: of("SY", "ER", "other"), "2017H2": of("SY", "other")}, YEAR
    )
    assert [link.left[0].at["country_of_birth"] for link in links] == ["SY"]
