"""The process that runs dbt for us: `python -m introstat.warehouse.dbt_process build …`.

It gets ready (dbt takes seconds to import and to parse the project) and begins when it is told.
"""

import gc
import json
import sys
import threading

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

from introstat.processes import end_with_parent, seldom_look_for_garbage
from introstat.warehouse.dbt import BEGIN
from introstat.warehouse.parsed import parsed_project

# dbt's threads tell at the same time, and print() writes a line and its end apart.
_TELLING = threading.Lock()


def tell(event: EventMsg) -> None:
    """Write an event that a reader may want as dbt's own logger would, which writes out them all.

    There are some twenty others for each node, that it throws away as text.
    """
    if event.info.level in ("info", "warn", "error"):
        line = MessageToDict(event, preserving_proto_field_name=True)
        with _TELLING:
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    # A quarter of what dbt takes for nodes that stand was looking for garbage among all that it had
    # parsed. There is little, about a hundred MB, and the process ends with the build.
    seldom_look_for_garbage()
    gc.disable()
    end_with_parent()
    arguments = sys.argv[1:]
    place = arguments.index("--vars") + 1 if "--vars" in arguments else None
    # What is kept is parsed for the profile's own target.
    own_target = "--target" not in arguments
    manifest = parsed_project("{}" if place is None else arguments[place]) if own_target else None
    if sys.stdin.readline() != BEGIN:
        sys.exit(1)  # nobody wants it any more
    done = dbtRunner(manifest, callbacks=[tell]).invoke(arguments)
    if done.exception:
        sys.exit(f"{done.exception}")
    sys.exit(0 if done.success else 1)
