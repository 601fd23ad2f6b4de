"""From one string to a source."""

from __future__ import annotations

import re
from pathlib import Path

from kitt_inference.errors import KittError
from kitt_perception.sources.base import Source, SourceOptions
from kitt_perception.sources.capture import Device, Stream, VideoFile
from kitt_perception.sources.gstreamer import GStreamer
from kitt_perception.sources.pictures import PICTURE_SUFFIXES, Pictures, list_pictures

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mjpeg", ".mjpg", ".mpg", ".mpeg", ".ts"})
_HELP = "give a number (0), /dev/videoN, a video file, a picture, a folder of pictures, a URL or «gst: PIPELINE»"


def parse_source(text: str, options: SourceOptions | None = None) -> Source:
    """The source that `text` names, not opened yet.

    "0" or "/dev/video0": a camera; "gst: ...": a GStreamer pipeline; "http://", "rtsp://" and the like: a stream; else
    a path. Raises KittError for what can never work (a path that does not exist, a folder without pictures, a file of
    no known kind); a camera that is not plugged in is no such case, it may come.
    """
    options = options or SourceOptions()
    text = text.strip()
    if not text:
        raise KittError("no camera source given", _HELP)
    if text.isdigit() or text.startswith("/dev/"):
        return Device(f"/dev/video{text}" if text.isdigit() else text, options)
    if text.startswith("gst:"):
        return GStreamer(text[len("gst:") :], options)
    if re.match(r"[a-z][a-z0-9+.-]*://", text) and not text.startswith("file://"):
        return Stream(text, options)
    return _from_path(Path(text.removeprefix("file://")).expanduser(), options)


def _from_path(path: Path, options: SourceOptions) -> Source:
    if path.is_dir():
        list_pictures(path)
        return Pictures(path, options)
    if not path.is_file():
        raise KittError(f"camera source «{path}» does not exist", _HELP)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return Pictures(path, options)
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return VideoFile(path, options)
    raise KittError(f"camera source «{path}» is neither a picture nor a video by its ending", _HELP)
