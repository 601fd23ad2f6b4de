"""Gazebo 11 for a machine that has none: Debian 11's packages unpacked into a folder of the user's cache.

Debian 12 carries no Gazebo, and Debian 11's packages cannot be mixed into it. So apt resolves and verifies them (its
signatures and hashes) with lists and a state of their own, and dpkg-deb unpacks them into a tree that only Gazebo's
processes see. Neither step needs root. Nothing of the machine's own packages is touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kitt_inference.download import cache_root
from kitt_inference.errors import KittError
from kitt_sim.gazebo import enter, mirror

RECIPE = 1
"""Raise when the tree is made in another way: older trees are made anew."""

SUITE = "bullseye"
# libc-bin and dash are essential and therefore nobody's dependency; xvfb is the display of machines without one
PACKAGES = ("gazebo", "gazebo-plugin-base", "libgl1-mesa-dri", "xvfb", "protobuf-compiler", "dash", "libc-bin")
PROTOS = "libgazebo-dev"
"""Holds Gazebo's .proto files; its dependencies (compilers, a gigabyte) are left out."""
_NEEDED = 2_500_000_000  # bytes, packages and tree together

Progress = Callable[[str, float], None]


def folder() -> Path:
    """Where the tree and what it is made of lie."""
    return cache_root() / "gazebo"


def root() -> Path:
    """The tree's root."""
    return folder() / "tree"


def _manifest() -> Path:
    return root() / "kitt-manifest.json"


