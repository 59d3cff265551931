"""The facts on PostgreSQL: the same dbt models, on a private server tuned for this one job.

The server is made in a temporary folder, listens on a socket there, and is gone afterwards. It is
set up as generously as one who wants speed and can lose everything would: nothing is made safe
against a crash, nothing else runs beside, memory is shared out for few large queries. Loading the
received copy and the seeds is not timed: what is measured is what dbt does with the models.
"""

import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import duckdb
import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, named as a function
from rich.console import Console
from rich.table import Table as Shown

from benchmarks.agreement import FACTS, compare
from introstat.errors import BuildFailed, UserError
from introstat.progress import Tell, shown, silent
from introstat.receipt.contract import Column, Table, sources
from introstat.receipt.receipts import read_receipt, receipt_paths
from introstat.sql import quoted_name, text_literal
from introstat.warehouse.dbt import run_dbt

OLDEST_VERSION = 15
SELECTED = ("--select", *(f"+{fact}" for fact in FACTS))
TOTAL = "total"
# Whom the server runs as where we are root, which PostgreSQL refuses to be.
_UNPRIVILEGED = ("postgres", "nobody")
_DATABASE = "postgres"
_SCHEMA = "introstat"
_SECONDS_TO_START = 60
_PR_SET_PDEATHSIG = 1
_TYPES_OF_DUCKDB = {
    "character varying": "varchar",
    "double precision": "double",
    "numeric": "decimal",
}

# The day is null unless it stands in the calendar; PostgreSQL 15 has no cast that gives null.
_LANDING = """
create schema landing;
create type landing.income_description as (beskrivelse text);
create type landing.income_line as (
    beloep text,
    loennsinntekt landing.income_description,
    pensjonellertrygd landing.income_description
);
create function landing.try_date(day text) returns date
language plpgsql immutable strict parallel safe as $$
begin
    if day !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' then
        return null;
    end if;
    if substr(day, 9) > '28' and substr(day, 9)::integer > extract(
        day from make_date(substr(day, 1, 4)::integer, substr(day, 6, 2)::integer, 1)
            + interval '1 month' - interval '1 day'
    ) then
        return null;
    end if;
    return day::date;
end
$$;
create unlogged table landing.files (
    source text, delivered date, covers_until date, file_name text, dataset text, table_name text,
    received_rows bigint
);
"""


@dataclass(frozen=True)
class Server:
    """A running server: the folder of its socket, and the user it knows."""

    folder: Path
    user: str

    def environment(self) -> dict[str, str]:
        """Return what profiles.yml asks for."""
        return {"PGHOST": str(self.folder), "PGUSER": self.user, "PGDATABASE": _DATABASE}

    def connect(self) -> Connection:
        """Connect to the server, each statement a transaction of its own."""
        connection = psycopg2.connect(host=str(self.folder), user=self.user, dbname=_DATABASE)
        connection.autocommit = True
        return connection


def facts_on_postgres(
    received: Path, workdir: Path, memory_gb: int, progress: Tell = silent
) -> dict[str, float]:
    """Build the six facts on PostgreSQL, leave them as `<fact>.parquet` in `workdir`; give seconds.

    The seconds are each model's, by name, and under `total` the time from the first model's start
    to the last one's end. Raises UserError if there is no PostgreSQL, BuildFailed with what dbt
    said.
    """
    with running_server(memory_gb) as server:
        with closing(server.connect()) as connection:
            load(connection, received, progress)
        _dbt("seed", received, workdir, server, progress)
        _dbt("run", received, workdir, server, progress)
        with closing(server.connect()) as connection:
            for fact in FACTS:
                export(connection, fact, workdir / f"{fact}.parquet")
    return seconds(workdir / "target")


