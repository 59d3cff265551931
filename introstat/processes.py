"""What the processes that a command starts have in common."""

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None)


def end_with_parent() -> None:
    """Let this process be ended when the one that started it ends, however that one ends.

    What is left of a killed command must not go on writing where the next one clears up. Only
    Linux can be asked for it.
    """
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
