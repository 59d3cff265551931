"""Data Docs: Great Expectations' own page of a table's results, made to open without a network.

What they say is Great Expectations'; the page, sections and tables (templates/datadocs/*.j2) are
ours, because theirs fetches styles, scripts and pictures from the internet, and its tables have
neither captions nor headings of rows.
"""

import re
from functools import cache
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader

from introstat import scrolling
from introstat.receipt.check.summary import templates

_HEADINGS = {"h5": "h2"}
_ICON = re.compile(r'<i class="fas (fa-[a-z-]+)[^"]*"\s*></i>')
_SAID = {"fa-check-circle": "Succeeded", "fa-times": "Failed"}
"""Icons without a word beside them; any other is an exception in the check itself."""


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
        self.env.globals["scrolling"] = scrolling

    def render_string_template(self, template: Any) -> Any:
        """Render a text with headings in the page's order, and a word for each bare icon."""
        if isinstance(template, dict) and template.get("tag") in _HEADINGS:
            template["tag"] = _HEADINGS[template["tag"]]
        return _ICON.sub(_told, super().render_string_template(template))


def _told(icon: re.Match[str]) -> str:
    said = _SAID.get(icon[1], "Error")
    return f'<span class="fas {icon[1]}" role="img" aria-label="{said}"></span>'


@cache
def _view() -> _PageView:
    return _PageView()


def page(result: ExpectationSuiteValidationResult) -> str:
    """Return the page of one table's results: counts only, and the same for the same delivery."""
    document = _PageRenderer(run_info_at_end=True).render(result)
    rendered: str = _view().render(document)
    return rendered
