"""What changed since the release before, and why."""

from introstat.codelists import report_limit
from introstat.release.contents import COUNTRY, TOTAL
from introstat.release.report.chapters.common import (
    Context,
    cells,
    code_names,
    name,
    table,
)
from introstat.release.report.content import Block, Paragraph, ReportRow, Section
from introstat.release.report.text import Given, Ref, Text, period_name, texts


def chapter(context: Context) -> list[Section]:
    """The largest changes with old, new, difference and reason; or that there are none."""
    heading = context.always("revisions.heading")
    previous = context.facts.previous
    if previous is None:
        first = Paragraph(context.always("revisions.first"))
        return [Section("revisions", heading, 1, (first,))]
    named = Given(previous, "identifier")
    found = context.figures.revisions()
    if not found:
        none = Paragraph(context.always("revisions.none", previous=named))
        return [Section("revisions", heading, 1, (none,))]
    regions = {
        region.code: region.name
        for region_type in ("county", "municipality")
        for region in context.figures.regions(region_type)
    }
    shown = found[: int(report_limit("revised_figures"))]
    rows = [
        ReportRow(
            _what(each.cell),
            (
                _where(each.cell, regions),
                *cells([each.old, each.new, each.difference]),
                (each.reason,),
            ),
        )
        for each in shown
    ]
    blocks: list[Block] = [
        Paragraph(context.always("revisions.lead", previous=named)),
        table(
            "revisions",
            context.always("revisions.caption", previous=named),
            "revised",
            ("where", "old", "new", "change", "why"),
            rows,
        ),
    ]
    if len(found) > len(shown):
        blocks.append(Paragraph(context.always("revisions.rest")))
    return [Section("revisions", heading, 1, tuple(blocks))]


def _what(cell: Ref) -> Text:
    """The cube, then each code that is not a total, then the measure."""
    pieces: list[str] = [texts().label(f"cube.{cell.cube}")]
    for dimension, code in cell.dimensions:
        if code == TOTAL:
            continue
        pieces.append(_code_name(cell.cube, dimension, code))
    pieces.append(texts().label(f"revised_measure.{cell.measure}"))
    return (Given(", ".join(pieces), "label"),)


def _code_name(cube: str, dimension: str, code: str) -> str:
    # A rule is known by its number, and by it found in the chapter on completeness.
    return code if dimension == "rule_id" else code_names(cube, dimension).get(code, code)


def _where(cell: Ref, regions: dict[str, str]) -> Text:
    place = (
        texts().always("name.country")
        if cell.region_code == COUNTRY
        else name(regions.get(cell.region_code, cell.region_code))
    )
    return (period_name(cell.period), ", ", *place)
