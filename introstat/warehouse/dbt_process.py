"""The process that runs dbt for us: `python -m introstat.warehouse.dbt_process build …`."""

import ctypes
import signal

from dbt.cli.main import cli

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    # If the build is killed, dbt must not go on writing where the next build clears up.
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    cli()
