"""`python -m tests.tools FOLDER`: every tool on the files of a release, and what it says."""

import sys
from pathlib import Path

from tests.tools.run import TOOLS, run_tool


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    failed = []
    for name in TOOLS:
        done = run_tool(name, folder)
        print(f"== {name}\n{done.said}")
        if not done.passed:
            failed.append(name)
    print(f"Faults found by: {', '.join(failed)}" if failed else "No tool found a fault.")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
