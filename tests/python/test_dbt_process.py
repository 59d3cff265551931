"""What the process that runs dbt tells of it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from dbt_common.events.base_types import EventLevel, msg_from_base_event
from dbt_common.events.types import Note

from introstat.warehouse.dbt_process import tell


def test_threads_tell_at_the_same_time_and_every_event_is_a_line(
    capfd: pytest.CaptureFixture[str],
) -> None:
    # A third of the lines ran into each other, and the warnings in them were lost.
    told = [msg_from_base_event(Note(msg=f"{n} {'x' * 2000}"), EventLevel.INFO) for n in range(500)]
    with ThreadPoolExecutor(max_workers=4) as threads:
        list(threads.map(tell, told))
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == len(told)
    assert {json.loads(line)["info"]["msg"] for line in lines} == {each.info.msg for each in told}
