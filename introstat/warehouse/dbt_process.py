"""The process that runs dbt for us: `python -m introstat.warehouse.dbt_process build …`.

It gets ready (dbt takes seconds to import and to parse the project) and begins when it is told.
"""

import sys

from dbt.cli.main import cli

from introstat.processes import end_with_parent
from introstat.warehouse.dbt import BEGIN
from introstat.warehouse.parsed import parsed_project

if __name__ == "__main__":
    end_with_parent()
    arguments = sys.argv[1:]
    place = arguments.index("--vars") + 1 if "--vars" in arguments else None
    # What is kept is parsed for the profile's own target.
    own_target = "--target" not in arguments
    manifest = parsed_project("{}" if place is None else arguments[place]) if own_target else None
    if sys.stdin.readline() != BEGIN:
        sys.exit(1)  # nobody wants it any more
    cli(arguments, obj={"manifest": manifest} if manifest else None)
