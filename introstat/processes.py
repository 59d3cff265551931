"""What the processes that a command starts have in common."""

import atexit
import ctypes
import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int | None = None) -> None:
    """Let this process be ended when the one that started it ends, however that one ends.

    What is left of a killed command must not go on writing where the next one clears up. Only
    Linux can be asked for it. `parent` is the number of the process that started this one, if it
    told: it may have ended before this one asked.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def seldom_look_for_garbage() -> None:
    """Let Python look for what is in cycles of its own less often, and not when the process ends.

    A command's libraries make hundreds of thousands of objects that stay until its end: every
    search goes through them, and the last one alone took most of a second.
    """
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Start processes in the block that Ctrl-C does not reach: the command answers it for them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
