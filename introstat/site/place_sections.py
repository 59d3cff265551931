"""What the page of a place says: five questions, and the benefit."""

from introstat.release.contents import TOTAL, is_year
from introstat.release.naming import year_before
from introstat.site import blocks
from introstat.site.blocks import Row, Section
from introstat.site.place_charts import bars, over_time, shown_first, with_percents
from introstat.site.place_view import DIRECT, GOAL_GROUP, LEAD_RULE, ONE_YEAR, PlaceView
from introstat.site.tables import Cell


def sections_of(view: PlaceView) -> list[Section]:
    """The five questions, and the benefit."""
    made = [
        _participants(view), _measures(view), _exits(view), _status(view),
        _benefit(view), _registration(view),
    ]  # fmt: skip
    return [section for section in made if section is not None]


def _section(view: PlaceView, name: str) -> Section:
    return Section(name, view.words(f"place.sections.{name}"))


def _participants(view: PlaceView) -> Section:
    section, cube = _section(view, "participants"), "participants"
    section.sentences.append(_level(view))
    title = view.measure(cube, cube)
    section.charts = over_time(view, "p", title, cube, cube, only_own=True)
    own = view.place.code
    table = view.figures.table(cube, view.period)
    assert table is not None
    ages, sexes = table.codes("age_band"), table.codes("sex")
    rows = [
        Row(
            view.label(cube, "age_band", age),
            [
                *(view.cell(cube, cube, age_band=age, sex=sex) for sex in sexes),
                *(
                    view.figures.cell(cube, cube, code, view.period, age_band=age)
                    for *_, code in view.compared
                    if code != own
                ),
            ],
            age == TOTAL,
        )
        for age in ages
    ]
    _, *each = (view.label(cube, "sex", sex) for sex in sexes)
    head = [view.words("column.age"), own_name := view.names()[0]]
    head += [f"{own_name}, {sex.lower()}" for sex in each] + view.names()[1:]
    section.tables.append(blocks.table(view.words, view.caption(title), head, rows))
    return section


def _level(view: PlaceView) -> str:
    cell, words = view.cell("participants", "participants"), view.words
    if cell.number is None:
        return view.unseen(view.measure("participants", "participants"), cell)
    period = words.period(view.period)
    if cell.number == 0:
        return words("say.participants.nobody", period=period)
    before = year_before(view.period)
    said = None
    if before in view.figures.periods(is_year(view.period)):
        old = view.cell("participants", "participants", before)
        if old.number is not None:
            key = _direction(cell, old, "more", "fewer")
            said = words.say(
                f"say.participants.{key}", n=cell, period=period, old=old,
                before=words.period(before),
            )  # fmt: skip
    return said or words("say.participants.only", n=words.figure(cell), period=period)


def _measures(view: PlaceView) -> Section:
    section, words = _section(view, "measures"), view.words
    groups = view.codes("measures_4", "measure_group")
    measure, period = "participants_with_measure", words.period(view.period)
    own = {g: view.cell("measures_4", measure, measure_group=g) for g in groups}
    if len(shown := shown_first(own)) == len(groups) and shown:
        [(most, cell), *_] = shown
        label = view.label("measures_4", "measure_group", most)
        section.sentences.append(
            words("say.measures.most", group=label, n=words.figure(cell), period=period)
        )
    hours = view.cells("hours", "hours_per_week")
    said = words.say("say.hours.level", n=hours[0], country=hours[-1], period=period)
    said = said or words.say("say.hours.alone", n=hours[0], period=period)
    section.sentences.append(said or view.unseen(view.measure("hours", "hours_per_week"), hours[0]))
    if shown:
        section.charts.append(bars(view, "m", "measures_4", measure, "measure_group", own))
    for at, each in enumerate(("hours_per_week", "full_time_percent", "measure_days_percent")):
        made = over_time(
            view, f"t{at}", view.measure("hours", each), "hours", each,
            is_percent=each.endswith("percent"),
        )  # fmt: skip
        # Of two charts that say the same, the one with more periods.
        section.charts += sorted(made, key=lambda chart: -len(chart.picture))[:1]
    for cube, dimension in (("measures_4", "measure_group"), ("measures_12", "measure_type")):
        rows = [
            Row(
                view.label(cube, dimension, code),
                view.cells(cube, measure, **{dimension: code}),
            )
            for code in view.codes(cube, dimension)
        ]
        caption = f"{view.measure(cube, measure)}: {view.dimension(cube, dimension).lower()}"
        head = [view.dimension(cube, dimension), *view.names()]
        section.tables.append(blocks.table(words, view.caption(caption), head, rows))
    return section


