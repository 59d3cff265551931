"""Completeness: rules over their limits, the municipalities furthest off, what is still to come."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from introstat import written
from introstat.codelists import labels, limits, registration_interval, report_limit
from introstat.release.contents import COUNTRY
from introstat.release.report import charts
from introstat.release.report.chapters.common import (
    Context,
    cells,
    in_words,
    label,
    limit_given,
    name,
    table,
)
from introstat.release.report.content import (
    Block,
    Chart,
    Paragraph,
    ReportRow,
    ReportTable,
    Section,
)
from introstat.release.report.figures import Shown, remaining
from introstat.release.report.text import (
    Given,
    Mark,
    Number,
    Span,
    Text,
    joined,
    period_name,
    texts,
    with_percent,
)
from introstat.rule_texts import rules_of_seed

_COLUMNS = ("checked", "findings", "findings_percent")
_STATES = ("stop", "warning", "ok", "unknown", "nothing")


@dataclass(frozen=True)
class _Rule:
    """A rule, what was found in the country, and its limits."""

    rule_id: str
    name: str
    finding: str
    is_municipal: bool
    checked: Shown
    findings: Shown
    share: Shown
    warn: Decimal | None
    stop: Decimal | None

    @property
    def state(self) -> str:
        if not isinstance(self.checked, Number) or not isinstance(self.findings, Number):
            return "unknown"
        if self.checked.value == 0:
            return "nothing"
        for limit, state in ((self.stop, "stop"), (self.warn, "warning")):
            if limit is not None and 100 * self.findings.value > limit * self.checked.value:
                return state
        return "ok"

    @property
    def excess(self) -> Decimal:
        """How many times over the limit that it is over, for the order; 0 if it is over none."""
        limit = {"stop": self.stop, "warning": self.warn}.get(self.state)
        if not limit or isinstance(self.findings, Mark) or isinstance(self.checked, Mark):
            return Decimal(0)
        return self.findings.value / self.checked.value / limit


def chapter(context: Context) -> list[Section]:
    """The rules against their limits, municipalities, and the share still to be registered."""
    rules = _rules(context)
    over = [rule for rule in rules if rule.state in ("stop", "warning")]
    said: list[Text | None] = [
        texts().always("completeness.lead", months=in_words(limits()["C05", "months"]))
    ]
    for state, key in (("stop", "over_stop"), ("warning", "over_warn")):
        named = [_named(rule) for rule in over if rule.state == state]
        if named:
            said.append(context.always(f"completeness.{key}", rules=joined(named)))
    if not over:
        said.append(context.always("completeness.none_over"))
    blocks: list[Block] = [Paragraph(text) for text in said if text is not None]
    if over:
        blocks.append(_findings_table(context, over))
    sections = [Section("completeness", context.always("completeness.heading"), 1, tuple(blocks))]
    municipal = [rule for rule in over if rule.is_municipal]
    if municipal:
        sections.append(_worst(context, municipal))
    sections.append(_still_to_come(context))
    sections.append(
        Section(
            "rules",
            context.always("completeness.all_heading"),
            2,
            (_rules_table(context, sorted(rules, key=lambda rule: rule.rule_id)),),
        )
    )
    return sections


def _rules(context: Context) -> list[_Rule]:
    """The rules, worst state first and furthest over their limits first within it."""
    known = set(context.figures.codes("completeness", "rule_id"))
    rules = []
    for row in rules_of_seed():
        if row["rule_id"] not in known:
            continue
        rules.append(
            _Rule(
                rule_id=row["rule_id"],
                name=row["name_nb"],
                finding=row["finding_nb"],
                is_municipal=row["owner"] == "kommune",
                checked=_figure(context, "checked", row["rule_id"]),
                findings=_figure(context, "findings", row["rule_id"]),
                share=_figure(context, "percent", row["rule_id"]),
                warn=_percent(row["warn_percent"]),
                stop=_percent(row["stop_percent"]),
            )
        )
    return sorted(rules, key=lambda rule: (_STATES.index(rule.state), -rule.excess, rule.rule_id))


def _percent(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _figure(context: Context, measure: str, rule_id: str, region: str = COUNTRY) -> Shown:
    return context.figures.number("completeness", measure, region=region, rule_id=rule_id)


def _named(rule: _Rule) -> Text:
    return texts().always(
        "completeness.rule_item", name=label(_first_small(rule.name)), rule=_id(rule)
    )


def _first_small(words: str) -> str:
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _id(rule: _Rule) -> Given:
    return Given(rule.rule_id, "identifier")


def _limit(limit: Decimal | None) -> Span:
    if limit is None:
        return "–"
    return Given(written.number(limit, 0 if limit == limit.to_integral_value() else 1), "limit")


def _findings_table(context: Context, over: list[_Rule]) -> ReportTable:
    rows = [
        ReportRow(
            (_id(rule), " ", Given(rule.finding, "label")),
            cells([rule.checked, rule.findings, rule.share, _limit(rule.warn), _limit(rule.stop)]),
        )
        for rule in over
    ]
    return table(
        "rules-over",
        context.always("completeness.rules_caption"),
        "what_is_found",
        (*_COLUMNS, "warn", "stop"),
        rows,
        (texts().always("note.unrounded"),),
    )


def _rules_table(context: Context, rules: list[_Rule]) -> ReportTable:
    rows = [
        ReportRow(
            (_id(rule), " ", Given(rule.name, "label")),
            (
                *cells([rule.checked, rule.findings, rule.share]),
                texts().always(f"completeness.state_{rule.state}"),
            ),
        )
        for rule in rules
    ]
    caption = context.always("completeness.all_caption")
    notes = (texts().always("note.unrounded"),)
    return table("rules-all", caption, "rule", (*_COLUMNS, "state"), rows, notes)


def _worst(context: Context, rules: list[_Rule]) -> Section:
    """For the rules furthest over their limits, the municipalities with the highest shares.

    Only where all three figures are shown and enough was checked that the share means something.
    """
    least = report_limit("least_checked")
    rows = []
    for rule in rules[: int(report_limit("worst_rules"))]:
        found = []
        for region in context.figures.regions("municipality"):
            checked, findings, share = (
                _figure(context, measure, rule.rule_id, region.code)
                for measure in ("checked", "findings", "percent")
            )
            if isinstance(checked, Mark) or isinstance(findings, Mark) or isinstance(share, Mark):
                continue
            if checked.value >= least and findings.value > 0:
                found.append((findings.value / checked.value, region, (checked, findings, share)))
        found.sort(key=lambda each: (-each[0], each[1].code))
        for _, region, shown in found[: int(report_limit("worst_municipalities"))]:
            rule_words: Text = (_id(rule), " ", Given(rule.name, "label"))
            rows.append(ReportRow(rule_words, (name(region.name), *cells(shown))))
    note = context.always("completeness.worst_note", least=limit_given("least_checked"))
    block: Block
    if rows:
        caption = context.always("completeness.worst_caption")
        block = table("worst", caption, "rule", ("municipality", *_COLUMNS), rows, (note,))
    else:
        none = context.always("completeness.worst_none", least=limit_given("least_checked"))
        block = Paragraph(none)
    return Section("worst", context.always("completeness.worst_heading"), 2, (block,))


@dataclass(frozen=True)
class Share:
    """How much of an event type's period is usually known by now, with its interval."""

    event_type: str
    label: str
    known: Shown
    low: Shown
    high: Shown


