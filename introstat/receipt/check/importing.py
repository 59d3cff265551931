"""Great Expectations, imported when the first delivery is there to be checked.

That takes longer than a small delivery takes to receive, and half a minute of `make test`. About
half of it is left out here: altair and scipy.stats, imported for expectations about distributions,
which no suite uses; and collecting garbage among the many objects that are made.
"""

import gc
import sys
from functools import cache
from types import ModuleType

_UNUSED = ("altair", "scipy", "scipy.stats")


@cache
def import_great_expectations() -> None:
    """Import what needs Great Expectations, once a process."""
    stand_ins = {name: ModuleType(name) for name in _UNUSED if name not in sys.modules}
    sys.modules.update(stand_ins)
    gc.disable()
    try:
        import introstat.receipt.check.datadocs
        import introstat.receipt.check.expectations  # noqa: F401
    finally:
        gc.freeze()  # the imported objects stay: they are not looked through again
        gc.enable()
        for name in stand_ins:
            del sys.modules[name]
