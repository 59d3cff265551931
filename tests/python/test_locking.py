"""Files that are there whole or not at all."""

import stat
from pathlib import Path

import pytest

from introstat import locking


@pytest.mark.parametrize(("is_private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_file_is_replaced_whole_and_readable_by_whom_it_is_for(is_private, mode, tmp_path):
    (tmp_path / "a.json").write_text("old")
    (tmp_path / "a.json").chmod(0o640)
    locking.write_whole(tmp_path / "a.json", b"new", is_private=is_private)
    [path] = tmp_path.iterdir()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    def broken(new: Path, place: Path) -> None:
        assert new.read_text() == "new"
        raise OSError(28, "No space left on device")

    (tmp_path / "a.json").write_text("old")
    monkeypatch.setattr(locking, "move_into_place", broken)
    with pytest.raises(OSError, match="No space left"):
        locking.write_whole(tmp_path / "a.json", b"new")
    [path] = tmp_path.iterdir()
    assert path.read_text() == "old"
