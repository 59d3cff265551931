"""The commands `introstat protect` and `introstat audit`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from introstat.disclosure.policy import DEFAULT_POLICY, EXACT_CELLS, METHODS, load_policy
from introstat.errors import EXIT_REFUSED, UserError

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_place = click.Path(exists=True, path_type=Path)
_new = click.Path(path_type=Path)


def _layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what the tables look like, the same for both commands."""
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
@click.option(
    "--out", type=_new, required=True, help="The publication file; with --linked its folder."
)
@click.option(
    "--primaries",
    type=_new,
    help="The restricted list of primary cells; with --linked its folder. Default: beside the "
    "counts, as NAME.primaries.csv.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Orders the search.")
def protect_command(
    source: Path | None,
    count: str | None,
    persons: str | None,
    pool: tuple[str, ...],
    dims: str | None,
    hierarchies: tuple[str, ...],
    totals: tuple[str, ...],
    without: tuple[str, ...],
    policy_file: Path,
    method: str | None,
    cube: str | None,
    not_additive: bool,
    linked: Path | None,
    earlier: tuple[Path, ...],
    exact: int,
    report: Path | None,
    tables: tuple[str, ...],
    out: Path,
    primaries: Path | None,
    seed: int,
) -> None:
    """Protect frequency tables, audit the finished files, and only then put them in place.

    Exit code 0: protected and safe. 2: the input is refused, with the rows named. 3: the table
    cannot be made safe, or the audit failed; nothing is written.

    \b
    Example:
      introstat protect --in counts.csv --count freq --dims region,main_income \\
        --hierarchy "region>county" --policy policy.yml --out published.csv
    """
    from introstat.disclosure.cube_files import (
        counts_of,
        cube_of,
        earlier_tables,
        layout_of,
        linked_cubes,
        named_cube,
        show_results,
        write_aside,
        write_report,
    )
    from introstat.disclosure.layout import read_text_csv
    from introstat.disclosure.linked import CubeFile, Link
    from introstat.disclosure.protection import PublishedTable, audit_tables, protect

    policy = load_policy(policy_file)
    links: tuple[Link, ...] = ()
    if linked:
        _refuse_both(linked, {"--in": source, "--count": count, "--dims": dims, "--cube": cube})
        cubes, links = linked_cubes(linked, policy, method)
    else:
        if not (source and count and dims):
            raise UserError("Wanted: --in, --count and --dims; or --linked FILE.")
        name = cube or source.stem
        layout = layout_of(dims, hierarchies, totals, without, tables)
        file = CubeFile(source, count, layout, persons, method, pool, not not_additive)
        cubes = {name: named_cube(name, file, policy, method)}
    then = earlier_tables(earlier, cubes, linked is not None)
    protected = protect(
        {name: cube_of(one) for name, one in cubes.items()}, policy, links, then, seed
    )
    places = {name: out / f"{name}.csv" if linked else out for name in cubes}
    lists = {
        name: (primaries / f"{name}.primaries.csv" if linked else primaries)
        if primaries
        else counts_of(one).file.with_name(
            f"{name if linked else counts_of(one).file.stem}.primaries.csv"
        )
        for name, one in cubes.items()
    }
    console = Console(stderr=True)
    aside: dict[str, Path] = {}
    try:
        for name, done in protected.items():
            aside[name] = write_aside(done.table, places[name])
            numbers = ", ".join(f"{what} {value}" for what, value in done.summary.items())
            console.print(f"{name}: {numbers}", highlight=False, markup=False)
        results = audit_tables(
            {
                name: PublishedTable(
                    read_text_csv(aside[name]),
                    done.layout,
                    done.method,
                    done.primaries,
                    then.get(name, ()),
                )
                for name, done in protected.items()
            },
            policy,
            links,
            exact,
        )
        show_results(results, console)
        if report:
            made = {name: dict(done.summary) for name, done in protected.items()}
            write_report(report, results, {"protected": made, "seed": seed})
        if not all(result.passed for result in results.values()):
            raise SystemExit(EXIT_REFUSED)
        for name, done in protected.items():
            write_aside(done.primaries, lists[name], place=True)
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
    sources: tuple[Path, ...],
    value: str,
    sign: str,
    primaries: Path | None,
    dims: str | None,
    hierarchies: tuple[str, ...],
    totals: tuple[str, ...],
    without: tuple[str, ...],
    policy_file: Path,
    method: str | None,
    cube: str | None,
    not_additive: bool,
    linked: Path | None,
    earlier: tuple[Path, ...],
    exact: int,
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
    from introstat.disclosure.cube_files import (
        NamedCube,
        earlier_tables,
        layout_of,
        linked_cubes,
        show_results,
        write_report,
    )
    from introstat.disclosure.layout import flat, read_text_csv
    from introstat.disclosure.linked import Link
    from introstat.disclosure.protection import PublishedTable, audit_tables, method_by

    policy = load_policy(policy_file)
    links: tuple[Link, ...] = ()
    if linked:
        _refuse_both(linked, {"--dims": dims, "--cube": cube})
        cubes, links = linked_cubes(linked, policy, method)
        if len(sources) != 1 or not sources[0].is_dir():
            raise UserError("With --linked, --in is one folder with a file NAME.csv for each cube.")
        files: dict[str, Sequence[Path]] = {n: [sources[0] / f"{n}.csv"] for n in cubes}
    else:
        if not dims:
            raise UserError("Wanted: --dims; or --linked FILE.")
        layout = layout_of(dims, hierarchies, totals, without, ())
        name = cube or sources[0].stem
        additive = not not_additive
        layout = layout if additive else flat(layout)
        cubes = {
            name: NamedCube(None, layout, additive, method or method_by(policy, name, additive))
        }
        files = {name: sources}
    then = earlier_tables(earlier, cubes, linked is not None)
    tables = {}
    for name, one in cubes.items():
        restricted = None
        if primaries:
            listed = primaries / f"{name}.primaries.csv" if linked else primaries
            restricted = read_text_csv(listed)
        tables[name] = PublishedTable(
            [read_text_csv(file) for file in files[name]],
            one.layout if one.additive else flat(one.layout),
            one.method,
            restricted,
            then.get(name, ()),
            value,
            sign,
        )
    results = audit_tables(tables, policy, links, exact)
    show_results(results, Console(stderr=True))
    if report:
        write_report(report, results, {})
    if not all(result.passed for result in results.values()):
        raise SystemExit(EXIT_REFUSED)


def _refuse_both(linked: Path, given: Mapping[str, object]) -> None:
    if both := [option for option, value in given.items() if value]:
        raise UserError(f"--linked {linked} says what the cubes are; leave out {', '.join(both)}.")
