"""Participants: how many, men and women, how old, from where, in which counties."""

from introstat.codelists import report_limit
from introstat.release.report.chapters.common import (
    MEN,
    SEXES,
    WOMEN,
    Context,
    breaks_crossed,
    by_county,
    by_sex,
    by_size,
    codes_of,
    name,
    paragraphs,
    sex_name,
)
from introstat.release.report.chapters.pictures import bar_chart
from introstat.release.report.charts import Bar
from introstat.release.report.content import Block, Paragraph, Section
from introstat.release.report.figures import Shown
from introstat.release.report.text import Given, Number, Text, plain, texts

_OTHER, _UNKNOWN = "other", "unknown"


def chapter(context: Context) -> list[Section]:
    """The level and its change, then tables by age, country of birth and county."""
    paragraph: list[Text | None] = [
        context.change_told("participants.level", "participants"),
        context.say(
            "participants.sexes",
            men=context.headline("participants", sex=MEN),
            women=context.headline("participants", sex=WOMEN),
        ),
    ]
    notes = tuple(Paragraph(text) for text in breaks_crossed(context))
    blocks = (*paragraphs(paragraph), *notes)
    return [
        Section("participants", context.always("participants.heading"), 1, blocks),
        _age(context),
        _country(context),
        _region(context),
    ]


def _age(context: Context) -> Section:
    figures = context.figures
    rows = codes_of(context, "participants", "age_band")
    bands = [(code, words) for code, words in rows if code != _OTHER]
    largest = by_size(
        (words, figures.number("participants", "participants", age_band=code))
        for code, words in bands
    )
    blocks: list[Block] = [
        *paragraphs(
            [context.say("participants.largest_age", age=largest[0][0], now=largest[0][1])]
            if largest
            else []
        )
    ]
    bars = [
        Bar(words, shown, sex)
        for code, words in bands
        for sex in (MEN, WOMEN)
        if isinstance(
            shown := figures.number("participants", "participants", age_band=code, sex=sex), Number
        )
    ]
    chart = bar_chart(
        context,
        "participants.age",
        bars,
        series=[(sex, sex_name(sex)) for sex in (MEN, WOMEN)],
    )
    if chart:
        blocks.append(chart)
    blocks.append(
        by_sex(
            context,
            table_name="age",
            caption=context.always("participants.age_caption"),
            heading="age",
            cube="participants",
            dimension="age_band",
            codes=rows,
            measures=("participants", "percent"),
            notes=(texts().always("note.of_the_row"),),
            percent_of=(MEN, WOMEN),
        )
    )
    return Section("age", context.always("participants.age_heading"), 2, tuple(blocks))


def _country(context: Context) -> Section:
    figures, cube = context.figures, "participants_country"
    codes = dict(codes_of(context, cube, "country_of_birth"))
    last = [code for code in (_OTHER, _UNKNOWN) if code in codes]
    shown = {
        code: figures.number(cube, "participants", country_of_birth=code)
        for code in codes
        if code not in last
    }
    ranked = by_size((codes[code], figure) for code, figure in shown.items())
    blocks: list[Block] = []
    if ranked:
        words, most = ranked[0]
        blocks += paragraphs([context.say("participants.largest_country", country=words, now=most)])
    largest = ranked[: int(report_limit("ranked_countries"))]
    chart = bar_chart(
        context, "participants.country", [Bar(words, figure) for words, figure in largest]
    )
    if chart:
        blocks.append(chart)
    rows = sorted(shown, key=lambda code: (_size_order(shown[code]), plain(codes[code])))
    blocks.append(
        by_sex(
            context,
            table_name="country",
            caption=context.always("participants.country_caption"),
            heading="country_of_birth",
            cube=cube,
            dimension="country_of_birth",
            codes=[(code, codes[code]) for code in (*rows, *last)],
            measures=("participants", "percent"),
            notes=(
                texts().always(
                    "note.pooled", least=Given(str(context.facts.policy.pool_below), "limit")
                ),
                texts().always("note.of_the_row"),
            ),
            percent_of=(MEN, WOMEN),
        )
    )
    return Section("country", context.always("participants.country_heading"), 2, tuple(blocks))


def _size_order(figure: Shown) -> float:
    """The largest first; behind them those that are not shown."""
    return -figure.plain if isinstance(figure, Number) else 1.0


def _region(context: Context) -> Section:
    figures = context.figures

    def of(code: str) -> list[Shown]:
        return [
            figures.number("participants", "participants", region=code, sex=sex) for sex in SEXES
        ]

    counties = by_size((name(each.name), of(each.code)[0]) for each in figures.regions("county"))
    blocks: list[Block] = []
    if counties:
        blocks += paragraphs(
            [context.say("participants.largest_county", county=counties[0][0], now=counties[0][1])]
        )
    municipalities = by_size(
        (name(each.name), of(each.code)[0]) for each in figures.regions("municipality")
    )[: int(report_limit("ranked_municipalities"))]
    chart = bar_chart(
        context,
        "participants.region",
        [Bar(words, figure) for words, figure in municipalities],
    )
    blocks.append(chart or Paragraph(context.always("participants.region_none")))
    blocks.append(
        by_county(
            context,
            table_name="county",
            caption=context.always("participants.region_caption"),
            columns=("both", "men", "women"),
            figures_of=of,
            notes=(texts().always("note.protected"),),
        )
    )
    return Section("region", context.always("participants.region_heading"), 2, tuple(blocks))
