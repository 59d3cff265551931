"""The access log: who had identity numbers restored, when, of which municipality, how many."""

import json
import os
import pwd
from datetime import datetime
from pathlib import Path

from introstat.errors import UserError
from introstat.lists.municipality import Municipality

ACCESS_LOG_VARIABLE = "INTROSTAT_ACCESS_LOG"


def access_log_of(warehouse: Path) -> Path:
    """Return where the log lies: $INTROSTAT_ACCESS_LOG, else beside the warehouse file."""
    named = os.environ.get(ACCESS_LOG_VARIABLE)
    return Path(named).resolve() if named else warehouse.with_suffix(".access.jsonl")


def note_access(log: Path, municipality: Municipality, idents: int, workbook: str) -> None:
    """Add a line, before the numbers are written anywhere; UserError if that cannot be done.

    The user is the one the operating system knows, not what the environment says.
    """
    line = {
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "user": _user(),
        "user_id": os.getuid(),
        "municipality_code": municipality.code,
        "idents": idents,
        "workbook": workbook,
    }
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(
            f"The access log {log} cannot be written ({error.strerror}), and without it no number "
            f"is restored. Mend it, or name another with ${ACCESS_LOG_VARIABLE}."
        ) from error


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
