"""A plugin of pytest: the files named in the environment come first, in that order."""

import os

import pytest

FIRST = "MUTATIONS_FIRST"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort after conftest.py has: it lets the files that take longest go first."""
    first = os.environ[FIRST].split()
    items.sort(key=lambda item: first.index(stem) if (stem := item.path.stem) in first else 99)
