"""python -m tests.intruder FOLDER ... [--warehouse FILE]: attack releases, print what is found.

With a warehouse only cells that truly count few are attacked and told; without one all hidden ones.
"""

import argparse
from pathlib import Path

from tests.intruder.judge import Truth
from tests.intruder.run import hides, intrude, put_together


def main() -> None:
    """Attack, and print cell by cell what is known too closely."""
    given = argparse.ArgumentParser(prog="python -m tests.intruder")
    given.add_argument("folders", nargs="+", type=Path)
    given.add_argument("--warehouse", type=Path)
    asked = given.parse_args()
    known = put_together(asked.folders)
    policy = known.facts.releases[0].policy
    print(f"{len(known.facts.system.names)} unknowns, put together in {known.seconds:.0f} s")
    truth = Truth(asked.warehouse, known.facts) if asked.warehouse else None
    small = hides(known)
    found = intrude(known, lambda cell: truth is None or small(truth.of(cell)))
    print(f"{len(found.intervals)} cells attacked in {found.attack.seconds:.0f} s", end="; ")
    print(f"{len(found.attack.undecided)} undecided; {found.attack.counts}")
    for one in known.said:
        print(f"said: {one.sentence}")
    for cell in known.revised:
        print(f"revised: {cell}")
    for rest in known.amounts:
        print(f"amount of {rest.persons}: {rest.whole}, over {rest.over}: {rest.amount:.0f}")
    for cell, interval in found.narrow(policy["min_width"]).items():
        is_true = f", truly {truth.of(cell)}" if truth else ""
        print(f"narrow: {cell}: {interval.low:.0f} to {interval.high:.0f}{is_true}")


main()
