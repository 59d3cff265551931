"""How every picture of the report is drawn: Vega-Lite to SVG, with the report's own fonts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from introstat.release.report.fonts import FAMILY, FOLDER
from introstat.release.report.text import Text
from introstat.written import MINUS, NO_BREAK, percent_sign

# A text column of 170 mm is 640 units wide, so 12 units are 9 points on paper.
WIDTH = 640
INK, QUIET, LINE = "#1b2a3a", "#55636f", "#d5dce4"


@dataclass(frozen=True)
class Drawn:
    """A picture, and the texts in it."""

    svg: str
    texts: tuple[Text, ...]


def inline(rows: Sequence[dict[str, Any]]) -> Any:
    """Data that stand in the picture's own description."""
    return alt.InlineData(values=list(rows))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FOLDER))


def svg(layers: Sequence[Any], height: float) -> str:
    """Return the layers as one picture of the text's width."""
    _register_fonts()
    chart: Any = alt.layer(*layers)
    configured = (
        chart.properties(
            width=WIDTH,
            height=height,
            background="transparent",
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
            padding={"left": 0, "right": 2, "top": 4, "bottom": 4},
        )
        .configure(font=FAMILY, aria=False)
        .configure_view(stroke=None)
        .configure_text(fontSize=13)
        .configure_axis(
            labelFontSize=13,
            labelColor=INK,
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelPadding=6,
            labelOpacity=1,
        )
        .configure_axisY(ticks=False, domain=False)
        .configure_legend(labelFontSize=13, labelColor=INK, symbolOpacity=1, offset=6)
    )
    drawn = vl_convert.vegalite_to_svg(
        configured.to_dict(),
        format_locale={
            "decimal": ",",
            "thousands": NO_BREAK,
            "grouping": [3],
            "currency": ["", f"{NO_BREAK}kr"],
            "minus": MINUS,
            "percent": percent_sign(),
        },
    )
    return re.sub(r"\s+xmlns:xlink=\"[^\"]*\"", "", drawn)
