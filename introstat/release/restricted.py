"""The restricted side of a release: primary cells, and what proves the doubt about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from introstat.disclosure.table_audit import Witnesses
from introstat.errors import UserError

_WITNESSES = "witnesses.npz"


def write_restricted(primaries: Mapping[str, pa.Table], witnesses: Witnesses, folder: Path) -> None:
    """Write what the audit needs and nobody else may see."""
    for name, cells in primaries.items():
        pq.write_table(cells, folder / f"primary_{name}.parquet")
    lengths = np.array([len(cells) for cells, _ in witnesses.moves], dtype=np.int64)
    empty = np.empty(0, dtype=np.int64)
    bases: dict[str, Any] = {f"base_{n}": values for n, values in witnesses.base.items()}
    bases |= {f"made_of_{n}": parts for n, parts in witnesses.made_of.items()}
    np.savez_compressed(
        folder / _WITNESSES,
        lengths=lengths,
        cells=np.concatenate([cells for cells, _ in witnesses.moves] or [empty]),
        changes=np.concatenate([changes for _, changes in witnesses.moves] or [empty]),
        **bases,
    )


def read_primaries(folder: Path) -> dict[str, pa.Table]:
    """Return the primary cells of a release by count table."""
    return {
        path.stem.removeprefix("primary_"): pq.read_table(path)
        for path in sorted(folder.glob("primary_*.parquet"))
    }


def read_witnesses(folder: Path) -> Witnesses:
    """Return the restricted counts of a release. Raises UserError if the folder has none."""
    try:
        with np.load(folder / _WITNESSES) as kept:
            ends = np.cumsum(kept["lengths"])[:-1]
            parts = (np.split(kept["cells"], ends), np.split(kept["changes"], ends))
            moves = list(zip(*parts, strict=True)) if len(kept["lengths"]) else []
            base, made_of = (
                {n.removeprefix(what): kept[n] for n in kept.files if n.startswith(what)}
                for what in ("base_", "made_of_")
            )
    except (OSError, ValueError, KeyError):
        raise UserError(
            f"{folder} does not hold the restricted side of this release. Name its folder with "
            "--restricted."
        ) from None
    return Witnesses(base, moves, made_of)
