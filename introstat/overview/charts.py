"""Small charts as inline SVG, each with a text that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from introstat.norwegian import percent

WIDTH, HEIGHT = 172, 46
_TOP, _BOTTOM = 4, 3


@dataclass(frozen=True)
class Point:
    """One half-year of a rule; no share where nothing was checked."""

    half_year: str
    share: float | None
    is_extended_access: bool


def development(
    rule: str,
    points: Sequence[Point],
    warn_percent: float | None,
    stop_percent: float | None,
    checked: int,
) -> Markup:
    """Draw bars over half-years, with the rule's limits as lines where they fit the picture."""
    told = [point.share for point in points if point.share is not None]
    if not told:
        # Some rules ask about today's state only, and count in the half-year that has begun.
        why = "Gjelder bare dagens tilstand" if checked else "Ingenting å kontrollere"
        return Markup(f'<span class="quiet">{why}</span>')
    limits = [
        (value / 100, kind)
        for value, kind in ((warn_percent, "warning"), (stop_percent, "stop"))
        if value is not None
    ]
    most = max(max(told), min((value for value, _ in limits), default=0.0), 0.01) * 1.1
    step = WIDTH / len(points)
    drawn: list[str] = []
    for number, point in enumerate(points):
        if point.share is None:
            continue
        height = max(1.0, (HEIGHT - _TOP - _BOTTOM) * point.share / most)
        drawn.append(
            f'<rect class="{"extended" if point.is_extended_access else "bar"}" '
            f'x="{number * step + 1:.1f}" y="{HEIGHT - _BOTTOM - height:.1f}" '
            f'width="{step - 2:.1f}" height="{height:.1f}"/>'
        )
    for value, kind in limits:
        if value <= most:
            level = HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / most
            drawn.append(
                f'<line class="{kind}" x1="0" x2="{WIDTH}" y1="{level:.1f}" y2="{level:.1f}"/>'
            )
    said = "; ".join(
        f"{point.half_year} {percent(point.share) if point.share is not None else 'ikke aktuelt'}"
        for point in points
    )
    text = escape(f"{rule}, andel funn per halvår: {said}.")
    return Markup(
        f'<svg role="img" aria-label="{text}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}"><title>{text}</title>{"".join(drawn)}</svg>'
    )


def interval(label: str, low: float | None, share: float | None, high: float | None) -> Markup:
    """Draw a share between 0 and 1 with its interval, on a line."""
    if share is None or low is None or high is None:
        return Markup('<span class="quiet">For kort historie</span>')
    width = 150.0
    text = escape(f"{label}: {percent(share)}, fra {percent(low)} til {percent(high)}.")
    return Markup(
        f'<svg role="img" aria-label="{text}" viewBox="0 0 {width:.0f} 16" width="{width:.0f}" '
        f'height="16"><title>{text}</title>'
        f'<line class="scale" x1="0" x2="{width:.0f}" y1="8" y2="8"/>'
        f'<rect class="range" x="{width * min(low, 1):.1f}" y="4" '
        f'width="{max(2.0, width * (min(high, 1) - min(low, 1))):.1f}" height="8"/>'
        f'<circle class="point" cx="{width * min(share, 1):.1f}" cy="8" r="4"/></svg>'
    )
