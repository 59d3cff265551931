"""Made-up tables for disclosure control: of many dimensions, and with groups that cross."""

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

_SEED = 5


def five_way(path: Path) -> list[str]:
    """Write a table of 2 × 8 × 5 × 4 × 3 categories; return what `protect` is told of it.

    Counts from 0 to some hundreds, a quarter of them small; with all its margins 3 240 cells.
    """
    shape = (2, 8, 5, 4, 3)
    names = ["kjonn", "alder", "bakgrunn", "utdanning", "tilknytning"]
    counts = _counts(shape, 1.0)
    _write(
        path,
        names,
        [[f"{n[:2]}{i}" for i in range(k)] for n, k in zip(names, shape, strict=True)],
        counts,
    )
    return ["--dims", ",".join(names)]


def crossing(path: Path) -> list[str]:
    """Write a table of 430 regions in counties and in groups that cross them, by activity and
    quarter; return what `protect` is told of it. With all sums 48 000 cells.
    """
    shape = (430, 20, 4)
    rng = np.random.default_rng(_SEED)
    counties, groups = rng.integers(0, 19, shape[0]), rng.integers(0, 8, shape[0])
    codes = [[f"{name}{i:03}" for i in range(k)] for name, k in zip("raq", shape, strict=True)]
    _write(path, ["region", "activity", "quarter"], codes, _counts(shape, 1.2))
    for name, of in (("county", counties), ("group", groups)):
        with path.with_name(f"{name}.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["child", "parent"])
            rows.writerows((code, f"{name}{n}") for code, n in zip(codes[0], of, strict=True))
    return [
        "--dims", "region,activity,quarter",
        "--hierarchy", f"region={path.with_name('county.csv')}",
        "--hierarchy", f"region={path.with_name('group.csv')}",
    ]  # fmt: skip


def _counts(shape: tuple[int, ...], spread: float) -> npt.NDArray[np.int64]:
    """Counts whose categories differ as much as those of real tables; the middle one is about 6."""
    rng = np.random.default_rng(_SEED)
    expected = np.exp(rng.normal(0, 0.5, shape))
    for axis, size in enumerate(shape):
        factor = np.exp(rng.normal(0, spread, size))
        expected = expected * factor.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return np.asarray(rng.poisson(expected * 6 / np.median(expected)))


def _write(
    path: Path, names: list[str], codes: list[list[str]], counts: npt.NDArray[np.int64]
) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*names, "persons"])
        for at in np.ndindex(counts.shape):
            rows.writerow([*(own[i] for own, i in zip(codes, at, strict=True)), counts[at]])
