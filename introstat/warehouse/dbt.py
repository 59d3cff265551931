"""Running dbt as a process of its own: it would keep the warehouse file locked in ours."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from introstat.places import RECEIVED_VARIABLE, WAREHOUSE_VARIABLE, project_root
from introstat.progress import Tell

# What the process is told.
BEGIN = "begin\n"
# How the data test of a completeness rule is named, after the rule.
_LIMIT_TEST = "_is_within_its_limits"
# The events that tell of a table or view made, or kept as it stands.
_MADE = ("LogModelResult", "LogSeedResult")


@dataclass
class DbtRun:
    """What came of a dbt command: its exit code, and the messages of warnings and errors.

    `over_limits` names the completeness rules whose tests warned, `relations` the tables and views
    that were made or stand; `noise` is what was written that is no event of dbt's: the last words
    of a process in trouble.
    """

    exit_code: int
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    over_limits: list[str] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)


class Dbt:
    """A dbt command on a warehouse file, in a process that gets ready at once and waits to be told.

    A context manager: what has not come to its end, or was never told to begin, is ended by it.
    """

    def __init__(
        self,
        arguments: list[str],
        warehouse: Path,
        received: Path,
        target: Path,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start it; `variables` are set in its environment."""
        command = [
            sys.executable, "-m", "introstat.warehouse.dbt_process",
            # What dbt says is written by the process itself, and read below.
            "--log-level", "none",
            "--log-level-file", "none",
            *arguments,
            "--target-path", str(target),
            "--project-dir", str(project_root()),
            "--profiles-dir", str(project_root()),
        ]  # fmt: skip
        environment = os.environ | {
            WAREHOUSE_VARIABLE: str(warehouse),
            RECEIVED_VARIABLE: str(received),
            **variables,
        }
        self._process = _started(command, environment)

    def __enter__(self) -> "Dbt":
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def run(self, progress: Tell) -> DbtRun:
        """Let it begin and follow it to its end; `progress` is told done, total and the node."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended already, and says why
            self._process.stdin.write(BEGIN)
            self._process.stdin.close()
        return _followed(self._process, progress)


def run_dbt(
    arguments: list[str],
    warehouse: Path,
    received: Path,
    target: Path,
    progress: Tell,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> DbtRun:
    """Run a dbt command on a warehouse file; `progress` is told done, total and the node's name.

    `variables` are set in its environment.
    """
    with Dbt(arguments, warehouse, received, target, variables) as dbt:
        return dbt.run(progress)


def follow(command: list[str], environment: Mapping[str, str], progress: Tell) -> DbtRun:
    """Run a command that writes dbt's events as JSON, and gather what they say."""
    with _started(command, environment) as process:
        return _followed(process, progress)


def _started(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=project_root(),
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _followed(process: subprocess.Popen[str], progress: Tell) -> DbtRun:
    assert process.stdout is not None
    run = DbtRun(0)
    for line in process.stdout:
        event = _event(line)
        if event:
            _note(run, event, progress)
        else:
            run.noise.append(line.rstrip())
    run.exit_code = process.wait()
    return run


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "info" in event else None


def _note(run: DbtRun, event: dict[str, Any], progress: Tell) -> None:
    info, data = event["info"], event.get("data", {})
    node = data.get("node_info", {}).get("node_name", "")
    if "index" in data and "total" in data:
        progress(data["index"], data["total"], node)
    if info.get("name") in _MADE:
        run.relations.append(data["node_info"]["node_relation"]["alias"])
    if info["level"] == "error":
        run.errors.append(info["msg"])
    elif info["level"] == "warn" and node.endswith(_LIMIT_TEST):
        # dbt says it three times for each rule; the reader wants the rules.
        rule_id = node.removesuffix(_LIMIT_TEST).upper()
        run.over_limits = sorted({*run.over_limits, rule_id})
    elif info["level"] == "warn":
        run.warnings.append(info["msg"])
