"""Packages and executables along AMENT_PREFIX_PATH, with or without ament_index_python (REP 122's layout)."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from kitt_inference.errors import KittError

_PACKAGES = Path("share/ament_index/resource_index/packages")


def prefixes(environment: Mapping[str, str] | None = None) -> list[Path]:
    """The install prefixes to search, first found first."""
    value = (os.environ if environment is None else environment).get("AMENT_PREFIX_PATH", "")
    return [Path(entry) for entry in value.split(os.pathsep) if entry]


def package_names() -> list[str]:
    """Every package installed in one of the prefixes."""
    return sorted({entry.name for prefix in prefixes() for entry in _listing(prefix / _PACKAGES)})


def package_prefix(package: str) -> Path:
    """The prefix that holds `package`.

    Raises:
        KittError: no prefix has it; the message names packages with a similar name.
    """
    for prefix in prefixes():
        if (prefix / _PACKAGES / package).is_file():
            return prefix
    close = difflib.get_close_matches(package, package_names(), n=1)
    known = f" (is {' or '.join(close)} meant?)" if close else ""
    raise KittError(
        f"package {package!r} is not installed in any folder of AMENT_PREFIX_PATH{known}",
        "build the workspace with `colcon build`, then source install/setup.bash",
    )


def package_share(package: str) -> Path:
    """`<prefix>/share/<package>`."""
    return package_prefix(package) / "share" / package


def executable(package: str, name: str) -> Path:
    """`<prefix>/lib/<package>/<name>`, executable by us.

    Raises:
        KittError: the package or the executable is missing, or it may not be executed; names those there are.
    """
    folder = package_prefix(package) / "lib" / package
    path = folder / name
    there = sorted(p.name for p in _listing(folder) if p.is_file() and os.access(p, os.X_OK))
    if path.is_file() and os.access(path, os.X_OK):
        return path
    if path.is_file():
        raise KittError(f"{path} is not executable", f"chmod +x {path}")
    raise KittError(
        f"package {package!r} has no executable {name!r}",
        f"it has: {', '.join(there)}" if there else f"{folder} is empty: build the package",
    )


def find_launch_file(package: str, name: str) -> Path:
    """The launch file `name` somewhere below the package's share folder, as `ros2 launch` looks for it.

    Raises:
        KittError: none or several of that name.
    """
    share = package_share(package)
    found = sorted(path for path in share.rglob(name) if path.is_file()) if "/" not in name else []
    if "/" in name and (share / name).is_file():
        found = [share / name]
    if len(found) == 1:
        return found[0]
    if found:
        raise KittError(f"package {package!r} has several files {name!r}", f"give the path of one: {found[0]}")
    others = sorted(path.name for path in share.rglob("*.launch.xml"))
    raise KittError(
        f"package {package!r} has no launch file {name!r}",
        f"it has: {', '.join(others)}" if others else f"there is none under {share}",
    )


def _listing(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
