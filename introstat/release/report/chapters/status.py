"""One to five years after the programme, against the goal; in reports of a year."""

from introstat.codelists import report_limit
from introstat.release.report import charts
from introstat.release.report.chapters.common import (
    MEN,
    SEXES,
    WOMEN,
    Context,
    by_county,
    by_sex,
    cells,
    codes_of,
    limit_given,
    paragraphs,
    percent,
    table,
)
from introstat.release.report.chapters.pictures import bar_chart
from introstat.release.report.content import Block, ReportRow, ReportTable, Section
from introstat.release.report.figures import Shown, to_limit, unsigned
from introstat.release.report.text import (
    Given,
    Mark,
    Number,
    Span,
    Text,
    plain,
    texts,
    with_percent,
)
from introstat.written import percent_sign

_GOAL_GROUP = "1"
_ONE_YEAR = "1"


def chapter(context: Context) -> list[Section]:
    """The share in work or education against the goal, by years after, status and county."""
    now, before = _status(context), context.headline("status_percent", context.before)
    said = [
        context.change_of("status.level", now, before, is_percent=True, **_years(context)),
        _goal(context),
        context.say(
            "status.sexes",
            men=percent(_status(context, sex=MEN)),
            women=percent(_status(context, sex=WOMEN)),
        ),
    ]
    blocks: list[Block] = [*paragraphs(said), _groups(context)]
    return [
        Section("status", context.always("status.heading"), 1, tuple(blocks)),
        _years_after(context),
        _counties(context),
        _codes(context),
    ]


def _years(context: Context, years_after: str = _ONE_YEAR) -> dict[str, Span]:
    year = int(context.facts.period)
    return {
        "year": Given(str(year), "period"),
        "exits": Given(str(year - int(years_after)), "period"),
    }


def _status(context: Context, measure: str = "percent", **codes: str) -> Shown:
    """A figure of those in work or education one year after, unless told otherwise."""
    named = {"years_after": _ONE_YEAR, "status_group": _GOAL_GROUP} | codes
    return context.figures.number("status", measure, **named)


def _goal_given() -> Given:
    return Given(limit_given("status_goal").text + percent_sign(), "limit")


def _goal(context: Context) -> Text | None:
    distance = to_limit(_status(context), report_limit("status_goal"))
    if isinstance(distance, Mark):
        return context.say("status.goal.none", goal=_goal_given())
    variant = "same" if distance.value == 0 else "up" if distance.value > 0 else "down"
    return context.say(f"status.goal.{variant}", goal=_goal_given(), distance=unsigned(distance))


def _groups(context: Context) -> ReportTable:
    """The three groups of status by sex, and how far the first is from the goal."""
    goal = report_limit("status_goal")
    distances: list[Span] = [Mark(""), Mark(""), Mark("")]
    distances += [to_limit(_status(context, sex=sex), goal) for sex in SEXES]
    return by_sex(
        context,
        table_name="status",
        caption=context.always("status.caption", **_years(context)),
        heading="status",
        cube="status",
        dimension="status_group",
        codes=codes_of(context, "status", "status_group"),
        measures=("former_participants", "percent"),
        notes=(texts().always("note.rounded"),),
        at={"years_after": _ONE_YEAR},
        more_rows=(ReportRow(texts().always("column.to_goal"), cells(distances)),),
    )


def _years_after(context: Context) -> Section:
    rows, bars = [], []
    for code, words in codes_of(context, "status", "years_after"):
        shown = [_status(context, years_after=code, sex=sex) for sex in SEXES]
        persons = _status(context, "former_participants", years_after=code, status_group="total")
        exit_year = _years(context, code)["exits"]
        rows.append(ReportRow(words, cells([exit_year, persons, *shown])))
        if isinstance(shown[0], Number):
            bars.append(charts.Bar(words, with_percent(shown[0])))
    columns = ("exit_year", "former_participants", "both_percent", "men_percent", "women_percent")
    caption = context.always("status.years_caption", **_years(context))
    goal = _goal_given()
    said = plain(context.always("status.goal_line", goal=goal))
    line = (goal, float(report_limit("status_goal")), said)
    chart = bar_chart(context, "status.years", bars, limit=line, goal=goal)
    blocks: list[Block] = [chart] if chart and len(bars) > 1 else []
    blocks.append(table("years-after", caption, "years_after", columns, rows))
    return Section("years-after", context.always("status.years_heading"), 2, tuple(blocks))


def _counties(context: Context) -> Section:
    goal = report_limit("status_goal")

    def of(region: str) -> list[Shown]:
        persons = _status(context, "former_participants", region=region, status_group="total")
        share = _status(context, region=region)
        return [persons, share, to_limit(share, goal)]

    return Section(
        "status-region",
        context.always("status.region_heading"),
        2,
        (
            by_county(
                context,
                table_name="status-county",
                caption=context.always("status.region_caption", **_years(context)),
                columns=("former_participants", "work_or_education_percent", "to_goal"),
                figures_of=of,
                notes=(texts().always("note.protected"),),
            ),
        ),
    )


def _codes(context: Context) -> Section:
    return Section(
        "status-codes",
        context.always("status.codes_heading"),
        2,
        (
            by_sex(
                context,
                table_name="status-codes",
                caption=context.always("status.codes_caption", **_years(context)),
                heading="status",
                cube="status_codes",
                dimension="status_code",
                codes=codes_of(context, "status_codes", "status_code"),
                measures=("former_participants", "percent"),
                notes=(texts().always("note.rounded"),),
                at={"years_after": _ONE_YEAR},
            ),
        ),
    )
