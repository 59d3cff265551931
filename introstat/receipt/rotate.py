"""Changing the key: a received copy written anew with every pseudonym made by another key.

Pseudonyms are opened with the old key and sealed with the new one, in memory; what comes out is
byte for byte what receiving the same deliveries with the new key would have given.
"""

import json
import re
import shutil
from pathlib import Path

import duckdb

from introstat.contract import Table, sources
from introstat.errors import UserError
from introstat.filereading import connect_in_memory, make_table
from introstat.identity.pseudonyms import PSEUDONYM_LETTERS, Pseudonymiser
from introstat.locking import move_into_place, workshop
from introstat.progress import Tell, silent
from introstat.queries import table_of
from introstat.receipt import journal
from introstat.receipt.receipts import RECEIPT, read_receipt, receipt_paths
from introstat.receipt.receive import check_key
from introstat.receipt.sealing import parquet_format
from introstat.receipt.shapes import write_shapes
from introstat.sql import text_literal

# The shortest pseudonym is that of one character: a tag of 16 bytes and one more, two letters each.
_RUN = f"[{PSEUDONYM_LETTERS}]{{34,}}"


def rotate(
    received: Path,
    target: Path,
    old: Pseudonymiser,
    new: Pseudonymiser,
    progress: Tell = silent,
) -> int:
    """Write the received copy to `target` with the new key's pseudonyms; how many deliveries.

    `received` is only read. `target` appears when all of it is written. Raises UserError if
    `target` is there already, `received` holds nothing, or `old` is not its key.
    """
    if target.exists():
        raise UserError(f"{target} is there already. Name a folder that is not.")
    receipts = receipt_paths(received)
    if not receipts:
        raise UserError(f"Nothing has been received in {received}.")
    check_key(received, old)
    target.parent.mkdir(parents=True, exist_ok=True)
    with workshop(target.parent, f".rotating-{target.name}-") as folder:
        for done, receipt in enumerate(receipts):
            name = receipt.parent.relative_to(received)
            progress(done, len(receipts), str(name))
            _rotate_delivery(receipt.parent, folder / name, old, new)
        write_shapes(folder)
        _copy_rest(received, folder)
        journal.note(folder, "rotated", key_fingerprint=new.fingerprint)
        move_into_place(folder, target)
    progress(len(receipts), len(receipts), "")
    return len(receipts)


def _rotate_delivery(delivery: Path, target: Path, old: Pseudonymiser, new: Pseudonymiser) -> None:
    shutil.copytree(delivery, target)
    receipt = read_receipt(delivery / RECEIPT)
    tables = {table.name: table for table in sources()[receipt["source"]].tables}
    with connect_in_memory() as connection:
        for file in receipt["files"]:
            path = target / f"{file['dataset']}.parquet"
            _rotate_file(connection, path, tables[file["table_name"]], old, new)
    receipt["key_fingerprint"] = new.fingerprint
    (target / RECEIPT).write_text(
        json.dumps(receipt, indent=2, ensure_ascii=False), encoding="utf-8"
    )


def _rotate_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: Table,
    old: Pseudonymiser,
    new: Pseudonymiser,
) -> None:
    source = text_literal(str(path))
    identities = [column.name for column in table.columns if column.identity]
    connection.execute(f"create or replace temp table sealed as from read_parquet({source})")
    columns = connection.execute("describe sealed").fetchall()
    selected, joins = [], []
    for place, (name, kind, *_) in enumerate(columns):
        text = f'sealed."{name}"'
        if kind != "VARCHAR" and "VARCHAR" in kind:
            text = f"to_json({text})::varchar"  # what an employer wrote inside the income lines
        elif kind != "VARCHAR":
            selected.append(text)
            continue
        resealed = f"resealed_{place}"
        if not _reseal(connection, resealed, text, name in identities, old, new, path):
            selected.append(f'sealed."{name}"')
            continue
        value = f"coalesce({resealed}.new_text, {text})"
        if kind != "VARCHAR":
            value = f"cast(({value})::json as {kind})"
        selected.append(f'{value} as "{name}"')
        joins.append(f"left join {resealed} on {text} = {resealed}.old_text")
    connection.execute(
        f"copy (select {', '.join(selected)} from sealed {' '.join(joins)} "
        f"order by sealed.line_number) to {source} ({parquet_format(table)})"
    )


def _reseal(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    text: str,
    is_identity: bool,
    old: Pseudonymiser,
    new: Pseudonymiser,
    path: Path,
) -> bool:
    """Make a table old_text → new_text of a column's texts that hold a pseudonym, if any do."""
    runs = table_of(
        connection,
        f"select distinct unnest(regexp_extract_all({text}, '{_RUN}')) as run from sealed",
    )["run"].to_pylist()
    replaced = [_resealed(run, old, new) for run in runs]
    if is_identity and any(run == other for run, other in zip(runs, replaced, strict=True)):
        raise UserError(
            f"{path.parent.parent.name}/{path.parent.name}: {path.stem} holds a pseudonym that the "
            "old key did not make. Nothing was written; name the key it was received with."
        )
    if runs == replaced:
        return False
    make_table(connection, "runs", {"old_run": runs, "new_run": replaced})
    # Nearly every text holds one pseudonym, and SQL replaces that; the few with more, Python does.
    connection.execute(
        f"""
        create or replace temp table {table} as
        with texts as (
            select distinct {text} as old_text from sealed
            where regexp_matches({text}, '{_RUN}')
        )

        select
            old_text,
            replace(old_text, runs.old_run, runs.new_run) as new_text,
            len(regexp_extract_all(old_text, '{_RUN}')) as run_count
        from texts
        inner join runs on regexp_extract(texts.old_text, '{_RUN}') = runs.old_run
        """
    )
    several = [
        row[0]
        for row in connection.execute(
            f"select old_text from {table} where run_count > 1"
        ).fetchall()
    ]
    if several:
        by_run = dict(zip(runs, replaced, strict=True))
        make_table(
            connection,
            "several",
            {
                "old_text": several,
                "new_text": [re.sub(_RUN, lambda m: by_run[m.group()], text) for text in several],
            },
        )
        connection.execute(
            f"update {table} set new_text = several.new_text from several "
            f"where {table}.old_text = several.old_text"
        )
    return True


def _resealed(run: str, old: Pseudonymiser, new: Pseudonymiser) -> str:
    """Replace the pseudonyms in a run of their letters; text may stand right beside them."""
    try:
        return new.pseudonym(old.number(run))
    except ValueError:
        pass
    start = 0
    while start < len(run):
        for end in range(len(run), start + 33, -1):
            try:
                inner = new.pseudonym(old.number(run[start:end]))
            except ValueError:
                continue
            run = run[:start] + inner + run[end:]
            start += len(inner) - 1
            break
        start += 1
    return run


def _copy_rest(received: Path, target: Path) -> None:
    """Copy what lies beside the deliveries: the journal and what is kept of refused ones."""
    for entry in sorted(received.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_file():
            shutil.copy2(entry, target / entry.name)
        elif entry.name not in sources():
            shutil.copytree(entry, target / entry.name)
