"""Runs programs inside Gazebo's tree: in namespaces of their own, so that nothing of them outlives us or is seen.

`unshare` gives them a mount namespace (the tree's /proc, /dev and /tmp are mounted there and nowhere else) and a
process namespace, whose end kills every process in it. Without root a user namespace makes both possible.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

from kitt_inference.errors import KittError

ENVIRONMENT = {"HOME": "/tmp", "USER": "root", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
_REMEDY = "run it as root, or allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"  # noqa: E501
_SCRIPT = """set -e
mount --rbind /dev {tree}/dev
mount -t proc proc {tree}/proc
mount -t tmpfs tmpfs {tree}/tmp
{binds}exec chroot {tree} env -i {environment} {command}
"""


def _unshare() -> list[str]:
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL"]
    return words if os.geteuid() == 0 else [*words, "--user", "--map-root-user"]


@cache
def check() -> None:
    """Whether programs can be run in namespaces of their own here.

    Raises:
        KittError: not on this machine; names the remedy.
    """
    if (
        shutil.which("unshare") is None
        or shutil.which("chroot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None
    ):
        raise KittError("unshare and chroot are missing", "install util-linux and coreutils")
    trial = "mount -t proc proc /proc && mount -t tmpfs tmpfs /mnt"
    done = subprocess.run([*_unshare(), "sh", "-c", trial], capture_output=True, text=True, check=False, timeout=20)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no word"]
        raise KittError(f"Gazebo needs namespaces of its own, which this machine refuses: {lines[-1]}", _REMEDY)


def command(
    tree: Path, words: list[str], environment: dict[str, str], binds: dict[Path, str] | None = None
) -> list[str]:
    """The command line that runs `words` inside `tree`.

    Args:
        tree: the tree's root. words: the program and its arguments. environment: its variables, beside the usual ones.
        binds: folders of this machine and where in the tree they are seen.
    """
    mounts = ""
    for source, target in (binds or {}).items():
        seen = shlex.quote(f"{tree}{target}")
        mounts += f"mkdir -p {seen}\nmount --bind {shlex.quote(str(source))} {seen}\n"
    variables = " ".join(shlex.quote(f"{k}={v}") for k, v in {**ENVIRONMENT, **environment}.items())
    script = _SCRIPT.format(
        tree=shlex.quote(str(tree)), binds=mounts, environment=variables, command=shlex.join(words)
    )  # fmt: skip
    return [*_unshare(), "sh", "-c", script]


def run(tree: Path, words: list[str], timeout: float = 120.0, codes: tuple[int, ...] = (0,)) -> str:
    """Run a program in the tree to its end; its output. `codes`: the exit statuses of success.

    Raises:
        KittError: it failed.
    """
    done = subprocess.run(
        command(tree, words, {}), capture_output=True, text=True, errors="replace", check=False, timeout=timeout,
        stdin=subprocess.DEVNULL, env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"},
    )  # fmt: skip
    if done.returncode not in codes:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no word"]
        raise KittError(f"{words[0]} failed in {tree}: {lines[-1]}", "remove that folder, then ./kitt setup gazebo")
    return done.stdout
