"""How time and memory grow with the rows received, beside what the disk alone would take."""

from typing import Any

import altair as alt

from benchmarks.table import BESIDE, seconds_beside

Results = dict[str, Any]
_STEPS = {
    "receive": "receive",
    "build": "build with tests",
    "models_straight": "models' SQL alone",
}
_LIMIT = "disk alone: extracts read, warehouse written"
_RECEIVED_ROWS = ("measures", "absences", "income_reports")
_WIDTH, _HEIGHT = 340, 260


def chart(instances: dict[str, Results]) -> alt.HConcatChart:
    """Return two panels over the rows received, both axes logarithmic: seconds, and megabytes.

    The limit is the bytes of the extracts over what the disk reads in a second, and those of the
    warehouse over what it writes, as measured with the table. Of an instance that was measured
    beside another N1 than the one drawn, the seconds are as many times the one drawn's.
    """
    drawn = seconds_beside(instances["N1"]) if "N1" in instances else None
    points = [point for name, of in instances.items() for point in _points(name, of, drawn)]
    order = [*_STEPS.values(), _LIMIT]
    panels = [
        alt.Chart(alt.InlineData([point for point in points if point[figure] is not None]))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "rows:Q",
                axis=alt.Axis(format="~s", tickCount=4),
                scale=alt.Scale(type="log"),
                title="rows received",
            ),
            y=alt.Y(f"{figure}:Q", scale=alt.Scale(type="log"), title=title),
            color=alt.Color(
                "step:N", legend=alt.Legend(labelLimit=400, orient="bottom"), sort=order, title=None
            ),
            strokeDash=alt.StrokeDash("step:N", legend=None, sort=order),
        )
        .properties(width=_WIDTH, height=_HEIGHT)
        for figure, title in (("seconds", "seconds"), ("megabytes", "peak memory, MB"))
    ]
    return alt.hconcat(*panels)


def _points(name: str, of: Results, drawn: dict[str, float] | None) -> list[Results]:
    rows = sum(of["rows"][table] for table in _RECEIVED_ROWS)
    gigabytes = {kind: size / 2**30 for kind, size in of["bytes"].items()}
    limit = (
        gigabytes["extracts"] / of["machine"]["disk_read_gb_per_second"]
        + gigabytes["warehouse"] / of["machine"]["disk_written_gb_per_second"]
    )
    steps = [
        {
            "step": text,
            "seconds": of[step]["seconds"] * _speed(step, of, drawn),
            "megabytes": of[step]["peak_megabytes"],
        }
        for step, text in _STEPS.items()
        if step in of
    ]
    steps.append({"step": _LIMIT, "seconds": limit, "megabytes": None})
    return [{"instance": name, "rows": rows} | point for point in steps]


def _speed(step: str, of: Results, drawn: dict[str, float] | None) -> float:
    """Return how much longer a step takes the N1 drawn than the one an instance stood beside."""
    if drawn is None or BESIDE not in of:
        return 1.0
    kind = "receive" if step == "receive" else "build"
    return float(drawn[kind] / of[BESIDE][kind])
