"""The front page: which release this is, its mark, and how much is still to come."""

from introstat import norwegian
from introstat.release.report.chapters.common import Context, percent
from introstat.release.report.chapters.completeness import shares
from introstat.release.report.content import Front
from introstat.release.report.figures import remaining
from introstat.release.report.text import Given, Number, Text, joined, period_name, texts

# The events that change the figures of the report most; the chapter on completeness has them all.
_NAMED = ("start", "end", "measure")


def front(context: Context) -> Front:
    """The front page's texts."""
    facts = context.facts
    is_preliminary = facts.kind == "preliminary"
    lead = [texts().always(f"front.{facts.kind}_lead")]
    if is_preliminary and (still := _still_to_come(context)):
        lead.append(still)
    lead.append(texts().always("front.lead"))
    previous: Text = texts().always("front.first")
    if facts.previous is not None:
        previous = (Given(facts.previous, "identifier"),)
    return Front(
        overline=texts().always("front.overline"),
        title=texts().always("front.title"),
        subtitle=texts().always("front.subtitle"),
        period=(period_name(facts.period),),
        mark=texts().always(f"front.{facts.kind}"),
        is_preliminary=is_preliminary,
        lead=tuple(lead),
        facts=(
            (texts().always("front.as_of"), (Given(norwegian.day(facts.as_of), "date"),)),
            (
                texts().always("front.observed_until"),
                (Given(norwegian.day(facts.observed_until), "date"),),
            ),
            (texts().always("front.version"), (Given(str(facts.version), "identifier"),)),
            (texts().always("front.previous"), previous),
            (texts().always("front.publisher"), (Given(facts.publisher, "name"),)),
            (texts().always("front.contact"), (Given(facts.contact, "name"),)),
        ),
    )


def _still_to_come(context: Context) -> Text | None:
    """What usually is still to be registered, of the events that tell most."""
    items = []
    for share in shares(context):
        left = percent(remaining(share.known))
        if share.event_type in _NAMED and isinstance(left, Number) and left.value > 0:
            event = texts().always(f"event.{share.event_type}")
            items.append(texts().always("front.remaining_item", share=left, event=event))
    if not items:
        return None
    of = period_name(context.facts.period)
    return texts().always("front.remaining", shares=joined(items), of=of)
