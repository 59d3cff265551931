"""Tables and reports out: the publication file, the restricted list of primaries, the audit's
report.
"""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from introstat.disclosure.audit import AuditResult, CellBounds
from introstat.disclosure.counts import Counts
from introstat.disclosure.published import HIDDEN, LEFT_OUT
from introstat.disclosure.system import Ints, Mask

LISTED = 20


def publication_table(counts: Counts, values: Ints, hidden: Mask | None = None) -> pa.Table:
    """Return every published cell: codes, parents of leaf codes, `value`, `sign`.

    The value is NULL where it is hidden or left out.

    `values` and `hidden` are over the cells of the system. The parents make the file complete in
    itself: it can be read and audited without the counts it came from.
    """
    codes = counts.published.codes
    names = [dimension.name for dimension in counts.system.dimensions]
    columns: dict[str, pa.Array] = {
        name: pa.array([key[axis] for key in codes], pa.string()) for axis, name in enumerate(names)
    }
    for parent, parent_of in counts.parents.items():
        axis = names.index(counts.parent_dimension[parent])
        columns[parent] = pa.array([parent_of.get(key[axis], "") for key in codes], pa.string())
    cells = counts.published.cells
    mask = np.zeros(len(cells), dtype=bool) if hidden is None else hidden[cells]
    left_out = counts.left_out[cells]
    signs = np.where(left_out, LEFT_OUT, np.where(mask, HIDDEN, ""))
    columns["value"] = pa.array(values[cells], pa.int64(), mask=mask | left_out)
    columns["sign"] = pa.array(signs, pa.string())
    return pa.table(columns)


def primaries_table(counts: Counts, primary: Mask) -> pa.Table:
    """Return the codes of every primary cell, published or withheld: a row a name, no counts."""
    chosen = [
        key
        for cells in (counts.published, counts.withheld)
        for key, cell in zip(cells.codes, cells.cells, strict=True)
        if primary[cell]
    ]
    names = [dimension.name for dimension in counts.system.dimensions]
    return pa.table(
        {name: pa.array([key[i] for key in chosen], pa.string()) for i, name in enumerate(names)}
    )


def audit_report(result: AuditResult) -> dict[str, Any]:
    """Return the audit for JSON. It may name primary cells, so it is restricted."""
    return asdict(result) | {"passed": result.passed}


def to_json(report: dict[str, Any]) -> str:
    """Return a report as JSON, the same text for the same content."""
    return json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def audit_lines(result: AuditResult) -> list[str]:
    """Return the audit in words: one line for the verdict, and one for each fault."""
    verdict = "Safe" if result.passed else "Not safe"
    lines = [
        f"{verdict}: {result.cells} cells, {result.hidden} hidden, {result.tested} tested, "
        f"{len(result.narrow)} too narrow, {len(result.forbidden)} forbidden numbers shown, "
        f"{result.seconds:.1f} s, policy {result.policy}"
    ]
    narrow = [_in_words(bounds) for bounds in result.narrow]
    for what, items in (("Too narrow", narrow), ("Forbidden", result.forbidden)):
        lines += [f"{what}: {item}" for item in items[:LISTED]]
        if len(items) > LISTED:
            lines.append(f"{what}: … and {len(items) - LISTED} more")
    if result.whole_groups:
        lines.append(f"Whole groups told: {len(result.whole_groups)} (in the report)")
    return lines


def _in_words(bounds: CellBounds) -> str:
    if bounds.high == bounds.low:
        return f"{bounds.cell}: exactly {bounds.low}"
    return f"{bounds.cell}: {bounds.low} to {'any' if bounds.high is None else bounds.high}"