def manifest() -> dict[str, object]:
    """What the tree was made of; empty where it is not there or not this version's."""
    try:
        content = json.loads(_manifest().read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and content.get("recipe") == RECIPE else {}


def ready() -> bool:
    """Whether Gazebo can be started from the cache."""
    return bool(manifest()) and all((root() / f).exists() for f in ("usr/bin/gzserver", "kitt/messages.desc"))


def require() -> Path:
    """The tree's root.

    Raises:
        KittError: it has not been set up.
    """
    if not ready():
        raise KittError("Gazebo is not set up on this machine", "./kitt setup gazebo")
    return root()


def _apt(command: list[str], source: str, on_line: Callable[[str], None] | None = None, cwd: Path | None = None) -> str:
    """Run apt-get on lists, state and cache of our own; the output.

    Raises:
        KittError: with apt's own complaint.
    """
    base = folder() / "apt"
    for part in ("state/lists/partial", "cache/archives/partial"):
        (base / part).mkdir(parents=True, exist_ok=True)
    (base / "status").touch()
    (base / "sources.list").write_text(f"deb [signed-by={mirror.KEYRING}] {source} {SUITE} main\n")
    options = {
        "Dir::State": base / "state", "Dir::State::status": base / "status", "Dir::Cache": base / "cache",
        "Dir::Etc::SourceList": base / "sources.list", "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": "/dev/null",
        "APT::Install-Recommends": "false", "Acquire::Languages": "none", "Acquire::Retries": "3",
        "APT::Update::Error-Mode": "any",
        # what belongs to the machine's own apt: its hooks, and a user of its own that cannot read our folder
        "APT::Update::Post-Invoke-Success": "", "APT::Sandbox::User": "",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }  # fmt: skip
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    process = subprocess.Popen(
        ["apt-get", *words, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8"}, cwd=cwd, start_new_session=True,
    )  # fmt: skip
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if on_line:
                on_line(line)
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode != 0:
        complaints = [line for line in lines if line.startswith(("E:", "W:", "Err:"))] or lines[-1:] or ["no word"]
        what = f"apt-get {command[0]} of Debian {SUITE} from {source} failed: {complaints[-1]}"
        raise KittError(what, f"check the connection and the free space and run it again, it goes on where it stopped; "
                              f"or set {mirror.VARIABLE} to a mirror that carries {SUITE}")  # fmt: skip
    return "\n".join(lines)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    import fcntl

    with (folder() / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fetch(progress: Progress | None = None) -> Path:
    """Make the tree; does nothing when it is there. Interrupted, it goes on where it stopped.

    Args:
        progress: called with what is being done and the fraction done of all of it.

    Returns:
        The tree's root.

    Raises:
        KittError: no mirror, no connection, no room, or a machine on which it cannot work; names the remedy.
    """
    report = progress or (lambda text, part: None)
    if ready():
        report("Gazebo 11: ready", 1.0)
        return root()
    source = mirror.find()
    enter.check()
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with _only_one():
            if ready():  # another one has made it meanwhile
                return root()
            free = shutil.disk_usage(folder()).free
            if free < _NEEDED:
                raise KittError(
                    f"{folder()} has {free / 1e9:.1f} GB free, Gazebo needs {_NEEDED / 1e9:.1f} GB",
                    "free some space, or set KITT_CACHE to a folder with more",
                )
            _make(source, report)
    except OSError as error:
        raise KittError(
            f"{error.filename or folder()} cannot be written: {error.strerror}", "check its owner and the free space"
        ) from error
    report("Gazebo 11: ready", 1.0)
    return root()


def _make(source: str, report: Progress) -> None:
    report(f"package lists of Debian {SUITE}", 0.0)
    _apt(["update"], source)
    plan = _apt(["install", "-y", "--print-uris", *PACKAGES], source)
    total = len(re.findall(r"^'", plan, re.MULTILINE)) or 1
    seen = 0

    def show(line: str) -> None:
        nonlocal seen
        if line.startswith("Get:"):
            seen += 1
            report(f"downloading, {seen} of {total} packages", 0.02 + 0.4 * min(seen / total, 1.0))

    _apt(["install", "-y", "--download-only", *PACKAGES], source, show)
    archives = folder() / "apt" / "cache" / "archives"
    if not list(archives.glob(f"{PROTOS}_*.deb")):
        _apt(["download", PROTOS], source, cwd=archives)
    packages = sorted(archives.glob("*.deb"))
    new = folder() / "tree.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for done, _ in enumerate(_unpack(packages, new), 1):
        report(f"unpacking, {done} of {len(packages)} packages", 0.42 + 0.5 * done / len(packages))
    report("linking libraries, compiling messages", 0.93)
    _furnish(new)
    version = _verify(new)
    shutil.rmtree(root(), ignore_errors=True)
    content = {"recipe": RECIPE, "suite": SUITE, "gazebo": version, "made": time.strftime("%Y-%m-%d"),
               "packages": [p.stem for p in packages]}  # fmt: skip
    (new / _manifest().name).write_text(json.dumps(content, indent=1))
    new.rename(root())
    shutil.rmtree(folder() / "apt", ignore_errors=True)


def _unpack(packages: list[Path], target: Path) -> Iterator[Path]:
    def unpack(package: Path) -> Path:
        done = subprocess.run(["dpkg-deb", "-x", package, target], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            package.unlink(missing_ok=True)  # fetched anew the next time
            lines = done.stderr.strip().splitlines() or ["no word"]
            raise KittError(f"{package.name} could not be unpacked: {lines[-1]}",
                            "check the free space and run it again")  # fmt: skip
        return package

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(unpack, packages)


def _furnish(tree: Path) -> None:
    """What the packages' scripts would have made: accounts, links, the linker's cache, compiled messages."""
    for part in ("tmp", "proc", "dev", "sys", "root", "kitt", "world", "var/lib/xkb"):
        (tree / part).mkdir(parents=True, exist_ok=True)
    (tree / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost\n")
    for library in ("blas/libblas.so.3", "lapack/liblapack.so.3"):
        for file in (tree / "usr/lib").glob(f"*/{library}"):
            link = file.parent.parent / file.name
            link.symlink_to(Path(library)) if not link.is_symlink() else None
    enter.run(tree, ["/sbin/ldconfig"])
    protos = tree / "usr/include/gazebo-11/gazebo/msgs/proto"
    names = [f"/{p.relative_to(tree)}" for p in sorted(protos.glob("*.proto"))]
    where = f"/{protos.relative_to(tree)}"
    enter.run(tree, ["/usr/bin/protoc", f"-I{where}", "--descriptor_set_out=/kitt/messages.desc", *names])


def _verify(tree: Path) -> str:
    """Gazebo's version, from Gazebo itself.

    Raises:
        KittError: it does not start.
    """
    text = enter.run(tree, ["/usr/bin/gzserver", "--version"], codes=(0, 255))
    found = re.search(r"version (11\.\d+\.\d+)", text)
    if not found:
        raise KittError(
            f"gzserver answers {text.strip()[:200]!r}", f"remove {folder()} and run ./kitt setup gazebo again"
        )
    return found[1]
