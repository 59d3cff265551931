"""`introstat verify` for who has the folder of a release and nothing else."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conftest import run
from test_release_formats import RELEASE, release_cubes

from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import Layout
from introstat.disclosure.policy import DEFAULT_POLICY, load_policy
from introstat.disclosure.table_audit import PublishedTable, Witnesses, audit_tables
from introstat.release import encodings, manifest, verify
from introstat.release.restricted import write_restricted

ABOUT = {
    "release": "2017H2_v1", "period": "2017H2", "version": 1, "as_of": "2018-01-21",
    "reference_year": 2017, "policy": {}, "code": "0.0.9",
}  # fmt: skip


@pytest.fixture(scope="module")
def half_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "2017H2_v1"
    cubes = [each for each in release_cubes("2017H2") if each.file_stem in ("deltakere", "timer")]
    encodings.write_all(cubes, folder, RELEASE)
    (folder / "rapport.html").write_text("<p>20 000 deltakere</p>")
    manifest.write_manifest(folder, ABOUT)
    return folder


@pytest.fixture
def released(half_year: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(half_year, tmp_path / half_year.name))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def verified(folder: Path) -> tuple[int, list[str]]:
    done = run("verify", folder, "--without-audit")
    return done.returncode, done.stderr.splitlines()


def test_an_unchanged_release_passes(released):
    assert encodings.compare(released) == []
    # The made-up tables show percents of counts that they hide.
    _, said = verified(released)
    assert all("is shown though the count it tells of is hidden" in line for line in said)


def test_a_changed_table_is_named_with_its_first_difference(released):
    path = released / "timer_p2017-H2_v1.px"
    change(path, "DATA=\n", "DATA=\n9")
    code, said = verified(released)
    assert code == 3
    [line] = said
    assert line.startswith("timer_p2017-H2_v1.px: changed since the release")
    assert "First difference: timer_p2017-H2_v1.px: " in line


def test_a_changed_original_is_told_by_the_other_formats(released):
    theirs = next(released.glob("deltakere_*.parquet"))
    shutil.copyfile(next(released.glob("timer_*.parquet")), theirs)
    code, said = verified(released)
    assert code == 3
    assert any("First difference: " in line and "deltakere" in line for line in said)


def test_of_a_file_that_is_no_table_the_size_is_told(released):
    change(released / "rapport.html", "20 000", "20 0000")
    assert verified(released) == (
        3,
        [
            "rapport.html: changed since the release (its checksum is another). "
            "It has 24 bytes, 23 then."
        ],
    )


@pytest.mark.parametrize("lacking", [["reference_year"], ["policy", "as_of"]])
def test_a_release_of_an_older_version_says_what_it_lacks(lacking, released):
    about = json.loads((released / "manifest.json").read_text(encoding="utf-8"))
    for name in lacking:
        del about[name]
    (released / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    code, [line] = verified(released)
    assert code == 3
    assert "its manifest does not tell " in line and all(name in line for name in lacking)
    assert "Verify it with the version that made it." in line


def test_a_manifest_without_files_is_told(released):
    (released / "manifest.json").write_text(json.dumps(ABOUT), encoding="utf-8")
    assert verified(released) == (
        3, ["manifest.json: it names no files, so nothing can be compared with it."],
    )  # fmt: skip


def test_tables_of_another_version_are_told(released, monkeypatch):
    def lacking(_: object) -> list[str]:
        raise KeyError("measure")

    monkeypatch.setattr(verify.finished, "dependent_faults", lacking)
    code, [line] = verified(released)
    assert code == 3
    assert "made by another version (0.0.9), and its tables lack 'measure'" in line


def test_a_policy_of_another_version_is_told(released, tmp_path):
    inside = tmp_path / "inside" / released.name
    inside.mkdir(parents=True)
    write_restricted({}, Witnesses({}, []), inside)
    *_, line = verify.verify_release(released, inside.parent)
    assert line.startswith("manifest.json: its policy is of another version")
    assert "(0.0.9)" in line


PUBLISHED = pa.table(
    {
        "region": ["A", "B", "Total"] * 2,
        "sex": ["m", "m", "m", "f", "f", "f"],
        "value": pa.array([20, 30, 50, 10, 12, 22], pa.int64()),
        "sign": [""] * 6,
    }
)


@pytest.mark.parametrize(
    ("base", "moves", "found"),
    [
        ({"persons": [1, 2, 3]}, [], "persons has 3 counts there and 9 cells here"),
        ({"others": [1]}, [], "there are none of persons"),
        (
            {"persons": [20, 10, 30, 30, 12, 42, 50, 22, 72]},
            [(np.array([3, 50]), np.array([1, -1]))],
            "they tell of 51 cells, and there are 9",
        ),
    ],
)
def test_restricted_counts_of_other_settings_are_told(base, moves, found):
    witnesses = Witnesses({name: np.array(counts) for name, counts in base.items()}, moves)
    table = PublishedTable(PUBLISHED, Layout(("region", "sex")), "suppress")
    with pytest.raises(UserError, match="made under other settings") as told:
        audit_tables({"persons": table}, load_policy(DEFAULT_POLICY), witnesses=witnesses)
    assert found in told.value.message
