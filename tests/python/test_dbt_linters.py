"""What two linters of dbt projects, which none of us wrote, say of this one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, the_project


@pytest.fixture(scope="module")
def artifacts() -> Path:
    """The folder of the compiled project's manifest."""
    return Path(the_project().folder) / "target"


def said_by(command: str, *words: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [str(Path(sys.executable).parent / command), *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def bounced(config: dict, folder: Path) -> tuple[int, str]:
    """Run dbt-bouncer with some checks; its configuration is a file."""
    path = folder / "dbt-bouncer.yml"
    path.write_text(yaml.safe_dump(config))
    return said_by("dbt-bouncer", "run", "--show-all-failures", "--config-file", path)


def test_dbt_bouncer_lets_everything_in(artifacts: Path, tmp_path: Path):
    config = yaml.safe_load((ROOT / "dbt-bouncer.yml").read_text(encoding="utf-8"))
    code, said = bounced(config | {"dbt_artifacts_dir": str(artifacts)}, tmp_path)
    assert code == 0, said
    passed, warned, failed = re.findall(r"SUCCESS=(\d+) WARN=(\d+) ERROR=(\d+)", said)[0]
    assert int(passed) > 3000
    assert (warned, failed) == ("0", "0")


def test_dbt_bouncer_finds_what_is_not_so(artifacts: Path, tmp_path: Path):
    """So it has read our manifest: of a check that cannot hold, every model fails."""
    check = {"name": "check_model_names", "include": "^models/marts", "model_name_pattern": "^x_"}
    config = {"dbt_artifacts_dir": str(artifacts), "manifest_checks": [check]}
    code, said = bounced(config, tmp_path)
    assert code == 1
    assert "ERROR=27" in said


def test_dbt_score_is_nine_or_more(artifacts: Path):
    code, said = said_by(
        "dbt-score", "lint", "--manifest", artifacts / "manifest.json",
        "--fail-project-under", "9.5", "--fail-any-item-under", "8",
    )  # fmt: skip
    assert code == 0, said
    [score] = re.findall(r"Project score: \D*?(?:\x1b\[1m)?(\d+\.\d)", said)
    assert float(score) >= 9.5
