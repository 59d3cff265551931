"""Compares every file of the repository with .editorconfig, as its own library reads it."""

import re
import subprocess
import sys
from pathlib import Path

from editorconfig import get_properties


def faults(path: Path) -> list[str]:
    told = get_properties(str(path))
    content = path.read_bytes()
    found = []
    if told.get("charset") == "utf-8":
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            found.append("is not UTF-8")
    if told.get("end_of_line") == "lf" and b"\r" in content:
        found.append("has other line ends")
    if told.get("insert_final_newline") == "true" and content and not content.endswith(b"\n"):
        found.append("has no line end at its end")
    if told.get("trim_trailing_whitespace") == "true" and re.search(rb"[ \t]$", content, re.M):
        found.append("has blanks at a line's end")
    if told.get("indent_style") == "space" and re.search(rb"^ *\t", content, re.M):
        found.append("is indented with tabs")
    return [f"{path}: {each}" for each in found]


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    listed = subprocess.run(
        ["git", "grep", "--cached", "-I", "--name-only", "-z", ""],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    paths = [root / name for name in filter(None, listed)]
    found = [fault for path in paths for fault in faults(path)]
    print(*found, f"{len(found)} faults in {len(paths)} text files", sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