def shares(context: Context) -> list[Share]:
    """The shares of the release's period, in the order of the seed event_types."""

    def of(event_type: str, measure: str) -> Shown:
        return context.figures.number("registration_share", measure, event_type=event_type)

    return [
        Share(
            event_type,
            words,
            of(event_type, "known_percent"),
            of(event_type, "low_percent"),
            of(event_type, "high_percent"),
        )
        for event_type, words in labels("event_types").items()
    ]


def _still_to_come(context: Context) -> Section:
    found = shares(context)
    of = period_name(context.facts.period)
    heading = context.always("completeness.share_heading")
    if not any(isinstance(share.known, Number) for share in found):
        none = Paragraph(context.always("completeness.share_none"))
        return Section("still-to-come", heading, 2, (none,))
    rows = [
        ReportRow(
            label(share.label),
            cells([share.known, share.low, share.high, remaining(share.known)]),
        )
        for share in found
    ]
    caption = context.always("completeness.share_caption", of=of)
    often = _often(registration_interval())
    lead = context.always("completeness.share_lead", of=of, often=often)
    blocks: list[Block] = [Paragraph(lead)]
    drawn = [
        charts.ChartInterval(label(share.label), share.low, share.known, share.high)
        for share in found
        if isinstance(share.known, Number)
        and isinstance(share.low, Number)
        and isinstance(share.high, Number)
    ]
    if drawn:
        blocks.append(_chart(context, drawn))
    columns = ("known", "low", "high", "remaining")
    blocks.append(table("still-to-come", caption, "event", columns, rows))
    return Section("still-to-come", heading, 2, tuple(blocks))


def _often(percent_inside: Decimal) -> Text:
    """How often a share is within its interval: fire av fem."""
    share = Fraction(percent_inside) / 100
    return (in_words(share.numerator), " av ", in_words(share.denominator))


def _chart(context: Context, drawn: list[charts.ChartInterval]) -> Chart:
    picture = charts.intervals(drawn)
    points = [
        context.always(
            "completeness.share_point",
            event=each.label,
            known=with_percent(each.point),
            low=with_percent(each.low),
            high=with_percent(each.high),
        )
        for each in drawn
    ]
    said = joined(points, between="; ", last="; ")
    return Chart(
        name="still-to-come-chart",
        caption=context.always("completeness.share_chart", of=period_name(context.facts.period)),
        alternative=context.always("completeness.share_alternative", series=said),
        svg=picture.svg,
        texts=picture.texts,
    )
