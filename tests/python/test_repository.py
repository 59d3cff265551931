"""The repository's own files: versions agree, line ends hold, container and CI end in our commands.

`make test-repository` holds them against the tools that enforce their standards.
"""

import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

HEADING = re.compile(r"## (\d+\.\d+\.\d+) — (unreleased|\d{4}-\d{2}-\d{2})")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def yaml_of(name: str) -> dict:
    return yaml.safe_load(text_of(name))


@pytest.fixture(scope="module")
def headings() -> list[tuple[str, str]]:
    lines = [line for line in text_of("CHANGELOG.md").splitlines() if line.startswith("## ")]
    found = [HEADING.fullmatch(line) for line in lines]
    assert all(found), lines
    return [(each[1], each[2]) for each in found if each]


def test_the_version_is_the_same_everywhere(headings):
    here = version("introstat")
    assert yaml_of("CITATION.cff")["version"] == here
    assert yaml_of("publiccode.yml")["softwareVersion"] == here
    assert headings[0][0] == here


def test_changes_are_told_by_version_the_newest_first(headings):
    numbers = [tuple(map(int, number.split("."))) for number, _ in headings]
    assert numbers == sorted(set(numbers), reverse=True)
    assert all(day != "unreleased" for _, day in headings[1:])


def release_notes(number: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--silent", "release-notes", f"VERSION={number}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_notes_of_a_version_are_its_part_of_the_changelog(headings):
    for number, day in headings:
        told = release_notes(number)
        assert told.returncode == 0 and told.stdout in text_of("CHANGELOG.md")
        assert HEADING.findall(told.stdout) == [(number, day)]
    unknown = release_notes("99.0.0")
    assert unknown.returncode and "no version 99.0.0" in unknown.stderr


def test_the_licence_is_the_same_everywhere():
    assert "MIT License" in text_of("LICENSE")
    assert yaml_of("CITATION.cff")["license"] == "MIT"
    assert yaml_of("publiccode.yml")["legal"]["license"] == "MIT"


def test_text_has_unix_line_ends_and_files_of_others_their_own():
    listed = subprocess.run(
        ["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(listed) > 900
    for line in listed:
        inside, _, attributes = line.partition("\t")[0].split(maxsplit=2)
        assert attributes.startswith("attr/-text") or inside in ("i/lf", "i/none"), line


def test_every_ci_runs_our_script_and_nothing_of_its_own():
    for job in (
        yaml_of(".github/workflows/ci.yml")["jobs"]["run"]["steps"][-1]["run"],
        *yaml_of(".gitlab-ci.yml")["run"]["script"],
    ):
        assert job == "bash .ci/run"


def test_the_container_runs_the_demo_as_an_ordinary_user():
    lines = [line for line in text_of("Dockerfile").splitlines() if line and line[0] != "#"]
    assert re.fullmatch(r"FROM python:3\.11[-a-z]*", lines[0])
    assert lines[-1] == 'CMD ["make", "demo"]'
    [user] = [line for line in lines if line.startswith("USER ")]
    assert user != "USER 0" and f"--uid {user.removeprefix('USER ')} introstat" in "".join(lines)
    copied = [line.split()[2:-1] for line in lines if line.startswith("COPY ")]
    assert all((ROOT / name).exists() for names in copied for name in names)
    development = json.loads(text_of(".devcontainer/devcontainer.json"))
    assert development["postCreateCommand"] == "make demo"
    assert development["remoteUser"] == "introstat"
    assert (ROOT / ".devcontainer" / development["build"]["dockerfile"]).is_file()


def test_what_git_leaves_out_comes_into_no_image():
    """Above all data/, where deliveries and keys lie."""
    ignored = {
        line.strip("/").removesuffix("/*")
        for line in text_of(".gitignore").splitlines()
        if line and line[0] != "!"
    }
    left_out = {line.removeprefix("**/") for line in text_of(".dockerignore").splitlines()}
    assert "data" in ignored
    assert ignored <= left_out


def test_hooks_are_those_of_make_test_and_none_is_fetched():
    config = yaml_of(".pre-commit-config.yaml")
    assert {each["repo"] for each in config["repos"]} == {"local", "meta"}
    hooks = [hook for each in config["repos"] if each["repo"] == "local" for hook in each["hooks"]]
    makefile = text_of("Makefile")
    for hook in hooks:
        program, *_ = hook["entry"].split()
        assert hook["language"] == "system" and (ROOT / program).is_file(), hook["id"]
        assert f"$(BIN)/{Path(program).name}" in makefile, hook["id"]


def test_security_md_points_to_what_is_there():
    security = text_of("SECURITY.md")
    for address in re.findall(r"\]\(([^)]+)\)", security):
        assert (ROOT / address).is_file(), address
    from introstat.release.published import CONTACT

    assert CONTACT in security
    assert yaml_of("publiccode.yml")["maintenance"]["contacts"][0]["email"] == CONTACT