def facts_on_duckdb(
    received: Path, workdir: Path, memory_gb: int, progress: Tell = silent
) -> dict[str, float]:
    """Build the same models into `introstat.duckdb` in `workdir`; give seconds likewise."""
    for command in ("seed", "run"):
        run = run_dbt(
            [command, "--target", "duckdb", *SELECTED],
            workdir / "introstat.duckdb",
            received.resolve(),
            workdir / "target",
            progress,
            {"INTROSTAT_MEMORY": f"{memory_gb}GB"},
        )
        _expect_done(run.exit_code, "DuckDB", run.errors or run.noise)
    return seconds(workdir / "target")


@contextmanager
def running_server(memory_gb: int) -> Iterator[Server]:
    """Give an empty server of one's own for so much memory; stop and remove it afterwards."""
    programs = postgres_programs()
    user = _server_user()
    folder = Path(tempfile.mkdtemp(prefix="introstat-postgres-"))
    try:
        shutil.chown(folder, user)
        # root lends its rights to nobody: the server sees no more groups than its own.
        rights: dict[str, Any] = (
            {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
            if os.geteuid() == 0
            else {}
        )
        data = folder / "data"
        _run(
            [str(programs / "initdb"), "--pgdata", str(data), "--username", user, "--auth", "trust",
             "--encoding", "UTF8", "--locale", "C", "--no-sync"],
            cwd=folder, **rights,
        )  # fmt: skip
        settings = [
            word
            for name, value in _settings(memory_gb, folder).items()
            for word in ("-c", f"{name}={value}")
        ]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *settings],
                cwd=folder, stdout=log, stderr=log, preexec_fn=_stop_with_us, **rights,
            ) as process,
        ):  # fmt: skip
            server = Server(folder, user)
            try:
                _wait_for(server, process, folder / "log")
                yield server
            finally:
                process.send_signal(signal.SIGINT)
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(connection: Connection, received: Path, progress: Tell = silent) -> None:
    """Load the received copy into the schema `landing`: a table a file, named by its path."""
    receipts = receipt_paths(received)
    with (
        connection.cursor() as cursor,
        duckdb.connect() as reader,
        tempfile.TemporaryDirectory() as folder,
    ):
        cursor.execute(_LANDING)
        for done, path in enumerate(receipts):
            receipt = read_receipt(path)
            progress(done, len(receipts), f"{receipt['source']}/{receipt['delivered']}")
            for file in receipt["files"]:
                cursor.execute(
                    "insert into landing.files values (%s, %s, %s, %s, %s, %s, %s)",
                    [receipt[name] for name in ("source", "delivered", "covers_until")]
                    + [file[n] for n in ("file_name", "dataset", "table_name", "received_rows")],
                )
                parquet = path.parent / f"{file['dataset']}.parquet"
                table = next(
                    table
                    for table in sources()[receipt["source"]].tables
                    if table.name == file["table_name"]
                )
                _load_file(cursor, reader, parquet, table, Path(folder) / "rows.csv")
        cursor.execute("analyze")


def _load_file(
    cursor: Any, reader: duckdb.DuckDBPyConnection, parquet: Path, table: Table, rows: Path
) -> None:
    landing = f"landing.{quoted_name('/'.join(parquet.parts[-3:]))}"
    columns = _columns(table)
    defined = ", ".join(f"{quoted_name(name)} {kind}" for name, (kind, _) in columns.items())
    cursor.execute(f"create unlogged table {landing} ({defined})")
    file = f"read_parquet({text_literal(str(parquet))})"
    there = {name for name, *_ in reader.execute(f"describe select * from {file}").fetchall()}
    selected = ", ".join(text if name in there else "null" for name, (_, text) in columns.items())
    reader.execute(
        f"copy (select {selected} from {file}) to {text_literal(str(rows))} (header false)"
    )
    with rows.open("rb") as stream:
        cursor.copy_expert(f"copy {landing} from stdin (format csv)", stream)