def _exits(view: PlaceView) -> Section:
    section = _section(view, "exits")
    section.sentences.append(
        _share_said(view, "direct", "direct_result_2", "exits", "result_group", view.period, DIRECT)
    )
    title = view.share_title("direct_result_2", "result_group", "arbutd", view.period)
    section.charts = over_time(
        view, "d", title, "direct_result_2", "percent", is_percent=True, codes=DIRECT
    )
    cube, dimension = "direct_result_7", "termination_group"
    codes = view.codes(cube, dimension)
    base = view.cell(cube, "exits")
    measure = "exits" if view.is_small(base) or base.number is None else "percent"
    own = {code: view.cell(cube, measure, **{dimension: code}) for code in codes}

    def beside(code: str) -> list[tuple[str, Cell]]:
        if measure == "exits":
            return []
        cells = view.cells(cube, measure, **{dimension: code})
        return [(of, c) for (of, *_), c in zip(view.compared, cells, strict=True) if of != "own"]

    if shown_first(own):
        section.charts.append(
            bars(view, "x", cube, measure, dimension, own, beside, measure == "percent")
        )
    rows = [
        Row(
            view.label(cube, dimension, code),
            [
                view.cell(cube, "exits", **{dimension: code}),
                *view.cells(cube, "percent", **{dimension: code}),
            ],
            code == TOTAL,
        )
        for code in [TOTAL, *codes]
    ]
    section.tables.append(with_percents(view, cube, dimension, "exits", rows, view.period))
    return section


def _share_said(
    view: PlaceView, key: str, cube: str, part: str, whole: str, period: str, at: dict[str, str]
) -> str:
    words = view.words
    count, base = view.part_of(cube, part, whole, period, at)
    percents = view.cells(cube, "percent", period, **at)
    own, country = percents[0], percents[-1]
    named: dict[str, str | Cell] = {"period": words.period(period), "whole": base}
    if view.is_small(base) and (said := words.say(f"say.{key}.few", part=count, **named)):
        return said
    if own.number is None:
        dimension, code = list(at.items())[-1]
        return view.unseen(view.label(cube, dimension, code, period), own, period)
    said = None
    if country.number is not None:
        which = _direction(own, country, "higher", "lower")
        said = words.say(
            f"say.{key}.{which}", n=words.percent(own), country=words.percent(country), **named
        )
    return said or words(f"say.{key}.alone", n=words.percent(own), period=words.period(period))


def _status(view: PlaceView) -> Section | None:
    period = view.status_period
    if period is None:
        return None
    section, cube, part = _section(view, "status"), "status", "former_participants"
    at = ONE_YEAR | GOAL_GROUP
    section.sentences.append(_share_said(view, "status", cube, part, "status_group", period, at))
    title = view.share_title(cube, "status_group", GOAL_GROUP["status_group"], period)
    section.charts = over_time(
        view, "s", title, cube, "percent", is_percent=True, years_only=True, codes=at
    )
    rows = []
    for years in _years_after(view, period):
        codes = {"years_after": years}
        rows.append(
            Row(
                view.label(cube, "years_after", years, period),
                [
                    view.cell(cube, part, period, **codes),
                    *view.cells(cube, "percent", period, **(codes | GOAL_GROUP)),
                ],
            )
        )
    section.tables.append(with_percents(view, cube, "years_after", part, rows, period))
    return section


def _years_after(view: PlaceView, period: str) -> list[str]:
    table = view.figures.table("status", period)
    assert table is not None
    return table.codes("years_after")


def _benefit(view: PlaceView) -> Section:
    section, words, cube = _section(view, "benefit"), view.words, "benefit"
    recipients, means = view.cells(cube, "recipients"), view.cells(cube, "mean_amount")
    period = words.period(view.period)
    said = words.say("say.benefit.level", n=recipients[0], mean=means[0], period=period)
    said = said or words.say("say.benefit.persons", n=recipients[0], period=period)
    section.sentences.append(said or view.unseen(view.measure(cube, "recipients"), recipients[0]))
    table = view.figures.table(cube, view.period)
    assert table is not None
    rows = [
        Row(f"{view.measure(cube, name)} ({each['unit'][words.language]})", view.cells(cube, name))
        for name, each in table.measures.items()
    ]
    head = [words("column.figure"), *view.names()]
    section.tables.append(
        blocks.table(
            words, view.caption(table.about["title"][words.language].split(",")[0]), head, rows
        )
    )
    return section


def _registration(view: PlaceView) -> Section:
    section, words, cube = _section(view, "registration"), view.words, "completeness"
    rule = {"rule_id": LEAD_RULE}
    checked, found = view.cell(cube, "checked", **rule), view.cell(cube, "findings", **rule)
    label = view.label(cube, "rule_id", LEAD_RULE)
    said = words.say(
        "say.registration.level", rule=label, checked=checked, findings=found,
        period=words.period(view.period),
    )  # fmt: skip
    section.sentences.append(
        said or view.unseen(label, checked if checked.number is None else found)
    )
    rows = [
        Row(
            view.label(cube, "rule_id", code),
            [
                view.cell(cube, "checked", rule_id=code),
                view.cell(cube, "findings", rule_id=code),
                *view.cells(cube, "percent", rule_id=code),
            ],
        )
        for code in view.codes(cube, "rule_id")
    ]
    percent = words("column.percent").lower()
    head = [words("column.rule"), view.measure(cube, "checked"), view.measure(cube, "findings")]
    head += [f"{name}, {percent}" for name in view.names()]
    section.tables.append(blocks.table(words, view.caption(words("column.rule")), head, rows))
    return section


def _direction(new: Cell, old: Cell, more: str, less: str) -> str:
    assert new.number is not None and old.number is not None
    if new.number == old.number:
        return "same"
    return more if new.number > old.number else less
