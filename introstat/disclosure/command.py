"""The commands `introstat protect` and `introstat audit`."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.csv
from rich.console import Console

from introstat.disclosure.audit import AuditResult, audit
from introstat.disclosure.counts import primary_cells, read_counts
from introstat.disclosure.layout import Layout, parse_hierarchy, read_text_csv
from introstat.disclosure.policy import DEFAULT_POLICY, METHODS, load_policy
from introstat.disclosure.published import read_primaries, read_published
from introstat.disclosure.report import (
    audit_lines,
    audit_report,
    primaries_table,
    publication_table,
    to_json,
)
from introstat.disclosure.rounding import round_small_counts
from introstat.disclosure.suppress import suppress
from introstat.errors import EXIT_REFUSED, UserError

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_new_file = click.Path(dir_okay=False, path_type=Path)


def _layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what the tables look like, the same for both commands."""
    options = (
        click.option(
            "--dims", required=True, help="The dimensions, as columns of the file: a,b,c."
        ),
        click.option(
            "--hierarchy",
            "hierarchies",
            multiple=True,
            help="`child>parent` (columns, more levels with more >) or `dimension=FILE` (a code "
            "list with the columns child and parent). Several for one dimension may cross.",
        ),
        click.option(
            "--total",
            "totals",
            multiple=True,
            help="`dimension=CODE` of the total; default `Total`.",
        ),
        click.option(
            "--no-total", "without", multiple=True, help="A dimension whose codes do not add up."
        ),
        click.option(
            "--policy",
            "policy_file",
            type=_file,
            default=DEFAULT_POLICY,
            help="The policy (YAML). Default: the one the package carries.",
        ),
        click.option("--method", type=click.Choice(METHODS), help="Default: the policy's."),
        click.option("--report", type=_new_file, help="Write a report (JSON, restricted) here."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _layout(
    dims: str,
    hierarchies: tuple[str, ...],
    totals: tuple[str, ...],
    without: tuple[str, ...],
    tables: tuple[str, ...],
) -> Layout:
    codes: dict[str, str | None] = {}
    for total in totals:
        name, equals, code = total.partition("=")
        if not equals or not code:
            raise UserError(f"Total {total!r}: expected `dimension=CODE`.")
        codes[name] = code
    return Layout(
        _items(dims),
        tuple(parse_hierarchy(text) for text in hierarchies),
        codes | dict.fromkeys(without),
        tuple(_items(table) for table in tables),
    )


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


@click.command("protect", short_help="Hide or round small counts in a frequency table.")
@click.option(
    "--in", "source", type=_file, required=True, help="The counts: one row for each inner cell."
)
@click.option("--count", required=True, help="The column of the counts.")
@_layout_options
@click.option(
    "--table",
    "tables",
    multiple=True,
    help="Dimensions or levels that one of several linked tables shows: `region,sex`, "
    "`county,months`, `region>county,sex`. Default: one table of all dimensions.",
)
@click.option("--out", type=_new_file, required=True, help="The publication file.")
@click.option(
    "--primaries",
    type=_new_file,
    help="The restricted list of primary cells. Default: beside the counts, as NAME.primaries.csv.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Orders the search.")
def protect_command(
    source: Path,
    count: str,
    dims: str,
    hierarchies: tuple[str, ...],
    totals: tuple[str, ...],
    without: tuple[str, ...],
    policy_file: Path,
    method: str | None,
    report: Path | None,
    tables: tuple[str, ...],
    out: Path,
    primaries: Path | None,
    seed: int,
) -> None:
    """Protect a frequency table, audit the finished file, and only then put it in place.

    Exit code 0: protected and safe. 2: the input is refused, with the rows named. 3: the table
    cannot be made safe, or the audit failed; nothing is written.

    \b
    Example:
      introstat protect --in counts.csv --count freq --dims region,main_income \\
        --hierarchy "region>county" --policy policy.yml --out published.csv
    """
    policy = load_policy(policy_file)
    method = method or policy.method
    layout = _layout(dims, hierarchies, totals, without, tables)
    counts = read_counts(read_text_csv(source), layout, count)
    primary = primary_cells(counts, policy)
    if method == "suppress":
        result = suppress(counts, policy, primary, seed)
        published = publication_table(counts, counts.values, result.hidden)
        hidden = int(result.hidden[counts.published.cells].sum())
        summary: dict[str, Any] = {
            "primary": int(primary[counts.published.cells].sum()),
            "secondary": hidden - int(primary[counts.published.cells].sum()),
        }
    else:
        rounding = round_small_counts(counts, policy, seed)
        published = publication_table(counts, rounding.values)
        summary = {
            "largest_deviation": rounding.largest_deviation,
            "mean_deviation": round(rounding.mean_deviation, 4),
            "optimal": rounding.optimal,
        }
    restricted = primaries_table(counts, primary)
    aside = _write_aside(published, out)
    try:
        back = read_published([read_text_csv(aside)], layout)
        verdict = audit(back, policy, read_primaries(restricted, back), method)
        console = Console(stderr=True)
        console.print(
            ", ".join(f"{name} {value}" for name, value in summary.items()), highlight=False
        )
        _tell(verdict, console)
        if report:
            report.write_text(
                to_json(audit_report(verdict) | summary | {"seed": seed}), encoding="utf-8"
            )
        if not verdict.passed:
            raise SystemExit(EXIT_REFUSED)
        _write_aside(
            restricted, primaries or source.with_name(f"{source.stem}.primaries.csv"), place=True
        )
        aside.chmod(0o644)  # made for its owner alone; what is published may be read by all
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)


@click.command("audit", short_help="Say whether published files give hidden counts away.")
@click.option(
    "--in",
    "sources",
    type=_file,
    multiple=True,
    required=True,
    help="A published file; several for one release, or with earlier releases.",
)
@click.option("--value", default="value", show_default=True, help="The column of the figures.")
@click.option(
    "--sign", default="sign", show_default=True, help="The column of the marks, if there is one."
)
@click.option(
    "--primaries",
    type=_file,
    help="The restricted list: which cells to test. Without it every hidden cell is tested.",
)
@_layout_options
def audit_command(
    sources: tuple[Path, ...],
    value: str,
    sign: str,
    primaries: Path | None,
    dims: str,
    hierarchies: tuple[str, ...],
    totals: tuple[str, ...],
    without: tuple[str, ...],
    policy_file: Path,
    method: str | None,
    report: Path | None,
) -> None:
    """Audit published files as one system, knowing nothing but them and the policy.

    Exit code 0: safe. 2: the input is refused. 3: not safe; the cells are named with the values a
    reader must think possible.

    \b
    Example:
      introstat audit --in published.csv --dims region,main_income --hierarchy "region>county" \\
        --policy policy.yml --primaries counts.primaries.csv
    """
    policy = load_policy(policy_file)
    layout = _layout(dims, hierarchies, totals, without, ())
    published = read_published([read_text_csv(source) for source in sources], layout, value, sign)
    rows = None if primaries is None else read_primaries(read_text_csv(primaries), published)
    verdict = audit(published, policy, rows, method)
    _tell(verdict, Console(stderr=True))
    if report:
        report.write_text(to_json(audit_report(verdict)), encoding="utf-8")
    if not verdict.passed:
        raise SystemExit(EXIT_REFUSED)


def _tell(verdict: AuditResult, console: Console) -> None:
    for line in audit_lines(verdict):
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def _write_aside(table: pa.Table, out: Path, place: bool = False) -> Path:
    """Write a CSV file under a name of its own beside `out`; `place` moves it there at once."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        os.close(handle)
        aside = Path(name)
        pyarrow.csv.write_csv(table, aside)
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error}") from None
    return aside.replace(out) if place else aside