def _columns(table: Table) -> dict[str, tuple[str, str]]:
    """Every column of a received file in order: its type in PostgreSQL, and its text in DuckDB."""
    columns: dict[str, tuple[str, str]] = {}
    for column in table.columns:
        columns[column.name] = _column(column)
        if column.identity:
            columns[f"{column.name}_is_valid"] = ("boolean", quoted_name(f"{column.name}_is_valid"))
        if column.ranked:
            columns[f"{column.name}_rank"] = ("bigint", quoted_name(f"{column.name}_rank"))
    beside = {
        "extra_columns": "text",
        "line_content": "text",
        "file_name": "text",
        "line_number": "bigint",
        "delivered": "date",
    }
    return columns | {name: (kind, quoted_name(name)) for name, kind in beside.items()}


def _column(column: Column) -> tuple[str, str]:
    name = quoted_name(column.name)
    if column.data_type != "income":
        return "text", name
    wage, pension = "line.loennsinntekt", 'line."pensjonEllerTrygd"'
    line = _record(
        "line.beloep",
        *(
            f"case when {part} is not null then {_record(f'{part}.beskrivelse')} end"
            for part in (wage, pension)
        ),
    )
    lines = f"list_transform({name}, lambda line: {_quoted(line)})"
    return "landing.income_line[]", f"'{{' || array_to_string({lines}, ',') || '}}'"


def _record(*fields: str) -> str:
    """Return the expression of a record as PostgreSQL reads it; a null field is nothing at all."""
    return "'(' || " + " || ',' || ".join(f"coalesce({_quoted(f)}, '')" for f in fields) + " || ')'"


def _quoted(text: str) -> str:
    return rf"""('"' || replace(replace({text}, '\', '\\'), '"', '\"') || '"')"""


def export(connection: Connection, fact: str, parquet: Path) -> None:
    """Write a fact as a Parquet file, in its own types."""
    relation = f"{_SCHEMA}.{quoted_name(fact)}"
    rows = parquet.with_suffix(".csv")
    with connection.cursor() as cursor, duckdb.connect() as writer:
        cursor.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [relation],
        )
        columns = ", ".join(
            f"{text_literal(name)}: {text_literal(_type_of_duckdb(kind))}"
            for name, kind in cursor.fetchall()
        )
        with rows.open("wb") as stream:
            cursor.copy_expert(f"copy (select * from {relation}) to stdout (format csv)", stream)
        writer.execute(
            f"copy (from read_csv({text_literal(str(rows))}, header = false, auto_detect = false, "
            f"""delim = ',', quote = '"', escape = '"', columns = {{{columns}}})) """
            f"to {text_literal(str(parquet))} (format parquet)"
        )
    rows.unlink()


def _type_of_duckdb(kind: str) -> str:
    name, bracket, scale = kind.partition("(")
    return _TYPES_OF_DUCKDB.get(name, name) + bracket + scale


