"""Where this machine gets Debian packages from: apt's own configuration, whichever format it is written in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from kitt_inference.errors import KittError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
VARIABLE = "KITT_DEBIAN_MIRROR"
_FORMAT = "$(REPO_URI)|$(ORIGIN)|$(COMPONENT)"


def parse(lines: str) -> list[str]:
    """The mirrors in what `apt-get indextargets` printed, Debian's own first, security and other archives left out."""
    ranked: dict[str, int] = {}
    for line in lines.splitlines():
        uri, _, rest = line.partition("|")
        origin, _, component = rest.partition("|")
        uri = uri.strip().rstrip("/")
        if component.strip() != "main" or "security" in uri or not uri.endswith("debian"):
            continue
        ranked.setdefault(uri, 0 if origin == "Debian" else 1)
    return sorted(ranked, key=ranked.__getitem__)


def find() -> str:
    """The address of a Debian mirror: $KITT_DEBIAN_MIRROR, else the one that apt uses (sources.list and deb822 alike).

    Raises:
        KittError: apt is missing, or it knows no Debian mirror, or Debian's keys are not installed.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise KittError(
            "this machine has no apt-get and dpkg-deb, which bring Gazebo's packages",
            "use Debian 12 (or a container of it), or ros2 launch with a Gazebo Harmonic of your own: docs/gazebo.md",
        )
    if not KEYRING.is_file():
        raise KittError(
            f"{KEYRING} is missing: Debian's packages could not be verified",
            "sudo apt-get install debian-archive-keyring",
        )
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen:
        if "://" not in chosen or any(c.isspace() for c in chosen):
            raise KittError(f"{VARIABLE}={chosen!r} is no address", "give it as http://HOST/debian")
        return chosen.rstrip("/")
    command = ["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    mirrors = parse(done.stdout)
    if not mirrors:
        raise KittError(
            "apt's sources name no Debian mirror" + (f" ({done.stderr.strip()[:200]})" if done.stderr.strip() else ""),
            f"set {VARIABLE} to the address of one that carries Debian 11 (bullseye)",
        )
    return mirrors[0]
