"""sqlfluff over the project: `python tests/lint_sql.py [PATH…]`; two at once do not meet.

What dbt writes for it goes to the temporary folder.
"""

import gc
import os
import sys
import tempfile

# Half of the time went into looking for garbage among the small objects that SQL is parsed into.
gc.set_threshold(50_000, 20, 20)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        os.environ["INTROSTAT_WAREHOUSE"] = f"{place}/lint.duckdb"
        os.environ["DBT_TARGET_PATH"] = os.environ["DBT_LOG_PATH"] = place
        from sqlfluff.cli.commands import cli

        cli(["lint", *sys.argv[1:]])
