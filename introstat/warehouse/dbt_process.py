"""The process that runs dbt for us: `python -m introstat.warehouse.dbt_process build …`."""

import ctypes
import signal
import sys

from dbt.cli.main import cli

from introstat.warehouse.parsed import parsed_project

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    # If the build is killed, dbt must not go on writing where the next build clears up.
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    arguments = sys.argv[1:]
    place = arguments.index("--vars") + 1 if "--vars" in arguments else None
    # What is kept is parsed for the profile's own target.
    own_target = "--target" not in arguments
    manifest = parsed_project("{}" if place is None else arguments[place]) if own_target else None
    cli(arguments, obj={"manifest": manifest} if manifest else None)
