"""Running dbt as a process of its own: it would keep the warehouse file locked in ours."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from introstat.places import RECEIVED_VARIABLE, WAREHOUSE_VARIABLE, project_root
from introstat.processes import end_with_parent
from introstat.progress import Tell
from introstat.warehouse.opening import KEY_FILE_VARIABLE

# How the data test of a completeness rule is named, after the rule.
_LIMIT_TEST = "_is_within_its_limits"


@dataclass
class DbtRun:
    """What came of a dbt command: its exit code, and the messages of warnings and errors.

    `over_limits` names the completeness rules whose tests warned; `noise` is what was written that
    is no event of dbt's: the last words of a process in trouble.
    """

    exit_code: int
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    over_limits: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)


def run_dbt(
    arguments: list[str],
    warehouse: Path,
    received: Path,
    target: Path,
    progress: Tell,
    variables: Mapping[str, str] | None = None,
) -> DbtRun:
    """Run a dbt command on a warehouse file, with some more variables in its environment."""
    command = [
        sys.executable, "-m", "dbt.cli.main",
        "--log-format", "json",
        "--log-level-file", "none",
        "--log-path", str(target),
        *arguments,
        "--target-path", str(target),
        "--project-dir", str(project_root()),
        "--profiles-dir", str(project_root()),
    ]  # fmt: skip
    environment = os.environ | {
        WAREHOUSE_VARIABLE: str(warehouse),
        RECEIVED_VARIABLE: str(received),
        **(variables or {}),
    }
    if named := environment.get(KEY_FILE_VARIABLE):
        # dbt works in the project's folder.
        environment[KEY_FILE_VARIABLE] = str(Path(named).resolve())
    return follow(command, environment, progress)


def follow(command: list[str], environment: Mapping[str, str], progress: Tell) -> DbtRun:
    """Run a command that writes dbt's events as JSON, and gather what they say."""
    run = DbtRun(0)
    with subprocess.Popen(
        command,
        cwd=project_root(),
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=end_with_parent,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                _note(run, line, progress)
        except BaseException:
            process.kill()
            raise
    run.exit_code = process.returncode
    return run


def _note(run: DbtRun, line: str, progress: Tell) -> None:
    """Add what a line says: an event of dbt's, or noise."""
    try:
        event = json.loads(line)
        info, data = event["info"], event.get("data", {})
    except (ValueError, TypeError, KeyError):
        run.noise.append(line.rstrip())
        return
    node = data.get("node_info", {}).get("node_name", "")
    if "index" in data and "total" in data:
        progress(data["index"], data["total"], node)
    if info["level"] == "error":
        run.errors.append(info["msg"])
    elif info["level"] == "warn" and node.endswith(_LIMIT_TEST):
        # dbt says it three times for each rule; the reader wants the rules.
        rule_id = node.removesuffix(_LIMIT_TEST).upper()
        run.over_limits = sorted({*run.over_limits, rule_id})
    elif info["level"] == "warn":
        run.warnings.append(info["msg"])
