"""Data Docs: Great Expectations' own page of a table's results, made to open without a network.

Its sections are rendered by Great Expectations; the page around them (templates/datadocs/page.j2)
is ours, because theirs fetches styles, scripts and pictures from the internet.
"""

from functools import cache
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader

from introstat.receipt.check.summary import templates


class _PageRenderer(ValidationResultsPageRenderer):
    """The page's content without a link to a page of the suite, which is in the project instead."""

    @classmethod
    def _render_validation_header(cls, validation_results: Any) -> Any:
        header: Any = super()._render_validation_header(validation_results)
        text = header.subheader.string_template
        text["template"] = text["template"].replace("${data_asset} ${data_asset_name}\n ", "")
        del text["styling"]["params"]["expectation_suite_name"]
        return header


class _PageView(DefaultJinjaPageView):
    """Great Expectations' templates, ours first."""

    def __init__(self) -> None:
        super().__init__()
        theirs = self.env.loader
        assert theirs is not None
        self.env.loader = ChoiceLoader([templates("datadocs"), theirs])
        self.env.auto_reload = False  # a page asks for a hundred templates, which do not change


@cache
def _view() -> _PageView:
    return _PageView()


def page(result: ExpectationSuiteValidationResult) -> str:
    """Return the page of one table's results: counts only, and the same for the same delivery."""
    document = _PageRenderer(run_info_at_end=True).render(result)
    rendered: str = _view().render(document)
    return rendered
