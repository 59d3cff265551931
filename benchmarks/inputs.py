"""What the week facts are made from: accepted rows of the registers, typed, one Parquet file each.

These are what stands before the facts' own definitions: rows that staging let in, who a number
belongs to, and the rule book's words. All that lies between these and the facts is
computed by who is measured, polars or our own SQL.
"""

from pathlib import Path

from introstat.sql import quoted_name, text_literal
from introstat.warehouse.opening import open_warehouse

INPUTS = (
    "stg_nir__deltakelser",
    "stg_nir__fravaer",
    "stg_nir__permisjoner",
    "stg_nir__tiltak",
    "int_identity__idents",
    "int_person__persons",
    "int_time__vintage",
    "measure_words",
)


def export_inputs(warehouse: Path, folder: Path) -> None:
    """Write `<name>.parquet` for each of INPUTS from a built warehouse into a folder, made if new.

    The warehouse is only read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open_warehouse(warehouse) as connection:
        connection.execute("set enable_progress_bar = false")
        for name in INPUTS:
            connection.execute(
                f"copy (from {quoted_name(name)}) "
                f"to {text_literal(str(folder / f'{name}.parquet'))} (format parquet)"
            )
