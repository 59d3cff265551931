"""The commands `introstat protect` and `introstat audit`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from introstat.disclosure.console import say
from introstat.disclosure.durations import Duration
from introstat.disclosure.errors import EXIT_REFUSED, UserError
from introstat.disclosure.policy import DEFAULT_POLICY, EXACT_CELLS, METHODS, load_policy

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_place = click.Path(exists=True, path_type=Path)
_new = click.Path(path_type=Path)

FOR_SEARCH = 0.8  # share of the time there is; the rest is for the audit and the files


def _layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return the options that say what the tables look like, the same for both commands."""
    options = (
        click.option("--dims", help="The dimensions, as columns of the file: a,b,c."),
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
            "--category",
            "categories",
            multiple=True,
            help="`dimension=CODE` of a category that is no total, though it is named like one or "
            "happens to be the sum of others.",
        ),
        click.option(
            "--policy",
            "policy_file",
            type=_file,
            default=DEFAULT_POLICY,
            help="The policy (YAML). Default: the one the package carries.",
        ),
        click.option("--method", type=click.Choice(METHODS), help="Default: the policy's."),
        click.option(
            "--cube", help="The name the policy knows the table by. Default: the name of the file."
        ),
        click.option(
            "--not-additive",
            is_flag=True,
            help="The figures have no sums (means, NOK, persons in several groups): each cell is "
            "protected by itself, as the policy says under not_additive.",
        ),
        click.option(
            "--linked",
            type=_file,
            help="Several cubes and what ties them besides sums (YAML), instead of --dims and what "
            "belongs to it; docs/disclosure.md shows one.",
        ),
        click.option(
            "--earlier",
            type=_place,
            multiple=True,
            help="The same table in an earlier release, preliminary or final; with --linked a "
            "folder of NAME.csv. Several for several releases.",
        ),
        click.option(
            "--exact",
            type=click.IntRange(min=0),
            default=EXACT_CELLS,
            show_default=True,
            help="How many of the narrowest safe cells get exact intervals in the report.",
        ),
        click.option("--report", type=_new, help="Write a report (JSON, restricted) here."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("protect")
@click.option("--in", "source", type=_file, help="The counts: one row for each inner cell.")
@click.option("--count", help="The column of the counts.")
@click.option("--persons", help="The column of the persons a figure rests on, if not the count.")
@click.option(
    "--pool",
    multiple=True,
    help="A dimension whose rare categories are joined into `other` first; repeatable.",
)
@_layout_options
@click.option(
    "--table",
    "tables",
    multiple=True,
    help="Dimensions or levels that one of several linked tables shows: `region,sex`, "
    "`county,months`, `region>county,sex`. Default: one table of all dimensions.",
)
@click.option("--out", type=_new, help="The publication file; with --linked its folder.")
@click.option(
    "--primaries",
    type=_new,
    help="The restricted list of primary cells; with --linked its folder. Default: beside the "
    "counts, as NAME.primaries.csv.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Orders the search.")
@click.option(
    "--within",
    type=Duration(),
    metavar="TIME",
    help="How long it may take (30s, 2m): as few cells are hidden as can be found by then.",
)
@click.option(
    "--compare",
    is_flag=True,
    help="Write nothing: tell what would be shown if cells were hidden, hidden with a wider doubt, "
    "or rounded.",
)
def protect_command(
    source: Path | None,
    count: str | None,
    persons: str | None,
    pool: tuple[str, ...],
    tables: tuple[str, ...],
    out: Path | None,
    primaries: Path | None,
    seed: int,
    within: float | None,
    compare: bool,
    **layout_options: Any,
) -> None:
    """Protect frequency tables, audit the finished files, and only then put them in place.

    The counts are CSV, in UTF-8 or as a Norwegian Excel writes it (`;`, decimal comma,
    Windows-1252); what is written is like them.

    A code that is the sum of others, or is named like a total, is refused unless --total,
    --hierarchy or --category says what it is: everybody in it would count twice.

    Exit code 0: protected and safe. 2: the input is refused, with the rows named. 3: the table
    cannot be made safe, or the audit failed; nothing is written.

    \b
    Example:
      introstat protect --in counts.csv --count freq --dims region,main_income \\
        --hierarchy "region>county" --policy policy.yml --out published.csv
    """
    from introstat.disclosure.comparison import as_lines, compare_ways
    from introstat.disclosure.cube_files import TableOptions, write_aside, write_whole
    from introstat.disclosure.protection import Cube, protect
    from introstat.disclosure.table_audit import PublishedTable, Witnesses, audit_tables
    from introstat.disclosure.textfile import read_text_csv, written_as
    from introstat.disclosure.undeclared import refuse_undeclared_totals

    started, console = time.monotonic(), Console(stderr=True)
    if out is None and not compare:
        raise UserError("Wanted: --out, the file to write; or --compare, which writes none.")
    options = TableOptions(**layout_options)
    policy = load_policy(options.policy_file)
    needed = {"--in": source, "--count": count, "--dims": options.dims}
    cubes, links = options.cubes(
        policy, needed, tables, file=source, count=count, persons=persons, pool=pool
    )
    then = options.earlier_tables(cubes)
    counts = {
        name: Cube(
            read_text_csv(one.file, list(filter(None, (one.count, one.persons)))),
            one.layout,
            one.count,
            one.persons,
            one.pool,
            one.additive,
            one.method,
        )
        for name, one in cubes.items()
    }
    for name, cube in counts.items():
        if cube.additive:
            refuse_undeclared_totals(name, cube.layout, [cube.table], cube.count)
    proofs: list[Witnesses] = []
    with console.status("Protecting") as status:

        def tell(what: str) -> None:
            status.update(what)
            if not console.is_terminal and (within or compare):
                say(console, what)

        if compare:
            compared = compare_ways(counts, policy, links, then, seed, tell)
        else:
            until = started + within * FOR_SEARCH if within else None
            protected = protect(
                counts, policy, links, then, seed, tell=tell, proofs=proofs, until=until
            )
    if compare:
        click.echo("\n".join(as_lines(compared)))
        return
    assert out is not None
    places, lists = {}, {}
    for name, one in cubes.items():
        places[name] = out / f"{name}.csv" if options.linked else out
        stem = name if options.linked else one.file.stem
        lists[name] = primaries or one.file.with_name(f"{stem}.primaries.csv")
        if primaries and options.linked:
            lists[name] = primaries / f"{name}.primaries.csv"
    for place in (*places.values(), *lists.values()):
        place.parent.mkdir(parents=True, exist_ok=True)
    # Who brings a file that his spreadsheet wrote gets one that it opens.
    written = {name: written_as(one.file) for name, one in cubes.items()}
    aside: dict[str, Path] = {}
    try:
        for name, done in protected.items():
            aside[name] = write_aside(written[name].text_of(done.table), places[name])
            numbers = ", ".join(f"{what} {value}" for what, value in done.summary.items())
            say(console, f"{name}: {numbers}")
        finished = {
            name: PublishedTable(
                read_text_csv(aside[name]),
                done.layout,
                done.method,
                done.primaries,
                then.get(name, ()),
            )
            for name, done in protected.items()
        }
        # What proves cubes by themselves is offered to the audit; links it looks into itself.
        offered = proofs[0] if proofs and not links and not any(then.values()) else None
        results = audit_tables(finished, policy, links, options.exact, offered)
        made = {name: dict(done.summary) for name, done in protected.items()}
        if not options.tell(results, console, protected=made, seed=seed):
            raise SystemExit(EXIT_REFUSED)
        for name, done in protected.items():
            write_whole(written[name].text_of(done.primaries), lists[name])
        for name, place in places.items():
            aside[name].chmod(0o644)  # made for its owner alone; what is published all may read
            aside[name].replace(place)
    finally:
        for file_aside in aside.values():
            file_aside.unlink(missing_ok=True)


@click.command("audit")
@click.option(
    "--in",
    "sources",
    type=_place,
    multiple=True,
    required=True,
    help="A published file; several files of one release that show the same counts. With --linked "
    "the folder of NAME.csv.",
)
@click.option("--value", default="value", show_default=True, help="The column of the figures.")
@click.option(
    "--sign", default="sign", show_default=True, help="The column of the marks, if there is one."
)
@click.option(
    "--primaries",
    type=_place,
    help="The restricted list: which cells to test; with --linked a folder of "
    "NAME.primaries.csv. Without it every hidden cell is tested.",
)
@_layout_options
def audit_command(
    sources: tuple[Path, ...], value: str, sign: str, primaries: Path | None, **layout_options: Any
) -> None:
    """Audit published files as one system, knowing nothing but them and the policy.

    Exit code 0: safe. 2: the input is refused. 3: not safe; the cells are named with the values a
    reader must think possible.

    \b
    Example:
      introstat audit --in published.csv --dims region,main_income --hierarchy "region>county" \\
        --policy policy.yml --primaries counts.primaries.csv
    """
    from introstat.disclosure.cube_files import TableOptions
    from introstat.disclosure.layout import flat
    from introstat.disclosure.table_audit import PublishedTable, audit_tables
    from introstat.disclosure.textfile import read_text_csv
    from introstat.disclosure.undeclared import refuse_undeclared_totals

    options = TableOptions(**layout_options)
    policy = load_policy(options.policy_file)
    cubes, links = options.cubes(policy, {"--dims": options.dims}, file=sources[0], count="")
    if options.linked and (len(sources) != 1 or not sources[0].is_dir()):
        raise UserError("With --linked, --in is one folder with a file NAME.csv for each cube.")
    then = options.earlier_tables(cubes, value)
    tables = {}
    for name, one in cubes.items():
        files, listed = sources, primaries
        if options.linked:
            files = (sources[0] / f"{name}.csv",)
            listed = primaries / f"{name}.primaries.csv" if primaries else None
        tables[name] = PublishedTable(
            [read_text_csv(file, [value]) for file in files],
            one.layout if one.additive else flat(one.layout),
            one.method or policy.method,
            read_text_csv(listed) if listed else None,
            then.get(name, ()),
            value,
            sign,
        )
        if one.additive:
            refuse_undeclared_totals(name, one.layout, tables[name].table, value)
    results = audit_tables(tables, policy, links, options.exact)
    if not options.tell(results, Console(stderr=True)):
        raise SystemExit(EXIT_REFUSED)
