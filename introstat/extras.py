"""Packages that only some commands need: the extras of pyproject.toml."""

import re
from importlib.metadata import PackageNotFoundError, distribution, requires

from introstat.errors import UserError


def expect_extra(extra: str, what: str) -> None:
    """Raise UserError that says how to install an extra, if a package of it is not there.

    `what` is the command or the thing that needs it.
    """
    named = [
        re.split(r"[^\w.-]", requirement)[0]
        for requirement in requires("introstat") or ()
        if re.search(rf"extra == ['\"]{extra}['\"]", requirement)
    ]
    if missing := [name for name in named if not _is_installed(name)]:
        raise UserError(
            f"{what} needs {', '.join(missing)}, not installed here: "
            f"pip install 'introstat[{extra}]'."
        )


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
