"""Where the numbers behind the synthetic register are kept: YAML and CSV files beside this one."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from introstat.places import project_root

HERE = Path(__file__).resolve().parent
FIRST_YEAR, LAST_YEAR = 2013, 2025
"""The years for which there are parameters."""
NIR_DELIVERIES = ("yearly", "half-yearly", "last")
SHAPES = ("plain", "mixed")


def seed_path(name: str) -> Path:
    """Return a seed of the warehouse, e.g. `geography/municipalities.csv`."""
    return project_root() / "seeds" / name


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a comma-separated file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def parameters() -> dict[str, Any]:
    """Return all rates and shares; `parameters.yml` documents each."""
    text = (HERE / "parameters.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def data(name: str) -> list[dict[str, str]]:
    """Return a data file beside this module."""
    return read_csv(HERE / name)
