"""Times as people write them on a command line."""

from typing import Any

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A time as people write it: 90s, 5m, 1h."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        if value == "inf" or isinstance(value, float):
            return float(value)
        number, unit = value[:-1], value[-1:]
        if unit not in _SECONDS or not number.isdecimal() or not int(number):
            self.fail(f"{value!r} is no time; write 90s, 5m or 1h.", param, ctx)
        return float(int(number) * _SECONDS[unit])
