"""Other people's tools on the files of a made-up release: each accepts them, and sees a fault.

Slow, because each tool is installed into an environment of its own. `python -m tests.tools FOLDER`
runs them on a real release.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from test_release_formats import RELEASE, release_cubes

from introstat.release import encodings
from tests.tools.run import TOOLS, run_tool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "2017H2_v1"
    encodings.write_all(release_cubes("2017H2", is_preliminary=True), folder, RELEASE)
    return folder


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_finds_no_fault_in_a_release(tool: str, made: Path) -> None:
    done = run_tool(tool, made)
    assert done.passed, done.said
    assert done.said


def exact_again(folder: Path) -> None:
    path = folder / "timer_p2017-H2_v1.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("value")
    column = pc.cast(table["value"], pa.decimal128(18, 1))
    pq.write_table(table.set_column(place, "value", column), path)


def without_version_text(folder: Path) -> None:
    path = folder / "timer_p2017-H2_v1__DOC.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    found["datadoc"]["dataset"]["version_description"] = None
    path.write_text(json.dumps(found), encoding="utf-8")


def underscored(folder: Path) -> None:
    for path in folder.glob("tiltak-4_*"):
        path.rename(path.with_name(path.name.replace("tiltak-4", "tiltak_4")))


PX = "pandas-pcaxis and pyaxis"


def in_csv(folder: Path) -> None:
    path = folder / "timer_p2017-H2_v1.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",,true", ",,perhaps", 1), encoding="utf-8")


def in_sdmx(old: str, new: str) -> Callable[[Path], None]:
    return changed("sdmx/timer_p2017-H2_v1.csv", old, new)


def in_px(old: str, new: str) -> Callable[[Path], None]:
    return changed("timer_p2017-H2_v1.px", old, new)


def changed(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_bytes().decode()
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode())

    return change


@pytest.mark.parametrize(
    ("tool", "fault", "said"),
    [
        ("dapla-toolbelt-metadata", exact_again, "Unsupported data type for variable 'value'"),
        ("dapla-toolbelt-metadata", without_version_text, "ObligatoryDatasetWarning"),
        ("dapla-toolbelt-metadata", without_version_text, "percentage_complete is 100, counted 99"),
        ("dapla-toolbelt-metadata", underscored, "kortnavn inneholder ulovlige tegn"),
        ("csvw", in_csv, "perhaps"),
        ("pysdmx", in_sdmx("TIME_PERIOD,REGION", "TIME,REGION"), "TIME_PERIOD"),
        ("pysdmx", in_sdmx(",Q,HIDDEN,", ",O,MISSING,"), "1 rows differ"),
        ("pyshacl", changed("katalog_p2017-H2_v1.ttl", "dcat:theme", "dct:subject"), "theme"),
        (PX, in_px("\r\nNOTE=", '\r\nNOTE="Ett til.";\r\nNOTE='), "AssertionError"),
        (PX, in_px('"..." ', '".." '), "1 of 24 cells differ in pandas-pcaxis"),
        (PX, in_px("NOTEX=", "NOTEXX="), "the mark of preliminary figures"),
    ],
)
def test_a_tool_sees_a_fault(
    tool: str, fault: Callable[[Path], None], said: str, made: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "release"))
    fault(folder)
    done = run_tool(tool, folder)
    assert not done.passed
    assert said in done.said
