"""`python -m tests.browser.long_texts FOLDER`: pages with the longest texts that they can have.

A report with the longest names of counties, a real policy and a long name of who decided it; the
reception's pages of deliveries that are accepted, remarked on, and refused for what their files or
their content are.
"""

import json
import secrets
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG_FILE = "deltakelser_i_introduksjonsprogrammet_uttrekk_kommuner_2017.csv"


def report(folder: Path) -> None:
    sys.path.insert(0, str(ROOT / "tests" / "python"))
    from release_cubes import sample
    from test_release_report import facts_of
    from test_report_pages import LONG_NAMES, PERIODS

    from introstat.disclosure.policy import DEFAULT_POLICY, load_policy
    from introstat.release.report.build import build_report
    from introstat.release.report.write import write_files

    connection = sample("2020H2", PERIODS["2020H2"], persons=15_000, every_municipality=True)
    for code, name in LONG_NAMES.items():
        connection.execute("update regions set region_name = ? where region_code = ?", [name, code])
    policy = replace(
        load_policy(DEFAULT_POLICY),
        decided_by="avdelingsdirektøren for statistikk og analyse, "
        "personvernombudet@integreringsogmangfoldsdirektoratet.example.no",
        decided_on="2020-12-01",
    )
    facts = replace(facts_of("2020H2", previous="2020H1_v12"), policy=policy, commit=40 * "f")
    folder.mkdir(parents=True)
    write_files(build_report(connection, facts), facts.file_stem, folder)


def reception(folder: Path) -> None:
    extracts = folder / "extracts"
    _introstat("synth", "--out", extracts, "--persons", "300", "--seed", "2017")
    _, changed, other, *_ = sorted((extracts / "nir").iterdir())
    people = changed / "personer.csv"
    head, *rows = people.read_text(encoding="utf-8").splitlines()
    broken = [f"{11 * '9'};{row.partition(';')[2]}" for row in rows]
    people.write_text("\n".join([head, *broken]) + "\n", encoding="utf-8")
    _introstat(
        "manifest", changed, "--source", "nir", "--delivered", changed.name,
        "--covers-until", changed.name, "--force",
    )  # fmt: skip
    told = json.loads((other / "manifest.json").read_text(encoding="utf-8"))
    told["files"][LONG_FILE] = told["files"]["deltakelser.csv"]
    (other / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    key = folder / "key"
    key.write_text(secrets.token_hex(64), encoding="utf-8")
    received = folder / "received"
    _introstat("receive", extracts, "--received", received, "--key-file", key, code=3)
    refused = {path.parent.name for path in received.glob("avvist/nir/*/sammendrag.html")}
    assert refused == {changed.name, other.name}, refused
    shutil.rmtree(extracts)


def _introstat(*arguments: object, code: int = 0) -> None:
    command = [sys.executable, "-m", "introstat", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    report(folder / "report")
    reception(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
