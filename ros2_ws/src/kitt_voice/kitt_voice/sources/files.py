"""Sound out of files and from web addresses, streamed: ten hours take no more memory than a second."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_voice.resample import Resampler, to_int16

Array = np.ndarray[Any, Any]
Warn = Callable[[str], None]
"""Called with one line about a fault that did not stop the reading."""

_FORMATS = "WAV, FLAC, AIFF, Ogg Vorbis or MP3"
_CONVERT = "convert it to WAV, for example: ffmpeg -i FILE -ar 16000 -ac 1 out.wav"
# A WAV's writer that does not know the length yet puts the greatest there.
_UNKNOWN_LENGTH = 0xFFFFFF00
_PER_SECOND = 10  # pieces read of a file at a time


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=2)


def read_blocks(path: Path | str, block: int = 320, on_warning: Warn = _warn) -> Iterator[Array]:
    """The sound of a file or http address as int16 mono at 16 kHz.

    Channels are averaged, other sampling rates are resampled; 16 kHz mono of 16 bits comes out as it is, bit for bit.

    Args:
        path: WAV, FLAC and what else libsndfile reads; or an http(s) address of one.
        block: samples a piece, 320 are 20 ms. The last piece may be shorter.
        on_warning: told when the file turns out to be damaged or shorter than it says; what came before is delivered.

    Raises:
        KittError: there is no such file, or it holds no sound; raised before the first block.
    """
    with AudioFile(path, on_warning) as file:
        rest: Array = np.zeros(0, dtype=np.int16)
        for piece in file.mono_16k():
            rest = np.concatenate((rest, piece))
            whole = len(rest) - len(rest) % block
            yield from rest[:whole].reshape(-1, block)
            rest = rest[whole:]
        if len(rest):
            yield rest


class AudioFile:
    """An opened sound file or address. A context manager; raises KittError where it cannot be opened.

    Attributes:
        name: as the user gave it. rate: its sampling rate [Hz]. channels: their number.
    """

    def __init__(self, path: Path | str, on_warning: Warn = _warn) -> None:
        self.name = str(path)
        self._on_warning = on_warning
        self._file = _open(path)
        self.rate, self.channels = int(self._file.samplerate), int(self._file.channels)
        try:
            self._resampler = Resampler(self.rate)
        except KittError as error:
            self.close()
            raise KittError(f"{self.name}: {error.message}", error.remedy) from error
        self._live = not self._file.seekable()

    def __enter__(self) -> AudioFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def mono_16k(self) -> Iterator[Array]:
        """Pieces of about 0.1 s, int16 (n,). Raises KittError when the file holds no sound at all."""
        count = 0
        for piece in self._pieces():
            count += len(piece)
            yield to_int16(self._resampler.push(piece.mean(axis=1, dtype=np.float32)))
        if not count:
            raise KittError(f"{self.name} holds no sound", "record it again")
        yield to_int16(self._resampler.flush())
        said = self._length_said()
        if said is not None and count < said:
            seconds, wanted = count / self.rate, said / self.rate
            self._on_warning(f"{self.name} breaks off after {seconds:.1f} of {wanted:.1f} s")

    def _pieces(self) -> Iterator[Array]:
        import soundfile

        size = max(1, self.rate // _PER_SECOND)
        while True:
            try:
                piece = self._file.read(size, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, RuntimeError) as error:
                self._on_warning(f"{self.name} is damaged from here on ({_words(error)})")
                return
            if not len(piece):
                return
            yield piece

    def _length_said(self) -> int | None:
        """The frames that the header promises; None where it does not say."""
        if self._live:
            return None
        # libsndfile believes the file's size, and notes the header's word for it in its log.
        noted = re.search(r"^data : (\d+) \(should be \d+\)", self._file.extra_info, re.MULTILINE)
        if noted is None:
            return int(self._file.frames)
        align = re.search(r"Block Align\s*: (\d+)", self._file.extra_info)
        promised = int(noted.group(1))
        return promised // int(align.group(1)) if align and 0 < promised < _UNKNOWN_LENGTH else None


def _open(path: Path | str) -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise KittError(f"sound files cannot be read: soundfile is missing ({error})", "./kitt setup") from error
    if re.match(r"https?://", str(path)):
        from kitt_voice.sources.web import open_address

        return open_address(str(path))
    path = Path(str(path).removeprefix("file://")).expanduser()
    if path.is_dir():
        raise KittError(f"{path} is a folder", "give the sound files in it")
    if not path.is_file():
        raise KittError(f"{path} does not exist" if not path.exists() else f"{path} is no file", "check the path")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise KittError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
    if empty:
        raise KittError(f"{path} is empty (0 bytes)", "record it again")
    try:
        return soundfile.SoundFile(str(path))
    except (soundfile.SoundFileError, RuntimeError, TypeError) as error:  # TypeError: raw samples without a header
        raise KittError(f"{path} is no sound file ({_words(error)})", f"give {_FORMATS}, or {_CONVERT}") from error


def _words(error: Exception) -> str:
    """What libsndfile says, without the path and in one line."""
    return " ".join(str(error).rsplit("Error", 1)[-1].strip(" :.").split())
