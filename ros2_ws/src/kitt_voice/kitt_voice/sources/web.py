"""Sound from a web address: a WAV is heard as it comes, also without end; other formats are fetched first."""

from __future__ import annotations

import os
import tempfile
import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from kitt_inference.errors import KittError

_TIMEOUT_S = 10.0
_CHUNK = 4096  # bytes: 0.13 s of 16 kHz mono
_GREATEST = 1 << 30  # bytes of a file that is fetched whole


def open_address(url: str) -> Any:
    """A `soundfile.SoundFile` that reads from an http(s) address. Raises KittError naming it (without a password)."""
    import soundfile

    name = without_password(url)
    try:
        reply = urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": "kitt"}), timeout=_TIMEOUT_S)
        head = reply.read(12)
    except urllib.error.HTTPError as error:
        raise KittError(f"{name} answered {error.code} {error.reason}", "check the address") from error
    except (urllib.error.URLError, OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise KittError(f"{name} cannot be reached ({reason})", "check the address and the network") from error
    if not head:
        reply.close()
        raise KittError(f"{name} sends nothing", "check the address")
    try:
        if head[:4] in (b"RIFF", b"RF64"):
            return soundfile.SoundFile(_pipe(reply, head))
        return soundfile.SoundFile(_fetched(reply, head, name))
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise KittError(f"{name} is no sound ({error})", "give the address of a WAV or FLAC file") from error


def without_password(url: str) -> str:
    """The address as it may be shown."""
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return parts._replace(netloc=host, query="…" if parts.query else "").geturl()


def _pipe(reply: Any, head: bytes) -> int:
    """The reading end of a pipe into which a thread pours the reply: libsndfile reads WAV without seeking."""
    read_end, write_end = os.pipe()

    def pour() -> None:
        try:
            with reply, os.fdopen(write_end, "wb", buffering=0) as pipe:
                data = head
                while data:
                    pipe.write(data)
                    data = reply.read1(_CHUNK)
        except (OSError, HTTPException):
            pass  # the reader closed its end, or the server broke off: the reader sees the end

    threading.Thread(target=pour, name="sound from the web", daemon=True).start()
    return read_end


def _fetched(reply: Any, head: bytes, name: str) -> Any:
    """The whole reply in a temporary file, which vanishes when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    data, size = head, 0
    try:
        with reply:
            while data:
                size += len(data)
                if size > _GREATEST:
                    raise KittError(
                        f"{name} is longer than {_GREATEST >> 20} MiB", "give a WAV, it is not fetched whole"
                    )
                file.write(data)
                data = reply.read(_CHUNK * 16)
    except (OSError, HTTPException, KittError) as error:
        file.close()
        if isinstance(error, KittError):
            raise
        raise KittError(f"{name} broke off ({error})", "check the network") from error
    file.seek(0)
    return file