def seconds(target: Path) -> dict[str, float]:
    """Return each model's seconds in dbt's last run by name, and from first start to last end."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    models = [result for result in results if result["unique_id"].startswith("model.")]
    moments = [
        datetime.fromisoformat(step[end])
        for result in models
        for step in result["timing"]
        for end in ("started_at", "completed_at")
    ]
    times = {result["unique_id"].split(".")[2]: result["execution_time"] for result in models}
    return times | {TOTAL: (max(moments) - min(moments)).total_seconds()}


def _dbt(command: str, received: Path, workdir: Path, server: Server, progress: Tell) -> None:
    run = run_dbt(
        [command, "--target", "postgres", *SELECTED],
        workdir / "introstat.duckdb",
        received.resolve(),
        workdir / "target",
        progress,
        server.environment(),
    )
    _expect_done(run.exit_code, "PostgreSQL", run.errors or run.noise)


def _expect_done(exit_code: int, engine: str, said: list[str]) -> None:
    if exit_code:
        raise BuildFailed(f"The facts were not built on {engine}.\n" + "\n".join(said))


def _settings(memory_gb: int, folder: Path) -> dict[str, str]:
    """The server's settings: a quarter of the memory for its cache, the rest for queries."""
    megabytes = memory_gb * 1024
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "shared_buffers": f"{megabytes // 4}MB",
        "effective_cache_size": f"{megabytes * 3 // 4}MB",
        # dbt's two threads, each with a helper, and up to four sorts or hashes in a query
        "work_mem": f"{megabytes // 16}MB",
        "maintenance_work_mem": f"{megabytes // 8}MB",
        "max_parallel_workers_per_gather": "1",
        "max_parallel_workers": "2",
        "max_worker_processes": "4",
        "random_page_cost": "1.1",
        # nothing has to survive a crash
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "16GB",
        "checkpoint_timeout": "1h",
        # compiling takes longer than most of the queries
        "jit": "off",
        # dbt has every new table analysed as soon as it is there
        "autovacuum": "off",
    }


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs, the newest version's."""
    found = shutil.which("initdb")
    debian = {
        int(path.parent.parent.name): path.parent
        for path in Path("/usr/lib/postgresql").glob("[1-9]*/bin/initdb")
        if path.parent.parent.name.isdecimal()
    }
    newest = max(debian, default=0)
    if newest >= OLDEST_VERSION:
        return debian[newest]
    if found:
        said = _run([found, "--version"], cwd=Path.cwd()).split()
        if int(said[-1].split(".")[0]) >= OLDEST_VERSION:
            return Path(found).resolve().parent
    raise UserError(
        f"PostgreSQL {OLDEST_VERSION} or newer is not installed on this machine: there is no "
        f"initdb of it. Install the server (Debian: apt install postgresql-{OLDEST_VERSION})."
    )


def _server_user() -> str:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in _UNPRIVILEGED if name in known), None)
    if user is None:
        raise UserError(
            f"PostgreSQL does not run as root, and there is no user {' or '.join(_UNPRIVILEGED)}. "
            "Run the command as another user."
        )
    return user


def _run(command: list[str], cwd: Path, **rights: Any) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **rights)
    if done.returncode:
        raise UserError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return str(done.stdout)


def _stop_with_us() -> None:
    # A server that outlives a killed benchmark would slow the next one.
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        try:
            server.connect().close()
        except psycopg2.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise UserError(
        f"PostgreSQL did not start within {_SECONDS_TO_START} s: "
        f"{log.read_text(encoding='utf-8', errors='replace').strip()}"
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--received",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the received copy that the facts are made of.",
)
@click.option(
    "--warehouse",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Warehouse of the same received copy to compare with. Default: the one built in this run.",
)
@click.option(
    "--memory",
    default=4,
    show_default=True,
    type=click.IntRange(min=1),
    help="Memory of either engine, GB.",
)
def main(received: Path, warehouse: Path | None, memory: int) -> None:
    """Build the six facts with DuckDB and with PostgreSQL, compare them, and print both times.

    Both run the same dbt models on the same received copy, one after the other. PostgreSQL is a
    private server that is removed afterwards. No time is printed unless every row agrees.

    Exit code 0: the facts agree. 1: they do not, or were not built. 2: bad input, or no PostgreSQL.

    \b
    Example:
      python -m benchmarks.postgres --received data/introstat.received
    """
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "duckdb", Path(folder) / "postgres"
        ours.mkdir()
        theirs.mkdir()
        with shown(console, "DuckDB") as tell:
            our_times = facts_on_duckdb(received, ours, memory, tell)
        with shown(console, "PostgreSQL") as tell:
            their_times = facts_on_postgres(received, theirs, memory, tell)
        differences = compare(warehouse or ours / "introstat.duckdb", theirs, list(FACTS))
    if differences:
        raise BuildFailed("The facts do not agree.\n" + "\n".join(differences))
    table = Shown("model", "DuckDB, s", "PostgreSQL, s", "times")
    for name, time_taken in sorted(their_times.items(), key=lambda item: item[1]):
        table.add_row(
            name,
            f"{our_times[name]:.2f}",
            f"{time_taken:.2f}",
            f"{time_taken / our_times[name]:.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
