"""Modules put off until they are used."""

import sys

from introstat.lazily import imported_lazily


def test_a_module_runs_when_it_is_used_and_others_at_once(tmp_path, monkeypatch):
    (tmp_path / "put_off.py").write_text("import sys\nsys.ran.append('put_off')\nanswer = 42\n")
    (tmp_path / "at_once.py").write_text("import sys\nsys.ran.append('at_once')\n")
    monkeypatch.syspath_prepend(tmp_path)
    ran: list[str] = []
    monkeypatch.setattr(sys, "ran", ran, raising=False)
    finders = list(sys.meta_path)
    with imported_lazily("put_off"):
        import at_once  # noqa: F401
        import put_off
    assert sys.meta_path == finders
    assert ran == ["at_once"]
    assert put_off.answer == 42
    assert ran == ["at_once", "put_off"]
    for name in ran:
        del sys.modules[name]
