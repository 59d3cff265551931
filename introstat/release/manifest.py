"""The manifest of a release: what it was made of, with what, and the checksum of every file."""

import csv
import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from introstat.disclosure.policy import NO_DOMINANCE, Policy, policy_from
from introstat.places import project_root
from introstat.receipt.receipts import RECEIPT, read_receipt, receipt_paths

MANIFEST = "manifest.json"
_NEEDED = ("release", "period", "version", "as_of", "reference_year", "policy", "code", "files")
_PACKAGES = (
    "altair", "dbt-core", "dbt-duckdb", "duckdb", "highspy", "numpy", "pyarrow", "typst",
    "vl-convert-python", "xlsxwriter",
)  # fmt: skip


def inputs_of(received: Path, as_of: str) -> list[dict[str, Any]]:
    """The deliveries known at `as_of`: source, date, and the checksum of each received file."""
    inputs = []
    for path in receipt_paths(received):
        receipt = read_receipt(path)
        if str(receipt["delivered"]) <= as_of:
            inputs.append(
                {
                    "source": receipt["source"],
                    "delivered": receipt["delivered"],
                    RECEIPT: sha256(path),
                    "files": {f["file_name"]: f["sha256"] for f in receipt["files"]},
                }
            )
    return inputs


def sha256(path: Path) -> str:
    """The checksum of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_version() -> str:
    """The commit of the checkout, with `+changes` if files differ from it; else the version."""
    if not (project_root() / ".git").exists():  # not of another project that holds the package
        return package_version("introstat")
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+changes" if _git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return package_version("introstat")


def rule_set() -> str:
    """A fingerprint of the rule book: SHA-256 over every seed, by name."""
    whole = hashlib.sha256()
    for path in sorted((project_root() / "seeds").glob("*/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        whole.update(json.dumps([path.stem, rows], ensure_ascii=False).encode())
    return whole.hexdigest()


def software() -> dict[str, str]:
    """The versions of the packages that make figures and files."""
    return {name: package_version(name) for name in _PACKAGES}


def policy_of(policy: Policy) -> dict[str, Any]:
    """The policy as it was, with its fingerprint, and the short one that readers see."""
    return asdict(policy) | {
        "fingerprint": policy.fingerprint,
        "short_fingerprint": policy.short_fingerprint,
    }


def policy_in(about: Mapping[str, Any]) -> Policy:
    """The policy of a release, from its manifest."""
    derived = ("fingerprint", "short_fingerprint", "methods")
    settings = {k: v for k, v in about["policy"].items() if k not in derived}
    before_dominance = {"dominant_percent": NO_DOMINANCE}  # releases from before it was a setting
    return policy_from(before_dominance | settings)


def write_manifest(folder: Path, about: dict[str, Any]) -> Path:
    """Write the manifest over all files that are in the folder."""
    files = {
        str(path.relative_to(folder)): {"sha256": sha256(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    path = folder / MANIFEST
    text = json.dumps(about | {"files": files}, indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def lacking_in(about: Mapping[str, Any]) -> str:
    """What the manifest of another version does not tell, in words; empty if it tells all."""
    return ", ".join(name for name in _NEEDED if name not in about)


def sizes_differ(folder: Path, about: Mapping[str, Any], name: str) -> str:
    """What the size of a changed file tells."""
    now, then = (folder / name).stat().st_size, about["files"][name].get("bytes")
    return "as many bytes as then" if now == then else f"{now} bytes, {then} then"


def checksum_faults(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Files that are not what the manifest says, are missing, or that it does not know."""
    listed: dict[str, dict[str, Any]] = manifest.get("files", {})
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {
        MANIFEST
    }
    faults = [f"{name}: missing." for name in sorted(set(listed) - there)]
    faults += [f"{name}: not in the manifest." for name in sorted(there - set(listed))]
    return faults + [
        f"{name}: changed since the release (its checksum is another)."
        for name in changed_in(folder, manifest)
    ]


def changed_in(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """The files that are there and are not what the manifest says."""
    return [
        name
        for name, listed in sorted(manifest.get("files", {}).items())
        if (folder / name).is_file() and sha256(folder / name) != listed["sha256"]
    ]


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project_root(), check=True, capture_output=True, text=True
    ).stdout.strip()
