"""The introduction benefit: how many received it, and how much was paid."""

from introstat.release.contents import COUNTRY, TOTAL
from introstat.release.report.chapters.common import (
    MEN,
    WOMEN,
    Context,
    by_county,
    cells,
    codes_of,
    paragraphs,
    sex_name,
    table,
)
from introstat.release.report.content import Block, Paragraph, ReportRow, ReportTable, Section
from introstat.release.report.figures import Shown
from introstat.release.report.text import texts

_COLUMNS = ("recipients", "amount", "mean")


def chapter(context: Context) -> list[Section]:
    """Recipients, the sum and the mean; then by sex and age, and by county."""
    said = [
        context.change_told("benefit.recipients", "recipients"),
        context.say("benefit.amount", amount=context.figures.millions("headline", "amount")),
        context.say("benefit.mean", mean=context.headline("mean_amount")),
    ]
    blocks: list[Block] = [
        *paragraphs(said),
        Paragraph(texts().always("benefit.about")),
        _by_sex_and_age(context),
        by_county(
            context,
            table_name="benefit-county",
            caption=context.always("benefit.regions"),
            columns=_COLUMNS,
            figures_of=lambda region: _figures(context, region),
            notes=(texts().always("note.municipality_of_payment"),),
        ),
    ]
    return [Section("benefit", context.always("benefit.heading"), 1, tuple(blocks))]


def _figures(
    context: Context, region: str = COUNTRY, sex: str = TOTAL, age_band: str = TOTAL
) -> list[Shown]:
    at = {"region": region, "sex": sex, "age_band": age_band}
    return [
        context.figures.number("benefit", "recipients", **at),
        context.figures.millions("benefit", "amount", **at),
        context.figures.number("benefit", "mean_amount", **at),
    ]


def _by_sex_and_age(context: Context) -> ReportTable:
    rows = [ReportRow(texts().always("name.total"), cells(_figures(context)), is_total=True)]
    rows += [ReportRow((sex_name(sex),), cells(_figures(context, sex=sex))) for sex in (MEN, WOMEN)]
    rows += [
        ReportRow(words, cells(_figures(context, age_band=code)))
        for code, words in codes_of(context, "benefit", "age_band")
    ]
    return table("benefit", context.always("benefit.caption"), "sex_and_age", _COLUMNS, rows)
