"""Shared fixtures: an ament prefix of dummy nodes written in shell and Python."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[[str, str, str], Path]


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty install prefix, the only one in AMENT_PREFIX_PATH; logs go beside it."""
    folder = tmp_path / "install"
    (folder / "share/ament_index/resource_index/packages").mkdir(parents=True)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(folder))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    return folder


@pytest.fixture
def install(prefix: Path) -> Install:
    """`install(package, executable, code)`: a Python program as `<prefix>/lib/<package>/<executable>`."""

    def _install(package: str, name: str, code: str) -> Path:
        (prefix / "share/ament_index/resource_index/packages" / package).touch()
        (prefix / "share" / package).mkdir(exist_ok=True)
        path = prefix / "lib" / package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{sys.executable} -IS\n{code}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return _install


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """`alive(pid)`: True while a process runs (a zombie does not)."""

    def _alive(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    return _alive
