"""What a Jetson says of itself in its files: its release of JetPack and how much power it may take."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

# Jetson Linux's major and minor release to JetPack's.
_JETPACKS = {(36, 3): "6.0", (36, 4): "6.1 or 6.2", (38, 2): "7.0", (38, 4): "7.1"}


def release(root: Path = Path("/")) -> tuple[int, int] | None:
    """Jetson Linux's release, as (36, 4); None on what is no Jetson."""
    try:
        head = (root / "etc/nv_tegra_release").read_text(errors="replace")
    except OSError:
        return None
    match = re.search(r"R(\d+) .*?REVISION: (\d+)", head)
    return (int(match[1]), int(match[2])) if match else None


def jetpack(number: tuple[int, int]) -> str:
    """JetPack's release in words."""
    known = _JETPACKS.get(number)
    major = {36: "6", 38: "7", 39: "7"}.get(number[0])
    return f"JetPack {known or major or 'unknown'} (Jetson Linux {number[0]}.{number[1]})"


def power_mode() -> str:
    """The power mode's name, as «MAXN» or «15W»; "" when it cannot be asked."""
    program = shutil.which("nvpmodel")
    if program is None:
        return ""
    try:
        said = subprocess.run([program, "-q"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"NV Power Mode:\s*(\S+)", said)
    return match[1] if match else ""
